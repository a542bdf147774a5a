// Trees and skeletons: FORMAT.md §10. A tree is held as columns, one value per node, because a backup compares hundreds of
// thousands of nodes with what it saw last time and may not pay for an object each.
//
// Names and paths are "byte strings": JS strings with one char per byte (latin1), so that comparing strings compares bytes
// and names that are not UTF-8 survive.

import { decode, encode } from '../base/cbor.ts';
import { nameBytesMax, treeNodesMax, xattrBytesMax, xattrsMax, xattrsTotalBytesMax } from '../base/limits.ts';
import { checkName } from '../model/node.ts';
import { asArray, asBytes, asCount, asMap, malformed } from './fields.ts';

export const nodeKinds = {
  file: 0,
  directory: 1,
  symlink: 2,
  fifo: 3,
  socket: 4,
  characterDevice: 5,
  blockDevice: 6,
  implied: 7,
} as const;

/** Files with more chunks than this list them in skeleton blobs (FORMAT.md §10, key 14). */
export const directIdsMax = 4096;
export const indirectIdsMax = 16_384;

export interface TreeColumns {
  readonly names: readonly string[];
  readonly kinds: Uint8Array;
  readonly modes: Uint16Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  readonly mtimes: BigInt64Array;
  readonly ctimes: BigInt64Array;
  readonly inodes: BigUint64Array;
  /** Bytes; safe integers. */
  readonly sizes: Float64Array;
  readonly contents: readonly Uint8Array[];
  readonly xattrs: ReadonlyMap<number, readonly (readonly [Uint8Array, Uint8Array])[]>;
  /** Pairs offset, length as u64. */
  readonly runs: ReadonlyMap<number, Uint8Array>;
  readonly links: ReadonlyMap<number, Uint8Array>;
  readonly indirect: ReadonlySet<number>;
}

/** A decoded tree blob: nodes, or the parts of a split directory. */
export type Tree =
  | { readonly type: 'nodes'; readonly nodes: TreeColumns }
  | { readonly type: 'parts'; readonly ids: Uint8Array };

export function encodeTree(nodes: TreeColumns): Uint8Array {
  const count = nodes.names.length;
  const sizes = new BigUint64Array(count);
  for (let index = 0; index < count; index += 1) sizes[index] = BigInt(nodes.sizes[index]!);
  const item = new Map<number, unknown>([
    [1, nodes.names.map((name) => Buffer.from(name, 'latin1'))],
    [2, bytesOf(nodes.kinds)],
    [3, bytesOf(nodes.modes)],
    [4, bytesOf(nodes.uids)],
    [5, bytesOf(nodes.gids)],
    [6, bytesOf(nodes.mtimes)],
    [7, bytesOf(nodes.ctimes)],
    [8, bytesOf(nodes.inodes)],
    [9, bytesOf(sizes)],
    [10, nodes.contents],
  ]);
  if (nodes.xattrs.size > 0) item.set(11, sorted(nodes.xattrs));
  if (nodes.runs.size > 0) item.set(12, sorted(nodes.runs));
  if (nodes.links.size > 0) item.set(13, sorted(nodes.links));
  if (nodes.indirect.size > 0) {
    item.set(14, new Map([...nodes.indirect].sort((a, b) => a - b).map((node) => [node, 1])));
  }
  return encode(item);
}

export function encodeTreeParts(ids: Uint8Array): Uint8Array {
  return encode(new Map<number, unknown>([[0, ids]]));
}

/** Strict: names are checked here, so that nothing behind this line meets "..", "/" or NUL. */
export function decodeTree(bytes: Uint8Array, what: string): Tree {
  const item = asMap(decode(bytes), what);
  const parts = item.get(0);
  if (parts !== undefined) {
    const ids = asBytes(parts, `${what} parts`);
    if (ids.length === 0 || ids.length % 32 !== 0 || item.size !== 1)
      throw malformed(what, 'a list of parts');
    return { type: 'parts', ids };
  }
  const rawNames = asArray(item.get(1), `${what} names`);
  const count = rawNames.length;
  if (count > treeNodesMax) throw malformed(what, `a tree of at most ${treeNodesMax} nodes`);
  const names: string[] = new Array(count);
  let before = '';
  const nameOf = `${what} name`;
  for (let index = 0; index < count; index += 1) {
    const raw = asBytes(rawNames[index], nameOf);
    checkName(raw);
    const name = latin1(raw);
    if (index > 0 && name <= before) throw malformed(`${what} names`, 'in ascending order');
    names[index] = name;
    before = name;
  }
  // All columns in one space, wide ones first so that each is aligned: a space of its own for each costs more than what is in it.
  const space = new ArrayBuffer(count * 43);
  const column = (key: number, width: number, at: number): Uint8Array<ArrayBuffer> => {
    const values = new Uint8Array(space, count * at, count * width);
    values.set(asBytes(item.get(key), `${what} column ${key}`, values.length));
    return values;
  };
  column(9, 8, 0);
  const rawSizes = new BigUint64Array(space, 0, count);
  // In the place of the integers that they are read from.
  const sizes = new Float64Array(space, 0, count);
  for (let index = 0; index < count; index += 1) {
    const size = Number(rawSizes[index]!);
    if (!Number.isSafeInteger(size)) throw malformed(`${what} size`, 'a size below 2^53');
    sizes[index] = size;
  }
  const kinds = column(2, 1, 42);
  for (const kind of kinds) if (kind > 7) throw malformed(`${what} kind`, 'a known kind of node');
  const contents = asArray(item.get(10), `${what} contents`);
  if (contents.length !== count) throw malformed(`${what} contents`, 'one for each node');
  const contentOf = `${what} content`;
  for (let index = 0; index < count; index += 1) {
    const content = asBytes(contents[index], contentOf);
    const kind = kinds[index]!;
    const fits =
      kind === nodeKinds.file
        ? content.length % 32 === 0
        : kind === nodeKinds.directory || kind === nodeKinds.implied
          ? content.length === 64
          : kind === nodeKinds.characterDevice || kind === nodeKinds.blockDevice
            ? content.length === 8
            : kind === nodeKinds.symlink
              ? content.length > 0 && content.length <= 4096
              : content.length === 0;
    if (!fits) throw malformed(contentOf, 'content of the length its kind has');
  }
  const sparse = (key: number): Map<number, unknown> => {
    const value = item.get(key);
    const map = new Map<number, unknown>();
    if (value === undefined) return map;
    for (const [node, content] of asMap(value, `${what} column ${key}`)) {
      map.set(asCount(node, `${what} node number`, count - 1), content);
    }
    return map;
  };
  const runs = new Map<number, Uint8Array>();
  for (const [node, value] of sparse(12)) {
    const pairs = asBytes(value, `${what} data runs`);
    checkRuns(pairs, sizes[node]!, what);
    runs.set(node, pairs);
  }
  const links = new Map<number, Uint8Array>();
  for (const [node, value] of sparse(13)) links.set(node, asBytes(value, `${what} hard link`));
  const xattrs = new Map<number, (readonly [Uint8Array, Uint8Array])[]>();
  for (const [node, value] of sparse(11)) {
    xattrs.set(node, attributesOf(value, what));
  }
  return {
    type: 'nodes',
    nodes: {
      names,
      kinds,
      modes: new Uint16Array(space, column(3, 2, 40).byteOffset, count),
      uids: new Uint32Array(space, column(4, 4, 32).byteOffset, count),
      gids: new Uint32Array(space, column(5, 4, 36).byteOffset, count),
      mtimes: new BigInt64Array(space, column(6, 8, 8).byteOffset, count),
      ctimes: new BigInt64Array(space, column(7, 8, 16).byteOffset, count),
      inodes: new BigUint64Array(space, column(8, 8, 24).byteOffset, count),
      sizes,
      contents: contents as readonly Uint8Array[],
      xattrs,
      runs,
      links,
      indirect: new Set(sparse(14).keys()),
    },
  };
}

function attributesOf(value: unknown, what: string): (readonly [Uint8Array, Uint8Array])[] {
  const pairs = asArray(value, `${what} extended attributes`);
  if (pairs.length > xattrsMax) throw malformed(`${what} extended attributes`, `at most ${xattrsMax}`);
  let bytes = 0;
  return pairs.map((pair) => {
    const two = asArray(pair, `${what} extended attribute`);
    const key = asBytes(two[0], `${what} attribute name`);
    const content = asBytes(two[1], `${what} attribute value`);
    bytes += key.length + content.length;
    if (key.length > nameBytesMax || content.length > xattrBytesMax || bytes > xattrsTotalBytesMax)
      throw malformed(`${what} extended attribute`, 'within the limits of the format');
    return [key, content] as const;
  });
}

function checkRuns(pairs: Uint8Array, size: number, what: string): void {
  if (pairs.length % 16 !== 0) throw malformed(`${what} data runs`, 'pairs of offset and length');
  const view = Buffer.from(pairs.buffer, pairs.byteOffset, pairs.length);
  let end = 0n;
  for (let at = 0; at < pairs.length; at += 16) {
    const offset = view.readBigUInt64LE(at);
    const length = view.readBigUInt64LE(at + 8);
    if (offset < end || length === 0n)
      throw malformed(`${what} data runs`, 'ascending runs that do not overlap');
    end = offset + length;
  }
  if (end > BigInt(size)) throw malformed(`${what} data runs`, 'runs inside the file');
}

export interface Skeleton {
  /** Child skeleton ids joined. */
  readonly children: Uint8Array;
  /** Data blob ids joined. */
  readonly data: Uint8Array;
  /** The tree it is the twin of; absent in the list of an indirect file. */
  readonly tree?: Uint8Array;
}

export function encodeSkeleton(skeleton: Skeleton): Uint8Array {
  const item = new Map<number, unknown>([
    [1, skeleton.children],
    [2, skeleton.data],
  ]);
  if (skeleton.tree !== undefined) item.set(3, skeleton.tree);
  return encode(item);
}

export function decodeSkeleton(bytes: Uint8Array, what: string): Skeleton {
  const item = asMap(decode(bytes), what);
  const children = asBytes(item.get(1), `${what} children`);
  const data = asBytes(item.get(2), `${what} data`);
  if (children.length % 32 !== 0 || data.length % 32 !== 0) throw malformed(what, 'a list of ids');
  const tree = item.has(3) ? asBytes(item.get(3), `${what} tree`, 32) : undefined;
  return { children, data, ...(tree === undefined ? {} : { tree }) };
}

/** The twin that a tree must have: what a backup stores and `check` compares with. */
export function skeletonOf(nodes: TreeColumns, tree: Uint8Array): Skeleton {
  const children: Uint8Array[] = [];
  const data: Uint8Array[] = [];
  for (let index = 0; index < nodes.names.length; index += 1) {
    const kind = nodes.kinds[index]!;
    const content = nodes.contents[index]!;
    if (kind === nodeKinds.directory || kind === nodeKinds.implied) children.push(content.subarray(32, 64));
    else if (kind === nodeKinds.file) (nodes.indirect.has(index) ? children : data).push(content);
  }
  return { children: Buffer.concat(children), data: Buffer.concat(data), tree };
}

function sorted<Value>(map: ReadonlyMap<number, Value>): Map<number, Value> {
  return new Map([...map].sort(([a], [b]) => a - b));
}

function bytesOf(column: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
