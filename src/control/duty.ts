// What the control plane does again and again by itself: look for due policies, check health, send what is to be sent. Each duty tells when it
// wants to be called next; one that fails is called again later and holds up none of the others.

import type { Context, Instant } from '../base/context.ts';
import type { TaskTools } from './task.ts';

/** A duty, in a file of its own and a line of duties/all.ts. Its name is that of the line. */
export interface Duty {
  /** `node`: each machine for itself, such as its disks. `cluster`: one machine at a time, under a lease. */
  readonly scope: 'node' | 'cluster';
  /** Returns when it wants to be called next. Keeps nothing between two calls but what is in the catalog. */
  run(tools: TaskTools, context: Context): Promise<Instant>;
}
