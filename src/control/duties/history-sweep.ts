// Once an hour: runs, and recovery points that are gone, are forgotten a year and a half after they were over. The audit trail keeps its own time.

import { catalogTime } from '../../catalog/clock.ts';
import { sweepGonePoints, sweepRuns } from '../../catalog/history.ts';
import type { Duty } from '../duty.ts';

const everyMs = 3_600_000;
const keptMs = 550 * 86_400_000;
/** Beside the work of others; the rest is for the next time. */
const unitsMax = 200;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog }, context) {
    const before = (await catalogTime(catalog, context)) - keptMs;
    for (const sweep of [sweepRuns, sweepGonePoints]) {
      for (let unit = 0; unit < unitsMax; unit += 1) {
        context.signal.throwIfAborted();
        if ((await sweep(catalog, before, context)) === 0) break;
      }
    }
    return context.clock.now() + everyMs;
  },
};
