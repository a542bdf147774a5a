// What was cut off while it deleted may have deleted without a word: the catalog asks the repositories again, after what is being done now.

import type { Context } from '../base/context.ts';
import type { Catalog, Unit } from '../catalog/catalog.ts';
import { catalogTime } from '../catalog/clock.ts';
import { addTask } from '../catalog/queue.ts';

const learnAfterMs = 300_000;

/** Once for each task that was cut off. */
export async function learnLater(
  at: Catalog | Unit,
  repositories: readonly string[],
  taskId: string,
  context: Context,
): Promise<void> {
  const dueAt = (await catalogTime(at, context)) + learnAfterMs;
  for (const repository of repositories) {
    const task = {
      kind: 'list',
      key: `list:${repository}@${taskId}`,
      payload: { repository },
      priority: -2000,
      source: `list:${repository}`,
      dueAt,
    };
    await addTask(at, task, context);
  }
}
