// A look into a recovery point; whoever looks is written down.

import type { JsonValue } from '../../base/jcs.ts';
import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob } from './job-end.ts';
import { browsePayload, plain, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 30 * 60_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { actor, repository, ...wanted } = readPayload(browsePayload, 'browse', claim.task.payload);
    const configuration = await tools.configuration(context);
    const order: JsonValue = {
      ...plain(wanted),
      repository: asJson(repositoryOrder(repository, configuration)),
    };
    const facts = {
      snapshot: wanted.snapshot,
      path: wanted.path ?? '/',
      isSearch: wanted.find !== undefined,
      ...(wanted.older === undefined ? {} : { older: wanted.older }),
    };
    const wish = {
      kind: 'browse',
      order,
      action: 'snapshot:browse',
      object: repository,
      actor,
      facts,
      longestMs,
    };
    return (await auditedJob(wish, tools, context)).result;
  },
};
