// What a restore will do, in the order in which it may be done: directories, files, further names of files, symlinks, specials.
// Built from authenticated trees alone.

import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { Descent } from '../../repository/descent.ts';
import { type Place, readFileIds } from '../../repository/read-tree.ts';
import { missingBlob, type Repository } from '../../repository/repository.ts';
import { nodeKinds, type TreeColumns } from '../../repository/tree.ts';
import { byNumber, type OwnerMapping } from '../../sources/files/owners.ts';
import type { Attributes } from '../../sources/files/placing.ts';
import { displayPath } from '../../sources/files/system.ts';

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
 * too, because it needs a place. `seen` gets every path that the snapshot has, selected or not; what is not in it may be
 * deleted, so a folder that cannot be read then stops all. Otherwise what is lost is a Problem, unless nothing else is there.
 */
export async function planTree(
  repository: Repository,
  tree: Uint8Array,
  at: string,
  select: (path: string, isDirectory: boolean) => boolean,
  context: Context,
  seen?: Set<string>,
  owners: OwnerMapping = byNumber,
): Promise<Plan> {
  const plan = emptyPlan();
  const lost: Lost[] = [];
  const descent = new Descent(repository, context);
  const planning: Planning = { plan, select, first: new Map(), seen, lost, owners, descent };
  await planDirectory(repository, tree, at, planning, context);
  const [first] = lost;
  if (first !== undefined && !holdsEntries(plan)) throw first.failure;
  for (const { path, failure } of lost) {
    const { code, message } = failure;
    context.monitor.problem({ path: displayPath(path), code, message: `cannot be restored: ${message}` });
  }
  return plan;
}

/** Plans one entry that is no directory, under its own name. */
export async function planEntry(
  repository: Repository,
  place: Place,
  owners: OwnerMapping,
  context: Context,
): Promise<Plan> {
  const plan = emptyPlan();
  const name = place.nodes.names[place.row]!;
  const descent = new Descent(repository, context);
  await planRow(
    repository,
    place.nodes,
    place.row,
    name,
    { plan, select: () => true, first: new Map(), seen: undefined, lost: undefined, owners, descent },
    context,
  );
  return plan;
}

interface Lost {
  readonly path: string;
  readonly failure: Failure;
}

interface Planning {
  readonly plan: Plan;
  readonly select: (path: string, isDirectory: boolean) => boolean;
  readonly first: Map<string, string>;
  readonly seen: Set<string> | undefined;
  /** Entries whose folder or file list the repository has lost: the others are restored. Absent: the first one stops all. */
  readonly lost: Lost[] | undefined;
  readonly owners: OwnerMapping;
  readonly descent: Descent;
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
  const nodes = await planning.descent.enter(tree, path);
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
  const attributes = planning.owners(attributesOf(nodes, row));
  planning.seen?.add(path);
  if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
    const position = plan.directories.length;
    plan.directories.push({ ...attributes, path, implied: kind === nodeKinds.implied });
    const before = countOf(plan);
    await orLost(path, planning.seen === undefined ? planning : { lost: undefined }, () =>
      planDirectory(repository, content.subarray(0, 32), path, planning, context),
    );
    // A folder that nobody selected and that leads to nothing is not made.
    if (countOf(plan) === before && !select(path, true)) plan.directories.splice(position, 1);
    return;
  }
  if (!select(path, false)) return;
  const group = kind === nodeKinds.socket ? undefined : nodes.links.get(row);
  // A name of another kind is no name of the same entry, whatever a tree claims.
  const key = group === undefined ? undefined : `${kind}:${Buffer.from(group).toString('latin1')}`;
  const existing = key === undefined ? undefined : planning.first.get(key);
  if (existing !== undefined) {
    const isDevice = kind === nodeKinds.characterDevice || kind === nodeKinds.blockDevice;
    if (kind === nodeKinds.file) plan.links.push({ path, existing });
    else plan.lateLinks.push({ path, existing, isDevice });
    return;
  }
  let file: PlannedFile | undefined;
  if (kind === nodeKinds.file) {
    file = await orLost(path, planning, async () => {
      const ids = await readFileIds(repository, nodes, row, context);
      const planned = { ...attributes, path, sizeBytes: nodes.sizes[row]!, ids, runs: nodes.runs.get(row) };
      checkLength(repository, planned);
      return planned;
    });
    if (file === undefined) return;
  }
  // Only now: a further name must not lead to a file that is lost.
  if (key !== undefined) planning.first.set(key, path);
  if (file !== undefined) {
    plan.files.push(file);
    plan.bytes += file.sizeBytes;
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

/** Undefined when the repository has lost what this needs, which is then remembered. */
async function orLost<Result>(
  path: string,
  { lost }: Pick<Planning, 'lost'>,
  act: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    const isLoss = isFailure(error, 'corrupt') || isFailure(error, 'missing', 'OBJECT_MISSING');
    // What has no end is not lost at one place: all that is left would be refused one by one.
    if (!isLoss || lost === undefined || error.code === 'TREE_REPEATED') throw error;
    lost.push({ path, failure: error });
    return undefined;
  }
}

/** Anything but folders, which alone are no restore. */
function holdsEntries(plan: Plan): boolean {
  return countOf(plan) > plan.directories.length;
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
          throw tooLong(file);
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
    if (run !== runs.length) throw tooShort(file);
  });
  return pieces.sort((a, b) => a.frame - b.frame || a.blobOffset - b.blobOffset);
}

/** Every blob is there, and together they are as long as the file: what `piecesOf` asks of each. */
function checkLength(repository: Repository, file: PlannedFile): void {
  let left = runsOf(file).reduce((sum, run) => sum + run.length, 0);
  for (let at = 0; at < file.ids.length; at += 32) {
    const found = repository.locate(file.ids, at);
    if (found === undefined) throw missingBlob(file.ids.subarray(at, at + 32));
    left -= found.length;
  }
  if (left < 0) throw tooLong(file);
  if (left > 0) throw tooShort(file);
}

function tooLong({ sizeBytes }: PlannedFile): Failure {
  return new Failure('corrupt', 'FILE_TOO_LONG', `a file's content is longer than its size of ${sizeBytes}`, {
    hint: 'Restore from another snapshot, and run "holdfast check".',
  });
}

function tooShort({ sizeBytes }: PlannedFile): Failure {
  return new Failure(
    'corrupt',
    'FILE_TOO_SHORT',
    `a file's content is shorter than its size of ${sizeBytes}`,
    {
      hint: 'Restore from another snapshot, and run "holdfast check".',
    },
  );
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
