// The log of a run on its way to who reads it: a line of JSON each, and as long as somebody may listen, what is written from now on.

import type { Context } from '../base/context.ts';
import type { ApiTools, LogWish } from './handler.ts';
import { iso } from './shown.ts';

const lookMs = 2_000;
/** For the last lines of a run that has just ended. */
const afterMs = 1_000;

/** `mayListen` is asked again and again: when it says no, or who reads goes away, it is over. */
export function logLines(
  logs: NonNullable<ApiTools['logs']>,
  wish: LogWish,
  mayListen: (context: Context) => Promise<boolean>,
  context: Context,
): AsyncIterable<string> {
  const over = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, over.signal]) };
  const lines = logs(wish, within)[Symbol.asyncIterator]();
  let watching: Promise<void> | undefined;
  const watch = async () => {
    try {
      while (await mayListen(within)) await within.clock.sleep(lookMs, within.signal);
      await within.clock.sleep(afterMs, within.signal);
    } catch (error) {
      if (!within.signal.aborted) context.log.warn('a log is followed no longer', { reason: String(error) });
    }
    over.abort();
  };
  const steps: AsyncIterator<string> = {
    async next() {
      if (wish.follow) watching ??= watch();
      const step = await lines.next();
      if (step.done === true) return { done: true, value: undefined };
      const { at, ...line } = step.value;
      const told = { ...(at === undefined ? {} : { at: iso(at) }), ...line };
      return { done: false, value: `${JSON.stringify(told)}\n` };
    },
    async return() {
      over.abort();
      await lines.return?.();
      await watching;
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => steps };
}
