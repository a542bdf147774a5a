// The keys of a repository are rotated once in each month. That they were already is no act, and stands in no audit trail.

import { periodOf } from '../../model/maintenance/plan.ts';
import { zoneOf } from '../alerts/telling.ts';
import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob } from './job-end.ts';
import { readPayload, rotationPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 30 * 60_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { repository } = readPayload(rotationPayload, 'rotate-keys', claim.task.payload);
    const configuration = await tools.configuration(context);
    const now = context.clock.now();
    const since = periodOf('monthly', now, zoneOf(configuration), now).from;
    const order = { repository: asJson(repositoryOrder(repository, configuration)), since };
    const wish = {
      kind: 'rotate-keys',
      order,
      action: 'key:rotate',
      object: repository,
      actor: undefined,
      longestMs,
      isAct: ({ counts }: { readonly counts: Readonly<Record<string, number>> }) => counts['rotated'] !== 0,
    };
    return (await auditedJob(wish, tools, context)).result;
  },
};
