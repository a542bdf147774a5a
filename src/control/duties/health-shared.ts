// Every few minutes on one machine: what is the same for all of them, such as the age of backups. Repositories are looked at by tasks, because
// only processes with secrets can.

import type { Context, Instant } from '../../base/context.ts';
import { trimHealth } from '../../catalog/health.ts';
import { trimReliability } from '../../catalog/reliability.ts';
import type { Duty } from '../duty.ts';
import { wantProbes } from '../health/probes.ts';
import { runHealthRound } from '../health/round.ts';
import type { TaskTools } from '../task.ts';

const keepHealthMs = 90 * 86_400_000;
/** Longer than the longest window of the figures. */
const keepReliabilityMs = 400 * 86_400_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog, configuration, node }: TaskTools, context: Context): Promise<Instant> {
    const current = await configuration(context);
    const now = context.clock.now();
    await runHealthRound('cluster', { catalog, configuration: current, node }, context);
    await wantProbes(catalog, current, context);
    await trimHealth(catalog, now - keepHealthMs, context);
    await trimReliability(catalog, now - keepReliabilityMs, context);
    return now + current.health.interval;
  },
};
