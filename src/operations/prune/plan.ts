// Which packs may go and which are worth moving: steps A and B.

import { mapAhead } from '../../base/ahead.ts';
import { hex } from '../../base/bytes.ts';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import type { LiveRows } from '../../repository/live.ts';
import { packHeadLength, readPackHead } from '../../repository/pack.ts';
import { type PackRecord, packObjectName } from '../../repository/pack-catalog.ts';
import type { Repository } from '../../repository/repository.ts';
import { kindOfFrame } from '../keys/generations.ts';
import type { PruneRequest } from '../prune.ts';
import { lookAtNeeds, type Needs } from './needed.ts';

interface PackUse {
  readonly pack: PackRecord;
  liveBytes: number;
  liveRows: number;
  rows: number;
}

export interface Plan {
  /** Go whole; also those of `repack`, once their live part has moved. */
  readonly unused: readonly StoredPack[];
  readonly repack: readonly PackRecord[];
  readonly repackStored: readonly StoredPack[];
  readonly garbage: readonly StoredPack[];
  readonly protectedCount: number;
  readonly unusedKept: number;
  /** Would go, and the storage refuses to delete them yet. */
  readonly retained: readonly StoredPack[];
  readonly retainedUntil?: Instant;
  /** Named by an index still, and deleted already by who could not write another one: nothing is freed by them. */
  readonly gone: ReadonlySet<string>;
  readonly needs: Needs;
}

export interface StoredPack {
  readonly name: string;
  readonly object: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Instant;
  readonly storageClass?: string;
  /** Of a pack that no index names: whose it is stands in its head. */
  readonly sessionId?: string;
}

// Step A and B.
export async function makePlan(
  request: PruneRequest,
  repository: Repository,
  ownSession: string,
  context: Context,
): Promise<Plan> {
  // Packs before sessions before indexes: of what is listed now and belongs to no session then, the index is written or never will be.
  const listed = await listPacks(repository, context);
  const needs = await lookAtNeeds(repository, ownSession, context);
  const uses = packUses(repository, needs.live);
  const isFrozen = frozenTest(repository);
  const storedAs = storedTest(listed);
  const isListed = new Set(listed.map((one) => one.name));
  const gone = new Set<string>();
  const unused: StoredPack[] = [];
  const partly: PackUse[] = [];
  let protectedCount = 0;
  let stored = 0;
  let immovable = 0;
  const isForced = resealTest(request, repository);
  const wasteOf = (use: PackUse): number => Math.max(0, use.pack.sizeBytes - use.liveBytes);
  for (const use of uses) {
    if (use.pack.condemned && use.liveRows === 0 && !isListed.has(use.pack.name)) {
      gone.add(use.pack.name);
      continue;
    }
    stored += use.pack.sizeBytes;
    if (needs.sessions.has(use.pack.sessionId) || needs.packs.has(use.pack.name)) {
      protectedCount += 1;
    } else if (use.liveRows === 0) {
      unused.push(storedAs(use.pack));
    } else if (use.liveRows < use.rows || use.pack.condemned || isForced(use.pack)) {
      // To move what is live it would have to be read, which takes hours and money; whole it goes one day.
      if (isFrozen(storedAs(use.pack))) immovable += wasteOf(use);
      else partly.push(use);
    }
  }
  const garbage = await unindexedPacks(repository, listed, needs.sessions, isFrozen, context);
  const retention = new Retention(repository, context);
  partly.sort((a, b) => wasteOf(b) / b.pack.sizeBytes - wasteOf(a) / a.pack.sizeBytes);
  let waste = partly.reduce((sum, use) => sum + wasteOf(use), 0);
  const allowed = stored * request.maxUnused;
  const repackPlan: PackRecord[] = [];
  let repackBytes = 0;
  for (const use of partly) {
    // A condemned pack may be borrowed by nobody: what is live in it must move, whatever the share.
    if (waste <= allowed && !use.pack.condemned && !isForced(use.pack)) continue;
    if (request.maxRepackBytes !== undefined && repackBytes + use.pack.sizeBytes > request.maxRepackBytes)
      continue;
    waste -= wasteOf(use);
    // Its space would not come back, and what has moved out of it would be stored twice.
    if (!use.pack.condemned && (await retention.isKept(storedAs(use.pack)))) immovable += wasteOf(use);
    else {
      repackPlan.push(use.pack);
      repackBytes += use.pack.sizeBytes;
    }
  }
  // Left as they are, indexed and not condemned, they still serve who stores the same again.
  const whole = await retention.sort([...unused, ...garbage]);
  return {
    unused: unused.filter((pack) => !whole.kept.has(pack)),
    repack: repackPlan,
    repackStored: repackPlan.map(storedAs),
    garbage: garbage.filter((pack) => !whole.kept.has(pack)),
    protectedCount,
    unusedKept: Math.max(0, waste) + immovable,
    retained: [...whole.kept],
    ...(whole.until === undefined ? {} : { retainedUntil: whole.until }),
    gone,
    needs,
  };
}

/** Whether a pack holds a frame under a key that is to go. */
function resealTest({ reencrypt }: PruneRequest, { catalog }: Repository): (pack: PackRecord) => boolean {
  if (reencrypt === undefined) return () => false;
  return ({ firstFrame, frameCount }) => {
    for (let number = firstFrame; number < firstFrame + frameCount; number += 1) {
      const { type, generation } = catalog.frame(number);
      if (reencrypt(kindOfFrame(type), generation)) return true;
    }
    return false;
  };
}

function storedTest(listed: readonly StoredPack[]): (pack: PackRecord) => StoredPack {
  const byName = new Map(listed.map((one) => [one.name, one]));
  // What was listed before its index was read may have come or gone in between.
  return (pack) =>
    byName.get(pack.name) ?? {
      name: pack.name,
      object: packObjectName(pack),
      sizeBytes: pack.sizeBytes,
      modifiedAt: 0,
    };
}

function frozenTest({ storage }: Repository): (pack: StoredPack) => boolean {
  const frozen = (storage.features.storageClasses ?? []).filter((one) => one.isFrozen);
  const names = new Set(frozen.map((one) => one.name));
  return ({ storageClass }) => storageClass !== undefined && names.has(storageClass);
}

/** What the storage says of locks, asked for candidates alone. Our clock only chooses what is worth a try; the storage decides. */
class Retention {
  readonly #repository: Repository;
  readonly #context: Context;

  constructor(repository: Repository, context: Context) {
    this.#repository = repository;
    this.#context = context;
  }

  async isKept(pack: StoredPack): Promise<boolean> {
    return (await this.#until(pack)) !== undefined;
  }

  async sort(packs: readonly StoredPack[]): Promise<{ kept: ReadonlySet<StoredPack>; until?: Instant }> {
    const kept = new Set<StoredPack>();
    let latest: Instant | undefined;
    const { storage } = this.#repository;
    if (storage.retain === undefined) return { kept };
    const ask = async (pack: StoredPack) => ({ pack, until: await this.#until(pack) });
    for await (const { pack, until } of mapAhead(packs, storage.features.parallelCallsMax, ask)) {
      if (until === undefined) continue;
      kept.add(pack);
      latest = Math.max(until, latest ?? 0);
    }
    return { kept, ...(latest === undefined ? {} : { until: latest }) };
  }

  async #until({ object }: StoredPack): Promise<Instant | undefined> {
    const { storage } = this.#repository;
    if (storage.retain === undefined) return undefined;
    const until = (await storage.stat(object, this.#context))?.retainedUntil;
    return until !== undefined && until > this.#context.clock.now() ? until : undefined;
  }
}

export function packUses(repository: Repository, live: LiveRows): PackUse[] {
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

export function liveBytesOf(repository: Repository, plan: Plan): number {
  const names = new Set(plan.repack.map((pack) => pack.name));
  return Math.round(
    packUses(repository, plan.needs.live)
      .filter((use) => names.has(use.pack.name))
      .reduce((sum, use) => sum + use.liveBytes, 0),
  );
}

async function listPacks(repository: Repository, context: Context): Promise<StoredPack[]> {
  const list = async (prefix: string): Promise<StoredPack[]> => {
    const listed: StoredPack[] = [];
    for await (const found of repository.storage.list(prefix, { signal: context.signal })) {
      const { name: object, sizeBytes, modifiedAt, storageClass } = found;
      const name = object.slice(object.lastIndexOf('/') + 1);
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const more = storageClass === undefined ? {} : { storageClass };
      listed.push({ name, object, sizeBytes, modifiedAt, ...more });
    }
    return listed;
  };
  return (await Promise.all(['packs/', 'meta/'].map(list))).flat();
}

/** Packs that no index names and whose session is over: what killed runs left. */
async function unindexedPacks(
  repository: Repository,
  listed: readonly StoredPack[],
  liveSessions: ReadonlySet<string>,
  isFrozen: (pack: StoredPack) => boolean,
  context: Context,
): Promise<StoredPack[]> {
  const garbage: StoredPack[] = [];
  for (const pack of listed) {
    if (repository.catalog.byName(pack.name) !== undefined || pack.sizeBytes < packHeadLength) continue;
    if (isFrozen(pack)) {
      // Its head cannot be read; but whoever condemned it had read it.
      if (repository.condemned.has(pack.name)) garbage.push(pack);
      continue;
    }
    const sessionId = await sessionOf(repository, pack, context);
    if (sessionId !== undefined && !liveSessions.has(sessionId)) garbage.push({ ...pack, sessionId });
  }
  return garbage;
}

/**
 * Without packs of running sessions, by their heads where only somebody indexed them who is not believed: such an index could name
 * another session for what a writer has just uploaded.
 */
export async function withoutRunning(
  packs: readonly StoredPack[],
  running: ReadonlySet<string>,
  repository: Repository,
  context: Context,
): Promise<StoredPack[]> {
  const free: StoredPack[] = [];
  for (const pack of packs) {
    const isDoubtful = repository.catalog.byName(pack.name)?.trusted === false;
    const sessionId = isDoubtful ? await sessionIfReadable(repository, pack, context) : undefined;
    if (sessionId === undefined || !running.has(sessionId)) free.push(pack);
  }
  return free;
}

/** What is damaged no writer can rely on, and what is frozen no writer has just uploaded. */
async function sessionIfReadable(
  repository: Repository,
  pack: StoredPack,
  context: Context,
): Promise<string | undefined> {
  try {
    return await sessionOf(repository, pack, context);
  } catch (error) {
    if (!isFailure(error, 'corrupt') && !isFailure(error, 'conflict', 'OBJECT_FROZEN')) throw error;
    return undefined;
  }
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
