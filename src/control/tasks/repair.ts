// A repair of the index that somebody asked for, or its plan. What is done may delete indexes that lie, so nothing is while the brake is on.

import { requireNoBrake } from '../../catalog/brake.ts';
import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { underBrake } from '../under-brake.ts';
import { auditedJob } from './job-end.ts';
import { readPayload, repairPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 7 * 86_400_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { repository, dryRun, actor } = readPayload(repairPayload, 'repair', claim.task.payload);
    if (!dryRun) await requireNoBrake(tools.catalog, context);
    const named = repositoryOrder(repository, await tools.configuration(context));
    const order = { repository: asJson(named), dryRun };
    const action = 'repository:repair';
    const wish = { kind: 'repair', order, action, object: repository, actor, facts: { dryRun }, longestMs };
    const end = await underBrake(dryRun, tools, (within) => auditedJob(wish, tools, within), context);
    return end.result;
  },
};
