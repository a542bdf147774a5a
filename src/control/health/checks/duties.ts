// The duties that one machine at a time does: a lease that ran out and that nobody takes up means that the duty is not done.

import { abandonedLeases } from '../../../catalog/health-facts.ts';
import type { CheckResult, HealthCheck } from '../check.ts';

/** A duty may want to be called a day later, and its lease runs out meanwhile. */
const lateMs = 27 * 3_600_000;
/** The lease of a duty is named `duty:<name>`. */
const prefix = 'duty:';

export const check: HealthCheck = {
  scope: 'cluster',
  async run({ catalog }, context) {
    const now = context.clock.now();
    const wish = { prefix, before: now - lateMs };
    const results = (await abandonedLeases(catalog, wish, context)).map(
      ({ name, heldUntil }): CheckResult => ({
        object: name.slice(prefix.length),
        state: 'warning',
        reason: 'duty-late',
        facts: { duty: name.slice(prefix.length), lateMs: now - heldUntil },
      }),
    );
    return results.length > 0 ? results : [{ object: '', state: 'ok', reason: 'duties-ok', facts: {} }];
  },
};
