// The job that lists who can unlock a repository. Of a slot only what names and judges it is told: no wrapped key, no parameter of its way.

import { listKeys } from '../../operations/keys.ts';
import type { JobKind } from '../job.ts';
import { type QuestionOrder, questionOrder } from './orders.ts';

export const job: JobKind<QuestionOrder> = {
  order: questionOrder,
  async run({ repository: { rules } }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'read', context);
    const keys = (await listKeys(repository, context)).map(
      ({ id, type, label, createdAt, isKnown, isPostQuantum, isBroken }) => ({
        id,
        type,
        label,
        createdAt,
        isKnown,
        isPostQuantum,
        isBroken,
      }),
    );
    // Whoever recorded the weakest slot opens all.
    const postQuantum = keys.every(({ isPostQuantum }) => isPostQuantum);
    return { outcome: 'succeeded', counts: { keys: keys.length }, result: { keys, postQuantum } };
  },
};
