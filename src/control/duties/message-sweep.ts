// Forgets who was told what, months after it was over.

import type { Context } from '../../base/context.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { sweepMessages } from '../../catalog/messages.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

const everyMs = 3_600_000;
const keptMs = 90 * 86_400_000;
const beatsKeptMs = 2 * 86_400_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog }: TaskTools, context: Context) {
    const now = await catalogTime(catalog, context);
    await sweepMessages(catalog, { endedBefore: now - keptMs, beatsBefore: now - beatsKeptMs }, context);
    return context.clock.now() + everyMs;
  },
};
