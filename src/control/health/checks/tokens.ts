// Tokens of the API that end soon: what uses them stops working then. Those that live only for days by intent are left out.

import { endingTokens } from '../../../catalog/health-facts.ts';
import type { CheckResult, HealthCheck } from '../check.ts';

const soonMs = 7 * 86_400_000;

export const check: HealthCheck = {
  scope: 'cluster',
  async run({ catalog, configuration }, context) {
    const now = context.clock.now();
    const withinMs = Math.min(configuration.health.expiryWarning, soonMs);
    const ending = await endingTokens(catalog, now + withinMs, context);
    return ending.map(({ id, name, user, expiresAt }): CheckResult => {
      const facts = { token: name, user, endsAt: expiresAt, leftMs: Math.max(0, expiresAt - now) };
      return { object: id, state: 'warning', reason: 'token-ends', facts };
    });
  },
};
