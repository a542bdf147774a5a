// Every repository whose keys are to be rotated each month is asked for it once a day, until the queue shows that it was done. Tasks are
// forgotten after some weeks: asked once more in the same month, nothing is done.

import { addTask } from '../../catalog/queue.ts';
import { hasSucceededSince } from '../../catalog/task-success.ts';
import { periodOf } from '../../model/maintenance/plan.ts';
import { zoneOf } from '../alerts/telling.ts';
import type { Duty } from '../duty.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog, configuration }, context) {
    const now = context.clock.now();
    const current = await configuration(context);
    const { from } = periodOf('monthly', now, zoneOf(current), now);
    for (const [repository, { rotateKeys }] of Object.entries(current.repositories)) {
      if (rotateKeys !== 'monthly') continue;
      const kind = 'rotate-keys';
      const source = `${kind}:${repository}`;
      if (await hasSucceededSince(catalog, { kind, source, since: from }, context)) continue;
      const key = `${source}@${Math.floor(now / dayMs)}`;
      const task = { kind, key, payload: { repository }, priority: -500, source, dueAt: now };
      await addTask(catalog, task, context);
    }
    return now + hourMs;
  },
};
