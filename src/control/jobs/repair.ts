// The job that repairs the index of a repository, or says what that would do. Packs and snapshots stay as they are.

import { repair } from '../../operations/repair.ts';
import type { JobKind } from '../job.ts';
import { type RepairOrder, repairOrder } from './orders.ts';

/** A task keeps its result. */
const stepsKept = 500;

export const job: JobKind<RepairOrder> = {
  order: repairOrder,
  async run({ repository: { rules }, dryRun }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'upkeep', context);
    const { plan, done } = await repair({ kind: 'index', dryRun, tool: tools.tool }, repository, context);
    const counts = { steps: plan.length };
    const result = { done, count: plan.length, steps: plan.slice(0, stepsKept) };
    return { outcome: 'succeeded', counts, result };
  },
};
