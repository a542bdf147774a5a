// How much there is: what a restore would give, what is unique, what is stored.

import type { Context } from '../base/context.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import { LiveRows, markLive } from '../repository/live.ts';
import type { Repository } from '../repository/repository.ts';

export interface StatsOutcome {
  readonly snapshots: number;
  readonly entries: number;
  readonly restoreBytes: number;
  readonly uniqueBlobs: number;
  readonly uniqueBytes: number;
  readonly storedBytes: number;
  readonly objects: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  readonly packs: number;
}

/** The index must be loaded. */
export async function stats(
  request: { readonly snapshots: readonly ListedSnapshot[] },
  repository: Repository,
  context: Context,
): Promise<StatsOutcome> {
  const { index, catalog, storage } = repository;
  const live = new LiveRows(index.size);
  await markLive(
    repository,
    request.snapshots.map((one) => one.skeleton),
    live,
    context,
  );
  let uniqueBytes = 0;
  for (let row = 0; row < index.size; row += 1) if (live.has(row)) uniqueBytes += index.lengthOf(row);
  const objects: Record<string, { count: number; bytes: number }> = {};
  let storedBytes = 0;
  for await (const { name, sizeBytes } of storage.list('', { signal: context.signal })) {
    const prefix = name.slice(0, Math.max(0, name.indexOf('/')));
    const sum = objects[prefix] ?? { count: 0, bytes: 0 };
    objects[prefix] = { count: sum.count + 1, bytes: sum.bytes + sizeBytes };
    storedBytes += sizeBytes;
  }
  return {
    snapshots: request.snapshots.length,
    entries: request.snapshots.reduce((sum, one) => sum + one.stats.entries, 0),
    restoreBytes: request.snapshots.reduce((sum, one) => sum + one.stats.bytes, 0),
    uniqueBlobs: live.count,
    uniqueBytes,
    storedBytes,
    objects,
    packs: catalog.packs.length,
  };
}
