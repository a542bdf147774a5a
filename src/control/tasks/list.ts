// Asks a repository what it holds, and tells the catalog.

import { learnRepository } from '../learn-repository.ts';
import type { TaskKind } from '../task.ts';
import { listPayload, readPayload } from './orders.ts';

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { repository, actor } = readPayload(listPayload, 'list', claim.task.payload);
    return (await learnRepository(repository, actor, tools, context)) ?? null;
  },
};
