// Which packs may go and which are worth moving: steps A and B.

import { hex } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import type { LiveRows } from '../../repository/live.ts';
import { packHeadLength, readPackHead } from '../../repository/pack.ts';
import type { PackRecord } from '../../repository/pack-catalog.ts';
import type { Repository } from '../../repository/repository.ts';
import type { PruneRequest } from '../prune.ts';
import { lookAtNeeds, type Needs } from './needed.ts';

interface PackUse {
  readonly pack: PackRecord;
  liveBytes: number;
  liveRows: number;
  rows: number;
}

export interface Plan {
  readonly unused: readonly PackRecord[];
  readonly repack: readonly PackRecord[];
  readonly garbage: readonly StoredPack[];
  readonly protectedCount: number;
  readonly unusedKept: number;
  readonly needs: Needs;
}

export interface StoredPack {
  readonly name: string;
  readonly object: string;
  readonly sizeBytes: number;
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
  const unused: PackRecord[] = [];
  const partly: PackUse[] = [];
  let protectedCount = 0;
  let stored = 0;
  for (const use of uses) {
    stored += use.pack.sizeBytes;
    if (needs.sessions.has(use.pack.sessionId) || needs.packs.has(use.pack.name)) {
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
    garbage: await unindexedPacks(repository, listed, needs.sessions, context),
    protectedCount,
    unusedKept: Math.max(0, waste),
    needs,
  };
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
