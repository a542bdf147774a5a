// The queue as workers see it: who does which task now. Tasks are added by addTask of the catalog, beside the effect that wants them; a
// kind of queue only decides how they reach a worker. Fences are the catalog's, so that a unit can refuse who was replaced.

import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Claim } from '../../catalog/queue.ts';

export interface Queue {
  /** The most urgent task that may be done now, of these kinds where they are named. Costs next to nothing while there is none. */
  claim(
    node: string,
    holdMs: number,
    context: Context,
    kinds?: readonly string[],
  ): Promise<Claim | undefined>;
  /** Fails with conflict/TASK_LOST when another has taken over. */
  beat(claim: Claim, holdMs: number, context: Context): Promise<Claim>;
  /** May be said again. Fails with conflict/TASK_LOST when another has taken over. */
  complete(claim: Claim, result: JsonValue, context: Context): Promise<void>;
  /** Gives it back, for at once or for later. Succeeds also where another has taken over. */
  release(claim: Claim, dueAt: Instant | undefined, context: Context): Promise<void>;
  /** Gives back all that a control process of this node held that is no more. Tells how many. */
  releaseAllOf(node: string, context: Context): Promise<number>;
}

export interface QueueKind {
  open(catalog: Catalog, context: Context): Promise<Queue & AsyncDisposable>;
}
