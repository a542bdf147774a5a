// Which frozen packs a copy would read: asked before anything is read, so that it does not stop in its middle for hours.

import type { Context } from '../../base/context.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import { LiveRows, markLive } from '../../repository/live.ts';
import type { PackRecord } from '../../repository/pack-catalog.ts';
import type { Repository } from '../../repository/repository.ts';
import { type FrozenPacks, frozenPacks } from '../thaw.ts';

/** Undefined where nothing is frozen; the index must be loaded. */
export async function frozenOf(
  snapshots: readonly ListedSnapshot[],
  from: Repository,
  context: Context,
): Promise<FrozenPacks | undefined> {
  const { index, catalog, storage } = from;
  if (snapshots.length === 0 || storage.thaw === undefined) return undefined;
  const live = new LiveRows(index.size);
  await markLive(
    from,
    snapshots.map((one) => one.skeleton),
    live,
    context,
  );
  const needed = new Set<PackRecord>();
  for (let row = 0; row < index.size; row += 1) {
    const frame = index.frameOf(row);
    if (live.has(row) && frame < catalog.frameCount) needed.add(catalog.packOfFrame(frame));
  }
  return frozenPacks(needed, from, context);
}
