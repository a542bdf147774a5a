// Tries again what failed for a time: exponential backoff with full jitter. Safe because objects are immutable: a put that got no answer
// is unknown, and is resolved by reading what is there before anything is sent again.

import type { Context } from '../../base/context.ts';
import { Failure, failureKinds, isFailure } from '../../base/failure.ts';
import type { CallOptions, ObjectStat, PutOptions, Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export interface RetryPolicy {
  /** All tries, the first one included. */
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  readonly delayMaxMs: number;
}

/** Gives up after about two minutes. */
export const defaultRetry: RetryPolicy = { attemptsMax: 8, firstDelayMs: 500, delayMaxMs: 60_000 };

/** `random` yields numbers from 0 up to, not including, 1. */
export function withRetry(
  inner: Storage,
  random: () => number,
  context: Context,
  policy: RetryPolicy = defaultRetry,
): Storage {
  /** Waits before attempt + 1, or throws the error when there is none. */
  const pause = async (error: unknown, attempt: number, call: string, signal: AbortSignal): Promise<void> => {
    if (!(error instanceof Failure) || !isPassing(error) || attempt >= policy.attemptsMax) throw error;
    const ceiling = Math.min(policy.delayMaxMs, policy.firstDelayMs * 2 ** (attempt - 1));
    const asked = error.facts.retryAfterMs;
    // What the storage asks for is kept, but never for longer than we would wait at most.
    const floor = typeof asked === 'number' ? Math.min(asked, policy.delayMaxMs) : 0;
    const delayMs = Math.max(floor, Math.floor(random() * ceiling));
    context.log.warn(`${call} failed, trying again`, { code: error.code, attempt, delayMs });
    await context.clock.sleep(delayMs, signal);
  };
  const retry = async <Result>(
    call: string,
    options: CallOptions,
    run: () => Promise<Result>,
  ): Promise<Result> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run();
      } catch (error) {
        await pause(error, attempt, call, options.signal);
      }
    }
  };

  const { retain, thaw } = inner;
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
      for (let attempt = 1; ; attempt += 1) {
        const objects: AsyncIterator<ObjectStat> = inner.list(prefix, options)[Symbol.asyncIterator]();
        try {
          for (;;) {
            let next: IteratorResult<ObjectStat>;
            try {
              next = await objects.next();
            } catch (error) {
              await pause(error, attempt, `list of "${prefix}"`, options.signal);
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
  });
}

/** A storage that failed to make things durable stays failed: waiting does not help it. */
function isPassing(error: Failure): boolean {
  return failureKinds[error.kind].retry && error.code !== 'STORAGE_FAILED';
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
