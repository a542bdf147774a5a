// The control process at work: calls every duty when it wants to be called, claims tasks and does them, and says "still at it" for each. All that
// must survive lies in the catalog, so that it may be killed at any moment; asked to stop, it gives back what it has not finished.

import type { Context, Instant } from '../base/context.ts';
import { type Facts, isFailure } from '../base/failure.ts';
import { duties } from './duties/all.ts';
import type { Duty } from './duty.ts';
import { dutyRound } from './duty-round.ts';
import { queues } from './queue/all.ts';
import type { TaskKind, TaskTools } from './task.ts';
import { tasks } from './tasks/all.ts';
import { Workers } from './workers.ts';

export interface ControlTools extends TaskTools {
  /** Of queues/all.ts; "embedded" when left out. */
  readonly queue?: string;
  /** Other tables than those of duties/all.ts and tasks/all.ts, for tests and for nodes that only work. */
  readonly duties?: Readonly<Record<string, () => Promise<{ readonly duty: Duty }>>>;
  readonly tasks?: Readonly<Record<string, () => Promise<{ readonly task: TaskKind }>>>;
  /** How long a claim or lease holds without a beat; a minute when left out. */
  readonly holdMs?: number;
  /** How often a queue without tasks is asked; every second when left out. */
  readonly idleMs?: number;
}

const troubleMs = 5000;

/** Ends within seconds when the signal aborts, and only then. */
export async function runControl(tools: ControlTools, context: Context): Promise<void> {
  const { signal } = context;
  const queueKind = await queues[tools.queue ?? 'embedded']!();
  await using queue = await queueKind.kind.open(tools.catalog, context);
  const holdMs = tools.holdMs ?? 60_000;
  const idleMs = tools.idleMs ?? 1000;
  const workers = new Workers({ queue, tools, tasks: tools.tasks ?? tasks, holdMs }, context);
  const loops = [
    untilStopped('tasks', () => workers.round(), idleMs, context),
    ...Object.entries(tools.duties ?? duties).map(([name, load]) => {
      const round = dutyRound(name, load, { tools, holdMs });
      return untilStopped(name, () => round.run(context), idleMs, context).finally(() =>
        round.leave(context),
      );
    }),
  ];
  await Promise.all(loops);
  await workers.close();
  if (!signal.aborted) throw new Error('the loops ended by themselves');
}

/** `round` tells when it wants to be called next; at once when it is over. Trouble is written down, and it is called again later. */
async function untilStopped(
  name: string,
  round: () => Promise<Instant>,
  leastMs: number,
  context: Context,
): Promise<void> {
  const { clock, signal, log } = context;
  while (!signal.aborted) {
    let waitMs: number;
    try {
      waitMs = (await round()) - clock.now();
    } catch (error) {
      if (signal.aborted) return;
      log.error(`${name}: ${messageOf(error)}`, factsOf(error));
      waitMs = troubleMs;
    }
    try {
      // Never long at a time: the clock may be set meanwhile.
      await clock.sleep(Math.min(Math.max(waitMs, leastMs), 60_000), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function factsOf(error: unknown): Facts {
  return isFailure(error) ? { code: error.code } : { code: 'BUG' };
}
