// Whether what is wanted is also done: tasks that wait for long, and one that kills whoever takes it up.

import { lateTasks, mostClaimed } from '../../../catalog/health-facts.ts';
import type { CheckResult, HealthCheck } from '../check.ts';

const lateMs = 3_600_000;
const veryLateMs = 6 * 3_600_000;
const claimsMax = 10;

export const check: HealthCheck = {
  scope: 'cluster',
  async run({ catalog }, context) {
    const now = context.clock.now();
    const results = (await lateTasks(catalog, now - lateMs, context)).map(
      ({ kind, count, dueAt }): CheckResult => ({
        object: kind,
        state: now - dueAt > veryLateMs ? 'critical' : 'warning',
        reason: 'queue-stuck',
        facts: { kind, count, lateMs: now - dueAt },
      }),
    );
    const worst = await mostClaimed(catalog, claimsMax, context);
    if (worst !== undefined) {
      const { kind, key, claims } = worst;
      results.push({ object: key, state: 'warning', reason: 'queue-repeats', facts: { kind, key, claims } });
    }
    if (results.length > 0) return results;
    return [{ object: '', state: 'ok', reason: 'queue-ok', facts: {} }];
  },
};
