// Every day a part of every repository is read, so that within the time that its policies name every byte has been. And tasks that were done
// are forgotten when nobody asks for them any more.

import { addTask, sweepTasks } from '../../catalog/queue.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { jitterOf } from '../../model/schedule/jitter.ts';
import type { Duty } from '../duty.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A day on which the machine was off, and one more, leave the promise whole. */
const marginDays = 2;
/** Longer than a key of a task must be known: a due time is never asked for again so late. */
const taskKeptMs = 14 * dayMs;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog, configuration }, context) {
    const now = context.clock.now();
    const day = Math.floor(now / dayMs);
    for (const [repository, share] of sharesOf(await configuration(context))) {
      // Not in the past, where a machine began late on its first day: nobody has waited for it.
      const dueAt = Math.max(now, day * dayMs + jitterOf(`check:${repository}`, day, 20 * hourMs));
      const task = {
        kind: 'check',
        key: `check:${repository}@${day}`,
        // Documents of the catalog hold whole numbers alone. Rounded up, so that the promise is kept.
        payload: { repository, millionths: Math.ceil(share * 1_000_000) },
        priority: -500,
        source: `check:${repository}`,
        dueAt,
      };
      await addTask(catalog, task, context);
    }
    await sweepTasks(catalog, now - taskKeptMs, context);
    return now + hourMs;
  },
};

/** Of each repository that a policy uses: the part to read each day. */
export function sharesOf({ policies, repositories }: Configuration): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const policy of Object.values(policies)) {
    if (!policy.enabled) continue;
    const days = Math.max(1, policy.everyByteWithin / dayMs - marginDays);
    for (const name of policy.repositories) {
      if (!Object.hasOwn(repositories, name)) continue;
      shares.set(name, Math.max(shares.get(name) ?? 0, Math.min(1, 1 / days)));
    }
  }
  return shares;
}
