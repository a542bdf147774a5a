// What happened so long ago that nobody asks for it any more: runs with their problems, and recovery points that are nowhere any more. Without that
// a catalog grows for ever.

import type { Context, Instant } from '../base/context.ts';
import { type Access, type Catalog, type Unit, write } from './catalog.ts';

const atOnce = 500;

/** The last run of each policy stays. Tells how many went: as many as one unit takes at most, so that the caller asks again. */
export async function sweepRuns(at: Catalog | Unit, endedBefore: Instant, context: Context): Promise<number> {
  return sweep(
    at,
    ({ db }) =>
      db
        .selectFrom('runs')
        .select('id')
        .where('state', '=', 'ended')
        .where('ended_at', '<', endedBefore)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(selectFrom('policy_states').select('policy_id').whereRef('last_run_id', '=', 'runs.id')),
          ),
        )
        .orderBy('id')
        .limit(atOnce)
        .execute(),
    async ({ db }, ids) => {
      await db.deleteFrom('run_problems').where('run_id', 'in', ids).execute();
      await db.deleteFrom('run_observations').where('run_id', 'in', ids).execute();
      await db.deleteFrom('runs').where('id', 'in', ids).execute();
    },
    context,
  );
}

/** Points whose copies have all been gone since then. Tells how many went, as in `sweepRuns`. */
export async function sweepGonePoints(
  at: Catalog | Unit,
  goneBefore: Instant,
  context: Context,
): Promise<number> {
  return sweep(
    at,
    ({ db }) =>
      db
        .selectFrom('recovery_points')
        .select('id')
        .where('taken_at', '<', goneBefore)
        .where('held_at', 'is', null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('copies')
                .select('snapshot')
                .whereRef('recovery_point_id', '=', 'recovery_points.id')
                .where(({ or, eb }) =>
                  or([eb('removed_at', 'is', null), eb('removed_at', '>=', goneBefore)]),
                ),
            ),
          ),
        )
        .orderBy('taken_at')
        .limit(atOnce)
        .execute(),
    async ({ db }, ids) => {
      await db.deleteFrom('copies').where('recovery_point_id', 'in', ids).execute();
      await db.deleteFrom('recovery_points').where('id', 'in', ids).execute();
    },
    context,
  );
}

/** Alerts that are over, and of which nothing is still to be told. Tells how many went, as in `sweepRuns`. */
export async function sweepAlerts(
  at: Catalog | Unit,
  resolvedBefore: Instant,
  context: Context,
): Promise<number> {
  return sweep(
    at,
    ({ db }) =>
      db
        .selectFrom('alerts')
        .select('id')
        .where('state', '=', 'resolved')
        .where('resolved_at', '<', resolvedBefore)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('deliveries')
                .select('deliveries.id')
                .whereRef('deliveries.alert_id', '=', 'alerts.id')
                .where('is_open', '=', 1),
            ),
          ),
        )
        .orderBy('resolved_at')
        .limit(atOnce)
        .execute(),
    async ({ db }, ids) => {
      await db.deleteFrom('deliveries').where('alert_id', 'in', ids).execute();
      await db.deleteFrom('alerts').where('id', 'in', ids).execute();
    },
    context,
  );
}

/** Brakes that were released, and approvals that nobody can use any more. Who did what stands in the audit trail. */
export async function sweepDecisions(
  at: Catalog | Unit,
  decidedBefore: Instant,
  context: Context,
): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const brakes = await db
        .deleteFrom('brakes')
        .where('released_at', '<', decidedBefore)
        .returning('id')
        .execute();
      const approvals = await db
        .deleteFrom('approvals')
        .where('expires_at', '<', decidedBefore)
        .returning('id')
        .execute();
      // All of them at once: they are few.
      return brakes.length + approvals.length > 0 ? 1 : 0;
    },
    context,
  );
}

/** Policies that were deleted, and of which there is neither a recovery point nor anything else but the last run. Tells how many went. */
export async function sweepPolicies(
  at: Catalog | Unit,
  deletedBefore: Instant,
  context: Context,
): Promise<number> {
  return sweep(
    at,
    ({ db }) =>
      db
        .selectFrom('policies')
        .select('id')
        .where('deleted_at', '<', deletedBefore)
        .where(({ and, not, exists, selectFrom }) =>
          and([
            not(
              exists(
                selectFrom('recovery_points')
                  .select('recovery_points.id')
                  .whereRef('recovery_points.policy_id', '=', 'policies.id'),
              ),
            ),
            not(
              exists(
                selectFrom('alerts').select('alerts.id').whereRef('alerts.policy_id', '=', 'policies.id'),
              ),
            ),
            not(
              exists(
                selectFrom('runs')
                  .select('runs.id')
                  .whereRef('runs.policy_id', '=', 'policies.id')
                  .where(({ or, eb }) =>
                    or([eb('ended_at', 'is', null), eb('ended_at', '>=', deletedBefore)]),
                  ),
              ),
            ),
          ]),
        )
        .orderBy('deleted_at')
        .limit(atOnce)
        .execute(),
    async ({ db }, ids) => {
      const runs = await db.selectFrom('runs').select('id').where('policy_id', 'in', ids).execute();
      const runIds = ['', ...runs.map(({ id }) => id)];
      await db.deleteFrom('plans').where('policy_id', 'in', ids).execute();
      await db.deleteFrom('policy_states').where('policy_id', 'in', ids).execute();
      await db.deleteFrom('run_observations').where('policy_id', 'in', ids).execute();
      await db.deleteFrom('run_problems').where('run_id', 'in', runIds).execute();
      await db.deleteFrom('runs').where('policy_id', 'in', ids).execute();
      await db.updateTable('restore_times').set({ policy_id: null }).where('policy_id', 'in', ids).execute();
      await db.updateTable('brakes').set({ policy_id: null }).where('policy_id', 'in', ids).execute();
      await db.deleteFrom('policies').where('id', 'in', ids).execute();
    },
    context,
  );
}

/** Tells how many were found, and are gone with what hangs on them. */
function sweep(
  at: Catalog | Unit,
  find: (access: Access) => Promise<readonly { readonly id: string }[]>,
  remove: (access: Access, ids: string[]) => Promise<void>,
  context: Context,
): Promise<number> {
  return write(
    at,
    async (access) => {
      const ids = (await find(access)).map(({ id }) => id);
      if (ids.length > 0) await remove(access, ids);
      return ids.length;
    },
    context,
  );
}
