// What runs observed of their sources, and what was found odd in it: the newest of each policy, for comparing.

import type { Context, Instant } from '../base/context.ts';
import type { Finding, Observations } from '../model/anomalies/observations.ts';
import { type Catalog, read, storable, type Unit, write } from './catalog.ts';

export interface ObservedRun {
  readonly runId: string;
  readonly policyId: string;
  readonly at: Instant;
  readonly observations: Observations;
  readonly findings: readonly Finding[];
}

/** Kept of each policy. */
export const observedRunsMax = 100;

/** Telling it again changes nothing. */
export async function noteObservations(
  at: Catalog | Unit,
  run: Omit<ObservedRun, 'at'>,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const { db } = access;
      await db
        .insertInto('run_observations')
        .values({
          run_id: run.runId,
          policy_id: run.policyId,
          at: await access.now(),
          observations: storable(JSON.stringify(run.observations)),
          findings: storable(JSON.stringify(run.findings)),
        })
        .onConflict((conflict) => conflict.column('run_id').doNothing())
        .execute();
      const oldest = await db
        .selectFrom('run_observations')
        .select('run_id')
        .where('policy_id', '=', run.policyId)
        .orderBy('run_id', 'desc')
        .offset(observedRunsMax)
        .limit(1)
        .executeTakeFirst();
      if (oldest === undefined) return;
      await db
        .deleteFrom('run_observations')
        .where('policy_id', '=', run.policyId)
        .where('run_id', '<=', oldest.run_id)
        .execute();
    },
    context,
  );
}

/** Newest first. */
export async function observedRuns(
  at: Catalog | Unit,
  { policyId, limit }: { readonly policyId: string; readonly limit: number },
  context: Context,
): Promise<readonly ObservedRun[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('run_observations')
        .selectAll()
        .where('policy_id', '=', policyId)
        .orderBy('run_id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        runId: row.run_id,
        policyId: row.policy_id,
        at: row.at,
        observations: JSON.parse(row.observations),
        findings: JSON.parse(row.findings),
      }));
    },
    context,
  );
}
