// A restore that somebody asked for. Where it may go says the configuration, not who put the task into the queue.

import type { JsonValue } from '../../base/jcs.ts';
import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob } from './job-end.ts';
import { plain, readPayload, restorePayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { actor, repository, ...wanted } = readPayload(restorePayload, 'restore', claim.task.payload);
    const configuration = await tools.configuration(context);
    const order: JsonValue = {
      ...plain(wanted),
      repository: asJson(repositoryOrder(repository, configuration)),
      roots: configuration.api.restoreRoots,
    };
    const facts = { snapshot: wanted.snapshot, target: wanted.target, dryRun: wanted.dryRun };
    const wish = { kind: 'restore', order, action: 'restore:run', object: repository, actor, facts };
    const { outcome, counts, result } = await auditedJob(wish, tools, context);
    return { outcome, counts: { ...counts }, ...(result as { readonly [field: string]: JsonValue }) };
  },
};
