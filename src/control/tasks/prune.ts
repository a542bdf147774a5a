// A pruning that somebody asked for: never while the ransom brake is on, never in a repository in which a check has found damage.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { requireNoBrake } from '../../catalog/brake.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { isAlertOpen } from '../../catalog/open-alert.ts';
import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { underBrake } from '../under-brake.ts';
import { auditedJob } from './job-end.ts';
import { prunePayload, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 7 * 86_400_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { repository, actor } = readPayload(prunePayload, 'prune', claim.task.payload);
    await requireNoBrake(tools.catalog, context);
    await requireNoDamage(repository, tools.catalog, context);
    const order = { repository: asJson(repositoryOrder(repository, await tools.configuration(context))) };
    const wish = { kind: 'prune', order, action: 'prune:run', object: repository, actor, longestMs };
    const end = await underBrake(false, tools, (within) => auditedJob(wish, tools, within), context);
    return end.result;
  },
};

export async function requireNoDamage(repository: string, catalog: Catalog, context: Context): Promise<void> {
  if (!(await isAlertOpen(catalog, `check:${repository}`, context))) return;
  throw new Failure('conflict', 'REPOSITORY_DAMAGED', `a check has found damage in "${repository}"`, {
    facts: { repository },
    hint: 'Mend it first: holdfast repair',
  });
}
