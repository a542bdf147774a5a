// Memory that nobody could be given any more. It comes and goes, so it has to last.

import type { HealthCheck } from '../check.ts';

export const check: HealthCheck = {
  scope: 'node',
  patience: { worse: 3, better: 2, unknown: 3 },
  async run({ configuration, machine }) {
    const { totalBytes, availableBytes } = await machine.memory();
    const percent = Math.round((1 - availableBytes / totalBytes) * 100);
    const isShort = percent >= configuration.health.memoryWarningPercent;
    const facts = { percent, availableBytes };
    return [
      {
        object: '',
        state: isShort ? 'warning' : 'ok',
        reason: isShort ? 'memory-short' : 'memory-ok',
        facts,
      },
    ];
  },
};
