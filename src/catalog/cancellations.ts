// Stopping a task because somebody wants it: one that nobody holds ends at once, of one at work its holder hears and ends it. Once wanted, it is
// never begun again, also when its holder dies before it has heard.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import { type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';
import { nextFence, taskLost } from './leases.ts';
import type { Claim, Task } from './queue.ts';
import { endRunsOfTask } from './runs.ts';
import { toStored } from './stored-json.ts';

/** `stopping`: it is at work, and its holder is to hear of it. */
export type Stopped = 'ended' | 'stopping';

/** Fails with conflict/TASK_DONE where there is nothing left to stop. May be said again. */
export async function cancelTask(
  at: Catalog | Unit,
  { id }: Pick<Task, 'id'>,
  actor: string,
  context: Context,
): Promise<Stopped> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const now = await access.now();
      const row = await db
        .selectFrom('tasks')
        .select(['state', 'held_until', 'canceled_at'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined || row.state === 'done') {
        if (row?.canceled_at != null) return 'ended';
        throw new Failure('conflict', 'TASK_DONE', `the task "${id}" has ended already`, {
          hint: 'Look how it ended; there is nothing left to stop.',
        });
      }
      const isHeld = row.state === 'claimed' && row.held_until >= now;
      if (row.canceled_at === null) {
        await db
          .updateTable('tasks')
          .set({ canceled_at: now, canceled_by: storable(actor) })
          .where('id', '=', id)
          .execute();
      }
      if (isHeld) return 'stopping';
      // Who held it and was lost must not go on where it wakes up: its fence is not the newest any more.
      const fence = await nextFence(access);
      await db
        .updateTable('tasks')
        .set({ state: 'done', done_at: now, fence, result: toStored(canceledResult(actor)) })
        .where('id', '=', id)
        .execute();
      await endRunsOfTask(unitOf(access), id, endOfRun(actor), context);
      return 'ended';
    },
    context,
    'tasks',
  );
}

/** Who wants it to stop; undefined while nobody does, or when another holds it. */
export async function canceledBy(
  at: Catalog | Unit,
  { task, fence }: Claim,
  context: Context,
): Promise<string | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('tasks')
        .select('canceled_by')
        .where('id', '=', task.id)
        .where('fence', '=', fence)
        .where('canceled_at', 'is not', null)
        .executeTakeFirst();
      return row?.canceled_by ?? undefined;
    },
    context,
  );
}

/** The holder has stopped: the task ends, and with it each run of it that has not ended. Fails with conflict/TASK_LOST like its completion. */
export async function endCanceled(
  at: Catalog | Unit,
  claim: Claim,
  actor: string,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      await endRunsOfTask(unitOf(access), claim.task.id, endOfRun(actor), context);
      const row = await access.db
        .updateTable('tasks')
        .set({ state: 'done', done_at: await access.now(), result: toStored(canceledResult(actor)) })
        .where('id', '=', claim.task.id)
        .where('state', '=', 'claimed')
        .where('fence', '=', claim.fence)
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) throw taskLost(claim.task.id);
    },
    context,
  );
}

function canceledResult(actor: string): JsonValue {
  return { canceled: { by: actor } };
}

function endOfRun(actor: string) {
  const failure = { code: 'CANCELED', message: `stopped by ${actor}` };
  return { outcome: 'canceled' as const, counts: {}, failure };
}
