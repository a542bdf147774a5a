// Signed words about how far a stream of the audit trail goes, for witnesses elsewhere: what such a one has heard cannot be cut off unseen.
// A checkpoint names the last entry and its hash, which stands for all before it; signed roots of days are handed on beside it.

import type { Context, Instant } from '../base/context.ts';
import { encodeJcs } from '../base/jcs.ts';
import { type Catalog, read, type Unit, unitOf, write } from './catalog.ts';
import { isSignedBy, type NodeKey } from './node-key.ts';

export interface AuditCheckpoint {
  readonly stream: string;
  /** The last entry of the stream, and its hash. */
  readonly last: number;
  readonly head: string;
  readonly at: Instant;
  readonly publicKey: string;
}
export type SignedCheckpoint = AuditCheckpoint & { readonly signature: string };

export interface Heard {
  /** The last entry of which the witness knows. */
  readonly lastSeq: number;
  /** The last entry of the last signed root that it has. */
  readonly rootSeq: number;
  readonly at: Instant;
}

export interface Testimony {
  /** JSON texts for a file of lines: new roots, then the checkpoint. */
  readonly lines: readonly string[];
  readonly heard: Heard;
  /** Entries that are new to the witness. */
  readonly entries: number;
}

const nothing: Heard = { lastSeq: 0, rootSeq: 0, at: 0 };

export async function heardBy(
  at: Catalog | Unit,
  witness: string,
  stream: string,
  context: Context,
): Promise<Heard> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('audit_witnesses')
        .selectAll()
        .where('witness', '=', witness)
        .where('stream', '=', stream)
        .executeTakeFirst();
      return row === undefined ? nothing : { lastSeq: row.last_seq, rootSeq: row.root_seq, at: row.heard_at };
    },
    context,
  );
}

/** Undefined when there is nothing that the witness does not know. */
export async function testimony(
  at: Catalog | Unit,
  { node, key, heard }: { readonly node: string; readonly key: NodeKey; readonly heard: Heard },
  context: Context,
): Promise<Testimony | undefined> {
  return read(
    at,
    async (access) => {
      const { db } = access;
      const newest = await db
        .selectFrom('audit_entries')
        .select(['seq', 'hash'])
        .where('stream', '=', node)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      const roots = await db
        .selectFrom('audit_roots')
        .select(['last_seq', 'record'])
        .where('stream', '=', node)
        .where('last_seq', '>', heard.rootSeq)
        .orderBy('last_seq')
        .execute();
      const entries = (newest?.seq ?? 0) - heard.lastSeq;
      if (newest === undefined || (entries <= 0 && roots.length === 0)) return undefined;
      const now = await access.now();
      const said: AuditCheckpoint = {
        stream: node,
        last: newest.seq,
        head: newest.hash,
        at: now,
        publicKey: key.publicKey,
      };
      const checkpoint = { ...said, signature: key.sign(checkpointBytes(said)).toString('base64') };
      return {
        lines: [
          ...roots.map(({ record }) => `{"root":${record}}`),
          Buffer.from(encodeJcs({ checkpoint })).toString(),
        ],
        heard: { lastSeq: newest.seq, rootSeq: roots.at(-1)?.last_seq ?? heard.rootSeq, at: now },
        entries: Math.max(0, entries),
      };
    },
    context,
  );
}

/** Never goes back, so that two that tell it in the wrong order do no harm. */
export async function noteHeard(
  at: Catalog | Unit,
  witness: string,
  stream: string,
  heard: Heard,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const before = await heardBy(unitOf(access), witness, stream, context);
      const row = {
        last_seq: Math.max(before.lastSeq, heard.lastSeq),
        root_seq: Math.max(before.rootSeq, heard.rootSeq),
        heard_at: Math.max(before.at, heard.at),
      };
      await access.db
        .insertInto('audit_witnesses')
        .values({ witness, stream, ...row })
        .onConflict((conflict) => conflict.columns(['witness', 'stream']).doUpdateSet(row))
        .execute();
    },
    context,
  );
}

/** When the oldest entry was written that the witness does not know; undefined when it knows all. */
export async function unheardSince(
  at: Catalog | Unit,
  stream: string,
  heard: Heard,
  context: Context,
): Promise<Instant | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('audit_entries')
        .select('at')
        .where('stream', '=', stream)
        .where('seq', '>', heard.lastSeq)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst();
      return row?.at;
    },
    context,
  );
}

export function isSoundCheckpoint({ signature, ...said }: SignedCheckpoint): boolean {
  return isSignedBy(said.publicKey, checkpointBytes(said), signature);
}

function checkpointBytes(checkpoint: AuditCheckpoint): Uint8Array {
  return Buffer.concat([Buffer.from('holdfast audit checkpoint 1\n'), encodeJcs(checkpoint)]);
}
