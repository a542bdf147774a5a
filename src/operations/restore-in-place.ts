// Restore into folders that hold something already: only what differs is restored, beside; a restore point is taken; then everything that is
// new changes places with what is old, by a journal, and the old entries stay aside until "holdfast rollback" brings them back or
// discards them.

import { randomBytes } from 'node:crypto';
import type { Context, Problem } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { restorePointTag } from '../model/restore-point.ts';
import type { Compression } from '../repository/frame-builder.ts';
import type { Repository } from '../repository/repository.ts';
import { Handles } from '../sources/files/handles.ts';
import files from '../sources/files/kind.ts';
import { readMounts, virtualMountPaths } from '../sources/files/mounts.ts';
import { displayPath, openSystem, type System, sys } from '../sources/files/system.ts';
import { errorCode } from '../sources/files/system-error.ts';
import { backup } from './backup.ts';
import type { ChangeCounts, Changes } from './restore/changes.ts';
import {
  type Begin,
  type Journal,
  names,
  placeOf,
  type Site,
  saveAttributes,
  stagingName,
  writeJournal,
} from './restore/journal.ts';
import { place, type Restored } from './restore/place.ts';
import {
  freshRoot,
  hasStaging,
  makeStaging,
  removePointer,
  removeStaging,
  setMark,
  writePointer,
} from './restore/staging.ts';
import { makeJournal, performJournal } from './restore/switch.ts';
import { type Difference, verifyPlan } from './restore/verify.ts';
import { packsOf, type RestorePlan, summaryOf } from './restore/wanted.ts';
import { planWork, type Work, type WorkRequest, wantedPaths } from './restore/works.ts';
import { type RestoreOutcome, tellErased } from './restore.ts';
import { frozenPacks, type ThawMode, thaw } from './thaw.ts';

export interface InPlaceRequest extends WorkRequest {
  /** Reads what was restored again before anything is replaced. */
  readonly verify: boolean;
  readonly dryRun: boolean;
  /** Worker threads; 0 keeps everything on the main thread. */
  readonly workers: number;
  /** What happens when packs are frozen; absent: refuse. */
  readonly thaw?: ThawMode;
  /** Byte string: the folder of pointers that a rollback looks into. */
  readonly pointers: string;
  readonly restorePoint: {
    readonly host: string;
    readonly user: string;
    readonly tool: string;
    readonly compression: Compression;
  };
  /** Given by tests that stop at every call. */
  readonly system?: System;
}

export interface InPlaceOutcome extends RestoreOutcome {
  readonly changes: ChangeCounts;
  /** What a rollback takes it back by; absent when nothing had to be changed. */
  readonly restoreId?: string;
  /** The snapshot of what was there before; absent when nothing was. */
  readonly restorePoint?: string;
}

export async function restoreInPlace(
  request: InPlaceRequest,
  repository: Repository,
  outer: Context,
): Promise<InPlaceOutcome> {
  const startedAt = outer.clock.elapsed();
  const system = request.system ?? openSystem();
  const problems: Problem[] = [];
  const monitor = {
    ...outer.monitor,
    count: outer.monitor.count.bind(outer.monitor),
    total: outer.monitor.total.bind(outer.monitor),
    phase: outer.monitor.phase.bind(outer.monitor),
    problem: (problem: Problem) => {
      problems.push(problem);
      outer.monitor.problem(problem);
    },
  };
  const context: Context = { ...outer, monitor };
  if (request.delete && request.snapshot.outcome !== 'succeeded') {
    throw new Failure('conflict', 'DELETE_BY_PARTIAL', 'the snapshot is partial: it may lack what exists', {
      hint: 'Choose a snapshot that is whole, or leave out --delete.',
    });
  }
  monitor.phase('planning');
  const works: Work[] = [];
  const all = wantedPaths(request);
  for (const wanted of all) {
    try {
      works.push(await planWork(wanted, request, system, repository, context));
    } catch (error) {
      // One of several that was not there when the snapshot was made.
      if (all.length === 1 || !isFailure(error, 'missing', 'SNAPSHOT_PATH_MISSING')) throw error;
      monitor.problem({ path: displayPath(wanted.target), code: error.code, message: error.message });
    }
  }
  const erased = works.reduce((sum, work) => sum + work.erased, 0);
  tellErased(erased, context);
  const counts = sumCounts(works.map(({ changes }) => changes.counts));
  const plan = sumPlans(works.map(({ changes }) => summaryOf(changes.staged, repository)));
  const restored: Restored = { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0, bytes: 0 };
  const end = (more: Partial<InPlaceOutcome>): InPlaceOutcome => ({
    outcome: problems.length === 0 ? 'succeeded' : 'partial',
    plan,
    changes: counts,
    restored,
    skipped: works.reduce((sum, { changes }) => sum + changes.staged.sockets, 0),
    erased,
    durationMs: context.clock.elapsed() - startedAt,
    problems: problems.length,
    ...more,
  });
  const hasWork = works.some(({ changes }) => isChange(changes));
  const packs = new Set(works.flatMap(({ changes }) => [...packsOf(changes.staged, repository)]));
  const found = await frozenPacks(packs, repository, context);
  const frozen = found === undefined ? {} : { frozen: found };
  if (request.dryRun || !hasWork) return end(frozen);
  if (found !== undefined) await thaw(found, request.thaw ?? 'refuse', repository, context);
  const restorePoint = await takeRestorePoint(works, request, repository, system, context);
  const point = restorePoint === undefined ? {} : { restorePoint };
  const more = await run(works, request, restored, problems, repository, system, context);
  return end({ ...frozen, ...point, ...more });
}

function isChange({ switched, deleted, counts }: Changes): boolean {
  return switched.size > 0 || deleted.length > 0 || counts.attributes > 0;
}

/** What is about to be replaced is saved first; where that is not possible, nothing is replaced. */
async function takeRestorePoint(
  works: readonly Work[],
  request: InPlaceRequest,
  repository: Repository,
  system: System,
  context: Context,
): Promise<string | undefined> {
  const paths = works
    .map(({ covers }) => covers)
    .filter((path) => system.statAtIfAny(sys.atFdCwd, path) !== undefined);
  if (paths.length === 0) return undefined;
  context.monitor.phase('saving');
  const lost: Problem[] = [];
  const quiet: Context = {
    ...context,
    monitor: {
      count: () => undefined,
      total: () => undefined,
      phase: () => undefined,
      problem: (problem) => lost.push(problem),
    },
  };
  const rules = { skip: request.keep, boundaries: virtualMountPaths(readMounts()) };
  using source = files.open({ paths, rules } as never, quiet);
  const point = await backup(
    {
      source,
      sourceSpec: { kind: 'files', config: { paths } },
      paths,
      ...request.restorePoint,
      tags: [restorePointTag],
      force: false,
      dryRun: false,
      workers: request.workers,
    },
    repository,
    quiet,
  );
  const touched = works.flatMap(({ base, changes }) =>
    [...changes.switched.keys(), ...changes.deleted].map((path) => displayPath(placeOf(base, path))),
  );
  for (const { path, message } of lost) {
    const isTouched = touched.some(
      (one) => one === path || one.startsWith(`${path}/`) || path.startsWith(`${one}/`),
    );
    if (isTouched) {
      throw new Failure(
        'conflict',
        'RESTORE_POINT_PARTIAL',
        `"${path}" could not be saved before: ${message}`,
        {
          hint: 'Make it readable, or restore to another folder with --target.',
        },
      );
    }
    context.log.warn('the restore point lacks an entry that stays as it is', { path, message });
  }
  return point.snapshotId;
}

interface Open {
  readonly work: Work;
  readonly site: Site;
  readonly handles: Handles;
  journal: Journal;
}

async function run(
  works: readonly Work[],
  request: InPlaceRequest,
  restored: Restored,
  problems: readonly Problem[],
  repository: Repository,
  system: System,
  context: Context,
): Promise<Partial<InPlaceOutcome>> {
  const id = randomBytes(8).toString('hex');
  const staging = stagingName(id);
  using stack = new DisposableStack();
  const open: Open[] = works
    .filter(({ changes }) => isChange(changes))
    .map((work) => {
      const handles = stack.use(new Handles(system, work.base));
      const inode = system.statFd(handles.root).inode.toString();
      const site = { base: work.base, inode, attributes: saveAttributes(system, handles.root) };
      return { work, site, handles, journal: { directories: [], operations: [] } };
    });
  const begin: Begin = {
    version: 1,
    id,
    startedAt: context.clock.now(),
    sites: open.map(({ site }) => site),
  };
  const { node, incarnation } = repository.owner;
  let verified: RestoreOutcome['verified'];
  try {
    writePointer(system, request.pointers, { ...begin, owner: { node, incarnation } });
    for (const { site, handles } of open) makeStaging(handles, site, begin);
    context.monitor.phase('restoring');
    context.monitor.total(
      'sourceBytes',
      open.reduce((sum, { work }) => sum + work.changes.staged.bytes, 0),
    );
    verified = await stage(open, staging, request, restored, repository, system, context);
    for (const one of open) {
      const { work, site, handles } = one;
      const isBroken = brokenPaths(problems);
      one.journal = makeJournal(handles, staging, site, work.changes, isBroken, context);
      system.syncFileSystem(handles.root);
    }
    for (const { handles, journal } of open) writeJournal(handles, staging, journal);
  } catch (error) {
    // Nothing has been moved: nothing stays.
    for (const { site, handles } of open) abandon(handles, staging, site);
    removePointer(system, request.pointers, id);
    throw stopped(error, 'Nothing was replaced.');
  }
  context.monitor.phase('switching');
  try {
    for (const { site, handles, journal } of open) {
      performJournal(handles, staging, id, site.base, journal, context);
      system.syncFileSystem(handles.root);
    }
    for (const { handles } of open) setMark(handles, staging, names.switched);
  } catch (error) {
    throw stopped(error, 'Run "holdfast rollback": it brings back what was there before.');
  }
  return { restoreId: id, ...(verified === undefined ? {} : { verified }) };
}

/** An error of a system call, told as a failure with what to do now; anything else as it is. */
function stopped(error: unknown, hint: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new Failure(
    isFull ? 'exhausted' : 'unavailable',
    'RESTORE_STOPPED',
    `the restore was stopped (${code})`,
    {
      hint,
      cause: error,
    },
  );
}

/** Restores what is new into the staging folders; when asked, reads it again. */
async function stage(
  open: readonly Open[],
  staging: string,
  request: InPlaceRequest,
  restored: Restored,
  repository: Repository,
  system: System,
  context: Context,
): Promise<RestoreOutcome['verified']> {
  const { owners, devices, workers } = request;
  using stack = new DisposableStack();
  const target = new Map<Open, string>();
  for (const one of open) {
    const { path, handle } = freshRoot(one.handles, staging, one.site.base);
    stack.defer(() => system.close(handle));
    target.set(one, path);
    const rules = { target: path, owners, devices, workers };
    await place(one.work.changes.staged, undefined, rules, system, restored, repository, context);
  }
  if (!request.verify) return undefined;
  context.monitor.phase('verifying');
  const all = { entries: 0, bytes: 0, differences: [] as Difference[] };
  for (const one of open) {
    const found = await verifyPlan(
      one.work.changes.staged,
      target.get(one)!,
      undefined,
      system,
      request,
      repository,
      context,
    );
    all.entries += found.entries;
    all.bytes += found.bytes;
    all.differences.push(...found.differences);
  }
  const first = all.differences[0];
  if (first === undefined) return all;
  throw new Failure('corrupt', 'STAGED_DIFFERS', `what was restored differs: "${first.path}" ${first.what}`, {
    hint: 'Nothing was replaced. Check the disk, then restore again.',
  });
}

/** Entries whose content or place failed; a lost attribute alone does not make an entry useless. */
function brokenPaths(problems: readonly Problem[]): (path: string) => boolean {
  const broken = problems.filter(({ code }) => code !== 'TARGET_ATTRIBUTE_LOST').map(({ path }) => path);
  return (path) => {
    const shown = displayPath(path);
    return broken.some((one) => one === shown || one.startsWith(`${shown}/`));
  };
}

function abandon(handles: Handles, staging: string, site: Site): void {
  handles.forget();
  if (!hasStaging(handles, staging)) return;
  removeStaging(handles, staging);
  handles.system.setTimesFd(handles.root, BigInt(site.attributes.mtimeNs));
}

function sumCounts(all: readonly ChangeCounts[]): ChangeCounts {
  const sum: ChangeCounts = { create: 0, replace: 0, delete: 0, attributes: 0, unchanged: 0 };
  for (const counts of all) {
    for (const key of Object.keys(sum) as (keyof ChangeCounts)[]) sum[key] += counts[key];
  }
  return sum;
}

function sumPlans(all: readonly RestorePlan[]): RestorePlan {
  const sum = { entries: 0, files: 0, bytes: 0, packs: 0, readBytes: 0 };
  for (const one of all) {
    for (const key of Object.keys(sum) as (keyof RestorePlan)[]) sum[key] += one[key];
  }
  return sum;
}
