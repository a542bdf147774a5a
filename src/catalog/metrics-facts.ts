// What metrics ask the catalog, in few statements that indexes answer, whatever the number of runs.

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Catalog, read, type Unit } from './catalog.ts';

export interface PolicyFacts {
  readonly name: string;
  readonly enabled: boolean;
  readonly config: unknown;
  readonly newestPointAt?: Instant;
  readonly lastSucceededAt?: Instant;
  readonly lastRun?: {
    readonly outcome: Outcome;
    readonly startedAt: Instant;
    readonly endedAt: Instant;
    readonly problems: number;
    readonly counts: Readonly<Record<string, number>>;
  };
}

/** All policies that were not taken out, in the order of their names. */
export async function policyFacts(at: Catalog | Unit, context: Context): Promise<readonly PolicyFacts[]> {
  return read(
    at,
    async ({ db }) => {
      const { rows } = await sql<{
        name: string;
        enabled: number;
        config: string;
        newest: number | null;
        succeeded: number | null;
        outcome: Outcome | null;
        started: number | null;
        ended: number | null;
        problems: number | null;
        counts: string | null;
      }>`
        select p.name, p.enabled, p.config, s.last_succeeded_at as succeeded,
          (select max(t.taken_at) from recovery_points t where t.policy_id = p.id) as newest,
          r.outcome, r.started_at as started, r.ended_at as ended, r.problem_count as problems, r.counts
        from policies p join policy_states s on s.policy_id = p.id left join runs r on r.id = s.last_run_id
        where p.deleted_at is null order by p.name`.execute(db);
      return rows.map((row) => ({
        name: row.name,
        enabled: row.enabled === 1,
        config: JSON.parse(row.config),
        ...(row.newest === null ? {} : { newestPointAt: row.newest }),
        ...(row.succeeded === null ? {} : { lastSucceededAt: row.succeeded }),
        ...(row.outcome === null || row.started === null || row.ended === null
          ? {}
          : {
              lastRun: {
                outcome: row.outcome,
                startedAt: row.started,
                endedAt: row.ended,
                problems: row.problems ?? 0,
                counts: JSON.parse(row.counts ?? '{}'),
              },
            }),
      }));
    },
    context,
  );
}

export const outcomes = ['succeeded', 'partial', 'failed', 'canceled'] as const;

/** Of runs that began since. */
export async function runsSince(
  at: Catalog | Unit,
  since: Instant,
  context: Context,
): Promise<Readonly<Record<Outcome, number>>> {
  // Ids begin with the time of their making: one index counts them.
  const hex = Math.max(0, since).toString(16).padStart(12, '0');
  const first = `${hex.slice(0, 8)}-${hex.slice(8)}`;
  return read(
    at,
    async ({ db }) => {
      const counted = { succeeded: 0, partial: 0, failed: 0, canceled: 0 };
      for (const outcome of outcomes) {
        const row = await db
          .selectFrom('runs')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('outcome', '=', outcome)
          .where('id', '>=', first)
          .executeTakeFirst();
        counted[outcome] = Number(row?.count ?? 0);
      }
      return counted;
    },
    context,
  );
}

export async function brakesOn(at: Catalog | Unit, context: Context): Promise<number> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('brakes')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('released_at', 'is', null)
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },
    context,
  );
}

export interface Unwitnessed {
  readonly node: string;
  readonly witness: string;
  readonly entries: number;
}

/** Of each witness that has heard of a stream: how many of its entries it does not know. */
export async function unwitnessed(at: Catalog | Unit, context: Context): Promise<readonly Unwitnessed[]> {
  return read(
    at,
    async ({ db }) => {
      const { rows } = await sql<{ stream: string; witness: string; entries: number }>`
        select w.stream, w.witness,
          (select max(e.seq) from audit_entries e where e.stream = w.stream) - w.last_seq as entries
        from audit_witnesses w where w.witness not like 'log:%' order by w.stream, w.witness`.execute(db);
      return rows.map(({ stream, witness, entries }) => ({
        node: stream,
        witness,
        entries: Math.max(0, Number(entries)),
      }));
    },
    context,
  );
}
