// Long answers, line by line, at the pace of who reads. Who does not read at all is cut off: nothing is kept in memory for them.

import type { ServerResponse } from 'node:http';
import type { Context } from '../base/context.ts';

/** What the system keeps for a line is ours to pay as well. */
const unreadBytesMax = 256 * 1024;
const patienceMs = 30_000;

export async function writeLines(
  lines: AsyncIterable<string | Uint8Array>,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, context.signal]);
  const steps = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await untilGone(steps.next(), signal);
      if (step === undefined) {
        // Half of it must not look like all of it.
        response.destroy();
        return;
      }
      if (step.done === true) break;
      const isTaken = response.write(step.value);
      if (isTaken || response.writableLength < unreadBytesMax) continue;
      if (!(await drained(response, signal, context))) {
        response.destroy();
        return;
      }
    }
    response.end();
  } catch (error) {
    context.log.warn('a long answer was cut off', { reason: String(error) });
    response.destroy();
  } finally {
    await steps.return?.();
  }
}

async function untilGone<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  if (signal.aborted) return undefined;
  return new Promise((resolve, reject) => {
    const end = () => resolve(undefined);
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

/** Whether the reader took what was there, in time. */
async function drained(response: ServerResponse, signal: AbortSignal, context: Context): Promise<boolean> {
  const done = new AbortController();
  const late = context.clock.sleep(patienceMs, AbortSignal.any([signal, done.signal])).then(
    () => false,
    () => false,
  );
  const taken = new Promise<boolean>((resolve) => response.once('drain', () => resolve(true)));
  try {
    return await Promise.race([taken, late]);
  } finally {
    done.abort();
  }
}
