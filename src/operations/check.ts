// Check: does the repository hold what it must? Level 1 compares lists, level 2 walks every tree beside its twin, level 3 reads
// every byte. It changes nothing.

import type { Context, Instant } from '../base/context.ts';
import { type Failure, isFailure } from '../base/failure.ts';
import { verifySlot } from '../keyslots/slot.ts';
import { openBundle } from '../repository/bundle.ts';
import { type Chain, type ListedSnapshot, loadChain } from '../repository/chain.ts';
import { verifyConfig } from '../repository/config.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import { readAll } from '../repository/read-all.ts';
import { keepsRefs, readRefs, withoutRef } from '../repository/refs.ts';
import type { Repository } from '../repository/repository.ts';
import { listSessions } from '../repository/sessions.ts';
import { type ReadPacks, readPacks } from './check-packs.ts';
import { affectedBy, checkTrees } from './check-trees.ts';
import { checkCopies } from './copies.ts';
import { checkRescue } from './keys/rescue.ts';

export interface CheckRequest {
  readonly level: 1 | 2 | 3;
  /** Share of stored bytes to read, longest unread first. */
  readonly readDataSubset?: number;
  /** Trees of these only; all when absent. */
  readonly snapshots?: readonly ListedSnapshot[];
}

export interface Finding {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly message: string;
  readonly object?: string;
  /** Ids of the snapshots that suffer. */
  readonly snapshots: readonly string[];
}

export interface CheckOutcome {
  readonly outcome: 'succeeded' | 'failed';
  readonly findings: readonly Finding[];
  readonly snapshots: number;
  readonly packs: number;
  readonly blobs: number;
  readonly readBytes: number;
  /** In a frozen class, so not read; they do not count as verified. */
  readonly packsFrozen: number;
  readonly bytesFrozen: number;
  /** When the bytes were last read that were read longest ago; absent when some never were. */
  readonly oldestVerifiedAt?: Instant;
  readonly durationMs: number;
}

export async function check(
  request: CheckRequest,
  repository: Repository,
  context: Context,
): Promise<CheckOutcome> {
  const startedAt = context.clock.elapsed();
  const ofLists: Finding[] = [];
  const ofPacks: Finding[] = [];
  let { chain, snapshots, damaged } = await compareLists(request, repository, ofLists, context);
  context.monitor.phase(request.level === 3 ? 'reading' : 'walking');
  // Trees are walked on this thread while workers read packs: neither needs what the other finds.
  const [reading, walking] = await Promise.allSettled([
    request.level === 3
      ? readPacks(request.readDataSubset, repository, damaged, intoFindings(ofPacks), context)
      : nothingRead(),
    walk(request, repository, snapshots, ofLists, context),
  ]);
  if (reading.status === 'rejected') throw reading.reason;
  if (walking.status === 'rejected') throw walking.reason;
  // What was forgotten, condemned and deleted beside us looks like damage. It is none: so we look again.
  for (let look = 1; ofLists.some(isError) && look < looksMax; look += 1) {
    const now = await loadChain(repository, context);
    const isSame = isSameList(now.snapshots, chain.snapshots);
    if (isSame && (await condemnedMeanwhile(repository, context)).size === 0) break;
    ofLists.length = 0;
    ({ chain, snapshots, damaged } = await compareLists(request, repository, ofLists, context));
    await walk(request, repository, snapshots, ofLists, context);
  }
  for (const name of reading.value.damaged) damaged.add(name);
  if (reading.value.vanished.size > 0) {
    const condemned = await repository.listCondemned(context);
    for (const name of reading.value.vanished) {
      const pack = repository.catalog.byName(name);
      if (pack === undefined || pack.condemned || condemned.has(name) || damaged.has(name)) continue;
      damaged.add(name);
      const message = `pack "${name.slice(0, 12)}" is gone`;
      intoFindings(ofPacks)('PACK_MISSING', message, packObjectName(pack));
    }
  }
  const { packsFrozen, bytesFrozen } = reading.value;
  if (packsFrozen > 0) {
    ofPacks.push({
      severity: 'note',
      code: 'PACKS_FROZEN',
      message: `not read: ${packsFrozen} packs (${Math.ceil(bytesFrozen / 2 ** 20)} MiB) are frozen`,
      snapshots: [],
    });
  }
  const findings = [...ofLists, ...ofPacks, ...(await checkCopies(repository, request.level > 1, context))];
  if (damaged.size > 0) {
    const affected = await affectedBy(repository, chain.snapshots, damaged, context);
    for (const [position, finding] of findings.entries()) {
      const pack = finding.object?.slice(finding.object.lastIndexOf('/') + 1);
      if (pack !== undefined && damaged.has(pack)) {
        findings[position] = { ...finding, snapshots: affected.get(pack) ?? [] };
      }
    }
  }
  const oldest = oldestVerified(repository);
  return {
    outcome: findings.some(isError) ? 'failed' : 'succeeded',
    findings,
    snapshots: snapshots.length,
    packs: repository.catalog.packs.length,
    blobs: repository.index.size,
    readBytes: reading.value.bytes,
    packsFrozen,
    bytesFrozen,
    ...(oldest === undefined ? {} : { oldestVerifiedAt: oldest }),
    durationMs: context.clock.elapsed() - startedAt,
  };
}

export function nothingRead(): ReadPacks {
  return { bytes: 0, vanished: new Set(), damaged: new Set(), packsFrozen: 0, bytesFrozen: 0 };
}

/** How often lists and trees are compared anew because a prune ran meanwhile. */
const looksMax = 4;

type Report = (code: string, message: string, object?: string, snapshots?: readonly string[]) => void;

export function intoFindings(findings: Finding[]): Report {
  return (code, message, object, snapshots = []) => {
    findings.push({
      severity: 'error',
      code,
      message,
      snapshots,
      ...(object === undefined ? {} : { object }),
    });
  };
}

export function isError(finding: Finding): boolean {
  return finding.severity === 'error';
}

function isSameList(some: readonly ListedSnapshot[], others: readonly ListedSnapshot[]): boolean {
  return some.length === others.length && some.every((one, position) => one.name === others[position]!.name);
}

/** Packs that were condemned after the index was loaded: nobody who published a snapshot relies on them. */
export async function condemnedMeanwhile(
  repository: Repository,
  context: Context,
): Promise<ReadonlySet<string>> {
  const now = await repository.listCondemned(context);
  for (const name of repository.condemned) now.delete(name);
  return now;
}

/** Level 1, and what level 2 starts from. */
async function compareLists(
  request: CheckRequest,
  repository: Repository,
  findings: Finding[],
  context: Context,
): Promise<{ chain: Chain; snapshots: readonly ListedSnapshot[]; damaged: Set<string> }> {
  const error = intoFindings(findings);
  context.monitor.phase('listing');
  // Snapshots before indexes: what a snapshot needs was indexed before it was published.
  const chain = await loadChain(repository, context);
  await repository.loadIndex(context);
  await checkKeys(repository, error, context);
  await checkRescue(repository, error, context);
  for (const { name, failure } of chain.broken) error(failure.code, failure.message, name);
  for (const name of chain.missing) {
    error(
      'MISSING_RECOVERY_POINT',
      `recovery point "${name.slice(0, 12)}" is gone and nobody forgot it`,
      `snapshots/${name}`,
    );
  }
  for (const { writerId, from, to } of chain.gaps) {
    const what = from === to ? `recovery point ${from} is` : `recovery points ${from} to ${to} are`;
    error('MISSING_RECOVERY_POINT', `${what} gone from the chain of writer "${writerId.slice(0, 12)}"`);
  }
  for (const name of chain.rolledBack) {
    error(
      'REPOSITORY_ROLLED_BACK',
      `recovery point "${name.slice(0, 12)}" was here and is not any more`,
      `snapshots/${name}`,
    );
  }
  const damaged = await comparePacks(repository, error, findings, context);
  if (keepsRefs(repository)) await checkRefs(repository, chain, error, context);
  // What was named and forgotten meanwhile is nothing to look at any more.
  const existing = new Set(chain.snapshots.map((one) => one.id));
  const snapshots = request.snapshots?.filter((one) => existing.has(one.id)) ?? chain.snapshots;
  return { chain, snapshots, damaged };
}

/** Who prunes by refs alone would take for unused what no ref names. */
async function checkRefs(
  repository: Repository,
  { snapshots }: Chain,
  error: (code: string, message: string, object?: string) => void,
  context: Context,
): Promise<void> {
  const { all, broken } = await readRefs(repository, context);
  for (const { name, failure } of broken) error(failure.code, failure.message, name);
  for (const { name } of withoutRef(snapshots, all)) {
    const message = `snapshot "${name.slice(0, 12)}" has no ref; "holdfast prune" makes one`;
    error('REF_MISSING', message, `snapshots/${name}`);
  }
}

/** Level 2. */
async function walk(
  request: CheckRequest,
  repository: Repository,
  snapshots: readonly ListedSnapshot[],
  findings: Finding[],
  context: Context,
): Promise<void> {
  if (request.level < 2) return;
  const error = intoFindings(findings);
  for (const one of await checkTrees(repository, snapshots, context)) {
    error(one.code, one.message, undefined, one.snapshots);
  }
}

/** Config, slots and bundles: all of them, also those that were not needed to open the repository. */
async function checkKeys(
  repository: Repository,
  error: (code: string, message: string, object?: string) => void,
  context: Context,
): Promise<void> {
  const { masterKey, ring, storage } = repository;
  const provers: readonly [string, (bytes: Uint8Array, name: string, key: Uint8Array) => void][] = [
    ['config/', (bytes, name, key) => verifyConfig(key, bytes, name, 'read')],
    ['keys/slot-', (bytes, _name, key) => verifySlot(bytes, key)],
    ['keys/bundle-', (bytes, name, key) => openBundle(key, ring.repositoryId, bytes, name)],
  ];
  // While the master key is being replaced, the objects of both are as they should be.
  const { outgoing } = ring.bundle;
  const proveAll = async ([prefix, prove]: (typeof provers)[number]): Promise<
    readonly [Failure, string][]
  > => {
    const wrong: [Failure, string][] = [];
    for await (const { name, bytes } of readAll(storage, prefix, context)) {
      try {
        prove(bytes, name, masterKey);
      } catch (cause) {
        if (!isFailure(cause)) throw cause;
        if (outgoing === undefined || !isProven(() => prove(bytes, name, outgoing)))
          wrong.push([cause, name]);
      }
    }
    return wrong;
  };
  // At once: each round to a storage far away counts.
  for (const wrong of await Promise.all(provers.map(proveAll)))
    for (const [{ code, message }, name] of wrong) error(code, message, name);
}

function isProven(prove: () => void): boolean {
  try {
    prove();
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return false;
  }
}

/** Level 1: what indexes name against what is there. Returns the names of packs that cannot be used. */
export async function comparePacks(
  repository: Repository,
  error: (code: string, message: string, object?: string) => void,
  findings: Finding[],
  context: Context,
): Promise<Set<string>> {
  const { catalog, storage } = repository;
  const sizes = new Map<string, number>();
  const unindexed: string[] = [];
  const list = async (prefix: string): Promise<void> => {
    for await (const { name, sizeBytes } of storage.list(prefix, { signal: context.signal })) {
      sizes.set(name, sizeBytes);
      if (catalog.byName(name.slice(name.lastIndexOf('/') + 1)) === undefined) unindexed.push(name);
    }
  };
  await Promise.all(['packs/', 'meta/'].map(list));
  const damaged = new Set<string>();
  for (const pack of catalog.packs) {
    const name = packObjectName(pack);
    const size = sizes.get(name);
    // A pruner that was stopped may leave an index that names one that is gone, a repair one that is damaged; what of a condemned pack is
    // still needed, the walk looks at.
    if (pack.condemned) continue;
    if (size === undefined) {
      error('PACK_MISSING', `pack "${pack.name.slice(0, 12)}" is gone`, name);
      damaged.add(pack.name);
    } else if (size !== pack.sizeBytes) {
      error(
        'PACK_SIZE_WRONG',
        `pack "${pack.name.slice(0, 12)}" has ${size}, not ${pack.sizeBytes} bytes`,
        name,
      );
      damaged.add(pack.name);
    }
  }
  if (unindexed.length > 0) {
    const sessions = await listSessions(repository, context);
    findings.push({
      severity: 'note',
      code: 'PACKS_UNINDEXED',
      message: `${unindexed.length} packs are in no index (${sessions.length} sessions are open); the next backup or prune takes care of them`,
      snapshots: [],
    });
  }
  return damaged;
}

export function oldestVerified(repository: Repository): Instant | undefined {
  const verified = repository.state.verified();
  let oldest: Instant | undefined;
  for (const { name, condemned } of repository.catalog.packs) {
    if (condemned) continue;
    const at = verified[name];
    if (at === undefined) return undefined;
    if (oldest === undefined || at < oldest) oldest = at;
  }
  return oldest;
}
