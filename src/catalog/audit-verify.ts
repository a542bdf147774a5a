// Looks through the whole audit trail for what was changed, taken out or put in, and says where.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { encodeJcs } from '../base/jcs.ts';
import { type AuditEntry, hashOf, noHash, readTrail, type StoredEntry } from './audit.ts';
import { type AuditRoot, HashTree, signedBytes } from './audit-roots.ts';
import { type Catalog, read } from './catalog.ts';
import { isSignedBy } from './node-key.ts';

export interface AuditFinding {
  readonly stream: string;
  /** The first and last entries that are concerned. */
  readonly first: number;
  readonly last: number;
  readonly trouble: 'changed' | 'removed' | 'inserted' | 'root-changed' | 'root-removed' | 'root-untrusted';
}

export interface AuditReport {
  readonly streams: number;
  readonly entries: number;
  readonly roots: number;
  /** Entries after the last root: only the chain vouches for them. */
  readonly unsigned: number;
  readonly findings: readonly AuditFinding[];
}

export interface VerifyWish {
  /** Public keys of nodes as kept elsewhere; without them the ones in the catalog are believed. */
  readonly trustedKeys?: readonly string[];
  /** Lines of an earlier export: all of it must still be there, unchanged. Shows also an end that was cut off. */
  readonly earlier?: AsyncIterable<string> | Iterable<string>;
}

type StoredRoot = AuditRoot & { readonly signature: string };
type Report = (finding: AuditFinding) => void;

export async function verifyAudit(
  catalog: Catalog,
  { trustedKeys, earlier }: VerifyWish,
  context: Context,
): Promise<AuditReport> {
  const findings: AuditFinding[] = [];
  const report: Report = (finding) => findings.push(finding);
  const roots = await rootsByStream(catalog, report, context);
  const walks = new Map<string, StreamWalk>();
  for (const [stream, list] of roots) walks.set(stream, new StreamWalk(stream, list, report));
  let entries = 0;
  for await (const stored of readTrail(catalog, context)) {
    entries += 1;
    let walk = walks.get(stored.stream);
    if (walk === undefined) {
      walk = new StreamWalk(stored.stream, [], report);
      walks.set(stored.stream, walk);
    }
    walk.take(stored);
  }
  for (const walk of walks.values()) walk.end();
  for (const list of roots.values()) checkRoots(list, trustedKeys, report);
  if (earlier !== undefined) await compare(catalog, earlier, report, context);
  return {
    streams: walks.size,
    entries,
    roots: [...roots.values()].reduce((sum, list) => sum + list.length, 0),
    unsigned: [...walks.values()].reduce((sum, walk) => sum + walk.unsigned, 0),
    findings: distinct(findings),
  };
}

/** Goes through one stream: continuity, the chain, and the trees of the signed days. */
class StreamWalk {
  readonly #stream: string;
  readonly #roots: readonly StoredRoot[];
  readonly #report: Report;
  #rootAt = 0;
  #tree = new HashTree();
  /** Of the entry before, and of the one before that. */
  #previous: { readonly seq: number; readonly hash: string; readonly isKnownBad: boolean } | undefined;
  #beforePrevious = noHash;
  unsigned = 0;

  constructor(stream: string, roots: readonly StoredRoot[], report: Report) {
    this.#stream = stream;
    this.#roots = roots;
    this.#report = report;
  }

  take(stored: StoredEntry): void {
    const entry = parse(stored.entry);
    const isSound =
      entry !== undefined && hashOf(stored.entry) === stored.hash && entry.stream === stored.stream;
    const seq = isSound ? entry.seq : stored.seq;
    const expected = (this.#previous?.seq ?? 0) + 1;
    let isKnownBad = false;
    if (!isSound) {
      this.#find('changed', seq, seq);
      isKnownBad = true;
    } else if (seq > expected) {
      this.#find('removed', expected, seq - 1);
    } else if (seq < expected && entry.previous !== this.#beforePrevious) {
      // An entry of another place: the chain goes on without it.
      this.#find('inserted', stored.seq, stored.seq);
      return;
    } else if (entry.previous !== (this.#previous?.hash ?? noHash)) {
      isKnownBad = this.#mend(entry, seq);
    }
    this.#countIn(seq, stored.hash);
    this.#beforePrevious = this.#previous?.hash ?? noHash;
    this.#previous = { seq, hash: stored.hash, isKnownBad };
  }

  /** The entry does not follow the one before it. Whose fault is it? Tells whether this entry is bad itself. */
  #mend(entry: AuditEntry, seq: number): boolean {
    const previous = this.#previous;
    if (previous === undefined) {
      this.#find('changed', seq, seq);
      return true;
    }
    // What was changed without a new hash has kept the hash that this one names; with a new one it has not, and it was reported already.
    if (previous.isKnownBad) return false;
    const isAfterTheOneBefore = entry.previous === this.#beforePrevious;
    this.#find(isAfterTheOneBefore ? 'inserted' : 'changed', previous.seq, previous.seq);
    return false;
  }

  #countIn(seq: number, hash: string): void {
    let root = this.#roots[this.#rootAt];
    while (root !== undefined && seq > root.last) {
      this.#close(root);
      this.#rootAt += 1;
      root = this.#roots[this.#rootAt];
    }
    if (root === undefined) this.unsigned += 1;
    else this.#tree.add(hash);
  }

  end(): void {
    const lastSeq = this.#previous?.seq ?? 0;
    for (const root of this.#roots.slice(this.#rootAt)) {
      if (lastSeq < root.last) this.#find('removed', Math.max(root.first, lastSeq + 1), root.last);
      else this.#close(root);
    }
  }

  #close(root: StoredRoot): void {
    if (this.#tree.root() !== root.tree) this.#find('root-changed', root.first, root.last);
    this.#tree = new HashTree();
  }

  #find(trouble: AuditFinding['trouble'], first: number, last: number): void {
    this.#report({ stream: this.#stream, first, last, trouble });
  }
}

function parse(text: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(text) as AuditEntry;
    const isEntry =
      typeof entry === 'object' &&
      entry !== null &&
      Number.isSafeInteger(entry.seq) &&
      typeof entry.previous === 'string';
    return isEntry ? entry : undefined;
  } catch {
    return undefined;
  }
}

async function rootsByStream(
  catalog: Catalog,
  report: Report,
  context: Context,
): Promise<Map<string, StoredRoot[]>> {
  const rows = await read(
    catalog,
    ({ db }) => db.selectFrom('audit_roots').selectAll().orderBy('stream').orderBy('day').execute(),
    context,
  );
  const roots = new Map<string, StoredRoot[]>();
  for (const { stream, day, first_seq: first, last_seq: last, record } of rows) {
    const root = parseRoot(record);
    const fits =
      root !== undefined &&
      root.stream === stream &&
      root.day === day &&
      root.first === first &&
      root.last === last;
    if (fits) roots.set(stream, [...(roots.get(stream) ?? []), root]);
    else report({ stream, first, last, trouble: 'root-changed' });
  }
  return roots;
}

function parseRoot(record: string): StoredRoot | undefined {
  try {
    const root = JSON.parse(record) as StoredRoot;
    const isCanonical = Buffer.from(encodeJcs(root)).toString() === record;
    return isCanonical && typeof root.signature === 'string' ? root : undefined;
  } catch {
    return undefined;
  }
}

function checkRoots(
  roots: readonly StoredRoot[],
  trustedKeys: readonly string[] | undefined,
  report: Report,
): void {
  let before: StoredRoot | undefined;
  for (const root of roots) {
    const { signature, ...signed } = root;
    const { stream, first, last } = root;
    if (!isSignedBy(root.publicKey, signedBytes(signed), signature)) {
      report({ stream, first, last, trouble: 'root-changed' });
    } else if (trustedKeys !== undefined && !trustedKeys.includes(root.publicKey)) {
      report({ stream, first, last, trouble: 'root-untrusted' });
    }
    const expected = (before?.last ?? 0) + 1;
    if (first > expected) report({ stream, first: expected, last: first - 1, trouble: 'root-removed' });
    else if (root.previous !== (before === undefined ? noHash : hashOf(recordOf(before)))) {
      report({ stream, first, last, trouble: 'root-changed' });
    }
    before = root;
  }
}

function recordOf(root: StoredRoot): string {
  return Buffer.from(encodeJcs(root)).toString();
}

async function compare(
  catalog: Catalog,
  lines: AsyncIterable<string> | Iterable<string>,
  report: Report,
  context: Context,
): Promise<void> {
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const { entry, hash, root } = exportedLine(line);
    if (entry !== undefined) {
      const { stream, seq } = entry;
      const row = await read(
        catalog,
        ({ db }) =>
          db
            .selectFrom('audit_entries')
            .select('hash')
            .where('stream', '=', stream)
            .where('seq', '=', seq)
            .executeTakeFirst(),
        context,
      );
      if (row?.hash !== hash) {
        report({ stream, first: seq, last: seq, trouble: row === undefined ? 'removed' : 'changed' });
      }
    } else if (root !== undefined) {
      const { stream, day, first, last } = root;
      const row = await read(
        catalog,
        ({ db }) =>
          db
            .selectFrom('audit_roots')
            .select('record')
            .where('stream', '=', stream)
            .where('day', '=', day)
            .executeTakeFirst(),
        context,
      );
      if (row?.record !== recordOf(root)) {
        report({ stream, first, last, trouble: row === undefined ? 'root-removed' : 'root-changed' });
      }
    }
  }
}

interface ExportedLine {
  readonly entry?: AuditEntry;
  readonly hash?: string;
  readonly root?: StoredRoot;
}

function exportedLine(line: string): ExportedLine {
  try {
    const read = JSON.parse(line) as ExportedLine;
    const { stream, first, last, day } = read.root ?? { stream: '', first: 0, last: 0, day: '' };
    const named = read.entry === undefined ? [stream, day] : [read.entry.stream, read.hash];
    const numbered = read.entry === undefined ? [first, last] : [read.entry.seq];
    const fits =
      (read.entry !== undefined || read.root !== undefined) &&
      named.every((one) => typeof one === 'string') &&
      numbered.every(Number.isSafeInteger);
    if (fits) return read;
  } catch {
    // Told below.
  }
  throw new Failure(
    'usage',
    'AUDIT_EXPORT_INVALID',
    'the file to compare with is no export of an audit trail',
    {
      hint: 'Name a file that "holdfast catalog audit export" has written.',
    },
  );
}

function distinct(findings: readonly AuditFinding[]): AuditFinding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
