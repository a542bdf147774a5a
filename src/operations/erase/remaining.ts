// Which packs are stored, and which of them hold anything that no snapshot needs: that is where erased bytes may still lie.

import { mapAhead } from '../../base/ahead.ts';
import type { Context, Instant } from '../../base/context.ts';
import { loadChain } from '../../repository/chain.ts';
import { LiveRows, markLive } from '../../repository/live.ts';
import type { Repository } from '../../repository/repository.ts';
import { packUses } from '../prune/plan.ts';

export interface RemainingPack {
  readonly name: string;
  readonly bytes: number;
  /** The storage refuses to delete it until then. Absent: a later prune may. */
  readonly until?: Instant;
}

/** Pack names to their objects. */
export async function storedPacks(
  { storage }: Repository,
  { signal }: Context,
): Promise<ReadonlyMap<string, string>> {
  const packs = new Map<string, string>();
  for (const prefix of ['packs/', 'meta/']) {
    for await (const { name } of storage.list(prefix, { signal }))
      packs.set(name.slice(name.lastIndexOf('/') + 1), name);
  }
  return packs;
}

/**
 * More than what was erased may be meant, never less: a pack counts as soon as one blob in it is needed by no snapshot but those named,
 * which still hold what was to go.
 */
export async function remainingPacks(
  holding: ReadonlySet<string>,
  repository: Repository,
  context: Context,
): Promise<RemainingPack[]> {
  const { snapshots } = await loadChain(repository, context);
  await repository.loadIndex(context);
  const live = new LiveRows(repository.index.size);
  const skeletons = snapshots.filter(({ id }) => !holding.has(id)).map(({ skeleton }) => skeleton);
  await markLive(repository, skeletons, live, context);
  const whole = new Set<string>();
  for (const { pack, rows, liveRows } of packUses(repository, live)) {
    if (liveRows > 0 && liveRows === rows && !pack.condemned) whole.add(pack.name);
  }
  const { storage } = repository;
  const stored = [...(await storedPacks(repository, context))].filter(([name]) => !whole.has(name));
  const now = context.clock.now();
  const ask = async ([name, object]: readonly [string, string]): Promise<RemainingPack | undefined> => {
    const found = await storage.stat(object, { signal: context.signal });
    if (found === undefined) return undefined;
    const until = found.retainedUntil;
    const isLocked = until !== undefined && until > now;
    return { name, bytes: found.sizeBytes, ...(isLocked ? { until } : {}) };
  };
  const remaining: RemainingPack[] = [];
  for await (const one of mapAhead(stored, storage.features.parallelCallsMax, ask))
    if (one !== undefined) remaining.push(one);
  return remaining;
}
