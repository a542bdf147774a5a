// Looking into snapshots: ls, find, diff, cat.

import { fromByteString } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Node, NodeKind } from '../model/node.ts';
import { boxTypes } from '../repository/box.ts';
import { type ListedSnapshot, loadErasures } from '../repository/chain.ts';
import { Descent } from '../repository/descent.ts';
import { erasedIn } from '../repository/erasures.ts';
import { findPlace, type Place, readFileIds } from '../repository/read-tree.ts';
import type { Repository } from '../repository/repository.ts';
import { nodeKinds, type TreeColumns } from '../repository/tree.ts';
import { displayPath } from '../sources/files/system.ts';
import { erasedPath, normal } from './restore/wanted.ts';

export interface ListedEntry {
  /** Absolute byte string inside the snapshot. */
  readonly path: string;
  readonly node: Node;
  readonly contentBytes: number;
  /** Where its content is found. */
  readonly place: Place;
}

/** Entries below a path (or the entry itself when it is no directory), in byte order. */
export async function* ls(
  request: { readonly snapshot: ListedSnapshot; readonly path?: string; readonly recursive: boolean },
  repository: Repository,
  context: Context,
): AsyncGenerator<ListedEntry> {
  const { snapshot, recursive } = request;
  const path = request.path ?? (snapshot.paths.length === 1 ? snapshot.paths[0]! : '/');
  if (isTop(path)) {
    yield* listTree(repository, snapshot.root, '', recursive, context);
    return;
  }
  const place = await findPlace(repository, snapshot.root, path, context);
  if (place === undefined) throw noSuchPath(path);
  const { nodes, row } = place;
  const full = `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
  if (isDirectory(nodes, row)) {
    yield* listTree(repository, nodes.contents[row]!.subarray(0, 32), full, recursive, context);
  } else {
    yield { path: full, node: nodeAt(nodes, row), contentBytes: nodes.sizes[row]!, place };
  }
}

export interface FoundEntry {
  readonly path: string;
  readonly versions: readonly {
    readonly snapshot: ListedSnapshot;
    readonly node: Node;
    /** The same content and attributes as in the snapshot before. */
    readonly sameAsPrevious: boolean;
  }[];
}

/** Every path that matches, with its versions by time. Folders that did not change are walked once. */
export async function* find(
  request: {
    readonly matches: (path: string, isDirectory: boolean) => boolean;
    readonly snapshots: readonly ListedSnapshot[];
  },
  repository: Repository,
  context: Context,
): AsyncGenerator<FoundEntry> {
  const found = new Map<string, { snapshot: ListedSnapshot; node: Node; key: string }[]>();
  const known = new Map<string, readonly { path: string; node: Node; key: string }[]>();
  const collect = async (tree: Uint8Array, path: string, descent: Descent) => {
    const id = `${Buffer.from(tree).toString('hex')}${path}`;
    const before = known.get(id);
    if (before !== undefined) return before;
    context.signal.throwIfAborted();
    const hits: { path: string; node: Node; key: string }[] = [];
    const nodes = await descent.enter(tree, path);
    for (let row = 0; row < nodes.names.length; row += 1) {
      const child = `${path}/${nodes.names[row]!}`;
      const directory = isDirectory(nodes, row);
      if (nodes.kinds[row] !== nodeKinds.implied && request.matches(child, directory)) {
        hits.push({ path: child, node: nodeAt(nodes, row), key: versionKey(nodes, row) });
      }
      if (!directory) continue;
      for (const hit of await collect(nodes.contents[row]!.slice(0, 32), child, descent)) hits.push(hit);
    }
    known.set(id, hits);
    return hits;
  };
  const byTime = [...request.snapshots].sort((a, b) => a.time - b.time);
  for (const snapshot of byTime) {
    for (const hit of await collect(snapshot.root, '', new Descent(repository, context))) {
      const versions = found.get(hit.path);
      const version = { snapshot, node: hit.node, key: hit.key };
      if (versions === undefined) found.set(hit.path, [version]);
      else versions.push(version);
    }
  }
  for (const [path, versions] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield {
      path,
      versions: versions.map(({ snapshot, node, key }, index) => ({
        snapshot,
        node,
        sameAsPrevious: versions[index - 1]?.key === key,
      })),
    };
  }
}

export type Change = 'added' | 'removed' | 'content' | 'metadata' | 'kind';

/** What differs, in byte order; folders with equal trees are not entered. `bytes` is the size of what was added, removed or is new. */
export async function* diff(
  request: {
    readonly left: ListedSnapshot;
    readonly right: ListedSnapshot;
    readonly path?: string;
    readonly metadata: boolean;
  },
  repository: Repository,
  context: Context,
): AsyncGenerator<Difference> {
  const { left, right, path = '/' } = request;
  const at = async (snapshot: ListedSnapshot): Promise<Uint8Array | undefined> => {
    if (isTop(path)) return snapshot.root;
    const place = await findPlace(repository, snapshot.root, path, context);
    return place !== undefined && isDirectory(place.nodes, place.row)
      ? place.nodes.contents[place.row]!.slice(0, 32)
      : undefined;
  };
  const [from, to] = [await at(left), await at(right)];
  if (from === undefined && to === undefined) throw noSuchPath(path);
  const base = isTop(path) ? '' : path.replace(/\/+$/, '');
  yield* diffTrees(repository, [from, to], base, request.metadata, context);
}

/** A file's content, chunk by chunk, each proven by its id. Holes are zeros. */
export async function* cat(
  request: { readonly snapshot: ListedSnapshot; readonly path: string; readonly span?: Span },
  repository: Repository,
  context: Context,
): AsyncGenerator<Uint8Array> {
  const place = await findPlace(repository, request.snapshot.root, request.path, context);
  if (place === undefined) throw noSuchPath(request.path);
  const path = normal(request.path);
  if (erasedIn(request.snapshot, await loadErasures(repository, context))?.(path) === true)
    throw erasedPath(path);
  const { nodes, row } = place;
  if (nodes.kinds[row] !== nodeKinds.file) {
    throw new Failure('usage', 'NOT_A_FILE', `"${displayPath(request.path)}" is no regular file`, {
      hint: 'List a folder with "holdfast ls"; restore other entries with "holdfast restore".',
    });
  }
  yield* contentOf(place, repository, context, request.span);
}

/** A part of a file, in bytes; `until` is behind it. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** As cat, of a file that was found already. */
export async function* contentOf(
  { nodes, row }: Place,
  repository: Repository,
  context: Context,
  { from, until }: Span = { from: 0, until: Number.POSITIVE_INFINITY },
): AsyncGenerator<Uint8Array> {
  const ids = await readFileIds(repository, nodes, row, context);
  const size = nodes.sizes[row]!;
  const runs = runsOf(nodes, row);
  const isDense = runs.length === 1 && runs[0]!.offset === 0;
  const hole = (start: number, end: number) => zeros(Math.min(end, until) - Math.max(start, from));
  let run = 0;
  let inRun = 0;
  let position = 0;
  for (let at = 0; at < ids.length && position < until; at += 32) {
    const id = ids.subarray(at, at + 32);
    // What lies before is not fetched, where no hole makes it uncertain how far it reaches.
    const ahead = isDense && position < from ? (repository.locate(id)?.length ?? 0) : 0;
    if (ahead > 0 && position + ahead <= from) {
      position += ahead;
      inRun += ahead;
      continue;
    }
    const blob = Uint8Array.from(await repository.readBlob(boxTypes.data, id, context));
    let taken = 0;
    while (taken < blob.length) {
      const current = runs[run];
      if (current === undefined) break;
      yield* hole(position, current.offset + inRun);
      position = current.offset + inRun;
      const length = Math.min(blob.length - taken, current.length - inRun);
      const start = Math.min(length, Math.max(0, from - position));
      const end = Math.max(start, Math.min(length, until - position));
      if (end > start) yield blob.subarray(taken + start, taken + end);
      taken += length;
      inRun += length;
      position += length;
      if (inRun === current.length) {
        run += 1;
        inRun = 0;
      }
    }
  }
  yield* hole(position, size);
}

// Both walks keep their own stack: generators within generators would stand on that of the machine, which ends before the deepest tree.

async function* listTree(
  repository: Repository,
  tree: Uint8Array,
  top: string,
  recursive: boolean,
  context: Context,
): AsyncGenerator<ListedEntry> {
  const descent = new Descent(repository, context);
  const enter = async (id: Uint8Array, path: string) => {
    context.signal.throwIfAborted();
    return { path, nodes: await descent.enter(id, path), next: 0 };
  };
  const stack = [await enter(tree, top)];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const { nodes, next: row } = level;
    level.next += 1;
    if (row >= nodes.names.length) {
      stack.pop();
      continue;
    }
    const path = `${level.path}/${nodes.names[row]!}`;
    const directory = isDirectory(nodes, row);
    const contentBytes = directory ? 0 : nodes.sizes[row]!;
    yield { path, node: nodeAt(nodes, row), contentBytes, place: { nodes, row } };
    if (recursive && directory) stack.push(await enter(nodes.contents[row]!.slice(0, 32), path));
  }
}

interface Difference {
  readonly change: Change;
  readonly path: string;
  readonly bytes: number;
}

/** Two trees to compare, one of which may be absent. */
type Sides = readonly [left: Uint8Array | undefined, right: Uint8Array | undefined];

async function* diffTrees(
  repository: Repository,
  sides: Sides,
  top: string,
  metadata: boolean,
  context: Context,
): AsyncGenerator<Difference> {
  const descents = { from: new Descent(repository, context), to: new Descent(repository, context) };
  const enter = async ([left, right]: Sides, path: string) => {
    context.signal.throwIfAborted();
    const from = left === undefined ? undefined : await descents.from.enter(left, path);
    const to = right === undefined ? undefined : await descents.to.enter(right, path);
    return { path, from, to, a: 0, b: 0 };
  };
  if (isSame(sides)) return;
  const stack = [await enter(sides, top)];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const { from, to, a, b } = level;
    const leftName = from?.names[a];
    const rightName = to?.names[b];
    if (leftName === undefined && rightName === undefined) {
      stack.pop();
      continue;
    }
    const isLeft = leftName !== undefined && (rightName === undefined || leftName <= rightName);
    const isRight = rightName !== undefined && (leftName === undefined || rightName <= leftName);
    if (isLeft) level.a += 1;
    if (isRight) level.b += 1;
    const path = `${level.path}/${isLeft ? leftName : rightName}`;
    const change =
      isLeft && isRight
        ? changeOf([from!, a], [to!, b], metadata)
        : isLeft
          ? { change: 'removed' as const, bytes: from!.sizes[a]! }
          : { change: 'added' as const, bytes: to!.sizes[b]! };
    if (change !== undefined) yield { path, ...change };
    const below: Sides = [isLeft ? subtree(from!, a) : undefined, isRight ? subtree(to!, b) : undefined];
    if (!isSame(below)) stack.push(await enter(below, path));
  }
}

function isSame([left, right]: Sides): boolean {
  if (left === undefined || right === undefined) return left === right;
  return Buffer.compare(left, right) === 0;
}

function subtree(nodes: TreeColumns, row: number): Uint8Array | undefined {
  return isDirectory(nodes, row) ? nodes.contents[row]!.slice(0, 32) : undefined;
}

function changeOf(
  [from, a]: readonly [TreeColumns, number],
  [to, b]: readonly [TreeColumns, number],
  metadata: boolean,
): { readonly change: Change; readonly bytes: number } | undefined {
  if (from.kinds[a] !== to.kinds[b]) return { change: 'kind', bytes: to.sizes[b]! };
  if (
    !isDirectory(to, b) &&
    (Buffer.compare(from.contents[a]!, to.contents[b]!) !== 0 || from.sizes[a] !== to.sizes[b])
  ) {
    return { change: 'content', bytes: to.sizes[b]! };
  }
  if (metadata && attributesKey(from, a) !== attributesKey(to, b)) return { change: 'metadata', bytes: 0 };
  return undefined;
}

const kindNames: readonly NodeKind[] = [
  'file',
  'directory',
  'symlink',
  'fifo',
  'socket',
  'character-device',
  'block-device',
  'implied',
];

function nodeAt(nodes: TreeColumns, row: number): Node {
  const kind = kindNames[nodes.kinds[row]!]!;
  const link = nodes.links.get(row);
  const xattrs = nodes.xattrs.get(row);
  const content = Buffer.from(nodes.contents[row]!);
  const isDevice = kind === 'character-device' || kind === 'block-device';
  return {
    name: fromByteString(nodes.names[row]!),
    kind,
    mode: nodes.modes[row]!,
    uid: nodes.uids[row]!,
    gid: nodes.gids[row]!,
    mtimeNs: nodes.mtimes[row]!,
    ctimeNs: nodes.ctimes[row]!,
    inode: nodes.inodes[row]!,
    sizeBytes: nodes.sizes[row]!,
    ...(link === undefined ? {} : { link: Buffer.from(link).toString('hex') }),
    ...(nodes.runs.has(row) ? { extents: runsOf(nodes, row) } : {}),
    ...(xattrs === undefined ? {} : { xattrs: xattrs.map(([name, value]) => ({ name, value })) }),
    ...(kind === 'symlink' ? { target: new Uint8Array(content) } : {}),
    ...(isDevice ? { device: { major: content.readUInt32LE(0), minor: content.readUInt32LE(4) } } : {}),
  };
}

function attributesKey(nodes: TreeColumns, row: number): string {
  const xattrs = (nodes.xattrs.get(row) ?? []).map((pair) =>
    pair.map((one) => Buffer.from(one).toString('hex')).join('='),
  );
  return [nodes.modes[row], nodes.uids[row], nodes.gids[row], nodes.mtimes[row], ...xattrs].join(' ');
}

function versionKey(nodes: TreeColumns, row: number): string {
  return `${attributesKey(nodes, row)} ${nodes.sizes[row]} ${Buffer.from(nodes.contents[row]!).toString('hex')}`;
}

function runsOf(nodes: TreeColumns, row: number): { offset: number; length: number }[] {
  const stored = nodes.runs.get(row);
  if (stored === undefined) return [{ offset: 0, length: nodes.sizes[row]! }];
  const pairs = Buffer.from(stored);
  return Array.from({ length: pairs.length / 16 }, (_, index) => ({
    offset: Number(pairs.readBigUInt64LE(index * 16)),
    length: Number(pairs.readBigUInt64LE(index * 16 + 8)),
  }));
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
}

function isDirectory(nodes: TreeColumns, row: number): boolean {
  return nodes.kinds[row] === nodeKinds.directory || nodes.kinds[row] === nodeKinds.implied;
}

function isTop(path: string): boolean {
  return path.split('/').every((part) => part === '');
}

function noSuchPath(path: string): Failure {
  return new Failure('missing', 'SNAPSHOT_PATH_MISSING', `the snapshot has no "${displayPath(path)}"`, {
    hint: 'List what it has with "holdfast ls".',
  });
}
