// Once a minute on each machine: it is alive. Availability is computed from it, and silence noticed.

import type { Context, Instant } from '../../base/context.ts';
import { beatLife } from '../../catalog/reliability.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

const everyMs = 60_000;
/** A restart for an update is no break. */
const gapMs = 3 * everyMs;

export const duty: Duty = {
  scope: 'node',
  async run({ catalog, node }: TaskTools, context: Context): Promise<Instant> {
    await beatLife(catalog, { node, gapMs }, context);
    return context.clock.now() + everyMs;
  },
};
