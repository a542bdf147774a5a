// Moves packs of data that have reached an age to a colder storage class. Metadata stays where it is: listing, finding, planning and checking
// a repository never need a thaw. Packs of which a part is garbage stay, too: prune would have to thaw them to rewrite them.

import { mapAhead } from '../base/ahead.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { loadChain, refuseIfRolledBack } from '../repository/chain.ts';
import { LiveRows, markLive } from '../repository/live.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import type { Repository } from '../repository/repository.ts';
import type { ObjectStat, StorageClass } from '../storage/storage.ts';

export interface TierRequest {
  /** As the provider names it. */
  readonly storageClass: string;
  /** By the storage's own time of an object. */
  readonly afterDays: number;
  /** Packs with a larger share of garbage stay for prune. */
  readonly maxUnused: number;
  readonly dryRun: boolean;
}

export interface TierOutcome {
  readonly outcome: 'succeeded' | 'partial';
  readonly storageClass: StorageClass;
  readonly packsMoved: number;
  readonly bytesMoved: number;
  readonly packsThere: number;
  readonly packsTooYoung: number;
  readonly packsWithGarbage: number;
  readonly packsFailed: number;
}

const dayMs = 24 * 60 * 60 * 1000;

export async function tier(
  request: TierRequest,
  repository: Repository,
  context: Context,
): Promise<TierOutcome> {
  const { storage } = repository;
  const classes = storage.features.storageClasses ?? [];
  const rank = (name: string | undefined) => classes.findIndex((one) => one.name === name);
  const wanted = classes[rank(request.storageClass)];
  const { transition } = storage;
  if (wanted === undefined || transition === undefined) {
    const known = classes.map(({ name }) => name).join(', ');
    throw new Failure(
      'usage',
      'STORAGE_CLASS_UNKNOWN',
      `"${storage.location}" has no class "${request.storageClass}"`,
      {
        hint: known === '' ? 'This kind of storage has no classes.' : `It has ${known}.`,
      },
    );
  }
  context.monitor.phase('finding what is in use');
  const garbage = await garbageShares(repository, context);
  const chosen: ObjectStat[] = [];
  let packsThere = 0;
  let packsTooYoung = 0;
  let packsWithGarbage = 0;
  for await (const object of storage.list('packs/', context)) {
    const share = garbage.get(object.name);
    // What no index names is left by a cut-off run, or young.
    if (share === undefined) continue;
    if (rank(object.storageClass) >= rank(request.storageClass)) packsThere += 1;
    else if (object.modifiedAt > context.clock.now() - request.afterDays * dayMs) packsTooYoung += 1;
    else if (share > request.maxUnused) packsWithGarbage += 1;
    else chosen.push(object);
  }
  const bytesMoved = chosen.reduce((sum, one) => sum + one.sizeBytes, 0);
  const counts = { storageClass: wanted, packsThere, packsTooYoung, packsWithGarbage };
  if (request.dryRun) {
    return { outcome: 'succeeded', ...counts, packsMoved: chosen.length, bytesMoved, packsFailed: 0 };
  }
  context.monitor.phase('moving');
  context.monitor.total('objects', chosen.length);
  let failedBytes = 0;
  let packsFailed = 0;
  const move = async (object: ObjectStat) => {
    try {
      await transition.call(storage, object.name, request.storageClass, context);
    } catch (error) {
      if (!isFailure(error, 'denied') && !isFailure(error, 'conflict') && !isFailure(error, 'missing'))
        throw error;
      packsFailed += 1;
      failedBytes += object.sizeBytes;
      context.monitor.problem({ path: object.name, code: error.code, message: error.message });
    }
    context.monitor.count('objects', 1);
  };
  for await (const _ of mapAhead(chosen, storage.features.parallelCallsMax, move));
  return {
    outcome: packsFailed === 0 ? 'succeeded' : 'partial',
    ...counts,
    packsMoved: chosen.length - packsFailed,
    bytesMoved: bytesMoved - failedBytes,
    packsFailed,
  };
}

/** By object name, of packs that are in use: which share of their plain bytes no snapshot needs. */
async function garbageShares(repository: Repository, context: Context): Promise<Map<string, number>> {
  const chain = await loadChain(repository, context);
  refuseIfRolledBack(chain);
  await repository.loadIndex(context);
  const { index, catalog } = repository;
  const live = new LiveRows(index.size);
  await markLive(
    repository,
    chain.snapshots.map((one) => one.skeleton),
    live,
    context,
  );
  const sums = new Map(catalog.packs.map((pack) => [pack.name, { live: 0, all: 0 }]));
  for (let row = 0; row < index.size; row += 1) {
    const frame = index.frameOf(row);
    if (frame >= catalog.frameCount) continue;
    const sum = sums.get(catalog.packOfFrame(frame).name);
    if (sum === undefined) continue;
    sum.all += index.lengthOf(row);
    if (live.has(row)) sum.live += index.lengthOf(row);
  }
  const shares = new Map<string, number>();
  for (const pack of catalog.packs) {
    const sum = sums.get(pack.name)!;
    if (!pack.condemned) shares.set(packObjectName(pack), sum.all === 0 ? 1 : 1 - sum.live / sum.all);
  }
  return shares;
}
