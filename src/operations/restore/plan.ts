// What a restore will do, in the order in which it may be done: directories, files, further names of files, symlinks, specials.
// Built from authenticated trees alone.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { checkDepth, type Place, readDirectory, readFileIds } from '../../repository/read-tree.ts';
import { missingBlob, type Repository } from '../../repository/repository.ts';
import { nodeKinds, type TreeColumns } from '../../repository/tree.ts';
import type { Attributes } from '../../sources/files/placing.ts';

export interface PlannedFile extends Attributes {
  readonly path: string;
  readonly sizeBytes: number;
  /** Data blob ids joined. */
  readonly ids: Uint8Array;
  /** Data runs of a sparse file, pairs u64; absent when it is one run. */
  readonly runs: Uint8Array | undefined;
}

export interface Plan {
  readonly directories: (Attributes & { readonly path: string; readonly implied: boolean })[];
  readonly files: PlannedFile[];
  /** Further names of files. */
  readonly links: { readonly path: string; readonly existing: string }[];
  readonly symlinks: (Attributes & { readonly path: string; readonly target: string })[];
  readonly specials: (Attributes & {
    readonly path: string;
    readonly kind: number;
    readonly major: number;
    readonly minor: number;
  })[];
  /** Further names of symlinks and specials: made after those. */
  readonly lateLinks: { readonly path: string; readonly existing: string; readonly isDevice: boolean }[];
  /** Recorded, but nothing can be put back for them. */
  sockets: number;
  bytes: number;
}

/**
 * Plans everything below a tree. `select` sees paths relative to the target. Directories above something selected are planned
 * too, because it needs a place. `seen` gets every path that the snapshot has, selected or not.
 */
export async function planTree(
  repository: Repository,
  tree: Uint8Array,
  at: string,
  select: (path: string, isDirectory: boolean) => boolean,
  context: Context,
  seen?: Set<string>,
): Promise<Plan> {
  const plan = emptyPlan();
  const first = new Map<string, string>();
  await planDirectory(repository, tree, at, { plan, select, first, seen }, context);
  return plan;
}

/** Plans one entry that is no directory, under its own name. */
export async function planEntry(repository: Repository, place: Place, context: Context): Promise<Plan> {
  const plan = emptyPlan();
  const name = place.nodes.names[place.row]!;
  await planRow(
    repository,
    place.nodes,
    place.row,
    name,
    { plan, select: () => true, first: new Map(), seen: undefined },
    context,
  );
  return plan;
}

interface Planning {
  readonly plan: Plan;
  readonly select: (path: string, isDirectory: boolean) => boolean;
  readonly first: Map<string, string>;
  readonly seen: Set<string> | undefined;
}

export function emptyPlan(): Plan {
  return {
    directories: [],
    files: [],
    links: [],
    symlinks: [],
    specials: [],
    lateLinks: [],
    sockets: 0,
    bytes: 0,
  };
}

async function planDirectory(
  repository: Repository,
  tree: Uint8Array,
  path: string,
  planning: Planning,
  context: Context,
): Promise<void> {
  if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the restore was canceled');
  checkDepth(path);
  const nodes = await readDirectory(repository, tree, context);
  for (let row = 0; row < nodes.names.length; row += 1) {
    const child = path === '' ? nodes.names[row]! : `${path}/${nodes.names[row]!}`;
    await planRow(repository, nodes, row, child, planning, context);
  }
}

async function planRow(
  repository: Repository,
  nodes: TreeColumns,
  row: number,
  path: string,
  planning: Planning,
  context: Context,
): Promise<void> {
  const { plan, select } = planning;
  const kind = nodes.kinds[row]!;
  const content = nodes.contents[row]!;
  const attributes = attributesOf(nodes, row);
  planning.seen?.add(path);
  if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
    const position = plan.directories.length;
    plan.directories.push({ ...attributes, path, implied: kind === nodeKinds.implied });
    const before = countOf(plan);
    await planDirectory(repository, content.subarray(0, 32), path, planning, context);
    // A folder that nobody selected and that leads to nothing is not made.
    if (countOf(plan) === before && !select(path, true)) plan.directories.splice(position, 1);
    return;
  }
  if (!select(path, false)) return;
  const group = kind === nodeKinds.socket ? undefined : nodes.links.get(row);
  if (group !== undefined) {
    // A name of another kind is no name of the same entry, whatever a tree claims.
    const key = `${kind}:${Buffer.from(group).toString('latin1')}`;
    const existing = planning.first.get(key);
    if (existing !== undefined) {
      const isDevice = kind === nodeKinds.characterDevice || kind === nodeKinds.blockDevice;
      if (kind === nodeKinds.file) plan.links.push({ path, existing });
      else plan.lateLinks.push({ path, existing, isDevice });
      return;
    }
    planning.first.set(key, path);
  }
  if (kind === nodeKinds.file) {
    const ids = await readFileIds(repository, nodes, row, context);
    plan.files.push({
      ...attributes,
      path,
      sizeBytes: nodes.sizes[row]!,
      ids,
      runs: nodes.runs.get(row),
    });
    plan.bytes += nodes.sizes[row]!;
  } else if (kind === nodeKinds.symlink) {
    plan.symlinks.push({ ...attributes, path, target: Buffer.from(content).toString('latin1') });
  } else if (kind === nodeKinds.socket) {
    plan.sockets += 1;
  } else {
    const device = Buffer.from(content);
    const isDevice = kind !== nodeKinds.fifo;
    plan.specials.push({
      ...attributes,
      path,
      kind,
      major: isDevice ? device.readUInt32LE(0) : 0,
      minor: isDevice ? device.readUInt32LE(4) : 0,
    });
  }
}

function countOf(plan: Plan): number {
  return (
    plan.files.length +
    plan.links.length +
    plan.lateLinks.length +
    plan.symlinks.length +
    plan.specials.length +
    plan.directories.length
  );
}

export function attributesOf(nodes: TreeColumns, row: number): Attributes {
  return {
    mode: nodes.modes[row]!,
    uid: nodes.uids[row]!,
    gid: nodes.gids[row]!,
    mtimeNs: nodes.mtimes[row]!,
    xattrs: nodes.xattrs.get(row) ?? [],
  };
}

/** One piece of a file, and the frame it lies in. */
export interface Piece {
  readonly file: number;
  readonly frame: number;
  /** The whole blob in the frame: it is proven before a part of it is written. */
  readonly blobOffset: number;
  readonly blobLength: number;
  /** The part of the blob: a blob may span several runs of a sparse file. */
  readonly skip: number;
  readonly length: number;
  /** Where it goes in the file. */
  readonly offset: number;
  readonly id: Uint8Array;
}

/** All pieces of all files, ordered by where they are stored, so that every frame is read and decoded once. */
export function piecesOf(repository: Repository, files: readonly PlannedFile[]): Piece[] {
  const pieces: Piece[] = [];
  files.forEach((file, number) => {
    const runs = runsOf(file);
    let run = 0;
    let inRun = 0;
    for (let at = 0; at < file.ids.length; at += 32) {
      const found = repository.locate(file.ids, at);
      if (found === undefined) throw missingBlob(file.ids.subarray(at, at + 32));
      let taken = 0;
      while (taken < found.length) {
        const target = runs[run];
        if (target === undefined) {
          throw new Failure(
            'corrupt',
            'FILE_TOO_LONG',
            `a file's content is longer than its size of ${file.sizeBytes}`,
            {
              hint: 'Restore from another snapshot, and run "holdfast check".',
            },
          );
        }
        const length = Math.min(found.length - taken, target.length - inRun);
        pieces.push({
          file: number,
          frame: found.number,
          blobOffset: found.offset,
          blobLength: found.length,
          skip: taken,
          length,
          offset: target.offset + inRun,
          id: file.ids.subarray(at, at + 32),
        });
        taken += length;
        inRun += length;
        if (inRun === target.length) {
          run += 1;
          inRun = 0;
        }
      }
    }
    if (run !== runs.length) {
      throw new Failure(
        'corrupt',
        'FILE_TOO_SHORT',
        `a file's content is shorter than its size of ${file.sizeBytes}`,
        {
          hint: 'Restore from another snapshot, and run "holdfast check".',
        },
      );
    }
  });
  return pieces.sort((a, b) => a.frame - b.frame || a.blobOffset - b.blobOffset);
}

function runsOf(file: PlannedFile): { offset: number; length: number }[] {
  if (file.runs === undefined) return file.sizeBytes === 0 ? [] : [{ offset: 0, length: file.sizeBytes }];
  const pairs = Buffer.from(file.runs);
  const runs: { offset: number; length: number }[] = [];
  for (let at = 0; at < pairs.length; at += 16) {
    runs.push({ offset: Number(pairs.readBigUInt64LE(at)), length: Number(pairs.readBigUInt64LE(at + 8)) });
  }
  return runs;
}
