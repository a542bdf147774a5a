// The age of the newest recovery point of each policy against what may be lost at most, and whether every repository it should be in has it.

import { newestCopies, policyAges } from '../../../catalog/health-facts.ts';
import type { CheckResult, HealthCheck } from '../check.ts';

export const check: HealthCheck = {
  scope: 'cluster',
  patience: { worse: 1, better: 1, unknown: 3 },
  async run({ catalog, configuration }, context) {
    const now = context.clock.now();
    const results: CheckResult[] = [];
    let oldestMs = 0;
    let watched = 0;
    for (const { id, name, createdAt, newestAt } of await policyAges(catalog, context)) {
      const rules = configuration.policies[name];
      // What is saved by hand alone has no age that it could be too old for.
      if (rules === undefined || rules.schedule === 'manual') continue;
      watched += 1;
      const ageMs = now - (newestAt ?? createdAt);
      if (newestAt !== undefined) oldestMs = Math.max(oldestMs, ageMs);
      const facts = { policy: name, ageMs, rpoMs: rules.rpo };
      if (ageMs > rules.rpo) {
        const reason = newestAt === undefined ? 'backup-never' : 'backup-old';
        results.push({ object: name, state: 'critical', reason, facts });
      } else if (newestAt !== undefined && rules.repositories.length > 1) {
        const since = now - 2 * rules.rpo;
        const copies = await newestCopies(catalog, { policyId: id, since }, context);
        const behind = rules.repositories.filter((one) => (copies.get(one) ?? createdAt) < now - rules.rpo);
        if (behind.length === 0) continue;
        const where = { ...facts, repositories: behind.join(', ') };
        results.push({ object: name, state: 'warning', reason: 'backup-copy-old', facts: where });
      }
    }
    const facts = { policies: watched, late: results.length, oldestMs };
    return [{ object: '', state: 'ok', reason: 'backup-summary', facts }, ...results];
  },
};
