// Ends a call that has no answer after a time that its size allows: a connection that died without a word would otherwise be waited for for
// ever. What becomes of the call is unknown then, as of any call without an answer; with/retry.ts resolves that by reading.

import type { Clock } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export interface DeadlinePolicy {
  /** What every call may take, and every step of a list. */
  readonly baseMs: number;
  /** Slower than this is taken for dead. */
  readonly bytesPerSecondMin: number;
}

export const defaultDeadline: DeadlinePolicy = { baseMs: 60_000, bytesPerSecondMin: 64 * 1024 };

/** What a get without a range is taken for, because how long the object is shows only afterwards. */
const unknownBytes = 32 * 1024 * 1024;

/** Belongs next to the storage, within limits and retries: waiting for one's turn is not a call. */
export function withDeadline(
  inner: Storage,
  clock: Clock,
  policy: DeadlinePolicy = defaultDeadline,
): Storage {
  const within = async <Result>(
    call: string,
    sizeBytes: number,
    given: AbortSignal,
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    const limitMs = policy.baseMs + Math.ceil((sizeBytes / policy.bytesPerSecondMin) * 1000);
    const ended = new AbortController();
    const late = new AbortController();
    const timer = clock.sleep(limitMs, ended.signal).then(
      () => {
        const failure = timedOut(call, limitMs);
        late.abort(failure);
        throw failure;
      },
      // The call has ended first.
      () => new Promise<never>(() => {}),
    );
    try {
      const running = run(AbortSignal.any([given, late.signal]));
      // A call that does not heed its signal is left behind; how it ends is nobody's business any more.
      running.catch(() => undefined);
      return await Promise.race([running, timer]);
    } catch (error) {
      throw late.signal.aborted && !given.aborted ? late.signal.reason : error;
    } finally {
      timer.catch(() => undefined);
      ended.abort();
    }
  };
  return forwarding(inner, {
    put: (name, bytes, options) =>
      within(`put of "${name}"`, bytes.length, options.signal, (signal) =>
        inner.put(name, bytes, { ...options, signal }),
      ),
    get: (name, options) =>
      within(`get of "${name}"`, options.range?.length ?? unknownBytes, options.signal, (signal) =>
        inner.get(name, { ...options, signal }),
      ),
    stat: (name, options) =>
      within(`stat of "${name}"`, 0, options.signal, (signal) => inner.stat(name, { ...options, signal })),
    delete: (name, options) =>
      within(`delete of "${name}"`, 0, options.signal, (signal) =>
        inner.delete(name, { ...options, signal }),
      ),
    async *list(prefix, options) {
      const late = new AbortController();
      const signal = AbortSignal.any([options.signal, late.signal]);
      const objects = inner.list(prefix, { ...options, signal })[Symbol.asyncIterator]();
      let isLate = false;
      try {
        for (;;) {
          const next = await within(`list of "${prefix}"`, 0, options.signal, (step) => {
            step.addEventListener('abort', () => late.abort(), { once: true });
            return objects.next();
          }).catch((error: unknown) => {
            isLate = late.signal.aborted;
            throw error;
          });
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // A list that hangs would not come back from this either.
        if (!isLate) await objects.return?.();
      }
    },
  });
}

function timedOut(call: string, limitMs: number): Failure {
  return new Failure('unavailable', 'STORAGE_TIMEOUT', `${call} had no answer within ${limitMs} ms`, {
    facts: { limitMs },
    hint: 'Check the network and the storage. The call is repeated.',
  });
}
