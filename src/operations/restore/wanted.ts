// What is wanted of a snapshot, as a plan: a folder's content, or one entry; and what the plan will cost.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { type ListedSnapshot, loadErasures } from '../../repository/chain.ts';
import { erasedIn } from '../../repository/erasures.ts';
import { type PackRecord, packObjectName } from '../../repository/pack-catalog.ts';
import { findPlace, type Place } from '../../repository/read-tree.ts';
import type { Repository } from '../../repository/repository.ts';
import { nodeKinds } from '../../repository/tree.ts';
import { byName, byNumber } from '../../sources/files/owners.ts';
import type { Attributes } from '../../sources/files/placing.ts';
import { displayPath } from '../../sources/files/system.ts';
import { attributesOf, type Plan, piecesOf, planEntry, planTree } from './plan.ts';

export interface Wanted {
  readonly snapshot: ListedSnapshot;
  readonly path?: string;
  readonly select: (path: string, isDirectory: boolean) => boolean;
  /** Gets every path of the snapshot below what is wanted. */
  readonly seen?: Set<string>;
  /** Owners keep their numbers even where their names are known here by others. */
  readonly numericIds?: boolean;
  /** Also what the re-delete ledger names. */
  readonly includeErased?: boolean;
}

export interface WantedPlan {
  /** Entries, without folders, that were left out because they were erased on purpose. */
  readonly erased: number;
  readonly plan: Plan;
  /** The attributes of the folder whose content is planned. */
  readonly root: Attributes | undefined;
  /** One entry that is no folder, under its own name. */
  readonly isEntry: boolean;
}

export interface RestorePlan {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  readonly packs: number;
  readonly readBytes: number;
}

/** A snapshot of one folder lands with its content in the target, of several each under its full path. */
export async function planSnapshot(
  request: Wanted,
  repository: Repository,
  context: Context,
): Promise<WantedPlan> {
  const { snapshot } = request;
  const owners = request.numericIds === true ? byNumber : byName(snapshot.owners);
  const wanted = request.path ?? (snapshot.paths.length === 1 ? snapshot.paths[0]! : '/');
  const base = normal(wanted);
  const ledger = request.includeErased === true ? [] : await loadErasures(repository, context);
  const isErased = erasedIn(snapshot, ledger);
  if (base !== '' && isErased?.(base) === true) throw erasedPath(base);
  let erased = 0;
  const select: Wanted['select'] = (path, isDirectory) => {
    if (isErased?.(`${base}/${path}`) !== true) return request.select(path, isDirectory);
    if (!isDirectory) erased += 1;
    return false;
  };
  const below = (tree: Uint8Array) => planTree(repository, tree, '', select, context, request.seen, owners);
  if (base === '') {
    const plan = await below(snapshot.root);
    return { plan, root: undefined, isEntry: false, erased };
  }
  const found: Place | undefined = await findPlace(repository, snapshot.root, wanted, context);
  if (found === undefined) {
    throw new Failure('missing', 'SNAPSHOT_PATH_MISSING', `the snapshot has no "${displayPath(wanted)}"`, {
      hint: 'List what it has with "holdfast ls".',
    });
  }
  const kind = found.nodes.kinds[found.row]!;
  if (kind !== nodeKinds.directory && kind !== nodeKinds.implied) {
    return {
      plan: await planEntry(repository, found, owners, context),
      root: undefined,
      isEntry: true,
      erased,
    };
  }
  const plan = await below(found.nodes.contents[found.row]!.subarray(0, 32));
  const root = kind === nodeKinds.directory ? owners(attributesOf(found.nodes, found.row)) : undefined;
  return { plan, isEntry: false, root, erased };
}

/** Of one that is asked for by its name: leaving it out silently would look like loss. */
export function erasedPath(path: string): Failure {
  return new Failure('denied', 'PATH_ERASED', `"${displayPath(path)}" was erased on purpose`, {
    hint: 'This copy still holds it. "holdfast restore --include-erased REASON" brings it back all the same.',
  });
}

/** Without the slash at the end; the top is "". */
export function normal(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length === 0 ? '' : `/${parts.join('/')}`;
}

/** The packs that a plan reads. */
export function packsOf(plan: Plan, repository: Repository): Set<PackRecord> {
  const packs = new Set<PackRecord>();
  for (const { frame } of piecesOf(repository, plan.files)) packs.add(repository.catalog.packOfFrame(frame));
  return packs;
}

export function summaryOf(plan: Plan, repository: Repository): RestorePlan {
  const frames = new Set<number>();
  const packs = new Set<string>();
  let readBytes = 0;
  for (const { frame } of piecesOf(repository, plan.files)) {
    if (frames.has(frame)) continue;
    frames.add(frame);
    const record = repository.catalog.frame(frame);
    packs.add(packObjectName(record.pack));
    readBytes += record.length;
  }
  return {
    entries:
      plan.directories.length +
      plan.files.length +
      plan.links.length +
      plan.lateLinks.length +
      plan.symlinks.length +
      plan.specials.length,
    files: plan.files.length,
    bytes: plan.bytes,
    packs: packs.size,
    readBytes,
  };
}
