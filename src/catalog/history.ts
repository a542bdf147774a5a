// What happened so long ago that nobody asks for it any more: runs with their problems, and recovery points that are nowhere any more. Without that
// a catalog grows for ever.

import type { Context, Instant } from '../base/context.ts';
import { type Catalog, type Unit, write } from './catalog.ts';

const atOnce = 500;

/** The last run of each policy stays. Tells how many went: as many as one unit takes at most, so that the caller asks again. */
export async function sweepRuns(at: Catalog | Unit, endedBefore: Instant, context: Context): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const rows = await db
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
        .execute();
      if (rows.length === 0) return 0;
      const ids = rows.map(({ id }) => id);
      await db.deleteFrom('run_problems').where('run_id', 'in', ids).execute();
      await db.deleteFrom('run_observations').where('run_id', 'in', ids).execute();
      await db.deleteFrom('runs').where('id', 'in', ids).execute();
      return ids.length;
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
  return write(
    at,
    async ({ db }) => {
      const rows = await db
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
        .execute();
      if (rows.length === 0) return 0;
      const ids = rows.map(({ id }) => id);
      await db.deleteFrom('copies').where('recovery_point_id', 'in', ids).execute();
      await db.deleteFrom('recovery_points').where('id', 'in', ids).execute();
      return ids.length;
    },
    context,
  );
}
