// The queue inside the catalog, asked for what is due: nothing but the database is needed, on SQLite and PostgreSQL alike.

import type { Catalog } from '../../catalog/catalog.ts';
import {
  beatTask,
  claimTask,
  completeTask,
  hasDueTask,
  releaseTask,
  releaseTasksOf,
} from '../../catalog/queue.ts';
import type { Queue, QueueKind } from './queue.ts';

export const kind: QueueKind = {
  async open(catalog) {
    return { ...embeddedQueue(catalog), [Symbol.asyncDispose]: async () => undefined };
  },
};

function embeddedQueue(catalog: Catalog): Queue {
  return {
    // A look costs no transaction and no lock; most looks find nothing.
    claim: async (node, holdMs, context, kinds) => {
      if (!(await hasDueTask(catalog, context, kinds))) return undefined;
      return claimTask(catalog, { node, holdMs, ...(kinds === undefined ? {} : { kinds }) }, context);
    },
    beat: (claim, holdMs, context) => beatTask(catalog, claim, holdMs, context),
    complete: (claim, result, context) => completeTask(catalog, claim, result, context),
    release: (claim, dueAt, context) => releaseTask(catalog, claim, dueAt, context),
    releaseAllOf: (node, context) => releaseTasksOf(catalog, node, context),
  };
}
