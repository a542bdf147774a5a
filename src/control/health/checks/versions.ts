// The version of Node.js: old ones get no more fixes of security.

import type { HealthCheck } from '../check.ts';

/** The last day of fixes of each line, as nodejs.org/en/about/previous-releases has it; odd lines live half a year. */
const endOfLife: Readonly<Record<number, string>> = {
  18: '2025-04-30',
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

export const check: HealthCheck = {
  scope: 'node',
  async run({ machine }, context) {
    const { nodeVersion } = machine;
    const line = Number(nodeVersion.split('.')[0]);
    const until = endOfLife[line];
    const isOver = until !== undefined && Date.parse(`${until}T23:59:59Z`) < context.clock.now();
    const facts = { node: nodeVersion, ...(until === undefined ? {} : { until }) };
    if (isOver) return [{ object: '', state: 'warning', reason: 'versions-old', facts }];
    return [{ object: '', state: 'ok', reason: 'versions-ok', facts }];
  },
};
