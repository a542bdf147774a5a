// "Still at it", said again and again beside the work, well before a claim or lease runs out.

import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';

/**
 * Calls `beat` at a third of `holdMs` until disposed. `lost`: another has taken over, or two thirds of the time went by without a beat that
 * arrived, by this machine's own steady clock: what goes on must stop.
 */
export function keepBeating(
  holdMs: number,
  beat: (context: Context) => Promise<void>,
  lost: () => void,
  context: Context,
): AsyncDisposable {
  const done = new AbortController();
  const { clock } = context;
  // Goes on while the work is being stopped: until it is given back, it is ours.
  const within: Context = { ...context, signal: done.signal };
  const beating = (async () => {
    let heardAt = clock.elapsed();
    while (!done.signal.aborted) {
      try {
        await clock.sleep(holdMs / 3, done.signal);
        const askedAt = clock.elapsed();
        await beat(within);
        heardAt = askedAt;
      } catch (error) {
        if (done.signal.aborted) return;
        const isLost = isFailure(error, 'conflict');
        if (isLost || clock.elapsed() - heardAt > (holdMs * 2) / 3) {
          context.log.warn('a claim was lost: its work stops', {
            code: isFailure(error) ? error.code : 'BUG',
          });
          lost();
          return;
        }
      }
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      done.abort();
      await beating;
    },
  };
}
