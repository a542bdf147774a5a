// One duty of one node: called when it is its time, and where one machine at a time does it, under a lease that is kept while it goes on.

import type { Context, Instant } from '../base/context.ts';
import { acquireLease, type Lease, releaseLease, renewLease } from '../catalog/leases.ts';
import { keepBeating } from './beats.ts';
import type { Duty } from './duty.ts';
import type { TaskTools } from './task.ts';

export interface DutyRound {
  /** Returns when it wants to be called next. */
  run(context: Context): Promise<Instant>;
  /** Lets another node do it at once. */
  leave(context: Context): Promise<void>;
}

/** How soon another node that holds a duty is looked after. */
const othersMs = 15_000;

export function dutyRound(
  name: string,
  load: () => Promise<{ readonly duty: Duty }>,
  { tools, holdMs }: { readonly tools: TaskTools; readonly holdMs: number },
): DutyRound {
  const leaseName = `duty:${name}`;
  let lease: Lease | undefined;
  let wantedAt: Instant | undefined;
  return {
    async run(context) {
      const now = context.clock.now();
      const { duty } = await load();
      // What it said before a clock was set back by hours must not hold it up.
      if (wantedAt !== undefined && wantedAt > now && wantedAt - now <= lookAheadMaxMs) return wantedAt;
      wantedAt = undefined;
      if (duty.scope === 'node') {
        wantedAt = await duty.run(tools, context);
        return wantedAt;
      }
      lease = await held(lease, { name: leaseName, holder: tools.node, durationMs: holdMs }, tools, context);
      if (lease === undefined) return now + Math.min(othersMs, holdMs);
      const { catalog } = tools;
      const holding = lease;
      const lost = new AbortController();
      await using _beats = keepBeating(
        holdMs,
        async (within) => {
          lease = await renewLease(catalog, holding, holdMs, within);
        },
        () => lost.abort(),
        context,
      );
      const within = { ...context, signal: AbortSignal.any([context.signal, lost.signal]) };
      wantedAt = await duty.run(tools, within);
      return wantedAt;
    },
    async leave(context) {
      const leaving = lease;
      lease = undefined;
      if (leaving === undefined) return;
      try {
        await releaseLease(tools.catalog, leaving, { ...context, signal: new AbortController().signal });
      } catch (error) {
        // It runs out by itself.
        context.log.warn(`the lease "${leaseName}" could not be given back: ${String(error)}`);
      }
    },
  };
}

const lookAheadMaxMs = 26 * 3_600_000;

/** The lease held already while more than half of its time is left, so that a duty of every second writes twice a minute. */
async function held(
  lease: Lease | undefined,
  wish: { readonly name: string; readonly holder: string; readonly durationMs: number },
  { catalog }: TaskTools,
  context: Context,
): Promise<Lease | undefined> {
  const now = context.clock.now();
  const left = lease === undefined ? 0 : lease.heldUntil - now;
  if (lease !== undefined && left > wish.durationMs / 2 && left <= wish.durationMs) return lease;
  return acquireLease(catalog, wish, context);
}
