// `--limit-upload` and `--limit-download`: a storage that waits before each object, so that the mean stays below the limit.
// All callers share the two budgets.

import type { Context } from '../base/context.ts';
import type { Storage } from '../storage/storage.ts';

export interface Limits {
  /** Bytes per second. */
  readonly upload?: number;
  readonly download?: number;
}

export function limitStorage(inner: Storage, limits: Limits, context: Context): Storage {
  const upload = createBudget(limits.upload, context);
  const download = createBudget(limits.download, context);
  return {
    location: inner.location,
    features: inner.features,
    async put(name, bytes, options) {
      await upload(bytes.length);
      await inner.put(name, bytes, options);
    },
    async get(name, options) {
      const bytes = await inner.get(name, options);
      // What was received is known only now: the next caller waits for it.
      await download(bytes.length);
      return bytes;
    },
    stat: (name, options) => inner.stat(name, options),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (name, options) => inner.delete(name, options),
    ...(inner.retain === undefined ? {} : { retain: inner.retain.bind(inner) }),
    ...(inner.thaw === undefined ? {} : { thaw: inner.thaw.bind(inner) }),
    ...(inner.fillReserve === undefined ? {} : { fillReserve: inner.fillReserve.bind(inner) }),
    ...(inner.freeReserve === undefined ? {} : { freeReserve: inner.freeReserve.bind(inner) }),
    ...(inner.sweep === undefined ? {} : { sweep: inner.sweep.bind(inner) }),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

/** Resolves when the bytes may pass. Unused time is not saved up, so there are no bursts after a pause. */
function createBudget(
  bytesPerSecond: number | undefined,
  { clock, signal }: Context,
): (bytes: number) => Promise<void> {
  if (bytesPerSecond === undefined) return () => Promise.resolve();
  let freeAt = clock.elapsed();
  return async (bytes) => {
    freeAt = Math.max(freeAt, clock.elapsed()) + (bytes * 1000) / bytesPerSecond;
    const waitMs = freeAt - clock.elapsed();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
}
