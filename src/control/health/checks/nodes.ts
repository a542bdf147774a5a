// Machines that took part within the last week and are not heard of any more.

import { lifetimesSince } from '../../../catalog/reliability.ts';
import type { HealthCheck } from '../check.ts';

const silentMs = 15 * 60_000;
const forgottenMs = 7 * 86_400_000;

export const check: HealthCheck = {
  scope: 'cluster',
  async run({ catalog }, context) {
    const now = context.clock.now();
    const last = new Map<string, number>();
    for (const { node, until } of await lifetimesSince(catalog, now - forgottenMs, context)) {
      last.set(node, Math.max(until, last.get(node) ?? 0));
    }
    return [...last].map(([node, until]) => {
      const silence = Math.max(0, now - until);
      const isSilent = silence > silentMs;
      return {
        object: node,
        state: isSilent ? ('warning' as const) : ('ok' as const),
        reason: isSilent ? 'node-silent' : 'node-ok',
        facts: { node, silentMs: silence },
      };
    });
  },
};
