// Reads directories and file contents out of trees: what backup, restore, ls, diff and find all need.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { directoryNodesMax, pathBytesMax, treeDepthMax } from '../base/limits.ts';
import { boxTypes } from './box.ts';
import { malformed } from './fields.ts';
import type { Repository } from './repository.ts';
import { decodeSkeleton, decodeTree, nodeKinds, type TreeColumns } from './tree.ts';

/** A directory as one set of columns, its parts joined when it was split. */
export async function readDirectory(
  repository: Repository,
  treeId: Uint8Array,
  context: Context,
): Promise<TreeColumns> {
  const tree = decodeTree(copy(await repository.readBlob(boxTypes.tree, treeId, context)), 'tree');
  if (tree.type === 'nodes') return tree.nodes;
  const parts: TreeColumns[] = [];
  let count = 0;
  // Of the last part that has any: an empty one between must not hide it.
  let before: string | undefined;
  for (let at = 0; at < tree.ids.length; at += 32) {
    const id = tree.ids.subarray(at, at + 32);
    const part = decodeTree(copy(await repository.readBlob(boxTypes.tree, id, context)), 'tree part');
    if (part.type === 'parts') throw malformed('tree part', 'a list of nodes');
    count += part.nodes.names.length;
    if (count > directoryNodesMax) throw malformed('tree parts', `at most ${directoryNodesMax} nodes`);
    const first = part.nodes.names[0];
    if (before !== undefined && first !== undefined && first <= before) {
      throw malformed('tree parts', 'in ascending order');
    }
    before = part.nodes.names.at(-1) ?? before;
    parts.push(part.nodes);
  }
  return joinColumns(parts);
}

/** Trees may be hostile: whoever descends asks this for the path of each directory. Fails with corrupt/TREE_TOO_DEEP. */
export function checkDepth(path: string): void {
  // Paths inside a target are relative: their first step has no slash.
  let depth = path === '' || path[0] === '/' ? 0 : 1;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth += 1;
  if (path.length <= pathBytesMax && depth <= treeDepthMax) return;
  throw new Failure(
    'corrupt',
    'TREE_TOO_DEEP',
    `a snapshot has directories deeper than ${treeDepthMax} levels or ${pathBytesMax} bytes`,
    { hint: 'The repository was written by a broken or hostile program; restore from another snapshot.' },
  );
}

/** The data ids of a file, joined; indirect lists are read. */
export async function readFileIds(
  repository: Repository,
  nodes: TreeColumns,
  row: number,
  context: Context,
): Promise<Uint8Array> {
  const content = nodes.contents[row]!;
  if (!nodes.indirect.has(row)) return content;
  const lists: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += 32) {
    const id = content.subarray(at, at + 32);
    const list = decodeSkeleton(await repository.readBlob(boxTypes.skeleton, id, context), 'list of ids');
    if (list.children.length > 0) throw malformed('list of ids', 'without children');
    lists.push(copy(list.data));
  }
  return Buffer.concat(lists);
}

/** The directory or single entry at a path inside a snapshot. */
export interface Place {
  readonly nodes: TreeColumns;
  readonly row: number;
}

/** Finds an entry step by step; undefined when the path does not exist. The path is an absolute byte string. */
export async function findPlace(
  repository: Repository,
  root: Uint8Array,
  path: string,
  context: Context,
): Promise<Place | undefined> {
  let tree = root;
  let place: Place | undefined;
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (place !== undefined && !isDirectory(place)) return undefined;
    const nodes = await readDirectory(repository, tree, context);
    const row = nodes.names.indexOf(name);
    if (row < 0) return undefined;
    place = { nodes, row };
    tree = nodes.contents[row]!.subarray(0, 32);
  }
  return place;
}

function isDirectory({ nodes, row }: Place): boolean {
  return nodes.kinds[row] === nodeKinds.directory || nodes.kinds[row] === nodeKinds.implied;
}

function joinColumns(parts: readonly TreeColumns[]): TreeColumns {
  const count = parts.reduce((sum, part) => sum + part.names.length, 0);
  const joined = {
    names: parts.flatMap((part) => part.names),
    kinds: new Uint8Array(count),
    modes: new Uint16Array(count),
    uids: new Uint32Array(count),
    gids: new Uint32Array(count),
    mtimes: new BigInt64Array(count),
    ctimes: new BigInt64Array(count),
    inodes: new BigUint64Array(count),
    sizes: new Float64Array(count),
    contents: parts.flatMap((part) => part.contents),
    xattrs: new Map<number, readonly (readonly [Uint8Array, Uint8Array])[]>(),
    runs: new Map<number, Uint8Array>(),
    links: new Map<number, Uint8Array>(),
    indirect: new Set<number>(),
  };
  let start = 0;
  for (const part of parts) {
    joined.kinds.set(part.kinds, start);
    joined.modes.set(part.modes, start);
    joined.uids.set(part.uids, start);
    joined.gids.set(part.gids, start);
    joined.mtimes.set(part.mtimes, start);
    joined.ctimes.set(part.ctimes, start);
    joined.inodes.set(part.inodes, start);
    joined.sizes.set(part.sizes, start);
    for (const [row, value] of part.xattrs) joined.xattrs.set(row + start, value);
    for (const [row, value] of part.runs) joined.runs.set(row + start, value);
    for (const [row, value] of part.links) joined.links.set(row + start, value);
    for (const row of part.indirect) joined.indirect.add(row + start);
    start += part.names.length;
  }
  return joined;
}

// Blobs are views of a cached frame; what is kept longer than the next read must be a copy.
function copy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
