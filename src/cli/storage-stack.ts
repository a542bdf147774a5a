// The one visible place where the wrappers of a storage are stacked: a deadline next to the storage; a bound on calls and memory around it,
// and limits around that, so that what is sent again is paid for again, and waiting is not taken for a dead line; retry around them; twins
// around it on weak storages, each call tried again by itself; and, once the repository is known, the cache outside, which asks nobody for
// what it has.

import { join } from 'node:path';
import type { Context, Instant } from '../base/context.ts';
import { isRetained } from '../operations/backup/retention.ts';
import type { Storage } from '../storage/storage.ts';
import { withCache } from '../storage/with/cache.ts';
import { withDeadline } from '../storage/with/deadline.ts';
import { type TransferLimits, withLimits } from '../storage/with/limits.ts';
import { withParallel } from '../storage/with/parallel.ts';
import { withRetention } from '../storage/with/retention.ts';
import { defaultRetry, type RetryPolicy, withRetry } from '../storage/with/retry.ts';
import { withTwins } from '../storage/with/twins.ts';

/** A disk that failed once may be a share that stumbled; a bad sector stays bad, and there may be thousands of them. */
const localRetry: RetryPolicy = { attemptsMax: 3, firstDelayMs: 100, delayMaxMs: 1000 };

/** Of bodies on their way to or from a network, all callers together. */
const bytesUnderWayMax = 64 * 1024 * 1024;

/** `random` yields numbers from 0 up to, not including, 1. */
export function stackStorage(
  inner: Storage,
  limits: TransferLimits,
  random: () => number,
  context: Context,
): Storage {
  const isLimited = Object.values(limits).some((limit) => limit !== undefined);
  // A disk has no line that could die, and its calls cannot be ended.
  const answering = inner.features.isLocal
    ? inner
    : withParallel(withDeadline(inner, context.clock), { bytesMax: bytesUnderWayMax });
  const limited = isLimited ? withLimits(answering, limits, context.clock) : answering;
  const retried = withRetry(limited, random, context, inner.features.isLocal ? localRetry : defaultRetry);
  return inner.features.isLocal ? retried : withTwins(retried, context);
}

/** What every command reads first, and what people look at, is kept; contents of files are not. Local disks need no copy of it. */
export function cacheStorage(inner: Storage, cacheDirectory: string, repositoryId: string): Storage {
  if (inner.features.isLocal) return inner;
  return withCache(inner, {
    folder: join(cacheDirectory, 'repositories', repositoryId),
    wholePrefixes: ['index/', 'snapshots/'],
    rangePrefixes: ['meta/'],
  });
}

/** For `backup --retain`: what is put is kept by the storage itself until then, where it can. */
export function retainStorage(inner: Storage, until: Instant | undefined): Storage {
  return until === undefined ? inner : withRetention(inner, until, isRetained);
}
