// A task of the queue as the control plane handles it: prepares what the catalog has to know, has the job done, and writes down how it ended
// while it still holds the task. What it cannot finish, it gives back.

import type { Context, Log } from '../base/context.ts';
import type { JsonValue } from '../base/jcs.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { NodeKey } from '../catalog/node-key.ts';
import type { Claim } from '../catalog/queue.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import type { JobRunner } from './job.ts';

/** A kind of task, in a file of its own and a line of tasks/all.ts. Its name is that of the line. */
export interface TaskKind {
  /**
   * Its result is kept with the task. A Failure of kind unavailable or canceled gives the task back for later; any other ends it, and stands
   * in its result.
   */
  run(claim: Claim, tools: TaskTools, context: Context): Promise<JsonValue>;
}

export interface TaskTools {
  readonly catalog: Catalog;
  readonly runner: JobRunner;
  /** This machine among several. */
  readonly node: string;
  /** As last applied, policies included. */
  configuration(context: Context): Promise<Configuration>;
  /** Of the program, for metrics. */
  readonly version?: string;
  /** Absent where nothing outside the catalog takes part, as in a simulation. */
  readonly audit?: AuditParts;
}

/** What this node signs its audit trail with, and what lies beside it. */
export interface AuditParts {
  readonly key: NodeKey;
  /** Besides the node's own: that of the commands on this machine, where it has another name. */
  readonly otherStreams?: readonly string[];
  /** Where its readable copy goes. */
  readonly log: Log;
  /** Brings in what was written down while the catalog could not be reached. */
  takeSpool(catalog: Catalog, context: Context): Promise<void>;
}
