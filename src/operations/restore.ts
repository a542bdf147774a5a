// Restore into a fresh folder: plans from authenticated trees, writes, checks afterwards when asked. Folders that hold something already
// are the business of restore-in-place.ts.

import { readdirSync } from 'node:fs';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { makeFolders } from '../disk/folders.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { displayPath, fsPath, openSystem } from '../sources/files/system.ts';
import { place, type Restored } from './restore/place.ts';
import { type Difference, verifyPlan } from './restore/verify.ts';
import { packsOf, planSnapshot, type RestorePlan, summaryOf } from './restore/wanted.ts';
import { type FrozenPacks, frozenPacks, type ThawMode, thaw } from './thaw.ts';

export interface RestoreRequest {
  readonly snapshot: ListedSnapshot;
  /** Byte string inside the snapshot: its content lands in the target. */
  readonly path?: string;
  /** Byte string: a folder that does not exist or is empty. */
  readonly target: string;
  /** Paths relative to the target. */
  readonly select: (path: string, isDirectory: boolean) => boolean;
  /** Reads everything again from disk afterwards and compares. */
  readonly verify: boolean;
  readonly dryRun: boolean;
  /** Device nodes are made only when asked for. */
  readonly devices: boolean;
  /** Owners and special mode bits are put back; the default of the caller is: when root. */
  readonly owners: boolean;
  /** Owners keep their numbers even where their names are known here by others. */
  readonly numericIds?: boolean;
  /** Worker threads; 0 keeps everything on the main thread. */
  readonly workers: number;
  /** What happens when packs are frozen; absent: refuse. */
  readonly thaw?: ThawMode;
  /** Also what was erased on purpose and is still in this copy; absent: it is left out. */
  readonly includeErased?: boolean;
}

export interface RestoreOutcome {
  readonly outcome: 'succeeded' | 'partial';
  readonly plan: RestorePlan;
  /** Packs that had to be thawed, or on a dry run would have to be. */
  readonly frozen?: FrozenPacks;
  readonly restored: Readonly<Restored>;
  readonly verified?: {
    readonly entries: number;
    readonly bytes: number;
    readonly differences: readonly Difference[];
  };
  /** Entries that nothing can be put back for: sockets, and devices when not asked for. */
  readonly skipped: number;
  /** Entries left out because they were erased on purpose after this snapshot was made. */
  readonly erased: number;
  readonly durationMs: number;
  readonly problems: number;
}

export async function restore(
  request: RestoreRequest,
  repository: Repository,
  context: Context,
): Promise<RestoreOutcome> {
  try {
    return await restoreWhole(request, repository, context);
  } catch (error) {
    if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
    throw (await isGone(request.snapshot, repository, context)) ? forgottenMeanwhile(error) : error;
  }
}

/** Another process may forget a snapshot and prune what it needs while we read: that is no damage. */
async function isGone({ name }: ListedSnapshot, repository: Repository, context: Context): Promise<boolean> {
  const { signal } = context;
  return (await repository.storage.stat(`snapshots/${name}`, { signal })) === undefined;
}

function forgottenMeanwhile(cause: Failure): Failure {
  return new Failure('missing', 'SNAPSHOT_GONE', 'the snapshot was forgotten while it was restored', {
    hint: 'Restore from another snapshot; what is in the target is incomplete.',
    cause,
  });
}

async function restoreWhole(
  request: RestoreRequest,
  repository: Repository,
  context: Context,
): Promise<RestoreOutcome> {
  const startedAt = context.clock.elapsed();
  let problems = 0;
  const counted: Context = {
    ...context,
    monitor: {
      count: (counter, increment) => context.monitor.count(counter, increment),
      total: (counter, value) => context.monitor.total(counter, value),
      phase: (name) => context.monitor.phase(name),
      problem: (problem) => {
        problems += 1;
        context.monitor.problem(problem);
      },
    },
  };
  counted.monitor.phase('planning');
  const { plan, root, erased } = await planSnapshot(request, repository, counted);
  tellErased(erased, context);
  const summary = summaryOf(plan, repository);
  const restored = { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0, bytes: 0 };
  const found = await frozenPacks(packsOf(plan, repository), repository, counted);
  const frozen = found === undefined ? {} : { frozen: found };
  if (request.dryRun) {
    const durationMs = context.clock.elapsed() - startedAt;
    const skipped = plan.sockets;
    return {
      outcome: 'succeeded',
      plan: summary,
      ...frozen,
      restored,
      skipped,
      erased,
      durationMs,
      problems,
    };
  }
  if (found !== undefined) await thaw(found, request.thaw ?? 'refuse', repository, counted);
  makeTarget(request.target);
  const system = openSystem();
  counted.monitor.phase('restoring');
  counted.monitor.total('sourceBytes', plan.bytes);
  const skipped = await place(plan, root, request, system, restored, repository, counted);
  let verified: RestoreOutcome['verified'];
  if (request.verify) {
    counted.monitor.phase('verifying');
    verified = await verifyPlan(plan, request.target, root, system, request, repository, counted);
  }
  const isWhole = problems === 0 && (verified === undefined || verified.differences.length === 0);
  return {
    outcome: isWhole ? 'succeeded' : 'partial',
    plan: summary,
    ...frozen,
    restored,
    ...(verified === undefined ? {} : { verified }),
    skipped,
    erased,
    durationMs: context.clock.elapsed() - startedAt,
    problems,
  };
}

export function tellErased(count: number, { log }: Context): void {
  if (count > 0) log.warn('entries were left out because they were erased on purpose', { count });
}

function makeTarget(target: string): void {
  const path = fsPath(target);
  try {
    makeFolders(path);
    if (readdirSync(path).length === 0) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new Failure('denied', 'TARGET_DENIED', `the target "${displayPath(target)}" is not a folder`, {
        hint: 'Choose a new or empty folder.',
        cause,
      });
    }
    throw new Failure(
      'denied',
      'TARGET_DENIED',
      `the target "${displayPath(target)}" cannot be used (${code})`,
      { hint: 'Choose a folder that you may write to.', cause },
    );
  }
  throw new Failure('conflict', 'TARGET_NOT_EMPTY', `the target "${displayPath(target)}" is not empty`, {
    hint: 'Choose a new or empty folder, or say what happens to what is there with --overwrite.',
  });
}
