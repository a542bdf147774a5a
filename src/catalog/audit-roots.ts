// The root of a day: all its entries in one hash (a tree as in RFC 6962), chained to the root before and signed by the node. A chain alone does
// not show that its end was cut off; a root does, and whoever keeps a copy of it is a witness.

import { createHash } from 'node:crypto';
import type { Context, Instant } from '../base/context.ts';
import { encodeJcs } from '../base/jcs.ts';
import { hashOf, noHash } from './audit.ts';
import { type Access, type Catalog, write } from './catalog.ts';
import type { NodeKey } from './node-key.ts';

export interface AuditRoot {
  readonly stream: string;
  /** UTC, YYYY-MM-DD. */
  readonly day: string;
  readonly first: number;
  readonly last: number;
  /** Hash of the last entry. */
  readonly head: string;
  readonly tree: string;
  /** Hash of the record of the root before; zeros before the first. */
  readonly previous: string;
  readonly publicKey: string;
}

export type StoredRoot = AuditRoot & { readonly signature: string };

const dayMs = 86_400_000;
const readAtOnce = 5000;

/** Signs each day that is over and has entries and no root yet. Tells the new ones. */
export async function signDays(
  catalog: Catalog,
  { node, key }: { readonly node: string; readonly key: NodeKey },
  context: Context,
): Promise<readonly AuditRoot[]> {
  const signed: AuditRoot[] = [];
  for (;;) {
    const root = await write(catalog, (access) => signNextDay(access, node, key), context, 'audit');
    if (root === undefined) return signed;
    signed.push(root);
  }
}

async function signNextDay(access: Access, stream: string, key: NodeKey): Promise<AuditRoot | undefined> {
  const { db } = access;
  const before = await db
    .selectFrom('audit_roots')
    .select(['day', 'last_seq', 'record'])
    .where('stream', '=', stream)
    .orderBy('day', 'desc')
    .limit(1)
    .executeTakeFirst();
  const first = (before?.last_seq ?? 0) + 1;
  const start = await db
    .selectFrom('audit_entries')
    .select('at')
    .where('stream', '=', stream)
    .where('seq', '>=', first)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  if (start === undefined) return undefined;
  // A clock that was set back must not give a day two roots.
  const dayAfter = before === undefined ? 0 : Date.parse(before.day) + dayMs;
  const dayStart = Math.max(Math.floor(start.at / dayMs) * dayMs, dayAfter);
  if ((await access.now()) < dayStart + dayMs) return undefined;
  const next = await db
    .selectFrom('audit_entries')
    .select(({ fn }) => fn.min('seq').as('seq'))
    .where('stream', '=', stream)
    .where('seq', '>=', first)
    .where('at', '>=', dayStart + dayMs)
    .executeTakeFirst();
  const { last, head, tree } = await treeOf(access, stream, first, next?.seq ?? Number.MAX_SAFE_INTEGER);
  const root: AuditRoot = {
    stream,
    day: utcDay(dayStart),
    first,
    last,
    head,
    tree,
    previous: before === undefined ? noHash : hashOf(before.record),
    publicKey: key.publicKey,
  };
  const signature = key.sign(signedBytes(root)).toString('base64');
  const record = recordOf({ ...root, signature });
  await db
    .insertInto('audit_roots')
    .values({ stream, day: root.day, first_seq: first, last_seq: last, record })
    .execute();
  return root;
}

/** Of the entries from `first` up to, not including, `end`. */
async function treeOf({ db }: Access, stream: string, first: number, end: number) {
  const tree = new HashTree();
  let last = first - 1;
  let head = noHash;
  for (;;) {
    const rows = await db
      .selectFrom('audit_entries')
      .select(['seq', 'hash'])
      .where('stream', '=', stream)
      .where('seq', '>', last)
      .where('seq', '<', end)
      .orderBy('seq')
      .limit(readAtOnce)
      .execute();
    for (const { seq, hash } of rows) {
      tree.add(hash);
      last = seq;
      head = hash;
    }
    if (rows.length < readAtOnce) return { last, head, tree: tree.root() };
  }
}

export function signedBytes(root: AuditRoot): Uint8Array {
  return Buffer.concat([Buffer.from('holdfast audit root 1\n'), encodeJcs(root)]);
}

/** As it is kept, and hashed by the next one. */
export function recordOf(root: StoredRoot): string {
  return Buffer.from(encodeJcs(root)).toString();
}

function utcDay(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** RFC 6962, §2.1, fed leaf by leaf: keeps one hash a level. */
export class HashTree {
  /** The roots of full subtrees, the largest first, with their numbers of leaves. */
  readonly #full: { readonly hash: Buffer; readonly leaves: number }[] = [];

  add(leaf: string): void {
    let hash = digest(0, Buffer.from(leaf, 'hex'));
    let leaves = 1;
    for (let top = this.#full.at(-1); top?.leaves === leaves; top = this.#full.at(-1)) {
      hash = digest(1, top.hash, hash);
      leaves *= 2;
      this.#full.pop();
    }
    this.#full.push({ hash, leaves });
  }

  root(): string {
    const hashes = this.#full.map(({ hash }) => hash);
    const all = hashes.reduceRight<Buffer | undefined>(
      (right, left) => (right === undefined ? left : digest(1, left, right)),
      undefined,
    );
    return (all ?? createHash('sha256').digest()).toString('hex');
  }
}

function digest(prefix: number, ...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256').update(Buffer.of(prefix));
  for (const part of parts) hash.update(part);
  return hash.digest();
}
