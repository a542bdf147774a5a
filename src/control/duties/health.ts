// Every few minutes on each machine: how are its disks, its memory, its clock? And that it is alive is written down.

import type { Context, Instant } from '../../base/context.ts';
import type { Duty } from '../duty.ts';
import { runHealthRound } from '../health/round.ts';
import type { TaskTools } from '../task.ts';

export const duty: Duty = {
  scope: 'node',
  async run({ catalog, configuration, node }: TaskTools, context: Context): Promise<Instant> {
    const current = await configuration(context);
    await runHealthRound('node', { catalog, configuration: current, node }, context);
    return context.clock.now() + current.health.interval;
  },
};
