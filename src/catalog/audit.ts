// The audit trail: who did what, when, from where, and how it ended. Each entry names the hash of the one before in its stream (one stream a
// node), so that none can be changed, taken out or put in between unseen. An act that must be audited shares a unit with its entry.

import { createHash } from 'node:crypto';
import type { Context, Instant } from '../base/context.ts';
import { encodeJcs, type JsonValue } from '../base/jcs.ts';
import { type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';

export interface AuditAct {
  /** Who writes this stream: the node. */
  readonly node: string;
  readonly actor: string;
  /** How the actor proved who it is: "session", "token", "local", "schedule" … */
  readonly method: string;
  readonly address?: string;
  /** `noun:verb`. */
  readonly action: string;
  readonly object?: string;
  readonly outcome: 'succeeded' | 'failed' | 'refused';
  readonly request?: string;
  /** No secrets: this is exported. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditEntry {
  readonly stream: string;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly at: Instant;
  readonly act: AuditAct;
  /** Of the entry before; zeros before the first. */
  readonly previous: string;
  readonly hash: string;
}

export const noHash = '0'.repeat(64);

export async function appendAudit(at: Catalog | Unit, act: AuditAct, context: Context): Promise<AuditEntry> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const stream = storable(act.node);
      const last = await db
        .selectFrom('audit_entries')
        .select(['seq', 'hash'])
        .where('stream', '=', stream)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      const fields = {
        stream,
        seq: (last?.seq ?? 0) + 1,
        at: await access.now(),
        act: cleaned(act),
        previous: last?.hash ?? noHash,
      };
      const entry = Buffer.from(encodeJcs(fields)).toString();
      const hash = hashOf(entry);
      await db
        .insertInto('audit_entries')
        .values({
          stream,
          seq: fields.seq,
          at: fields.at,
          actor: fields.act.actor,
          action: fields.act.action,
          entry,
          hash,
        })
        .execute();
      return { ...fields, hash };
    },
    context,
    'audit',
  );
}

function clean<Value>(value: Value): Value | string {
  return typeof value === 'string' ? storable(value) : value;
}

/** SHA-256 of the canonical text. */
export function hashOf(entry: string): string {
  return createHash('sha256').update(entry).digest('hex');
}

function cleaned(act: AuditAct): AuditAct {
  const facts = Object.entries(act.facts ?? {}).map(([name, value]) => [
    storable(name),
    typeof value === 'number' && !Number.isSafeInteger(value) ? String(value) : clean(value),
  ]);
  return {
    node: storable(act.node),
    actor: storable(act.actor),
    method: storable(act.method),
    action: storable(act.action),
    outcome: act.outcome,
    ...(act.address === undefined ? {} : { address: storable(act.address) }),
    ...(act.object === undefined ? {} : { object: storable(act.object) }),
    ...(act.request === undefined ? {} : { request: storable(act.request) }),
    ...(facts.length === 0 ? {} : { facts: Object.fromEntries(facts) }),
  };
}

export interface AuditFilter extends PageWish {
  readonly actor?: string;
  readonly action?: string;
  readonly from?: Instant;
  readonly before?: Instant;
}

/** Newest first. */
export async function listAudit(
  at: Catalog | Unit,
  filter: AuditFilter,
  context: Context,
): Promise<Page<AuditEntry>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'number', 'string', 'number');
  return read(
    at,
    async ({ db }) => {
      // Of those that were thinned, only hashes are left.
      let query = db.selectFrom('audit_entries').selectAll().where('entry', '<>', '');
      if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
      if (filter.action !== undefined) query = query.where('action', '=', filter.action);
      if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
      if (filter.before !== undefined) query = query.where('at', '<', filter.before);
      if (key !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('at', 'stream', 'seq'), '<', tuple(key[0], key[1], key[2])),
        );
      }
      const rows = await query
        .orderBy('at', 'desc')
        .orderBy('stream', 'desc')
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        ({ entry, hash }): AuditEntry => ({ ...JSON.parse(entry), hash }),
        (row) => [row.at, row.stream, row.seq],
      );
    },
    context,
  );
}

export interface StoredEntry {
  readonly stream: string;
  readonly seq: number;
  /** Empty where it was thinned: then only its hash is left. */
  readonly entry: string;
  readonly hash: string;
}

const readAtOnce = 1000;

/** All streams in the order of their names, each in its own order. */
export async function* readTrail(at: Catalog, context: Context): AsyncGenerator<StoredEntry> {
  let after: Pick<StoredEntry, 'stream' | 'seq'> | undefined;
  for (;;) {
    const from = after;
    const rows: StoredEntry[] = await read(
      at,
      ({ db }) => {
        let query = db.selectFrom('audit_entries').select(['stream', 'seq', 'entry', 'hash']);
        if (from !== undefined) {
          query = query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('stream', 'seq'), '>', tuple(from.stream, from.seq)),
          );
        }
        return query.orderBy('stream').orderBy('seq').limit(readAtOnce).execute();
      },
      context,
    );
    yield* rows;
    after = rows.at(-1);
    if (rows.length < readAtOnce || after === undefined) return;
  }
}

/** One JSON text a line: entries as they are hashed, hashes of those that were thinned, then the signed roots. */
export async function* exportAudit(at: Catalog, context: Context): AsyncGenerator<string> {
  for await (const { stream, seq, entry, hash } of readTrail(at, context)) {
    if (entry === '') yield JSON.stringify({ thinned: { stream, seq, hash } });
    else yield JSON.stringify({ entry: JSON.parse(entry) as JsonValue, hash });
  }
  const roots = await read(
    at,
    ({ db }) => db.selectFrom('audit_roots').select('record').orderBy('stream').orderBy('day').execute(),
    context,
  );
  for (const { record } of roots) yield JSON.stringify({ root: JSON.parse(record) as JsonValue });
}
