// Tries again what failed for a time: exponential backoff with full jitter. Safe because objects are immutable: a put that got no answer
// is unknown, and is resolved by reading what is there before anything is sent again.

import type { Context } from '../../base/context.ts';
import { Failure, failureKinds, isFailure } from '../../base/failure.ts';
import { unknownHostCode } from '../network/unknown-host.ts';
import type { CallOptions, ObjectStat, PutOptions, Storage } from '../storage.ts';
import { Breaker } from './breaker.ts';
import { forwarding } from './forwarding.ts';
import { Pace } from './pace.ts';

export interface RetryPolicy {
  /** All tries, the first one included. */
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  readonly delayMaxMs: number;
  /** No further try begins once this long has passed since the first failure; absent: ten minutes. */
  readonly budgetMs?: number;
}

/** After so many failures in a row, all calls together, everybody waits for one probe. */
const failuresInARowMax = 5;
const defaultBudgetMs = 600_000;

/** Gives up after about two minutes, not counting how long the tries themselves take. */
export const defaultRetry: RetryPolicy = { attemptsMax: 8, firstDelayMs: 500, delayMaxMs: 60_000 };

/** `random` yields numbers from 0 up to, not including, 1. */
export function withRetry(
  inner: Storage,
  random: () => number,
  context: Context,
  policy: RetryPolicy = defaultRetry,
): Storage {
  const { clock } = context;
  const breaker = new Breaker(failuresInARowMax, isPassing);
  const pace = new Pace(clock);
  let hasAnswered = false;

  /** What a call does between its tries; every call has one of its own. */
  const newTries = (call: string, signal: AbortSignal) => {
    let failed = 0;
    let firstFailedAt: number | undefined;
    let delayMs = 0;
    return {
      /** Waits for the next try; `observe` runs it, or a part of it, and tells everybody how it ended. */
      async begin() {
        const sleep = async () => {
          if (failed > 0) await clock.sleep(delayMs, signal);
        };
        const attempt = await breaker.enter(sleep, signal);
        return async <Result>(run: () => Promise<Result>): Promise<Result> => {
          try {
            await pace.turn(signal);
            const result = await run();
            attempt.ended();
            pace.succeeded();
            hasAnswered = true;
            return result;
          } catch (error) {
            attempt.ended(error);
            if (isPassing(error)) pace.failed();
            throw error;
          }
        };
      },
      /** Throws the error when there is no further try. */
      failed(error: unknown): void {
        failed += 1;
        const now = clock.elapsed();
        firstFailedAt ??= now;
        if (!isPassing(error) || failed >= policy.attemptsMax) throw error;
        // The resolver stumbles over a name that it knew a moment ago; one that was never known is misspelled.
        if (error.code === unknownHostCode && !hasAnswered) throw error;
        if (now - firstFailedAt >= (policy.budgetMs ?? defaultBudgetMs)) throw error;
        const ceiling = Math.min(policy.delayMaxMs, policy.firstDelayMs * 2 ** (failed - 1));
        const asked = error.facts.retryAfterMs;
        // What the storage asks for is kept by all, but never for longer than we would wait at most.
        const floor = typeof asked === 'number' ? Math.min(asked, policy.delayMaxMs) : 0;
        if (floor > 0) pace.hold(floor);
        delayMs = Math.max(floor, Math.floor(random() * ceiling));
        context.log.warn(`${call} failed, trying again`, { code: error.code, attempt: failed, delayMs });
      },
    };
  };
  const retry = async <Result>(
    call: string,
    options: CallOptions,
    run: () => Promise<Result>,
  ): Promise<Result> => {
    const tries = newTries(call, options.signal);
    for (;;) {
      try {
        const observe = await tries.begin();
        return await observe(run);
      } catch (error) {
        tries.failed(error);
      }
    }
  };

  const { retain, thaw, transition, posture, lifecycle, fillReserve, freeReserve, sweep } = inner;
  return forwarding(inner, {
    async put(name, bytes, options) {
      let isUnknown = false;
      await retry(`put of "${name}"`, options, async () => {
        if (isUnknown && (await isStored(inner, name, bytes, options))) return;
        try {
          await inner.put(name, bytes, options);
        } catch (error) {
          // Our own first try may have arrived only now.
          const isTaken = isUnknown && isFailure(error, 'conflict', 'OBJECT_EXISTS');
          if (isTaken && (await isStored(inner, name, bytes, options))) return;
          isUnknown = true;
          throw error;
        }
      });
    },
    get: (name, options) => retry(`get of "${name}"`, options, () => inner.get(name, options)),
    stat: (name, options) => retry(`stat of "${name}"`, options, () => inner.stat(name, options)),
    async *list(prefix, options) {
      // A list that broke off begins anew, so what was yielded already must be known.
      const yielded = new Set<string>();
      const tries = newTries(`list of "${prefix}"`, options.signal);
      for (;;) {
        const objects: AsyncIterator<ObjectStat> = inner.list(prefix, options)[Symbol.asyncIterator]();
        let observe: Awaited<ReturnType<typeof tries.begin>> | undefined;
        try {
          for (;;) {
            let next: IteratorResult<ObjectStat>;
            try {
              // Only the first step of a list is sure to be a call.
              if (observe === undefined) {
                observe = await tries.begin();
                next = await observe(() => objects.next());
              } else {
                next = await objects.next();
              }
            } catch (error) {
              tries.failed(error);
              break;
            }
            if (next.done === true) return;
            if (yielded.has(next.value.name)) continue;
            yielded.add(next.value.name);
            yield next.value;
          }
        } finally {
          await objects.return?.();
        }
      }
    },
    delete: (name, options) => retry(`delete of "${name}"`, options, () => inner.delete(name, options)),
    ...(retain && {
      retain: (name, until, options) =>
        retry(`retain of "${name}"`, options, () => retain.call(inner, name, until, options)),
    }),
    ...(thaw && { thaw: (names, options) => retry('thaw', options, () => thaw.call(inner, names, options)) }),
    ...(transition && {
      // Of an object that is in the class already it changes nothing.
      transition: (name, storageClass, options) =>
        retry(`transition of "${name}"`, options, () => transition.call(inner, name, storageClass, options)),
    }),
    ...(posture && {
      posture: (options) => retry('posture', options, () => posture.call(inner, options)),
    }),
    ...(lifecycle && {
      lifecycle: {
        read: (options) => retry('reading the lifecycle', options, () => lifecycle.read(options)),
        write: (rules, options) =>
          retry('writing the lifecycle', options, () => lifecycle.write(rules, options)),
      },
    }),
    ...(fillReserve && {
      fillReserve: (options) => retry('filling the reserve', options, () => fillReserve.call(inner, options)),
    }),
    ...(freeReserve && {
      async freeReserve(options) {
        let tries = 0;
        return retry('freeing the reserve', options, async () => {
          tries += 1;
          // Our own first try may have freed it, and nobody heard.
          return (await freeReserve.call(inner, options)) || tries > 1;
        });
      },
    }),
    ...(sweep && {
      sweep: (before, options) => retry('sweeping', options, () => sweep.call(inner, before, options)),
    }),
  });
}

/**
 * Opens a storage. A server that is not there now may be in a moment, as at any call; whatever else is wrong with a place is said at once.
 */
export async function openWithRetry(
  open: () => Promise<Storage>,
  random: () => number,
  context: Context,
  policy: RetryPolicy = defaultRetry,
): Promise<Storage> {
  const startedAt = context.clock.elapsed();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      const isLate = context.clock.elapsed() - startedAt >= (policy.budgetMs ?? defaultBudgetMs);
      const isAway = isPassing(error) && error.kind === 'unavailable' && error.code !== unknownHostCode;
      if (!isAway || attempt >= policy.attemptsMax || isLate) throw error;
      const ceiling = Math.min(policy.delayMaxMs, policy.firstDelayMs * 2 ** (attempt - 1));
      const delayMs = Math.floor(random() * ceiling);
      const { code } = error;
      // Why is said once: it is the same at every try, and the last one is told with its hint.
      if (attempt === 1) context.log.warn(`the storage cannot be opened yet: ${error.message}`, { code });
      context.log.warn('the storage cannot be opened, trying again', { code, attempt, delayMs });
      await context.clock.sleep(delayMs, context.signal);
    }
  }
}

/** A storage that failed to make things durable stays failed: waiting does not help it. */
function isPassing(error: unknown): error is Failure {
  return error instanceof Failure && failureKinds[error.kind].retry && error.code !== 'STORAGE_FAILED';
}

/**
 * Whether the object is there with these bytes. With ifAbsent too, equal bytes are ours: names are hashes of the content or
 * random, so no other writer could have chosen both.
 */
async function isStored(
  inner: Storage,
  name: string,
  bytes: Uint8Array,
  options: PutOptions,
): Promise<boolean> {
  const { signal } = options;
  const stat = await inner.stat(name, { signal });
  if (stat === undefined || stat.sizeBytes !== bytes.length) return false;
  return Buffer.compare(await inner.get(name, { signal }), bytes) === 0;
}
