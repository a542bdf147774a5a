// Once an hour: sessions that have ended by themselves, budgets that are full again, and addresses from long ago are forgotten; approvals
// whose time is over wait for nobody any more.

import type { Context } from '../../base/context.ts';
import { sweepBudgets } from '../../catalog/budgets.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { sweepLoginSessions } from '../../catalog/login-sessions.ts';
import { sweepAddresses } from '../../catalog/users.ts';
import { sweepApprovals } from '../../identity/second-person.ts';
import { knownForMs } from '../../identity/tries.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

const everyMs = 3_600_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog }: TaskTools, context: Context) {
    await sweepLoginSessions(catalog, context);
    await sweepBudgets(catalog, context);
    await sweepApprovals(catalog, context);
    await sweepAddresses(catalog, (await catalogTime(catalog, context)) - knownForMs, context);
    return context.clock.now() + everyMs;
  },
};
