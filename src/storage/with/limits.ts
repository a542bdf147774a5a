// Keeps the mean transfer rate below a limit, up and down, for all callers together. Objects are handed over whole, so one call may run at
// full speed; what it was ahead is waited for before the next one.

import type { Clock } from '../../base/context.ts';
import type { Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export interface TransferLimits {
  /** Absent: no limit. */
  readonly uploadBytesPerSecond?: number;
  readonly downloadBytesPerSecond?: number;
}

/** One bucket may stand before several storages: they share its rate. */
export interface Bucket {
  /** Takes bytes from the bucket once all that were taken before are paid for. */
  take(sizeBytes: number, signal: AbortSignal): Promise<void>;
}

/** Rest that is not used is kept for one second at most. */
const savedMs = 1000;

export function newBucket(bytesPerSecond: number, clock: Clock): Bucket {
  // By the monotonic clock: the moment at which everything taken so far is paid for.
  let paidAt = Number.NEGATIVE_INFINITY;
  return {
    async take(sizeBytes, signal) {
      const now = clock.elapsed();
      const priceMs = (sizeBytes / bytesPerSecond) * 1000;
      const startAt = Math.max(paidAt, now - savedMs);
      // Before the wait, so that callers queue up in the order in which they came.
      paidAt = startAt + priceMs;
      if (startAt <= now) return;
      try {
        await clock.sleep(Math.ceil(startAt - now), signal);
      } catch (error) {
        paidAt -= priceMs;
        throw error;
      }
    },
  };
}

export function withLimits(inner: Storage, limits: TransferLimits, clock: Clock): Storage {
  const bucketOf = (rate: number | undefined) => (rate === undefined ? undefined : newBucket(rate, clock));
  return withBuckets(inner, bucketOf(limits.uploadBytesPerSecond), bucketOf(limits.downloadBytesPerSecond));
}

/** As `withLimits`, with buckets that other storages may share. */
export function withBuckets(
  inner: Storage,
  upload: Bucket | undefined,
  download: Bucket | undefined,
): Storage {
  return forwarding(inner, {
    ...(upload && {
      async put(name, bytes, options) {
        await upload.take(bytes.length, options.signal);
        await inner.put(name, bytes, options);
      },
    }),
    ...(download && {
      async get(name, options) {
        if (options.range !== undefined) {
          await download.take(options.range.length, options.signal);
          return inner.get(name, options);
        }
        // How long the object is shows only now: it waits for those before it, and is paid for afterwards.
        await download.take(0, options.signal);
        const bytes = await inner.get(name, options);
        await download.take(bytes.length, options.signal);
        return bytes;
      },
    }),
  });
}
