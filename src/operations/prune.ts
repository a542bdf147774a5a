// Gives space back: the pruner's side of FORMAT.md §12. No lock is taken and no clock is asked; the order of the steps is the
// safety, and test/simulation holds its model.

import { createHash } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { release } from '../codecs/release.ts';
import { boxTypes, commit8Of } from '../repository/box.ts';
import { type Chain, isLacking, loadChain, refuseIfRolledBack } from '../repository/chain.ts';
import { LiveRows, markLive } from '../repository/live.ts';
import { decodeDirectory, packHeadLength, readPackHead } from '../repository/pack.ts';
import { type PackRecord, packObjectName } from '../repository/pack-catalog.ts';
import { openFrame, openIndex, type Repository, verifyBlob } from '../repository/repository.ts';
import { listSessions, putIndex, Session, sealIndexClass } from '../repository/session.ts';

/** No put takes so long; what is older was left by a process that was killed. */
const leftoverAgeMs = 24 * 60 * 60 * 1000;

const attemptsMax = 4;
/** How often snapshots and indexes are read anew because other processes forgot and deleted meanwhile. */
const looksMax = 8;

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

interface PackUse {
  readonly pack: PackRecord;
  liveBytes: number;
  liveRows: number;
  rows: number;
}

interface Plan {
  readonly unused: readonly PackRecord[];
  readonly repack: readonly PackRecord[];
  readonly garbage: readonly StoredPack[];
  readonly protectedCount: number;
  readonly unusedKept: number;
  readonly live: LiveRows;
}

interface StoredPack {
  readonly name: string;
  readonly object: string;
  readonly sizeBytes: number;
  /** Of a pack that no index names: whose it is stands in its head. */
  readonly sessionId?: string;
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

// Step A and B.
async function makePlan(
  request: PruneRequest,
  repository: Repository,
  ownSession: string,
  context: Context,
): Promise<Plan> {
  // Packs before sessions before indexes: of what is listed now and belongs to no session then, the index is written or never will be.
  const listed = await listPacks(repository, context);
  const held = await heldPacks(repository, ownSession, context);
  const live = await markNeeded(repository, context);
  const uses = packUses(repository, live);
  const unused: PackRecord[] = [];
  const partly: PackUse[] = [];
  let protectedCount = 0;
  let stored = 0;
  for (const use of uses) {
    stored += use.pack.sizeBytes;
    if (held.sessions.has(use.pack.sessionId) || held.packs.has(use.pack.name)) {
      protectedCount += 1;
    } else if (use.liveRows === 0) {
      unused.push(use.pack);
    } else if (use.liveRows < use.rows || use.pack.condemned) {
      partly.push(use);
    }
  }
  const wasteOf = (use: PackUse): number => Math.max(0, use.pack.sizeBytes - use.liveBytes);
  partly.sort((a, b) => wasteOf(b) / b.pack.sizeBytes - wasteOf(a) / a.pack.sizeBytes);
  let waste = partly.reduce((sum, use) => sum + wasteOf(use), 0);
  const allowed = stored * request.maxUnused;
  const repackPlan: PackRecord[] = [];
  let repackBytes = 0;
  for (const use of partly) {
    // A condemned pack may be borrowed by nobody: what is live in it must move, whatever the share.
    if (waste <= allowed && !use.pack.condemned) continue;
    if (request.maxRepackBytes !== undefined && repackBytes + use.pack.sizeBytes > request.maxRepackBytes)
      continue;
    repackPlan.push(use.pack);
    repackBytes += use.pack.sizeBytes;
    waste -= wasteOf(use);
  }
  return {
    unused,
    repack: repackPlan,
    garbage: await unindexedPacks(repository, listed, held.sessions, context),
    protectedCount,
    unusedKept: Math.max(0, waste),
    live,
  };
}

/**
 * What the snapshots need, by indexes read after them: one that was published since the session was opened names packs that were not
 * indexed then. A snapshot that is forgotten and pruned between the two looks like damage; it is none when the next list lacks it.
 */
async function markNeeded(repository: Repository, context: Context): Promise<LiveRows> {
  for (let look = 1; ; look += 1) {
    const chain = await loadChain(repository, context);
    refuseIfRolledBack(chain);
    refuseIfLacking(chain);
    await repository.loadIndex(context);
    const live = new LiveRows(repository.index.size);
    try {
      await markLive(
        repository,
        chain.snapshots.map((snapshot) => snapshot.skeleton),
        live,
        context,
      );
      return live;
    } catch (error) {
      if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      if (look === looksMax || !(await hasMoved(repository, chain, context))) throw error;
    }
  }
}

/** Where a recovery point is gone that nobody forgot, what it needs may be all that is left of it. */
function refuseIfLacking(chain: Chain): void {
  if (chain.broken.length === 0 && !isLacking(chain)) return;
  const [name] = [...chain.broken.map((one) => one.name), ...chain.missing.map((one) => `snapshots/${one}`)];
  const [gap] = chain.gaps;
  const what =
    name === undefined
      ? `recovery point ${gap?.from} of writer "${gap?.writerId.slice(0, 12)}" is`
      : `"${name}" is damaged or`;
  throw new Failure('corrupt', 'PRUNE_REFUSED', `${what} missing, so nothing is deleted`, {
    hint: 'Run "holdfast check", then "holdfast repair". What is missing for good is given up with "holdfast repair --accept-rollback REASON".',
  });
}

/** Whether another process forgot a snapshot or condemned a pack since these were read. */
async function hasMoved(repository: Repository, chain: Chain, context: Context): Promise<boolean> {
  const now = new Set((await loadChain(repository, context)).snapshots.map((one) => one.name));
  if (chain.snapshots.some((one) => !now.has(one.name))) return true;
  for (const name of await repository.listCondemned(context))
    if (!repository.condemned.has(name)) return true;
  return false;
}

function packUses(repository: Repository, live: LiveRows): PackUse[] {
  const { index, catalog } = repository;
  const uses = catalog.packs.map((pack): PackUse => ({ pack, liveBytes: 0, liveRows: 0, rows: 0 }));
  const numberOf = new Map(catalog.packs.map((pack, number) => [pack.name, number]));
  for (let row = 0; row < index.size; row += 1) {
    const number = index.frameOf(row);
    if (number >= catalog.frameCount) continue;
    const frame = catalog.frame(number);
    const use = uses[numberOf.get(frame.pack.name)!]!;
    use.rows += 1;
    if (!live.has(row)) continue;
    use.liveRows += 1;
    use.liveBytes += (frame.length * index.lengthOf(row)) / Math.max(1, frame.plainLength);
  }
  return uses;
}

function liveBytesOf(repository: Repository, plan: Plan): number {
  const names = new Set(plan.repack.map((pack) => pack.name));
  return Math.round(
    packUses(repository, plan.live)
      .filter((use) => names.has(use.pack.name))
      .reduce((sum, use) => sum + use.liveBytes, 0),
  );
}

/** Packs and sessions that a running writer may depend on. Read before snapshots, always. */
async function heldPacks(
  repository: Repository,
  ownSession: string,
  context: Context,
): Promise<{ sessions: Set<string>; packs: Set<string> }> {
  const sessions = new Set<string>();
  const packs = new Set<string>();
  for (const session of await listSessions(repository, context)) {
    if (session.revoked || session.id === ownSession) continue;
    sessions.add(session.id);
    for (const name of session.borrowed) packs.add(name);
  }
  return { sessions, packs };
}

async function listPacks(repository: Repository, context: Context): Promise<StoredPack[]> {
  const listed: StoredPack[] = [];
  for (const prefix of ['packs/', 'meta/']) {
    for await (const { name: object, sizeBytes } of repository.storage.list(prefix, {
      signal: context.signal,
    })) {
      const name = object.slice(object.lastIndexOf('/') + 1);
      if (/^[0-9a-f]{64}$/.test(name)) listed.push({ name, object, sizeBytes });
    }
  }
  return listed;
}

/** Packs that no index names and whose session is over: what killed runs left. */
async function unindexedPacks(
  repository: Repository,
  listed: readonly StoredPack[],
  liveSessions: ReadonlySet<string>,
  context: Context,
): Promise<StoredPack[]> {
  const garbage: StoredPack[] = [];
  for (const pack of listed) {
    if (repository.catalog.byName(pack.name) !== undefined || pack.sizeBytes < packHeadLength) continue;
    const sessionId = await sessionOf(repository, pack, context);
    if (sessionId !== undefined && !liveSessions.has(sessionId)) garbage.push({ ...pack, sessionId });
  }
  return garbage;
}

/** Whose pack it is; undefined when another prune took it away meanwhile. */
async function sessionOf(
  repository: Repository,
  pack: StoredPack,
  context: Context,
): Promise<string | undefined> {
  try {
    const bytes = await repository.storage.get(pack.object, {
      range: { offset: 0, length: packHeadLength },
      signal: context.signal,
    });
    return hex(readPackHead(repository.ring, bytes, pack.object).sessionId);
  } catch (error) {
    if (isFailure(error, 'missing')) return undefined;
    throw error;
  }
}

// An ordinary writer session: the old packs count as absent, so that their live blobs are stored again.
async function repack(repository: Repository, session: Session, plan: Plan, context: Context): Promise<void> {
  if (plan.repack.length === 0) return;
  const { index, catalog, ring } = repository;
  const rowsOfFrame = new Map<number, number[]>();
  const names = new Set(plan.repack.map((pack) => pack.name));
  for (let row = 0; row < index.size; row += 1) {
    const number = index.frameOf(row);
    if (number >= catalog.frameCount || !names.has(catalog.packOfFrame(number).name)) continue;
    index.condemn(row);
    if (!plan.live.has(row)) continue;
    const rows = rowsOfFrame.get(number);
    if (rows === undefined) rowsOfFrame.set(number, [row]);
    else rows.push(row);
  }
  context.monitor.total('objects', plan.repack.length);
  const sealed: Parameters<Session['store']>[0][] = [];
  const builder = session.builder({ comp: 1, level: 3 }, (frame) => sealed.push(frame));
  const drain = async () => {
    for (const frame of sealed.splice(0)) await session.store(frame);
  };
  for (const pack of plan.repack) {
    const directory = decodeDirectory(pack.directory, pack.name);
    for (let position = 0; position < pack.frameCount; position += 1) {
      const number = pack.firstFrame + position;
      const rows = rowsOfFrame.get(number);
      if (rows === undefined) continue;
      context.signal.throwIfAborted();
      const frame = catalog.frame(number);
      const entry = directory.frames[position]!;
      const box = await repository.storage.get(packObjectName(pack), {
        range: { offset: frame.offset, length: frame.length },
        signal: context.signal,
      });
      const plain = openFrame(ring, frame, box);
      const blobs = entry.ids.length / 32;
      const isCurrent =
        frame.generation === ring.forNewFrames(frame.type).generation && pack.suite === ring.suite;
      let offset = 0;
      const wanted = new Set(rows.map((row) => index.offsetOf(row)));
      const lengths = Buffer.from(entry.lengths.buffer, entry.lengths.byteOffset, entry.lengths.length);
      const copied = new Int32Array(blobs);
      const whole = isCurrent && rows.length === blobs;
      for (let blob = 0; blob < blobs; blob += 1) {
        const length = lengths.readUInt32LE(blob * 4);
        const id = entry.ids.subarray(blob * 32, blob * 32 + 32);
        if (whole || wanted.has(offset)) {
          const bytes = plain.subarray(offset, offset + length);
          verifyBlob(ring, frame.type, id, bytes, frame);
          if (whole) {
            const claimed = index.claim(id, 0, length);
            copied[blob] = claimed < 0 ? -1 - claimed : claimed;
          } else builder.add(frame.type, bytes, Buffer.alloc(32), 0);
        }
        offset += length;
      }
      // A frame that is live as a whole moves as it is: its box does not know which pack it lies in.
      if (whole) await session.store({ ...entry, rows: copied, box, commit8: commit8Of(box) });
      else release(box);
      await drain();
    }
    context.monitor.count('objects', 1);
  }
  builder.flush();
  await drain();
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
  const held = await heldPacks(repository, session.name, context);
  const live = await markNeeded(repository, context);
  const needed = new Set<string>();
  for (const use of packUses(repository, live)) {
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
