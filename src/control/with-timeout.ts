// Work that must end within a time, by the steady clock.

import type { Context } from '../base/context.ts';

/** `hasRunOut` tells afterwards whether the work was asked to stop because its time was over. */
export async function withTimeout<Result>(
  timeoutMs: number,
  work: (context: Context, hasRunOut: () => boolean) => Promise<Result>,
  context: Context,
): Promise<Result> {
  const { clock } = context;
  const done = new AbortController();
  const over = new AbortController();
  const startedAt = clock.elapsed();
  const watching = (async () => {
    for (;;) {
      const leftMs = timeoutMs - (clock.elapsed() - startedAt);
      if (leftMs <= 0) {
        over.abort();
        return;
      }
      try {
        await clock.sleep(leftMs, done.signal);
      } catch {
        return;
      }
      if (done.signal.aborted) return;
    }
  })();
  try {
    const signal = AbortSignal.any([context.signal, over.signal]);
    return await work({ ...context, signal }, () => over.signal.aborted);
  } finally {
    done.abort();
    await watching;
  }
}
