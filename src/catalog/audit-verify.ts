// Looks through the whole audit trail for what was changed, taken out or put in, and says where.

import type { Context } from '../base/context.ts';
import { type AuditEntry, hashOf, noHash, readTrail, type StoredEntry } from './audit.ts';
import { compareWithEarlier } from './audit-earlier.ts';
import { thinningAction } from './audit-retention.ts';
import { HashTree, recordOf, type StoredRoot, signedBytes } from './audit-roots.ts';
import { type Catalog, read } from './catalog.ts';
import { isSignedBy } from './node-key.ts';

export interface AuditFinding {
  readonly stream: string;
  /** The first and last entries that are concerned. */
  readonly first: number;
  readonly last: number;
  readonly trouble:
    | 'changed'
    | 'removed'
    | 'inserted'
    | 'root-changed'
    | 'root-removed'
    | 'root-untrusted'
    | 'witness-untrusted';
}

export interface AuditReport {
  readonly streams: number;
  readonly entries: number;
  /** Of them, old ones of which only the hash was kept. */
  readonly thinned: number;
  readonly roots: number;
  /** Entries after the last root: only the chain vouches for them. */
  readonly unsigned: number;
  readonly findings: readonly AuditFinding[];
}

export interface VerifyWish {
  /** Public keys of nodes as kept elsewhere; without them the ones in the catalog are believed. */
  readonly trustedKeys?: readonly string[];
  /** Lines of an earlier export, or of what a witness has heard: all of it must still be there, unchanged. Shows also an end that was cut off. */
  readonly earlier?: AsyncIterable<string> | Iterable<string>;
}

export type Report = (finding: AuditFinding) => void;

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
  if (earlier !== undefined) await compareWithEarlier(catalog, { earlier, trustedKeys }, report, context);
  return {
    streams: walks.size,
    entries,
    thinned: [...walks.values()].reduce((sum, walk) => sum + walk.thinned, 0),
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
  /** The last entry of which only the hash is left, and up to where an entry says that this is so. */
  #thinnedTo = 0;
  #maybeThinnedTo = 0;
  unsigned = 0;
  thinned = 0;

  constructor(stream: string, roots: readonly StoredRoot[], report: Report) {
    this.#stream = stream;
    this.#roots = roots;
    this.#report = report;
  }

  take(stored: StoredEntry): void {
    if (stored.entry === '') {
      this.#takeHash(stored);
      return;
    }
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
    if (isSound && entry.act.action === thinningAction) {
      this.#maybeThinnedTo = Math.max(this.#maybeThinnedTo, Number(entry.act.facts?.last ?? 0));
    }
    this.#countIn(seq, stored.hash);
    this.#beforePrevious = this.#previous?.hash ?? noHash;
    this.#previous = { seq, hash: stored.hash, isKnownBad };
  }

  /** The chain goes through the hash; the entry behind it, and the root of its day, show whether that is the right one. */
  #takeHash({ seq, hash }: StoredEntry): void {
    const expected = (this.#previous?.seq ?? 0) + 1;
    if (seq > expected) this.#find('removed', expected, seq - 1);
    this.thinned += 1;
    this.#thinnedTo = seq;
    this.#countIn(seq, hash);
    this.#beforePrevious = this.#previous?.hash ?? noHash;
    this.#previous = { seq, hash, isKnownBad: false };
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
    if (this.#thinnedTo > this.#maybeThinnedTo)
      this.#find('removed', this.#maybeThinnedTo + 1, this.#thinnedTo);
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
    const isCanonical = recordOf(root) === record;
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

function distinct(findings: readonly AuditFinding[]): AuditFinding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
