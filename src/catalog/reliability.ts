// What reliability is measured by: when each node was alive, and how long restores took.

import type { Context, Instant } from '../base/context.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Catalog, read, type Unit, write } from './catalog.ts';

/** From when until when a node was alive without a gap. */
export interface Lifetime {
  readonly node: string;
  readonly from: Instant;
  readonly until: Instant;
}

export interface RestoreTime {
  readonly policyId?: string;
  readonly kind: 'restore' | 'drill';
  readonly at: Instant;
  readonly bytes: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
}

/** Says that the node is alive. One row grows as long as it is said at least every `gapMs`; so there are as many rows as there were breaks. */
export async function beatLife(
  at: Catalog | Unit,
  { node, gapMs }: { readonly node: string; readonly gapMs: number },
  context: Context,
): Promise<Lifetime> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const last = await access.db
        .selectFrom('lifetimes')
        .selectAll()
        .where('node', '=', node)
        .orderBy('from_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      // A clock that was put back must not make two lives overlap.
      if (last !== undefined && now - last.until_at <= gapMs) {
        const until = Math.max(now, last.until_at);
        await access.db
          .updateTable('lifetimes')
          .set({ until_at: until })
          .where('node', '=', node)
          .where('from_at', '=', last.from_at)
          .execute();
        return { node, from: last.from_at, until };
      }
      await access.db.insertInto('lifetimes').values({ node, from_at: now, until_at: now }).execute();
      return { node, from: now, until: now };
    },
    context,
  );
}

/** Those that reach into the time from `since`, oldest first. */
export async function lifetimesSince(
  at: Catalog | Unit,
  since: Instant,
  context: Context,
): Promise<readonly Lifetime[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('lifetimes')
        .selectAll()
        .where('until_at', '>=', since)
        .orderBy('from_at')
        .execute();
      return rows.map((row) => ({ node: row.node, from: row.from_at, until: row.until_at }));
    },
    context,
  );
}

/** `at` is when it began. */
export async function noteRestoreTime(
  at: Catalog | Unit,
  time: RestoreTime,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      await access.db
        .insertInto('restore_times')
        .values({
          id: access.newId(await access.now()),
          policy_id: time.policyId ?? null,
          kind: time.kind,
          at: time.at,
          bytes: time.bytes,
          duration_ms: Math.round(time.durationMs),
          outcome: time.outcome,
        })
        .execute();
    },
    context,
  );
}

/** Oldest first. */
export async function restoreTimesSince(
  at: Catalog | Unit,
  since: Instant,
  context: Context,
): Promise<readonly RestoreTime[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('restore_times')
        .selectAll()
        .where('at', '>=', since)
        .orderBy('at')
        .orderBy('id')
        .execute();
      return rows.map((row) => ({
        kind: row.kind as RestoreTime['kind'],
        at: row.at,
        bytes: row.bytes,
        durationMs: row.duration_ms,
        outcome: row.outcome as Outcome,
        ...(row.policy_id === null ? {} : { policyId: row.policy_id }),
      }));
    },
    context,
  );
}

/** Forgets what is older than all figures look back. */
export async function trimReliability(at: Catalog | Unit, before: Instant, context: Context): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      await db.deleteFrom('lifetimes').where('until_at', '<', before).execute();
      await db.deleteFrom('restore_times').where('at', '<', before).execute();
    },
    context,
  );
}
