// Whether the clock of this machine agrees with that of the catalog, and whether it was put back since the last look: schedules, retention and
// certificates go by it.

import { catalogClock } from '../../../catalog/health-facts.ts';
import type { HealthCheck } from '../check.ts';

const offMs = 120_000;
const veryOffMs = 3_600_000;

export const check: HealthCheck = {
  scope: 'node',
  async run({ catalog, known }, context) {
    const shared = await catalogClock(catalog, context);
    const now = context.clock.now();
    const apart = now - shared;
    const result = (state: 'ok' | 'warning' | 'critical', reason: string, byMs: number) => [
      { object: '', state, reason, facts: { byMs: Math.round(byMs), now } },
    ];
    if (Math.abs(apart) > veryOffMs) return result('critical', 'clock-off', apart);
    if (Math.abs(apart) > offMs) return result('warning', 'clock-off', apart);
    const last = Math.max(Number(known[0]?.facts['now'] ?? 0), known[0]?.checkedAt ?? 0);
    if (last - now > offMs) return result('warning', 'clock-back', last - now);
    return result('ok', 'clock-ok', apart);
  },
};
