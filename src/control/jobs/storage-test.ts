// The job that tries every promise of the storage port on the live place of a repository, and how fast it is. Its own objects are removed.

import type { JsonValue } from '../../base/jcs.ts';
import { conformance } from '../../storage/conformance.ts';
import { demandDeletion } from '../../storage/probe.ts';
import { measureStorage } from '../../storage/speed.ts';
import type { JobKind } from '../job.ts';
import { type QuestionOrder, questionOrder } from './orders.ts';

export const job: JobKind<QuestionOrder> = {
  order: questionOrder,
  async run({ repository: { rules } }, tools, context) {
    const open = () => tools.openers.storage(rules, context);
    await using storage = await open();
    await demandDeletion(storage, context);
    const checks: JsonValue[] = [];
    let broken = 0;
    for await (const check of conformance(open, context)) {
      if (!check.ok) broken += 1;
      checks.push({ ...check });
    }
    // What a broken promise does to a measure is not worth knowing.
    const speed = broken === 0 ? await measureStorage(storage, context) : {};
    const { durability } = storage.features;
    const counts = { checks: checks.length, broken };
    return { outcome: 'succeeded', counts, result: { durability, checks, broken, ...speed } };
  },
};
