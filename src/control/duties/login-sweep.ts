// Once an hour: sessions that have ended by themselves, budgets that are full again, addresses and tokens of long ago are forgotten; approvals
// whose time is over wait for nobody any more.

import type { Context } from '../../base/context.ts';
import { sweepBudgets } from '../../catalog/budgets.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { sweepLoginSessions } from '../../catalog/login-sessions.ts';
import { sweepTokens } from '../../catalog/tokens.ts';
import { sweepAddresses } from '../../catalog/users.ts';
import { sweepApprovals } from '../../identity/second-person.ts';
import { knownForMs } from '../../identity/tries.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

const everyMs = 3_600_000;
/** So long a token that is over can still be looked up in the list. */
const deadTokensMs = 90 * 24 * everyMs;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog }: TaskTools, context: Context) {
    await sweepLoginSessions(catalog, context);
    await sweepBudgets(catalog, context);
    await sweepApprovals(catalog, context);
    const now = await catalogTime(catalog, context);
    await sweepAddresses(catalog, now - knownForMs, context);
    await sweepTokens(catalog, now - deadTokensMs, context);
    return context.clock.now() + everyMs;
  },
};
