// Where an in-place restore works: for every part that is wanted, the nearest folder that exists, and what has to be changed there.

import { realpathSync } from 'node:fs';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { Repository } from '../../repository/repository.ts';
import { isServiceKind } from '../../sources/all.ts';
import { isStagingName } from '../../sources/files/exclusions.ts';
import { Handles } from '../../sources/files/handles.ts';
import { readMounts } from '../../sources/files/mounts.ts';
import type { Attributes } from '../../sources/files/placing.ts';
import { displayPath, fsPath, type System, sys } from '../../sources/files/system.ts';
import { type Changes, compareWithDisk, type Overwrite } from './changes.ts';
import { names, placeOf } from './journal.ts';
import { emptyPlan, type Plan } from './plan.ts';
import { hasMark, isOurStaging } from './staging.ts';
import { planSnapshot } from './wanted.ts';

export interface WorkRequest {
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
  /** Device nodes are made only when asked for. */
  readonly devices: boolean;
  readonly owners: boolean;
  /** Owners keep their numbers even where their names are known here by others. */
  readonly numericIds?: boolean;
  /** Also what was erased on purpose and is still in this copy. */
  readonly includeErased?: boolean;
  /** Folders that must stay where they are: the repository, our own state. */
  readonly keep: readonly { readonly device: number; readonly inode: bigint }[];
}

/** A folder to work in, what is planned there, and what of it is to be changed. */
export interface Work {
  readonly base: string;
  /** What the restore point protects: absolute byte string. */
  readonly covers: string;
  readonly plan: Plan;
  readonly changes: Changes;
  /** Entries left out because they were erased on purpose. */
  readonly erased: number;
}

/** Where each part goes: the paths that were protected, without those below others. */
export function wantedPaths(request: WorkRequest): { readonly path?: string; readonly target: string }[] {
  if (request.target !== undefined) {
    return [{ ...(request.path === undefined ? {} : { path: request.path }), target: request.target }];
  }
  const { sourceKind } = request.snapshot;
  if (isServiceKind(sourceKind)) {
    throw new Failure('usage', 'RESTORE_NO_FOLDER', `the snapshot is of "${sourceKind}", not of folders`, {
      hint: 'Restore it into a new folder by --target, and bring it back from there as the guide says.',
      facts: { source: sourceKind },
    });
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

export async function planWork(
  wanted: { readonly path?: string; readonly target: string },
  request: WorkRequest,
  system: System,
  repository: Repository,
  context: Context,
): Promise<Work> {
  const { snapshot, select } = request;
  const seen = request.delete ? new Set<string>() : undefined;
  const { numericIds = false, includeErased = false } = request;
  const asked = { snapshot, select, numericIds, includeErased, ...(seen === undefined ? {} : { seen }) };
  const { plan, root, isEntry, erased } = await planSnapshot(
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
  return { base, covers, plan: prefixed, changes, erased };
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
