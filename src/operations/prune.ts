// Gives space back: the pruner's side of FORMAT.md §12. No lock is taken and no clock is asked; the order of the steps is the
// safety, and test/simulation holds its model.

import { createHash } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context, Instant } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { boxTypes } from '../repository/box.ts';
import { type PackRecord, packObjectName } from '../repository/pack-catalog.ts';
import { openIndex, type Repository } from '../repository/repository.ts';
import { putIndex, Session, sealIndexClass } from '../repository/session.ts';
import { lookAtNeeds } from './prune/needed.ts';
import { liveBytesOf, makePlan, packUses, type StoredPack } from './prune/plan.ts';
import { repack } from './prune/repack.ts';
import { endPublished } from './published.ts';

/** No put takes so long; what is older was left by a process that was killed. */
const leftoverAgeMs = 24 * 60 * 60 * 1000;

const attemptsMax = 4;
export interface PruneRequest {
  readonly dryRun: boolean;
  /** Share of stored bytes that may stay unused, such as 0.05: what is above is repacked. */
  readonly maxUnused: number;
  readonly maxRepackBytes?: number;
}

export interface PruneOutcome {
  readonly packsDeleted: number;
  readonly packsRepacked: number;
  readonly bytesFreed: number;
  readonly bytesRepacked: number;
  readonly bytesUnusedKept: number;
  /** Packs kept because a session may still use them. */
  readonly packsProtected: number;
}

/** Works on a storage without any room left, too: it then deletes whole packs before it moves anything. */
export async function prune(
  request: PruneRequest,
  repository: Repository,
  context: Context,
): Promise<PruneOutcome> {
  const { storage } = repository;
  if (!request.dryRun) {
    // No object depends on this age: a put that lost its file would fail, and its run with it.
    await storage.sweep?.(context.clock.now() - leftoverAgeMs, { signal: context.signal });
  }
  let outcome: PruneOutcome;
  try {
    outcome = await pruneBesideOthers(request, repository, context);
  } catch (error) {
    if (!isFailure(error, 'exhausted')) throw error;
    context.log.warn('the storage is full: packs that nobody needs go first', { code: error.code });
    await storage.freeReserve?.({ signal: context.signal });
    outcome = await pruneBesideOthers({ ...request, maxRepackBytes: 0 }, repository, context);
    if (!request.dryRun && outcome.packsDeleted > 0) {
      outcome = await moveAsWell(request, outcome, repository, context);
    }
  }
  if (!request.dryRun) await storage.fillReserve?.({ signal: context.signal });
  return outcome;
}

/** What is free now may still be too little to move anything: then that is left for another day. */
async function moveAsWell(
  request: PruneRequest,
  first: PruneOutcome,
  repository: Repository,
  context: Context,
): Promise<PruneOutcome> {
  try {
    const second = await pruneBesideOthers(request, repository, context);
    return {
      ...second,
      packsDeleted: first.packsDeleted + second.packsDeleted,
      bytesFreed: first.bytesFreed + second.bytesFreed,
    };
  } catch (error) {
    if (!isFailure(error, 'exhausted')) throw error;
    context.log.warn('there is too little room to repack', { code: error.code });
    return first;
  }
}

/**
 * Others work at the same time: a snapshot may come that needs packs indexed after we looked, or another pruner may delete what we
 * have listed. Then everything is looked at anew; what is missing still after that is missing.
 */
async function pruneBesideOthers(
  request: PruneRequest,
  repository: Repository,
  context: Context,
): Promise<PruneOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pruneOnce(request, repository, context);
    } catch (error) {
      const isPassing =
        isFailure(error, 'missing', 'OBJECT_MISSING') || isFailure(error, 'corrupt', 'BLOB_MISSING');
      if (!isPassing || attempt === attemptsMax) throw error;
      context.log.warn('packs changed while they were looked at, so prune looks again', { attempt });
    }
  }
}

async function pruneOnce(
  request: PruneRequest,
  repository: Repository,
  context: Context,
): Promise<PruneOutcome> {
  context.monitor.phase('finding what is in use');
  await using session = await Session.open(repository, context);
  const plan = await makePlan(request, repository, session.name, context);
  const bytesRepacked = sumOf(plan.repack);
  if (request.dryRun) {
    await session.end();
    return {
      packsDeleted: plan.unused.length + plan.garbage.length,
      packsRepacked: plan.repack.length,
      bytesFreed: sumOf(plan.unused) + sumOf(plan.garbage) + bytesRepacked - liveBytesOf(repository, plan),
      bytesRepacked,
      bytesUnusedKept: plan.unusedKept,
      packsProtected: plan.protectedCount,
    };
  }
  context.monitor.phase('repacking');
  await repack(repository, session, plan, context);
  await session.flush();
  const storedBytes = session.packs.storedBytes;

  context.monitor.phase('deleting');
  const candidates = [...plan.unused, ...plan.repack].map(
    (pack): StoredPack => ({ name: pack.name, object: packObjectName(pack), sizeBytes: pack.sizeBytes }),
  );
  const older = [...repository.condemned];
  await condemn(repository, [...candidates, ...plan.garbage], context);
  const free = await freeOf(repository, session, [...candidates, ...plan.garbage], older, context);
  await removePacks(repository, session, free, context);
  const storageNow = await storageTime(repository, session, context);
  if (storageNow !== undefined) {
    const { over, snapshots } = plan.needs;
    await endPublished(over, snapshots, storageNow, repository, context);
  }
  await session.end();
  return {
    packsDeleted: free.length,
    packsRepacked: plan.repack.length,
    bytesFreed: sumOf(free) - storedBytes,
    bytesRepacked,
    bytesUnusedKept: plan.unusedKept,
    packsProtected: plan.protectedCount + (candidates.length + plan.garbage.length - free.length),
  };
}

/** What time it is by the storage: that of our own mark, which it has just been given. Absent where it tells none. */
async function storageTime(
  { storage }: Repository,
  session: Session,
  { signal }: Context,
): Promise<Instant | undefined> {
  return (await storage.stat(`sessions/${session.name}`, { signal }))?.modifiedAt;
}

// Step C: for ever. Nobody lifts or edits it.
async function condemn(
  repository: Repository,
  packs: readonly StoredPack[],
  context: Context,
): Promise<void> {
  if (packs.length === 0) return;
  const object = sealIndexClass(
    repository,
    boxTypes.condemned,
    new Map<number, unknown>([
      [1, Buffer.concat(packs.map((pack) => Buffer.from(pack.name, 'hex')).sort(Buffer.compare))],
      [2, context.clock.now()],
    ]),
  );
  const name = hex(createHash('sha256').update(object).digest());
  await repository.storage.put(`condemned/${name}`, object, { signal: context.signal });
}

// Step D: sessions and borrows first, then snapshots; everything is computed anew from what is there now.
async function freeOf(
  repository: Repository,
  session: Session,
  candidates: readonly StoredPack[],
  condemnedBefore: readonly string[],
  context: Context,
): Promise<StoredPack[]> {
  const held = await lookAtNeeds(repository, session.name, context);
  const needed = new Set<string>();
  for (const use of packUses(repository, held.live)) {
    if (use.liveRows > 0 || held.sessions.has(use.pack.sessionId)) needed.add(use.pack.name);
  }
  const all = new Map(candidates.map((pack) => [pack.name, pack]));
  for (const name of condemnedBefore) {
    const pack = repository.catalog.byName(name);
    if (pack !== undefined) all.set(name, { name, object: packObjectName(pack), sizeBytes: pack.sizeBytes });
  }
  return [...all.values()].filter(
    (pack) =>
      !held.packs.has(pack.name) &&
      !needed.has(pack.name) &&
      // In no index yet, its writer may be about to publish.
      (pack.sessionId === undefined || !held.sessions.has(pack.sessionId)),
  );
}

// Step E: indexes without the packs, then away with the old indexes, then with the packs. A full storage may have no room for the new
// index; then the packs go first: they are condemned, so nobody reads or borrows them, and an index may name what is gone.
async function removePacks(
  repository: Repository,
  session: Session,
  free: readonly StoredPack[],
  context: Context,
): Promise<void> {
  if (free.length === 0) return;
  const names = new Set(free.map((pack) => pack.name));
  const touched: string[] = [];
  const kept = new Map<string, PackRecord>();
  for (const indexName of repository.indexNames) {
    const object = `index/${indexName}`;
    const stat = await repository.storage.stat(object, { signal: context.signal });
    if (stat === undefined) continue;
    const index = openIndex(
      repository.ring,
      await repository.storage.get(object, { signal: context.signal }),
      object,
    );
    const packNames = index.packs.map((pack) => hex(pack.name));
    if (!packNames.some((name) => names.has(name)) && index.packs.length > 0) continue;
    touched.push(indexName);
    for (const name of packNames) {
      const record = repository.catalog.byName(name);
      if (record !== undefined && !names.has(name)) kept.set(name, record);
    }
  }
  const replaceIndexes = async () => {
    if (touched.length === 0) return;
    await putIndex(repository, session.id, [...kept.values()], touched, context);
    for (const name of touched) await repository.storage.delete(`index/${name}`, { signal: context.signal });
  };
  let isReplaced = true;
  try {
    await replaceIndexes();
  } catch (error) {
    if (!isFailure(error, 'exhausted')) throw error;
    isReplaced = false;
  }
  context.monitor.total('objects', free.length);
  for (const pack of free) {
    await repository.storage.delete(pack.object, { signal: context.signal });
    context.monitor.count('objects', 1);
  }
  if (!isReplaced) await replaceIndexes();
}

function sumOf(packs: readonly { readonly sizeBytes: number }[]): number {
  return packs.reduce((sum, pack) => sum + pack.sizeBytes, 0);
}
