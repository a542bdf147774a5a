// What people and their programs ask for by hand: a run of a policy, now or later. Like everything else it becomes a task of the queue.

import type { Context, Instant } from '../base/context.ts';
import { appendAudit } from '../catalog/audit.ts';
import { type Catalog, together } from '../catalog/catalog.ts';
import type { Policy } from '../catalog/policies.ts';
import { addTask } from '../catalog/queue.ts';
import { backupTask } from './tasks/orders.ts';

export interface RunWish {
  readonly actor: string;
  /** How the actor proved who it is. */
  readonly method?: string;
  /** Of the machine where it is asked, for the audit. */
  readonly node: string;
  /** At once when left out. */
  readonly dueAt?: Instant;
}

/** Goes before what is due by schedule. The run is found in the catalog by its policy and due time. */
export async function requestRun(
  catalog: Catalog,
  policy: Policy,
  { actor, method = 'local', node, dueAt }: RunWish,
  context: Context,
): Promise<{ readonly taskId: string; readonly dueAt: Instant; readonly isNew: boolean }> {
  const due = dueAt ?? context.clock.now();
  const task = backupTask(policy, { policyId: policy.id, due, missed: 0, actor }, 1000);
  return together(
    catalog,
    async (unit) => {
      const { id, isNew } = await addTask(unit, { ...task, dueAt: due }, context);
      if (isNew) {
        await appendAudit(
          unit,
          { node, actor, method, action: 'run:request', object: policy.name, outcome: 'succeeded' },
          context,
        );
      }
      return { taskId: id, dueAt: due, isNew };
    },
    context,
    'audit',
  );
}
