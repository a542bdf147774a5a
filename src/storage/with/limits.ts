// Keeps the mean transfer rate, and the number of calls, below a limit, up and down, for all callers together. Objects are put whole, so one
// put may run at full speed, and what it was ahead is waited for before the next one; long gets are asked for in parts.

import type { Clock, Instant } from '../../base/context.ts';
import type { Storage } from '../storage.ts';
import { unlessAborted } from './breaker.ts';
import { forwarding } from './forwarding.ts';

/** By wall clock: units a second, undefined for no limit, 0 for nothing at all. It may change at whole minutes. */
export type RateByTime = (instant: Instant) => number | undefined;

export interface TransferLimits {
  /** Absent: no limit. */
  readonly uploadBytesPerSecond?: number | RateByTime;
  readonly downloadBytesPerSecond?: number | RateByTime;
  readonly callsPerSecond?: number;
}

/** One bucket may stand before several storages: they share its rate. */
export interface Bucket {
  /** Takes units from the bucket once all that were taken before are paid for. */
  take(units: number, signal: AbortSignal): Promise<void>;
  /** What may be taken at once without a burst of more than a second; undefined where there is no limit now. */
  portion(): number | undefined;
}

/** Rest that is not used is kept for one second at most. */
const savedMs = 1000;
const minuteMs = 60_000;
/** Parts of a get are not smaller: each is a call. */
const portionMin = 256 * 1024;

export function newBucket(rate: number | RateByTime, clock: Clock): Bucket {
  const rateNow = (): number => {
    const found = typeof rate === 'number' ? rate : rate(clock.now());
    return found === undefined ? Number.POSITIVE_INFINITY : found;
  };
  // Negative: rest that is saved.
  let owed = Number.NEGATIVE_INFINITY;
  // By the monotonic clock: the moment up to which `owed` has been paid off.
  let paidAt = clock.elapsed();
  let last: Promise<void> = Promise.resolve();
  const settle = (): void => {
    const now = clock.elapsed();
    const current = rateNow();
    const saved = Number.isFinite(current) ? (current * savedMs) / 1000 : 0;
    const paid = now > paidAt ? ((now - paidAt) / 1000) * current : 0;
    owed = current === Number.POSITIVE_INFINITY ? 0 : Math.max(owed - paid, -saved);
    paidAt = now;
  };
  const wait = async (units: number, signal: AbortSignal): Promise<void> => {
    for (;;) {
      settle();
      const current = rateNow();
      if (owed <= 1e-6 && current > 0) break;
      const dueMs = current > 0 ? Math.ceil((owed / current) * 1000) : Number.POSITIVE_INFINITY;
      // Where the rate can change, the next whole minute is looked at anew.
      const untilChange =
        typeof rate === 'number' ? Number.POSITIVE_INFINITY : minuteMs - (clock.now() % minuteMs);
      await clock.sleep(Math.min(dueMs, untilChange), signal);
    }
    owed += units;
  };
  return {
    take(units, signal) {
      // In the order in which they came; whoever was canceled in the line holds nobody up.
      const before = last;
      const mine = unlessAborted(before, signal).then(() => wait(units, signal));
      last = mine.then(
        () => undefined,
        () => before,
      );
      return mine;
    },
    portion() {
      const current = rateNow();
      return Number.isFinite(current) ? Math.max(portionMin, Math.floor(current)) : undefined;
    },
  };
}

export function withLimits(inner: Storage, limits: TransferLimits, clock: Clock): Storage {
  const bucketOf = (rate: number | RateByTime | undefined) =>
    rate === undefined ? undefined : newBucket(rate, clock);
  return withBuckets(
    inner,
    bucketOf(limits.uploadBytesPerSecond),
    bucketOf(limits.downloadBytesPerSecond),
    bucketOf(limits.callsPerSecond),
  );
}

/** As `withLimits`, with buckets that other storages may share. */
export function withBuckets(
  inner: Storage,
  upload: Bucket | undefined,
  download: Bucket | undefined,
  calls?: Bucket,
): Storage {
  const counted = calls === undefined ? inner : withCalls(inner, calls);
  return forwarding(counted, {
    ...(upload && {
      async put(name, bytes, options) {
        await upload.take(bytes.length, options.signal);
        await counted.put(name, bytes, options);
      },
    }),
    ...(download && {
      async get(name, options) {
        const { range, signal } = options;
        if (range === undefined) {
          // How long the object is shows only now: it waits for those before it, and is paid for afterwards.
          await download.take(0, signal);
          const bytes = await counted.get(name, options);
          await download.take(bytes.length, signal);
          return bytes;
        }
        const portion = download.portion() ?? range.length;
        if (range.length <= portion) {
          await download.take(range.length, signal);
          return counted.get(name, options);
        }
        const whole = new Uint8Array(range.length);
        for (let done = 0; done < range.length; ) {
          const length = Math.min(portion, range.length - done);
          await download.take(length, signal);
          const part = await counted.get(name, { signal, range: { offset: range.offset + done, length } });
          // Too short an answer is none: with/names.ts refuses it, as it would the whole.
          if (part.length !== length) return whole.subarray(0, done + part.length);
          whole.set(part, done);
          done += length;
        }
        return whole;
      },
    }),
  });
}

function withCalls(inner: Storage, calls: Bucket): Storage {
  return forwarding(inner, {
    async put(name, bytes, options) {
      await calls.take(1, options.signal);
      await inner.put(name, bytes, options);
    },
    async get(name, options) {
      await calls.take(1, options.signal);
      return inner.get(name, options);
    },
    async stat(name, options) {
      await calls.take(1, options.signal);
      return inner.stat(name, options);
    },
    async *list(prefix, options) {
      await calls.take(1, options.signal);
      yield* inner.list(prefix, options);
    },
    async delete(name, options) {
      await calls.take(1, options.signal);
      await inner.delete(name, options);
    },
  });
}
