// Level 3 of check: every byte of the chosen packs is read and proven, by worker threads where that is worth their start.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { mapAhead } from '../base/ahead.ts';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { type PackRecord, packObjectName } from '../repository/pack-catalog.ts';
import type { Repository } from '../repository/repository.ts';
import { type PackFinding, verifyPack } from '../repository/verify-pack.ts';
import type { CheckJob, CheckResult } from './check-worker.ts';
import { frozenPacks } from './thaw.ts';

/** Longest unread first, so that a share read every day covers everything in turn. */
function choosePacks(
  repository: Repository,
  share: number | undefined,
  frozen: ReadonlySet<string>,
  context: Context,
): readonly PackRecord[] {
  // What repair has set aside is condemned: nobody relies on it any more.
  const packs = repository.catalog.packs.filter(
    (pack) => !pack.condemned && !frozen.has(packObjectName(pack)),
  );
  if (share === undefined) return packs;
  const verified = verifiedBy(context.clock.now(), repository);
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

/** A clock that was ahead for a while must not keep packs from being read for as long. */
export function verifiedBy(now: Instant, { state }: Repository): Record<string, Instant> {
  return Object.fromEntries(Object.entries(state.verified()).filter(([, at]) => at <= now));
}

export interface ReadPacks {
  readonly bytes: number;
  readonly damaged: ReadonlySet<string>;
  readonly vanished: ReadonlySet<string>;
  /** Not read, because that takes a thaw. */
  readonly packsFrozen: number;
  readonly bytesFrozen: number;
}

const inlineBytesMax = 32 * 1024 * 1024;
/** The next one is read meanwhile, and waits on this thread. */
const packsPerWorker = 1;

/** `share` of the stored bytes, everything when it is absent; `unusable` packs are not read, and frozen ones are only counted. */
export async function readPacks(
  share: number | undefined,
  repository: Repository,
  unusable: ReadonlySet<string>,
  error: (code: string, message: string, object: string) => void,
  context: Context,
): Promise<ReadPacks> {
  const found = await frozenPacks(repository.catalog.packs, repository, context);
  const frozen = new Map((found?.names ?? []).map((name) => [name, 0]));
  for (const pack of repository.catalog.packs)
    if (frozen.has(packObjectName(pack))) frozen.set(packObjectName(pack), pack.sizeBytes);
  const packs = choosePacks(repository, share, new Set(frozen.keys()), context).filter(
    (pack) => !unusable.has(pack.name),
  );
  const vanished = new Set<string>();
  const damaged = new Set<string>();
  const total = packs.reduce((sum, pack) => sum + pack.sizeBytes, 0);
  let bytes = total;
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
    const { isLocal, parallelCallsMax } = repository.storage.features;
    // Each waits with a whole pack in memory.
    const width = isLocal ? 1 : Math.min(4, parallelCallsMax);
    for await (const { pack, content, cause } of mapAhead(packs, width, (one) =>
      fetch(one, repository, context),
    )) {
      if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the check was canceled');
      if (content !== undefined) {
        const { name, suite, directory } = pack;
        await pool.give({ pack: { name, suite, directory }, bytes: content });
      } else if (cause.code === 'OBJECT_FROZEN') {
        // Frozen since the list, or by a storage that does not say so.
        frozen.set(packObjectName(pack), pack.sizeBytes);
        bytes -= pack.sizeBytes;
      } else if (cause.kind === 'missing') {
        vanished.add(pack.name);
        delete verified[pack.name];
      } else {
        take({ name: pack.name, findings: [{ code: cause.code, message: cause.message }] });
      }
    }
    await pool.finish();
  } finally {
    await pool.close();
  }
  const known = new Set(repository.catalog.packs.map((pack) => pack.name));
  repository.state.noteVerified(
    Object.fromEntries(Object.entries(verified).filter(([name]) => known.has(name))),
    context,
  );
  const bytesFrozen = [...frozen.values()].reduce((sum, one) => sum + one, 0);
  return { bytes, damaged, vanished, packsFrozen: frozen.size, bytesFrozen };
}

type Fetched =
  | { readonly pack: PackRecord; readonly content: Uint8Array; readonly cause?: never }
  | { readonly pack: PackRecord; readonly content?: never; readonly cause: Failure };

/** What is missing, corrupt or frozen is told; everything else ends the check. */
async function fetch(pack: PackRecord, { storage }: Repository, { signal }: Context): Promise<Fetched> {
  try {
    return { pack, content: await storage.get(packObjectName(pack), { signal }) };
  } catch (cause) {
    if (isFailure(cause, 'missing') || isFailure(cause, 'corrupt')) return { pack, cause };
    if (isFailure(cause, 'conflict', 'OBJECT_FROZEN')) return { pack, cause };
    throw cause;
  }
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
