// What people and their programs ask for by hand: that a task stops. One that waits leaves the queue; of one at work its worker hears within
// seconds, and what was published until then stays and is noted.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { appendAudit } from '../catalog/audit.ts';
import { cancelTask, type Stopped } from '../catalog/cancellations.ts';
import { type Catalog, together, type Unit } from '../catalog/catalog.ts';
import { policyById } from '../catalog/policies.ts';
import { type Task, taskById } from '../catalog/queue.ts';
import { type Run, runById, taskOfRun } from '../catalog/runs.ts';
import { learnLater } from './learn-later.ts';
import { forgetPayload, retentionPayload, rulesOf } from './tasks/orders.ts';

/** Messages, witnesses and looks after health are not for anybody to stop: they tell of what others would rather hide. */
const cancelable: ReadonlySet<string> = new Set([
  'backup',
  'retention',
  'check',
  'restore',
  'browse',
  'download',
  'list',
  'forget',
  'prune',
  'repair',
  'rotate-keys',
  'audit-verify',
  'catalog-check',
  'posture',
  'slots',
  'stats',
  'storage-test',
]);

/** Part of the unit. Fails with conflict/TASK_DONE, and denied/TASK_NOT_CANCELABLE for what nobody stops. */
export async function stopTask(unit: Unit, task: Task, actor: string, context: Context): Promise<Stopped> {
  if (!cancelable.has(task.kind)) {
    throw new Failure(
      'denied',
      'TASK_NOT_CANCELABLE',
      `a task of kind "${task.kind}" is not stopped by hand`,
      {
        hint: `These can be stopped: ${[...cancelable].join(', ')}.`,
      },
    );
  }
  const stopped = await cancelTask(unit, task, actor, context);
  if (stopped === 'ended' && task.claims > 0) {
    await learnLater(unit, await deletingIn(task, unit, context), task.id, context);
  }
  return stopped;
}

/** The task that does a run. Fails with conflict/RUN_ENDED where it has ended. */
export async function taskToStop(unit: Unit, run: Run, context: Context): Promise<Task> {
  const id = run.state === 'running' ? await taskOfRun(unit, run.id, context) : undefined;
  const task = id === undefined ? undefined : await taskById(unit, id, context);
  if (task !== undefined) return task;
  throw new Failure('conflict', 'RUN_ENDED', `the run "${run.id}" has ended already`, {
    hint: 'Look how it ended; there is nothing left to stop.',
  });
}

/** By the id of a run or of a task, with its line in the audit trail; undefined where there is neither. */
export async function requestCancel(
  catalog: Catalog,
  id: string,
  { actor, node }: { readonly actor: string; readonly node: string },
  context: Context,
): Promise<{ readonly task: Task; readonly stopped: Stopped } | undefined> {
  return together(
    catalog,
    async (unit) => {
      const run = await runById(unit, id, context);
      const task =
        run === undefined ? await taskById(unit, id, context) : await taskToStop(unit, run, context);
      if (task === undefined) return undefined;
      const stopped = await stopTask(unit, task, actor, context);
      const facts = { task: task.id, kind: task.kind, stopped };
      const object = `${run === undefined ? 'task' : 'run'} ${id}`;
      const act = { node, actor, method: 'local', action: 'run:cancel', object, facts } as const;
      await appendAudit(unit, { ...act, outcome: 'succeeded' }, context);
      return { task, stopped };
    },
    context,
    'audit',
  );
}

/** Where a task that was cut off may have deleted. */
export async function deletingIn(
  task: Task,
  at: Catalog | Unit,
  context: Context,
): Promise<readonly string[]> {
  if (task.kind === 'forget') {
    const wanted = forgetPayload.safeParse(task.payload);
    return wanted.success ? [...new Set(wanted.data.copies.map(({ repository }) => repository))] : [];
  }
  if (task.kind !== 'retention') return [];
  const read = retentionPayload.safeParse(task.payload);
  const policy = read.success ? await policyById(at, read.data.policyId, context) : undefined;
  return policy === undefined || read.data?.dryRun === true ? [] : rulesOf(policy).repositories;
}
