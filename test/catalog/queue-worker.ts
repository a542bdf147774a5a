// A process of its own that does tasks until none is left: each effect and its completion are one unit. It may be killed anywhere.

import { together } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { claimTask, completeTask, countTasks } from '../../src/catalog/queue.ts';
import { endRun, startRun } from '../../src/catalog/runs.ts';
import { testContext } from '../world.ts';

const [location = '', policyId = '', node = ''] = process.argv.slice(2);
const holdMs = 200;
const base = testContext();
const context = {
  ...base,
  clock: {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (durationMs: number) => new Promise<void>((resolve) => setTimeout(resolve, durationMs)),
  },
};
await using catalog = await openCatalog({ location }, context);
for (;;) {
  const claim = await claimTask(catalog, { node, holdMs }, context);
  if (claim === undefined) {
    const { due, claimed, orphaned } = await countTasks(catalog, context);
    if (due + claimed + orphaned === 0) break;
    await context.clock.sleep(5);
    continue;
  }
  const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
  try {
    const dueAt = Number(claim.task.key);
    const run = await startRun(catalog, { policyId, dueAt, node, holding }, context);
    await together(
      catalog,
      async (unit) => {
        await endRun(unit, run, { outcome: 'succeeded', counts: {} }, context);
        await completeTask(unit, claim, null, context);
      },
      context,
    );
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code !== 'TASK_LOST' && code !== 'RUN_OVER') throw error;
  }
}
