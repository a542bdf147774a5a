// Check: does the repository hold what it must? Level 1 compares lists, level 2 walks every tree beside its twin, level 3 reads
// every byte. It changes nothing.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { verifySlot } from '../keyslots/slot.ts';
import { type ListedSnapshot, loadChain } from '../repository/chain.ts';
import { verifyConfig } from '../repository/config.ts';
import { openBundle } from '../repository/keys.ts';
import { type PackRecord, packObjectName } from '../repository/pack-catalog.ts';
import { type Repository, readAll } from '../repository/repository.ts';
import { listSessions } from '../repository/session.ts';
import { type PackFinding, verifyPack } from '../repository/verify-pack.ts';
import { affectedBy, checkTrees } from './check-trees.ts';
import type { CheckJob, CheckResult } from './check-worker.ts';

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
  const findings: Finding[] = [];
  const error = (code: string, message: string, object?: string, snapshots: readonly string[] = []) =>
    findings.push({
      severity: 'error',
      code,
      message,
      snapshots,
      ...(object === undefined ? {} : { object }),
    });
  context.monitor.phase('listing');
  // Snapshots before indexes: what a snapshot needs was indexed before it was published.
  const chain = await loadChain(repository, context);
  await repository.loadIndex(context);
  await checkKeys(repository, error, context);
  for (const { name, failure } of chain.broken) error(failure.code, failure.message, name);
  for (const name of chain.missing) {
    error(
      'MISSING_RECOVERY_POINT',
      `recovery point "${name.slice(0, 12)}" is gone and nobody forgot it`,
      `snapshots/${name}`,
    );
  }
  for (const name of chain.rolledBack) {
    error(
      'REPOSITORY_ROLLED_BACK',
      `recovery point "${name.slice(0, 12)}" was here and is not any more`,
      `snapshots/${name}`,
    );
  }
  const damaged = await comparePacks(repository, error, findings, context);
  const snapshots = request.snapshots ?? chain.snapshots;
  context.monitor.phase(request.level === 3 ? 'reading' : 'walking');
  // Trees are walked on this thread while workers read packs: neither needs what the other finds.
  const walk = async () => {
    if (request.level < 2) return;
    for (const one of await checkTrees(repository, snapshots, context)) {
      error(one.code, one.message, undefined, one.snapshots);
    }
  };
  const read = async () => {
    if (request.level < 3) return 0;
    const packs = choosePacks(repository, request.readDataSubset).filter((pack) => !damaged.has(pack.name));
    return readPacks(repository, packs, damaged, error, context);
  };
  const [reading, walking] = await Promise.allSettled([read(), walk()]);
  if (reading.status === 'rejected') throw reading.reason;
  if (walking.status === 'rejected') throw walking.reason;
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
    outcome: findings.some((one) => one.severity === 'error') ? 'failed' : 'succeeded',
    findings,
    snapshots: snapshots.length,
    packs: repository.catalog.packs.length,
    blobs: repository.index.size,
    readBytes: reading.value,
    ...(oldest === undefined ? {} : { oldestVerifiedAt: oldest }),
    durationMs: context.clock.elapsed() - startedAt,
  };
}

/** Config, slots and bundles: all of them, also those that were not needed to open the repository. */
async function checkKeys(
  repository: Repository,
  error: (code: string, message: string, object?: string) => void,
  context: Context,
): Promise<void> {
  const { masterKey, ring, storage } = repository;
  const provers: readonly [string, (bytes: Uint8Array, name: string) => void][] = [
    ['config/', (bytes, name) => verifyConfig(masterKey, bytes, name)],
    ['keys/slot-', (bytes) => verifySlot(bytes, masterKey)],
    ['keys/bundle-', (bytes, name) => openBundle(masterKey, ring.repositoryId, bytes, name)],
  ];
  for (const [prefix, prove] of provers) {
    for await (const { name, bytes } of readAll(storage, prefix, context)) {
      try {
        prove(bytes, name);
      } catch (cause) {
        if (!isFailure(cause)) throw cause;
        error(cause.code, cause.message, name);
      }
    }
  }
}

/** Level 1: what indexes name against what is there. Returns the names of packs that cannot be used. */
async function comparePacks(
  repository: Repository,
  error: (code: string, message: string, object?: string) => void,
  findings: Finding[],
  context: Context,
): Promise<Set<string>> {
  const { catalog, storage } = repository;
  const sizes = new Map<string, number>();
  const unindexed: string[] = [];
  for (const prefix of ['packs/', 'meta/']) {
    for await (const { name, sizeBytes } of storage.list(prefix, { signal: context.signal })) {
      sizes.set(name, sizeBytes);
      if (catalog.byName(name.slice(name.lastIndexOf('/') + 1)) === undefined) unindexed.push(name);
    }
  }
  const damaged = new Set<string>();
  for (const pack of catalog.packs) {
    const name = packObjectName(pack);
    const size = sizes.get(name);
    if (size === undefined) {
      // A pruner that was stopped between its steps may leave an index that names a condemned pack.
      if (pack.condemned) continue;
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

/** Longest unread first, so that a share read every day covers everything in turn. */
function choosePacks(repository: Repository, share: number | undefined): readonly PackRecord[] {
  // What repair has set aside is condemned: nobody relies on it any more.
  const packs = repository.catalog.packs.filter((pack) => !pack.condemned);
  if (share === undefined) return packs;
  const verified = repository.state.verified();
  const wanted = packs.reduce((sum, pack) => sum + pack.sizeBytes, 0) * share;
  const ordered = [...packs].sort((a, b) => (verified[a.name] ?? 0) - (verified[b.name] ?? 0));
  const chosen: PackRecord[] = [];
  let bytes = 0;
  for (const pack of ordered) {
    if (bytes >= wanted) break;
    chosen.push(pack);
    bytes += pack.sizeBytes;
  }
  return chosen;
}

const inlineBytesMax = 32 * 1024 * 1024;
const packsPerWorker = 2;

async function readPacks(
  repository: Repository,
  packs: readonly PackRecord[],
  damaged: Set<string>,
  error: (code: string, message: string, object?: string) => void,
  context: Context,
): Promise<number> {
  const total = packs.reduce((sum, pack) => sum + pack.sizeBytes, 0);
  context.monitor.total('storedBytes', total);
  const verified = repository.state.verified();
  const byName = new Map(packs.map((pack) => [pack.name, pack]));
  const take = ({ name, findings }: CheckResult) => {
    const pack = byName.get(name)!;
    context.monitor.count('storedBytes', pack.sizeBytes);
    if (findings.length === 0) verified[name] = context.clock.now();
    else {
      damaged.add(name);
      delete verified[name];
    }
    for (const one of summaryOf(findings)) error(one.code, one.message, packObjectName(pack));
  };
  const pool = new Pool(total <= inlineBytesMax ? 0 : availableParallelism(), repository, take);
  try {
    for (const pack of packs) {
      if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the check was canceled');
      let bytes: Uint8Array;
      try {
        bytes = await repository.storage.get(packObjectName(pack), { signal: context.signal });
      } catch (cause) {
        if (!isFailure(cause, 'corrupt') && !isFailure(cause, 'missing')) throw cause;
        take({ name: pack.name, findings: [{ code: cause.code, message: cause.message }] });
        continue;
      }
      await pool.give({ pack: { name: pack.name, suite: pack.suite, directory: pack.directory }, bytes });
    }
    await pool.finish();
  } finally {
    await pool.close();
  }
  const known = new Set(repository.catalog.packs.map((pack) => pack.name));
  repository.state.rememberVerified(
    Object.fromEntries(Object.entries(verified).filter(([name]) => known.has(name))),
  );
  return total;
}

/** A pack with a thousand broken blobs is one finding of each kind. */
function summaryOf(findings: readonly PackFinding[]): PackFinding[] {
  const byCode = new Map<string, { first: PackFinding; count: number }>();
  for (const finding of findings) {
    const seen = byCode.get(finding.code);
    if (seen === undefined) byCode.set(finding.code, { first: finding, count: 1 });
    else seen.count += 1;
  }
  return [...byCode.values()].map(({ first, count }) =>
    count === 1 ? first : { code: first.code, message: `${first.message} (and ${count - 1} more)` },
  );
}

class Pool {
  readonly #repository: Repository;
  readonly #take: (result: CheckResult) => void;
  readonly #workers: { readonly worker: Worker; packs: number }[] = [];
  #waiters: (() => void)[] = [];
  #failure: unknown;

  constructor(workers: number, repository: Repository, take: (result: CheckResult) => void) {
    this.#repository = repository;
    this.#take = take;
    const file = import.meta.url.endsWith('.ts') ? './check-worker.ts' : './check-worker.js';
    for (let number = 0; number < workers; number += 1) {
      const worker = new Worker(new URL(file, import.meta.url), { workerData: repository.ring.export() });
      const entry = { worker, packs: 0 };
      worker.on('message', (result: CheckResult) => {
        entry.packs -= 1;
        take(result);
        this.#wake();
      });
      worker.on('error', (error) => {
        this.#failure ??= error;
        this.#wake();
      });
      this.#workers.push(entry);
    }
  }

  async give(job: CheckJob): Promise<void> {
    if (this.#workers.length === 0) {
      this.#take({ name: job.pack.name, findings: verifyPack(this.#repository.ring, job.pack, job.bytes) });
      return;
    }
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const entry = this.#workers.reduce((best, one) => (one.packs < best.packs ? one : best));
      if (entry.packs < packsPerWorker) {
        entry.packs += 1;
        const bytes = job.bytes.byteOffset === 0 ? job.bytes : Uint8Array.from(job.bytes);
        entry.worker.postMessage({ pack: job.pack, bytes } satisfies CheckJob, [bytes.buffer as ArrayBuffer]);
        return;
      }
      await this.#wait();
    }
  }

  async finish(): Promise<void> {
    while (this.#failure === undefined && this.#workers.some((entry) => entry.packs > 0)) await this.#wait();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resume of waiters) resume();
  }
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
