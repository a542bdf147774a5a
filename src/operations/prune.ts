// Gives space back: the pruner's side of FORMAT.md §12. No lock is taken and no clock is asked; the order of the steps is the
// safety, and test/simulation holds its model.

import { createHash } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { boxTypes } from '../repository/box.ts';
import { sealIndexClass } from '../repository/indexing.ts';
import { maintenanceOnly } from '../repository/keys.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import {
  isBeforeMark,
  isRipe,
  isWeak,
  lagOf,
  type Margins,
  readMargins,
  refuseUnlessAlone,
  ripeFrom,
} from './prune/margins.ts';
import { lookAtNeeds } from './prune/needed.ts';
import { liveBytesOf, makePlan, packUses, type StoredPack, withoutRunning } from './prune/plan.ts';
import { refsToTidy, tidyRefs } from './prune/refs.ts';
import { removePacks } from './prune/remove.ts';
import { repack } from './prune/repack.ts';
import { endPublished } from './published.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** No put takes so long; what is older was left by a process that was killed. */
const leftoverAgeMs = dayMs;

const attemptsMax = 4;

export interface PruneRequest {
  readonly dryRun: boolean;
  /** A person vouches that nobody else writes: a weak storage then needs no margins. */
  readonly exclusive?: boolean;
  /** Share of stored bytes that may stay unused, such as 0.05: what is above is repacked. */
  readonly maxUnused: number;
  readonly maxRepackBytes?: number;
  /** Whether frames that were sealed with this key are to be sealed anew: their packs are repacked, however full they are. */
  readonly reencrypt?: (kind: 'data' | 'index', generation: number) => boolean;
}

export interface PruneOutcome {
  readonly packsDeleted: number;
  readonly packsRepacked: number;
  readonly bytesFreed: number;
  readonly bytesRepacked: number;
  readonly bytesUnusedKept: number;
  /** Packs kept because a session may still use them. */
  readonly packsProtected: number;
  /** Condemned on a weak storage, where they must rest before they are deleted by a later prune. */
  readonly packsWaiting: number;
  readonly bytesWaiting: number;
  /** When the last of them has rested, by the time of the storage. */
  readonly waitingUntil?: Instant;
  /** Not needed any more, and the storage refuses to delete them yet. */
  readonly packsRetained: number;
  readonly bytesRetained: number;
  readonly retainedUntil?: Instant;
  /** Of those deleted: before the least time of their storage class, so that they are paid for as if they had stayed. */
  readonly packsEarly: number;
  readonly bytesEarly: number;
}

/** Works on a storage without any room left, too: it then deletes whole packs before it moves anything. */
export async function prune(
  request: PruneRequest,
  repository: Repository,
  context: Context,
): Promise<PruneOutcome> {
  const { storage } = repository;
  if (repository.ring.isMaintenance && request.reencrypt !== undefined) throw maintenanceOnly();
  if (!request.dryRun) {
    // No object depends on this age: a put that lost its file would fail, and its run with it.
    await storage.sweep?.(context.clock.now() - leftoverAgeMs, { signal: context.signal });
  }
  // A maintenance key cannot open what it would have to move, and its word on where that lies now would count for nothing.
  const asked = repository.ring.isMaintenance ? { ...request, maxRepackBytes: 0 } : request;
  let outcome: PruneOutcome;
  try {
    outcome = await pruneBesideOthers(asked, repository, context);
  } catch (error) {
    if (!isFailure(error, 'exhausted')) throw error;
    context.log.warn('the storage is full: packs that nobody needs go first', { code: error.code });
    await storage.freeReserve?.({ signal: context.signal });
    outcome = await pruneBesideOthers({ ...asked, maxRepackBytes: 0 }, repository, context);
    if (!request.dryRun && outcome.packsDeleted > 0) {
      outcome = await moveAsWell(asked, outcome, repository, context);
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
  const isExclusive = isWeak(repository.storage.features) && request.exclusive === true;
  await using session = await Session.open(repository, context);
  const storageNow = await storageTime(repository, session, context);
  const refs = await refsToTidy(request, repository, context);
  const plan = await makePlan(request, repository, session.name, context);
  if (isExclusive) refuseUnlessAlone(plan.needs.running);
  const bytesRepacked = sumOf(plan.repack);
  // Absent where the order of the steps is enough.
  const isByMargins = isWeak(repository.storage.features) && !isExclusive;
  const margins = isByMargins ? await readMargins(storageNow, repository, context) : undefined;
  if (request.dryRun) {
    await session.end();
    const isFree = (pack: StoredPack) =>
      margins === undefined ||
      (isRipe(pack.name, margins) && !isBeforeMark(pack.name, margins, plan.needs.running));
    const whole = [...plan.unused, ...plan.garbage];
    const moved = margins === undefined ? bytesRepacked : 0;
    return {
      packsDeleted: whole.filter(isFree).length,
      packsRepacked: plan.repack.length,
      bytesFreed: sumOf(whole.filter(isFree)) + moved - liveBytesOf(repository, plan),
      bytesRepacked,
      bytesUnusedKept: plan.unusedKept,
      packsProtected: plan.protectedCount,
      ...waitingOf([...whole.filter((pack) => !isFree(pack)), ...plan.repackStored], margins),
      ...retainedOf(plan.retained, plan.retainedUntil),
      ...earlyOf(whole.filter(isFree), repository, context),
    };
  }
  if (refs !== undefined) await tidyRefs(refs, request, plan.needs, storageNow, repository, context);
  context.monitor.phase('repacking');
  await repack(repository, session, plan, context);
  await session.flush();
  const storedBytes = session.packs.storedBytes;

  context.monitor.phase('deleting');
  const candidates = [...plan.unused, ...plan.repackStored, ...plan.garbage];
  const older = new Set(repository.condemned);
  await condemn(
    repository,
    candidates.filter((pack) => !older.has(pack.name)),
    context,
  );
  for (const pack of plan.retained) older.delete(pack.name);
  // An index that names them still is replaced by who may do that.
  if (repository.ring.isMaintenance) for (const name of plan.gone) older.delete(name);
  const all = withCondemned(candidates, older, repository);
  const free = await freeOf(repository, session, all, isExclusive, margins, context);
  const removed = await removePacks(repository, session, free, context);
  const deleted = removed.deleted.filter((pack) => !plan.gone.has(pack.name));
  const { over, snapshots } = plan.needs;
  await endPublished(over, snapshots, storageNow, repository, context);
  await session.end();
  const isWaiting = (pack: StoredPack) => margins !== undefined && !isRipe(pack.name, margins);
  const done = new Set(free.map((pack) => pack.name));
  return {
    packsDeleted: deleted.length,
    packsRepacked: plan.repack.length,
    bytesFreed: sumOf(deleted) - storedBytes,
    bytesRepacked,
    bytesUnusedKept: plan.unusedKept,
    packsProtected:
      plan.protectedCount + candidates.filter((pack) => !done.has(pack.name) && !isWaiting(pack)).length,
    ...waitingOf(all.filter(isWaiting), margins),
    ...retainedOf(
      [...plan.retained, ...removed.retained],
      latestOf(plan.retainedUntil, removed.retainedUntil),
    ),
    ...earlyOf(deleted, repository, context),
  };
}

/** What time it is by the storage: that of our own mark, which it has just been given. */
async function storageTime({ storage }: Repository, session: Session, { signal }: Context): Promise<Instant> {
  const mark = await storage.stat(`sessions/${session.name}`, { signal });
  // Somebody took this process for dead and ended it.
  if (mark === undefined)
    throw new Failure('conflict', 'SESSION_REVOKED', `session "${session.name}" was revoked while it ran`, {
      hint: 'Somebody declared this run dead. Start it again.',
    });
  return mark.modifiedAt;
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

/** What other prunes have condemned and left, too. */
function withCondemned(
  candidates: readonly StoredPack[],
  condemned: ReadonlySet<string>,
  repository: Repository,
): readonly StoredPack[] {
  const all = new Map(candidates.map((pack) => [pack.name, pack]));
  for (const name of condemned) {
    const pack = repository.catalog.byName(name);
    if (pack === undefined || all.has(name)) continue;
    all.set(name, { name, object: packObjectName(pack), sizeBytes: pack.sizeBytes, modifiedAt: 0 });
  }
  return [...all.values()];
}

// Step D: sessions and borrows first, then snapshots; everything is computed anew from what is there now.
async function freeOf(
  repository: Repository,
  session: Session,
  all: readonly StoredPack[],
  isExclusive: boolean,
  margins: Margins | undefined,
  context: Context,
): Promise<StoredPack[]> {
  const ripe = margins === undefined ? all : all.filter((pack) => isRipe(pack.name, margins));
  if (margins !== undefined && ripe.length === 0) return [];
  const lagMs = lagOf(repository.storage.features);
  // A session that began a moment before us is to be seen as well.
  if (isExclusive && lagMs > 0) await context.clock.sleep(lagMs, context.signal);
  const held = await lookAtNeeds(repository, session.name, context, lagMs);
  if (isExclusive) refuseUnlessAlone(held.running);
  const needed = new Set<string>();
  for (const use of packUses(repository, held.live)) {
    if (use.liveRows > 0 || held.sessions.has(use.pack.sessionId)) needed.add(use.pack.name);
  }
  const free = ripe.filter(
    (pack) =>
      !held.packs.has(pack.name) &&
      !needed.has(pack.name) &&
      // In no index yet, its writer may be about to publish.
      (pack.sessionId === undefined || !held.sessions.has(pack.sessionId)) &&
      (margins === undefined || !isBeforeMark(pack.name, margins, held.running)),
  );
  return withoutRunning(free, held.sessions, repository, context);
}

function waitingOf(packs: readonly StoredPack[], margins: Margins | undefined) {
  if (margins === undefined || packs.length === 0) return { packsWaiting: 0, bytesWaiting: 0 };
  const waitingUntil = packs.reduce((latest, { name }) => Math.max(latest, ripeFrom(name, margins)), 0);
  return { packsWaiting: packs.length, bytesWaiting: sumOf(packs), waitingUntil };
}

function retainedOf(packs: readonly StoredPack[], until: Instant | undefined) {
  return {
    packsRetained: packs.length,
    bytesRetained: sumOf(packs),
    ...(until === undefined ? {} : { retainedUntil: until }),
  };
}

function latestOf(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** Deleted before the least time of their storage class: they are paid for as if they had stayed. Only told, so by our clock. */
function earlyOf(packs: readonly StoredPack[], { storage }: Repository, context: Context) {
  const now = context.clock.now();
  const days = new Map((storage.features.storageClasses ?? []).map((one) => [one.name, one.daysMin]));
  const early = packs.filter(
    ({ storageClass, modifiedAt }) =>
      storageClass !== undefined && now - modifiedAt < (days.get(storageClass) ?? 0) * dayMs,
  );
  return { packsEarly: early.length, bytesEarly: sumOf(early) };
}

function sumOf(packs: readonly { readonly sizeBytes: number }[]): number {
  return packs.reduce((sum, pack) => sum + pack.sizeBytes, 0);
}
