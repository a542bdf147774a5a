// Between a hold and a deletion one comes first, and the other hears of it: what a task is about to forget is marked before, in the same transaction
// in which it is seen that nobody holds it. A mark counts as long as its task is not done.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { isBrakeOn } from './brake.ts';
import { type Access, type Catalog, type Unit, unitOf, write } from './catalog.ts';

const snapshotsAtOnce = 500;

/** Those of the snapshots that the task may forget now: none while the brake is on, and none whose point is held. */
export async function letGo(
  at: Catalog | Unit,
  wish: { readonly repository: string; readonly snapshots: readonly string[]; readonly taskId: string },
  context: Context,
): Promise<readonly string[]> {
  const { repository, snapshots, taskId } = wish;
  return write(
    at,
    async (access) => {
      if (await isBrakeOn(unitOf(access), context)) return [];
      const held = new Set<string>();
      for (let from = 0; from < snapshots.length; from += snapshotsAtOnce) {
        const some = snapshots.slice(from, from + snapshotsAtOnce);
        const rows = await access.db
          .selectFrom('copies')
          .innerJoin('recovery_points', 'recovery_points.id', 'copies.recovery_point_id')
          .select('snapshot')
          .where('repository', '=', repository)
          .where('snapshot', 'in', some)
          .where('held_at', 'is not', null)
          .execute();
        for (const { snapshot } of rows) held.add(snapshot);
        const going = some.filter((snapshot) => !held.has(snapshot));
        if (going.length === 0) continue;
        await access.db
          .updateTable('copies')
          .set({ leaving_task: taskId })
          .where('repository', '=', repository)
          .where('snapshot', 'in', going)
          .execute();
      }
      return snapshots.filter((snapshot) => !held.has(snapshot));
    },
    context,
  );
}

/** A point with a copy that stays can be held for that one. */
export async function refuseLeaving({ db }: Access, recoveryPointId: string): Promise<void> {
  const copies = await db
    .selectFrom('copies')
    .leftJoin('tasks', (join) =>
      join.onRef('tasks.id', '=', 'copies.leaving_task').on('tasks.state', '!=', 'done'),
    )
    .select(['copies.repository', 'tasks.id as leaving'])
    .where('recovery_point_id', '=', recoveryPointId)
    .where('removed_at', 'is', null)
    .execute();
  const [first] = copies;
  if (first === undefined || copies.some(({ leaving }) => leaving === null)) return;
  throw new Failure(
    'conflict',
    'RECOVERY_POINT_LEAVING',
    `recovery point "${recoveryPointId}" is being deleted in "${first.repository}" at this moment`,
    {
      hint: 'Hold another one. What retention has begun to delete cannot be brought back.',
      facts: { point: recoveryPointId, repository: first.repository },
    },
  );
}
