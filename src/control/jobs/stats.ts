// The job that counts how much a repository saves, and how much room that takes.

import type { JsonValue } from '../../base/jcs.ts';
import { stats } from '../../operations/stats.ts';
import { listSnapshots } from '../../repository/snapshots.ts';
import type { JobKind } from '../job.ts';
import { type QuestionOrder, questionOrder } from './orders.ts';

export const job: JobKind<QuestionOrder> = {
  order: questionOrder,
  async run({ repository: { rules } }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'read', context);
    await repository.loadIndex(context);
    const snapshots = await listSnapshots(repository, context);
    const found = await stats({ snapshots }, repository, context);
    return {
      outcome: 'succeeded',
      counts: { snapshots: found.snapshots },
      result: { ...found } as unknown as JsonValue,
    };
  },
};
