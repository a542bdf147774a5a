// The job that begins a new generation of a repository's keys, unless the one in use is young enough: asked twice, it is done once.

import { rotateGeneration } from '../../operations/keys.ts';
import type { JobKind } from '../job.ts';
import { type RotationOrder, rotationOrder } from './orders.ts';

export const job: JobKind<RotationOrder> = {
  order: rotationOrder,
  async run({ repository: { rules }, since }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'write', context);
    const inUse = repository.ring.bundle.domains[0]?.generations.at(-1);
    if (inUse !== undefined && inUse.createdAt >= since) {
      const { generation } = inUse;
      return { outcome: 'succeeded', counts: { rotated: 0 }, result: { generation, rotated: false } };
    }
    const { generation } = await rotateGeneration(repository, context);
    return { outcome: 'succeeded', counts: { rotated: 1 }, result: { generation, rotated: true } };
  },
};
