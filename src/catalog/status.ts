// The one answer that everybody asks for: how are things? Made of small tables and partial indexes only, whatever the number of runs.

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Catalog, read, type Unit } from './catalog.ts';
import { type QueueCounts, queueOutlook } from './queue.ts';
import { whileUnchanged } from './unchanged.ts';

export interface CatalogStatus {
  readonly policies: number;
  readonly disabled: number;
  /** Enabled policies by the outcome of their last run. */
  readonly lastOutcomes: Readonly<Record<Outcome | 'never', number>>;
  /** Of all enabled policies that have one, the one that is longest ago. */
  readonly oldestSuccess?: { readonly policy: string; readonly at: Instant };
  readonly running: number;
  readonly openAlerts: Readonly<Record<string, number>>;
  readonly queue: QueueCounts;
  /** After so long it is otherwise, though nobody writes; absent where it stays. */
  readonly changesInMs?: number;
}

export async function catalogStatus(at: Catalog | Unit, context: Context): Promise<CatalogStatus> {
  const steady = await whileUnchanged(at, 'status', () => steadyStatus(at, context), context);
  // What is due or orphaned becomes so by itself.
  const { counts: queue, ...ahead } = await queueOutlook(at, context);
  return { ...steady, queue, ...ahead };
}

async function steadyStatus(
  at: Catalog | Unit,
  context: Context,
): Promise<Omit<CatalogStatus, 'queue' | 'changesInMs'>> {
  return read(
    at,
    async ({ db }) => {
      const outcomes = await sql<{ enabled: number; outcome: string; count: number }>`
        select p.enabled, coalesce(s.last_outcome, 'never') as outcome, count(*) as count
        from policies p join policy_states s on s.policy_id = p.id
        where p.deleted_at is null group by 1, 2`.execute(db);
      const oldest = await sql<{ name: string; at: number }>`
        select p.name, s.last_succeeded_at as at
        from policies p join policy_states s on s.policy_id = p.id
        where p.deleted_at is null and p.enabled = 1 and s.last_succeeded_at is not null
        order by s.last_succeeded_at, p.name limit 1`.execute(db);
      const running = await sql<{ count: number }>`
        select count(*) as count from runs where state = 'running'`.execute(db);
      const alerts = await sql<{ severity: string; count: number }>`
        select severity, count(*) as count from alerts where state <> 'resolved' group by 1`.execute(db);
      const lastOutcomes = { succeeded: 0, partial: 0, failed: 0, canceled: 0, never: 0 };
      let disabled = 0;
      for (const { enabled, outcome, count } of outcomes.rows) {
        if (enabled === 1) lastOutcomes[outcome as Outcome | 'never'] += count;
        else disabled += count;
      }
      const first = oldest.rows[0];
      return {
        policies: outcomes.rows.reduce((sum, { count }) => sum + count, 0),
        disabled,
        lastOutcomes,
        ...(first === undefined ? {} : { oldestSuccess: { policy: first.name, at: first.at } }),
        running: running.rows[0]?.count ?? 0,
        openAlerts: Object.fromEntries(alerts.rows.map(({ severity, count }) => [severity, count])),
      };
    },
    context,
  );
}
