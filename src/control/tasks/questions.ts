// What is asked of one repository, or of the catalog, and changes nothing there: the answer of the job is the result of the task, and who asked is written down.

import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob } from './job-end.ts';
import { catalogQuestionPayload, plain, questionPayload, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const minuteMs = 60_000;

/** By the name of the kind, which is that of its job as well. */
export const questions = {
  posture: question('posture', 'storage:read', 30 * minuteMs),
  slots: question('slots', 'key:list', 30 * minuteMs),
  /** Walks through all trees. */
  stats: question('stats', 'repository:read', 1440 * minuteMs),
  /** Writes and deletes objects of its own. */
  'storage-test': question('storage-test', 'storage:test', 240 * minuteMs),
} as const satisfies Readonly<Record<string, TaskKind>>;

/** Each looks through all of it, so in a process of its own: this one must go on meanwhile. */
export const catalogQuestions = {
  'audit-verify': catalogQuestion('audit-verify', 'audit:verify'),
  'catalog-check': catalogQuestion('catalog-check', 'catalog:check'),
} as const satisfies Readonly<Record<string, TaskKind>>;

function catalogQuestion(kind: string, action: string): TaskKind {
  return {
    async run(claim, tools, context) {
      const { actor, ...order } = readPayload(catalogQuestionPayload, kind, claim.task.payload);
      const wish = { kind, order: plain(order), action, object: 'catalog', actor, longestMs: 240 * minuteMs };
      return (await auditedJob(wish, tools, context)).result;
    },
  };
}

function question(kind: string, action: string, longestMs: number): TaskKind {
  return {
    async run(claim, tools, context) {
      const { repository, actor } = readPayload(questionPayload, kind, claim.task.payload);
      const order = { repository: asJson(repositoryOrder(repository, await tools.configuration(context))) };
      const wish = { kind, order, action, object: repository, actor, longestMs };
      return (await auditedJob(wish, tools, context)).result;
    },
  };
}
