// The job that gives back the space of what no snapshot needs, in one repository.

import { prune } from '../../operations/prune.ts';
import type { JobKind } from '../job.ts';
import { type PruneOrder, pruneOrder } from './orders.ts';

/** The share of what is stored that may stay unused before it is worth being moved. */
export const usualMaxUnused = 0.05;

export const job: JobKind<PruneOrder> = {
  order: pruneOrder,
  async run({ repository: { rules } }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'upkeep', context);
    const done = await prune({ dryRun: false, maxUnused: usualMaxUnused }, repository, context);
    const { packsDeleted, packsRepacked, bytesFreed, bytesUnusedKept } = done;
    const counts = { packsDeleted, packsRepacked, bytesFreed, bytesUnusedKept };
    return { outcome: 'succeeded', counts, result: counts };
  },
};
