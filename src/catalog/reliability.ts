// What reliability is measured by: when each node was alive, and how long restores took.

import { sql } from 'kysely';
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

export interface DueCount {
  readonly policyId: string;
  /** Due times that were tried, however often. */
  readonly due: number;
  /** Those that took effect in the end. */
  readonly effective: number;
  /** Those of them that saved everything. */
  readonly complete: number;
}

/** Of runs begun since then that have ended; those that somebody stopped say nothing. */
export async function dueCounts(
  at: Catalog | Unit,
  since: Instant,
  context: Context,
): Promise<readonly DueCount[]> {
  const firstId = idAt(since);
  return read(
    at,
    async ({ db }) => {
      const { rows } = await sql<{ policy_id: string; due: number; effective: number; complete: number }>`
        select policy_id, count(*) as due, sum(effective) as effective, sum(complete) as complete from (
          select policy_id, due_at,
            max(case when outcome in ('succeeded', 'partial') then 1 else 0 end) as effective,
            max(case when outcome = 'succeeded' then 1 else 0 end) as complete
          from runs where id >= ${firstId} and state = 'ended' and outcome <> 'canceled'
          group by policy_id, due_at) as by_due
        group by policy_id`.execute(db);
      return rows.map(({ policy_id, due, effective, complete }) => ({
        policyId: policy_id,
        due: Number(due),
        effective: Number(effective),
        complete: Number(complete),
      }));
    },
    context,
  );
}

export interface PointGap {
  readonly policyId: string;
  /** The longest time between two moments that are saved one after the other, up to now. */
  readonly worstMs: number;
  /** Between two that are in the window; absent where there are no two. */
  readonly averageMs?: number;
}

/** Of each policy the worst of its sources: how much would have been lost at the worst moment since then. */
export async function pointGaps(
  at: Catalog | Unit,
  { since, now }: { readonly since: Instant; readonly now: Instant },
  context: Context,
): Promise<readonly PointGap[]> {
  return read(
    at,
    async ({ db }) => {
      const { rows } = await sql<{
        policy_id: string;
        worst: number | null;
        total: number | null;
        gaps: number;
        first: number;
        last: number;
        before: number | null;
      }>`
        select g.policy_id, max(g.gap) as worst, sum(g.gap) as total, count(g.gap) as gaps,
          min(g.taken_at) as first, max(g.taken_at) as last,
          (select max(b.taken_at) from recovery_points b
            where b.policy_id = g.policy_id and b.source = g.source and b.taken_at < ${since}) as before
        from (
          select policy_id, source, taken_at,
            taken_at - lag(taken_at) over (partition by policy_id, source order by taken_at) as gap
          from recovery_points where policy_id is not null and taken_at >= ${since}) as g
        group by g.policy_id, g.source`.execute(db);
      const worst = new Map<string, PointGap>();
      for (const row of rows) {
        const { first, last, before } = row;
        const worstMs = Math.max(
          Number(row.worst ?? 0),
          now - Number(last),
          before === null ? 0 : Number(first) - Number(before),
        );
        const gaps = Number(row.gaps);
        const known = worst.get(row.policy_id);
        if (known !== undefined && known.worstMs >= worstMs) continue;
        const averageMs = gaps === 0 ? undefined : Number(row.total) / gaps;
        worst.set(row.policy_id, {
          policyId: row.policy_id,
          worstMs,
          ...(averageMs === undefined ? {} : { averageMs }),
        });
      }
      return [...worst.values()];
    },
    context,
  );
}

/** What all ids that were made since then come after. */
function idAt(at: Instant): string {
  const hex = Math.max(0, at).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** Whose the snapshot is; undefined where the catalog does not know. */
export async function policyOfCopy(
  at: Catalog | Unit,
  { repository, snapshot }: { readonly repository: string; readonly snapshot: string },
  context: Context,
): Promise<string | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('copies')
        .innerJoin('recovery_points', 'recovery_points.id', 'copies.recovery_point_id')
        .select('recovery_points.policy_id')
        .where('copies.repository', '=', repository)
        .where('copies.snapshot', '=', snapshot)
        .executeTakeFirst();
      return row?.policy_id ?? undefined;
    },
    context,
  );
}
