// Every few minutes on one machine: alerts of work that was given up end when work of the same kind for the same source went well since, or when
// nobody has asked for any for a week.

import { listAlerts, resolveAlert } from '../../catalog/alerts.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { hasSucceededSince } from '../../catalog/task-success.ts';
import type { Duty } from '../duty.ts';
import { taskAlerts } from '../given-up.ts';

const everyMs = 300_000;
const longestMs = 7 * 86_400_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog }, context) {
    const now = await catalogTime(catalog, context);
    for (const state of ['open', 'acknowledged'] as const) {
      for (let after: string | undefined; ; ) {
        const wish = { state, limit: 500, ...(after === undefined ? {} : { after }) };
        const { items, next } = await listAlerts(catalog, wish, context);
        for (const { key, facts, lastAt } of items) {
          const { kind, source } = facts;
          if (!key.startsWith(taskAlerts) || typeof kind !== 'string') continue;
          const of = { kind, since: lastAt, ...(typeof source === 'string' ? { source } : {}) };
          const isOver = lastAt < now - longestMs || (await hasSucceededSince(catalog, of, context));
          if (isOver) await resolveAlert(catalog, key, context);
        }
        if (next === undefined) break;
        after = next;
      }
    }
    return context.clock.now() + everyMs;
  },
};
