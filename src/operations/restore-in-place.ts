// Restore into folders that hold something already: only what differs is restored, beside; a restore point is taken; then everything that is
// new changes places with what is old, by a journal, and the old entries stay aside until "holdfast rollback" brings them back or
// discards them.

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type { Context, Problem } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { restorePointTag } from '../model/restore-point.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Compression } from '../repository/frame-builder.ts';
import type { Repository } from '../repository/repository.ts';
import { isStagingName } from '../sources/files/exclusions.ts';
import { Handles } from '../sources/files/handles.ts';
import files from '../sources/files/kind.ts';
import { readMounts, virtualMountPaths } from '../sources/files/mounts.ts';
import type { Attributes } from '../sources/files/placing.ts';
import { displayPath, fsPath, openSystem, type System, sys } from '../sources/files/system.ts';
import { errorCode } from '../sources/files/system-error.ts';
import { backup } from './backup.ts';
import { type ChangeCounts, type Changes, compareWithDisk, type Overwrite } from './restore/changes.ts';
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
import { emptyPlan, type Plan } from './restore/plan.ts';
import {
  freshRoot,
  hasMark,
  hasStaging,
  isOurStaging,
  makeStaging,
  removePointer,
  removeStaging,
  setMark,
  writePointer,
} from './restore/staging.ts';
import { makeJournal, performJournal } from './restore/switch.ts';
import { type Difference, verifyPlan } from './restore/verify.ts';
import { planSnapshot, type RestorePlan, summaryOf } from './restore/wanted.ts';
import type { RestoreOutcome } from './restore.ts';

export interface InPlaceRequest {
  readonly snapshot: ListedSnapshot;
  /** Byte string inside the snapshot; absent: all that was protected. */
  readonly path?: string;
  /** Byte string: a folder that the content goes to; absent: where it came from. */
  readonly target?: string;
  readonly overwrite: Overwrite;
  /** What the snapshot does not have goes away. */
  readonly delete: boolean;
  /** Paths relative to the folder that is restored. */
  readonly select: (path: string, isDirectory: boolean) => boolean;
  /** Reads what was restored again before anything is replaced. */
  readonly verify: boolean;
  readonly dryRun: boolean;
  readonly devices: boolean;
  readonly owners: boolean;
  readonly workers: number;
  /** Folders that must stay where they are: the repository, our own state. */
  readonly keep: readonly { readonly device: number; readonly inode: bigint }[];
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

/** A folder to work in, what is planned there, and what of it is to be changed. */
interface Work {
  readonly base: string;
  /** What the restore point protects: absolute byte string. */
  readonly covers: string;
  readonly plan: Plan;
  readonly changes: Changes;
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
  const counts = sumCounts(works.map(({ changes }) => changes.counts));
  const plan = sumPlans(works.map(({ changes }) => summaryOf(changes.staged, repository)));
  const restored: Restored = { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0, bytes: 0 };
  const end = (more: Partial<InPlaceOutcome>): InPlaceOutcome => ({
    outcome: problems.length === 0 ? 'succeeded' : 'partial',
    plan,
    changes: counts,
    restored,
    skipped: works.reduce((sum, { changes }) => sum + changes.staged.sockets, 0),
    durationMs: context.clock.elapsed() - startedAt,
    problems: problems.length,
    ...more,
  });
  const hasWork = works.some(({ changes }) => isChange(changes));
  if (request.dryRun || !hasWork) return end({});
  const restorePoint = await takeRestorePoint(works, request, repository, system, context);
  const point = restorePoint === undefined ? {} : { restorePoint };
  const more = await run(works, request, restored, problems, repository, system, context);
  return end({ ...point, ...more });
}

function isChange({ switched, deleted, counts }: Changes): boolean {
  return switched.size > 0 || deleted.length > 0 || counts.attributes > 0;
}

/** Where each part goes: the paths that were protected, without those below others. */
function wantedPaths(request: InPlaceRequest): { readonly path?: string; readonly target: string }[] {
  if (request.target !== undefined) {
    return [{ ...(request.path === undefined ? {} : { path: request.path }), target: request.target }];
  }
  if (request.path !== undefined) return [{ path: request.path, target: normal(request.path) }];
  const paths = request.snapshot.paths.map(normal);
  const tops = paths.filter(
    (path) => !paths.some((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`)),
  );
  return [...new Set(tops)].map((path) => ({ path, target: path }));
}

function normal(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
}

async function planWork(
  wanted: { readonly path?: string; readonly target: string },
  request: InPlaceRequest,
  system: System,
  repository: Repository,
  context: Context,
): Promise<Work> {
  const { snapshot, select } = request;
  const seen = request.delete ? new Set<string>() : undefined;
  const asked = { snapshot, select, ...(seen === undefined ? {} : { seen }) };
  const { plan, root, isEntry } = await planSnapshot(
    { ...asked, ...(wanted.path === undefined ? {} : { path: wanted.path }) },
    repository,
    context,
  );
  // One entry goes to where it was, or into the target under its own name.
  const isInPlace = request.target === undefined;
  const folder = isEntry && isInPlace ? parentPath(wanted.target) : wanted.target;
  const { base, prefix } = existingBase(system, folder, !isInPlace);
  const below = (path: string) => path.slice(prefix === '' ? 0 : prefix.length + 1);
  using handles = new Handles(system, base);
  refuseIfUnfinished(handles, base);
  const prefixed = prefix === '' ? plan : underPrefix(plan, prefix, root);
  const changes = compareWithDisk(
    prefixed,
    prefix === '' ? root : undefined,
    base,
    handles,
    {
      overwrite: request.overwrite,
      ...(seen === undefined ? {} : { seen }),
      select: (path, isDirectory) => path.length >= prefix.length && select(below(path), isDirectory),
      owners: request.owners,
      devices: request.devices,
      mounts: new Set(readMounts().map((mount) => mount.path)),
      keep: request.keep,
    },
    context,
  );
  const covers = isInPlace ? wanted.target : placeOf(base, prefix);
  return { base, covers, plan: prefixed, changes };
}

function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** The nearest folder that exists, free of links, and the way from there. A link in the last place counts only where `follow`. */
function existingBase(system: System, path: string, follow: boolean): { base: string; prefix: string } {
  const missing: string[] = [];
  for (let at = path; ; at = parentPath(at)) {
    const stat = follow && missing.length === 0 ? followed(at) : at;
    const found = stat === undefined ? undefined : system.statAtIfAny(sys.atFdCwd, stat);
    if (found !== undefined && (found.mode & sys.typeMask) === sys.typeDirectory) {
      return { base: followed(at) ?? at, prefix: missing.reverse().join('/') };
    }
    missing.push(at.slice(at.lastIndexOf('/') + 1));
  }
}

function followed(path: string): string | undefined {
  try {
    return realpathSync(fsPath(path), { encoding: 'buffer' }).toString('latin1');
  } catch {
    return undefined;
  }
}

/** The plan seen from a folder above: the folders on the way are made, too. */
function underPrefix(plan: Plan, prefix: string, root: Attributes | undefined): Plan {
  const moved = <Kind extends { readonly path: string }>(one: Kind): Kind => ({
    ...one,
    path: `${prefix}/${one.path}`,
  });
  const parts = prefix.split('/');
  const none: Attributes = { mode: 0o700, uid: 0, gid: 0, mtimeNs: 0n, xattrs: [] };
  const steps = parts.map((_, number) => {
    const isLast = number === parts.length - 1;
    const attributes = isLast ? (root ?? none) : none;
    return {
      ...attributes,
      path: parts.slice(0, number + 1).join('/'),
      implied: !isLast || root === undefined,
    };
  });
  return {
    ...emptyPlan(),
    directories: [...steps, ...plan.directories.map(moved)],
    files: plan.files.map(moved),
    links: plan.links.map(({ path, existing }) => ({
      path: `${prefix}/${path}`,
      existing: `${prefix}/${existing}`,
    })),
    symlinks: plan.symlinks.map(moved),
    specials: plan.specials.map(moved),
    lateLinks: plan.lateLinks.map((one) => ({ ...moved(one), existing: `${prefix}/${one.existing}` })),
    sockets: plan.sockets,
    bytes: plan.bytes,
  };
}

function refuseIfUnfinished(handles: Handles, base: string): void {
  for (const name of handles.system.listNames(handles.root)) {
    if (!isStagingName(name) || !isOurStaging(handles, name) || hasMark(handles, name, names.switched))
      continue;
    throw new Failure(
      'conflict',
      'RESTORE_UNFINISHED',
      `an earlier restore to "${displayPath(base)}" was cut off`,
      {
        hint: 'Run "holdfast rollback" first: it brings back what was there before.',
      },
    );
  }
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
