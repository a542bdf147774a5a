// The job that looks how the place of a repository is set up: what could betray it, and how surely it keeps what was written.

import { postureOf } from '../../operations/storage/posture.ts';
import type { JobKind } from '../job.ts';
import { type QuestionOrder, questionOrder } from './orders.ts';

export const job: JobKind<QuestionOrder> = {
  order: questionOrder,
  async run({ repository: { rules } }, tools, context) {
    await using storage = await tools.openers.storage(rules, context);
    const findings = (await postureOf(storage, context)).map((one) => ({ ...one }));
    return { outcome: 'succeeded', counts: { findings: findings.length }, result: { findings } };
  },
};
