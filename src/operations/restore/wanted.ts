// What is wanted of a snapshot, as a plan: a folder's content, or one entry; and what the plan will cost.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
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
}

export interface WantedPlan {
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
  if (wanted.split('/').every((part) => part === '')) {
    return {
      plan: await planTree(repository, snapshot.root, '', request.select, context, request.seen, owners),
      root: undefined,
      isEntry: false,
    };
  }
  const found: Place | undefined = await findPlace(repository, snapshot.root, wanted, context);
  if (found === undefined) {
    throw new Failure('missing', 'SNAPSHOT_PATH_MISSING', `the snapshot has no "${displayPath(wanted)}"`, {
      hint: 'List what it has with "holdfast ls".',
    });
  }
  const kind = found.nodes.kinds[found.row]!;
  if (kind !== nodeKinds.directory && kind !== nodeKinds.implied) {
    return { plan: await planEntry(repository, found, owners, context), root: undefined, isEntry: true };
  }
  const tree = found.nodes.contents[found.row]!.subarray(0, 32);
  return {
    plan: await planTree(repository, tree, '', request.select, context, request.seen, owners),
    isEntry: false,
    root: kind === nodeKinds.directory ? owners(attributesOf(found.nodes, found.row)) : undefined,
  };
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
