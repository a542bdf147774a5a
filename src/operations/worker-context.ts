// The context inside worker threads: what they report travels back as messages, so here it goes nowhere, and they are ended by
// their owner, so nothing is aborted from within.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';

export function systemContext(): Context {
  const nothing = (): undefined => undefined;
  return {
    signal: new AbortController().signal,
    clock: {
      now: () => {
        throw new Failure('bug', 'ASSERTION_FAILED', 'a worker thread has no clock');
      },
      elapsed: () => 0,
      sleep: () => Promise.reject(new Failure('bug', 'ASSERTION_FAILED', 'a worker thread does not wait')),
    },
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    monitor: { count: nothing, total: nothing, phase: nothing, problem: nothing },
  };
}
