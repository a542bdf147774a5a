// Holds the audit trail against what somebody else knows of it: an earlier export, or the checkpoints and roots that a witness has heard.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { AuditEntry } from './audit.ts';
import { isSoundCheckpoint, type SignedCheckpoint } from './audit-checkpoints.ts';
import { recordOf, type StoredRoot } from './audit-roots.ts';
import type { Report } from './audit-verify.ts';
import { type Catalog, read } from './catalog.ts';

export interface Earlier {
  readonly earlier: AsyncIterable<string> | Iterable<string>;
  readonly trustedKeys: readonly string[] | undefined;
}

type Line =
  | { readonly entry: AuditEntry; readonly hash: string }
  | { readonly thinned: { readonly stream: string; readonly seq: number; readonly hash: string } }
  | { readonly root: StoredRoot }
  | { readonly checkpoint: SignedCheckpoint };

/** Fails with usage/AUDIT_EXPORT_INVALID over a line that is neither. */
export async function compareWithEarlier(
  catalog: Catalog,
  { earlier, trustedKeys }: Earlier,
  report: Report,
  context: Context,
): Promise<void> {
  for await (const text of earlier) {
    if (text.trim() === '') continue;
    const line = parseLine(text);
    if ('root' in line) await compareRoot(catalog, line.root, report, context);
    else if ('checkpoint' in line)
      await compareCheckpoint(catalog, line.checkpoint, trustedKeys, report, context);
    else {
      const { stream, seq, hash } = 'entry' in line ? { ...line.entry, hash: line.hash } : line.thinned;
      await compareEntry(catalog, { stream, seq, hash, first: seq }, report, context);
    }
  }
}

interface Known {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
  /** From where it is missing, when it is. */
  readonly first: number;
}

async function compareEntry(
  catalog: Catalog,
  { stream, seq, hash, first }: Known,
  report: Report,
  context: Context,
): Promise<void> {
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
  if (row === undefined) report({ stream, first, last: seq, trouble: 'removed' });
  else if (row.hash !== hash) report({ stream, first: seq, last: seq, trouble: 'changed' });
}

async function compareCheckpoint(
  catalog: Catalog,
  checkpoint: SignedCheckpoint,
  trustedKeys: readonly string[] | undefined,
  report: Report,
  context: Context,
): Promise<void> {
  const { stream, last, head, publicKey } = checkpoint;
  if (!isSoundCheckpoint(checkpoint) || trustedKeys?.includes(publicKey) === false) {
    report({ stream, first: last, last, trouble: 'witness-untrusted' });
    return;
  }
  const newest = await read(
    catalog,
    ({ db }) =>
      db
        .selectFrom('audit_entries')
        .select(({ fn }) => fn.max('seq').as('seq'))
        .where('stream', '=', stream)
        .executeTakeFirst(),
    context,
  );
  const first = Math.min(last, (newest?.seq ?? 0) + 1);
  await compareEntry(catalog, { stream, seq: last, hash: head, first }, report, context);
}

async function compareRoot(
  catalog: Catalog,
  root: StoredRoot,
  report: Report,
  context: Context,
): Promise<void> {
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
  if (row?.record === recordOf(root)) return;
  report({ stream, first, last, trouble: row === undefined ? 'root-removed' : 'root-changed' });
}

function parseLine(text: string): Line {
  const read = parse(text);
  if (isObject(read)) {
    const { entry, hash, root, thinned, checkpoint } = read;
    if (hasFields(entry, ['stream'], ['seq']) && typeof hash === 'string') return read as unknown as Line;
    if (hasFields(thinned, ['stream', 'hash'], ['seq'])) return read as unknown as Line;
    if (hasFields(root, ['stream', 'day'], ['first', 'last'])) return read as unknown as Line;
    if (hasFields(checkpoint, ['stream', 'head', 'publicKey', 'signature'], ['last', 'at'])) {
      return read as unknown as Line;
    }
  }
  throw new Failure(
    'usage',
    'AUDIT_EXPORT_INVALID',
    'the file to compare with is no export of an audit trail',
    {
      hint: 'Name a file that "holdfast catalog audit export" or a witness has written.',
    },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function hasFields(value: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  return (
    isObject(value) &&
    texts.every((name) => typeof value[name] === 'string') &&
    numbers.every((name) => Number.isSafeInteger(value[name]))
  );
}
