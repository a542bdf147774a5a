// How a worker hears that somebody wants its task to stop, and what it leaves behind once the task has stopped.

import type { Context } from '../base/context.ts';
import { appendAudit } from '../catalog/audit.ts';
import { canceledBy, endCanceled } from '../catalog/cancellations.ts';
import { type Catalog, together } from '../catalog/catalog.ts';
import type { Claim } from '../catalog/queue.ts';
import { learnLater } from './learn-later.ts';
import { deletingIn } from './request-cancel.ts';
import type { TaskTools } from './task.ts';

const lookEveryMs = 2000;

/** Looks again and again until disposed; calls `stop` once. A catalog that does not answer is asked again. */
export function watchForCancel(
  claim: Claim,
  catalog: Catalog,
  stop: () => void,
  context: Context,
): AsyncDisposable & { canceledBy(): string | undefined } {
  const done = new AbortController();
  const within: Context = { ...context, signal: done.signal };
  let actor: string | undefined;
  const watching = (async () => {
    while (!done.signal.aborted && actor === undefined) {
      try {
        await context.clock.sleep(lookEveryMs, done.signal);
        if (!done.signal.aborted) actor = await canceledBy(catalog, claim, within);
      } catch (error) {
        if (done.signal.aborted) return;
        context.log.debug(`whether "${claim.task.kind}" is to stop could not be seen: ${String(error)}`);
      }
    }
    if (actor !== undefined) stop();
  })();
  return {
    canceledBy: () => actor,
    async [Symbol.asyncDispose]() {
      done.abort();
      await watching;
    },
  };
}

/** Written down at once: the end of the task and of its run, who wanted it, and where the catalog has to look what was deleted. */
export async function endStopped(
  claim: Claim,
  actor: string,
  { catalog, node }: Pick<TaskTools, 'catalog' | 'node'>,
  context: Context,
): Promise<void> {
  const { task } = claim;
  await together(
    catalog,
    async (unit) => {
      await endCanceled(unit, claim, actor, context);
      await learnLater(unit, await deletingIn(task, unit, context), task.id, context);
      const facts = { task: task.id, kind: task.kind };
      const act = { node, actor, method: 'task', action: 'run:stopped', object: `task ${task.id}` } as const;
      await appendAudit(unit, { ...act, outcome: 'succeeded', facts }, context);
    },
    context,
    'audit',
  );
}
