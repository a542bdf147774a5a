// Step E: indexes without the packs, then away with the old indexes, then with the packs. A full storage may have no room for the new
// index; then the packs go first: they are condemned, so nobody reads or borrows them, and an index may name what is gone.

import { mapAhead } from '../../base/ahead.ts';
import { hex } from '../../base/bytes.ts';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { putIndex } from '../../repository/indexing.ts';
import type { PackRecord } from '../../repository/pack-catalog.ts';
import { openIndex, type Repository } from '../../repository/repository.ts';
import type { Session } from '../../repository/session.ts';
import { lagOf } from './margins.ts';
import type { StoredPack } from './plan.ts';
import { deleteUnlessRetained } from './retained.ts';

export interface Removed {
  readonly deleted: readonly StoredPack[];
  /** The storage refuses to delete them yet; a later prune finds them again, in no index. */
  readonly retained: readonly StoredPack[];
  readonly retainedUntil?: Instant;
}

export async function removePacks(
  repository: Repository,
  session: Session,
  free: readonly StoredPack[],
  context: Context,
): Promise<Removed> {
  if (free.length === 0) return { deleted: [], retained: [] };
  // A maintenance key writes no index, for nobody would believe it: what is condemned counts for nothing though an index names it.
  const { touched, kept } = repository.ring.isMaintenance
    ? { touched: [], kept: [] }
    : await readTouched(repository, free, context);
  const replaceIndexes = async () => {
    if (touched.length === 0) return;
    await putIndex(repository, session.id, kept, touched, context);
    // Who does not see the new one yet must still find the old ones.
    const lagMs = lagOf(repository.storage.features);
    if (lagMs > 0) await context.clock.sleep(lagMs, context.signal);
    // One that must stay is superseded, which is as good.
    for (const name of touched) await deleteUnlessRetained(`index/${name}`, repository, context);
  };
  let isReplaced = true;
  try {
    await replaceIndexes();
  } catch (error) {
    if (!isFailure(error, 'exhausted')) throw error;
    isReplaced = false;
  }
  context.monitor.total('objects', free.length);
  const deleted: StoredPack[] = [];
  const retained: StoredPack[] = [];
  let retainedUntil: Instant | undefined;
  const remove = async (pack: StoredPack) => ({
    pack,
    until: await deleteUnlessRetained(pack.object, repository, context),
  });
  // In any order among themselves, a few at a time.
  for await (const { pack, until } of mapAhead(free, repository.storage.features.parallelCallsMax, remove)) {
    if (until === undefined) deleted.push(pack);
    else {
      retained.push(pack);
      if (until > 0) retainedUntil = Math.max(until, retainedUntil ?? 0);
    }
    context.monitor.count('objects', 1);
  }
  if (!isReplaced) await replaceIndexes();
  return { deleted, retained, ...(retainedUntil === undefined ? {} : { retainedUntil }) };
}

/** Indexes that name one of the packs, or that these supersede and that are still there: without them the latter would count again. */
async function readTouched(
  repository: Repository,
  free: readonly StoredPack[],
  context: Context,
): Promise<{ touched: readonly string[]; kept: readonly PackRecord[] }> {
  const { storage } = repository;
  const names = new Set(free.map((pack) => pack.name));
  const touched = new Set<string>();
  const supersededBy = new Map<string, readonly string[]>();
  const kept = new Map<string, PackRecord>();
  for (const indexName of repository.indexNames) {
    const object = `index/${indexName}`;
    if ((await storage.stat(object, { signal: context.signal })) === undefined) continue;
    const index = openIndex(repository.ring, await storage.get(object, { signal: context.signal }), object);
    supersededBy.set(indexName, index.supersedes);
    const packNames = index.packs.map((pack) => hex(pack.name));
    if (!packNames.some((name) => names.has(name)) && index.packs.length > 0) continue;
    touched.add(indexName);
    for (const name of packNames) {
      const record = repository.catalog.byName(name);
      if (record !== undefined && !names.has(name)) kept.set(name, record);
    }
  }
  for (const name of touched)
    for (const older of supersededBy.get(name) ?? []) if (supersededBy.has(older)) touched.add(older);
  return { touched: [...touched], kept: [...kept.values()] };
}
