// What deletes works only while the ransom brake is off, from its first to its last moment.

import type { Context } from '../base/context.ts';
import { isBrakeOn } from '../catalog/brake.ts';
import type { TaskTools } from './task.ts';

const brakeEveryMs = 5000;

/** Whoever pulls the brake stops what deletes already, too. */
export async function underBrake<Result>(
  dryRun: boolean,
  { catalog }: Pick<TaskTools, 'catalog'>,
  work: (context: Context) => Promise<Result>,
  context: Context,
): Promise<Result> {
  if (dryRun) return work(context);
  const done = new AbortController();
  const pulled = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      try {
        await context.clock.sleep(brakeEveryMs, done.signal);
        if (!done.signal.aborted && (await isBrakeOn(catalog, context))) pulled.abort();
      } catch {
        // Who cannot see the brake does not know that it is off.
        if (!done.signal.aborted) pulled.abort();
      }
      if (pulled.signal.aborted) return;
    }
  })();
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, pulled.signal]) });
  } finally {
    done.abort();
    await watching;
  }
}
