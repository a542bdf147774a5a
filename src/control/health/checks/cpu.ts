// How busy the processors were since the last look. A backup may use them all for a while, so it has to last.

import type { HealthCheck } from '../check.ts';

export const check: HealthCheck = {
  scope: 'node',
  patience: { worse: 3, better: 2, unknown: 3 },
  async run({ configuration, machine, known }) {
    const { busyMs, totalMs } = machine.processors();
    const before = known[0]?.facts;
    const since = Number(before?.['totalMs'] ?? Number.NaN);
    const busyBefore = Number(before?.['busyMs'] ?? Number.NaN);
    // The first look, and the first one after the machine was started anew, begin from its start.
    const isFirst = !(totalMs > since) || busyMs < busyBefore;
    const percent = isFirst
      ? Math.round((100 * busyMs) / Math.max(totalMs, 1))
      : Math.round((100 * (busyMs - busyBefore)) / (totalMs - since));
    const isBusy = !isFirst && percent >= configuration.health.cpuWarningPercent;
    const facts = { percent, busyMs: Math.round(busyMs), totalMs: Math.round(totalMs) };
    return [
      {
        object: '',
        state: isBusy ? 'warning' : 'ok',
        reason: isBusy ? 'processor-busy' : 'processor-ok',
        facts,
      },
    ];
  },
};
