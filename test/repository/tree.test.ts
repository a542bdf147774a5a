// Trees and their twins: what comes back is what went in, and a reader refuses what a writer would never write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '../../src/base/cbor.ts';
import { isFailure } from '../../src/base/failure.ts';
import { treeNodesMax } from '../../src/base/limits.ts';
import {
  decodeSkeleton,
  decodeTree,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  nodeKinds,
  skeletonOf,
  type TreeColumns,
} from '../../src/repository/tree.ts';
import { noise } from '../world.ts';

const id = (name: string) => noise(name, 32);

/** One node of each kind, by name in ascending order. */
function everyKind(): TreeColumns {
  const nodes: readonly (readonly [string, number, Uint8Array])[] = [
    ['a file', nodeKinds.file, Buffer.concat([id('one'), id('two')])],
    ['b empty', nodeKinds.file, new Uint8Array(0)],
    ['c folder', nodeKinds.directory, Buffer.concat([id('tree'), id('twin')])],
    ['d implied', nodeKinds.implied, Buffer.concat([id('tree 2'), id('twin 2')])],
    ['e link', nodeKinds.symlink, Buffer.from('some/where')],
    ['f fifo', nodeKinds.fifo, new Uint8Array(0)],
    ['g socket', nodeKinds.socket, new Uint8Array(0)],
    ['h tty', nodeKinds.characterDevice, Buffer.alloc(8, 1)],
    ['i disk', nodeKinds.blockDevice, Buffer.alloc(8, 2)],
    ['j large', nodeKinds.file, id('list')],
    ['\u00ff not UTF-8', nodeKinds.file, id('three')],
  ];
  const count = nodes.length;
  return {
    names: nodes.map(([name]) => name),
    kinds: Uint8Array.from(nodes, ([, kind]) => kind),
    modes: new Uint16Array(count).fill(0o7777),
    uids: new Uint32Array(count).fill(4_294_967_294),
    gids: new Uint32Array(count).fill(7),
    mtimes: new BigInt64Array(count).fill(-1n),
    ctimes: new BigInt64Array(count).fill(2n ** 62n),
    inodes: new BigUint64Array(count).fill(2n ** 64n - 1n),
    sizes: new Float64Array(count).fill(Number.MAX_SAFE_INTEGER),
    contents: nodes.map(([, , content]) => content),
    xattrs: new Map([[0, [[Buffer.from('user.x'), Buffer.from([0, 255])]]]]),
    runs: new Map([[0, Buffer.from(BigUint64Array.of(5n, 10n).buffer)]]),
    links: new Map([[0, noise('group', 16)]]),
    indirect: new Set([9]),
  };
}

const isCorrupt = (error: unknown): boolean => isFailure(error, 'corrupt');

/** The stored form, with one field changed. */
function changed(key: number, change: (value: unknown) => unknown): Uint8Array {
  const item = decode(encodeTree(everyKind())) as Map<number, unknown>;
  item.set(key, change(item.get(key)));
  return encode(item);
}

test('a tree with every kind of node comes back, and has one encoding', () => {
  const encoded = encodeTree(everyKind());
  const tree = decodeTree(encoded, 'tree');
  assert.ok(tree.type === 'nodes');
  const { nodes } = tree;
  const before = everyKind();
  assert.deepEqual(nodes.names, before.names);
  for (const column of ['kinds', 'modes', 'uids', 'gids', 'mtimes', 'ctimes', 'inodes', 'sizes'] as const) {
    assert.deepEqual([...nodes[column]], [...before[column]], column);
  }
  assert.deepEqual(
    nodes.contents.map((one) => Buffer.from(one)),
    before.contents.map((one) => Buffer.from(one)),
  );
  assert.deepEqual([...nodes.indirect], [9]);
  assert.deepEqual(Buffer.from(encodeTree(nodes)), Buffer.from(encoded));
});

test('a tree without rare things has no fields for them', () => {
  const none = { xattrs: new Map(), runs: new Map(), links: new Map(), indirect: new Set<number>() };
  const item = decode(encodeTree({ ...everyKind(), ...none })) as Map<number, unknown>;
  assert.deepEqual(
    [...item.keys()].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  const two = decode(encodeTree({ ...everyKind(), indirect: new Set([9, 0]) })) as Map<number, unknown>;
  assert.deepEqual([...(two.get(14) as Map<number, unknown>).keys()], [0, 9]);
});

test('names that are out of order, twice, or no names are refused', () => {
  const rename = (position: number, name: string) =>
    changed(1, (names) =>
      (names as Uint8Array[]).map((one, at) => (at === position ? Buffer.from(name) : one)),
    );
  for (const name of ['', '.', '..', 'a/b', 'a\0b', 'zz', 'b empty']) {
    assert.throws(() => decodeTree(rename(0, name), 'tree'), isFailure, JSON.stringify(name));
  }
});

test('a content of another length than its kind has is refused, of every kind', () => {
  const { contents } = everyKind();
  contents.forEach((content, position) => {
    const longer = changed(10, (all) =>
      (all as Uint8Array[]).map((one, at) =>
        at === position ? Buffer.concat([content, Buffer.alloc(4097)]) : one,
      ),
    );
    assert.throws(() => decodeTree(longer, 'tree'), isCorrupt, `node ${position}`);
  });
});

test('runs of data ascend without touching backwards, hold something, and end inside of their file', () => {
  const runs = (...pairs: readonly bigint[]) => Buffer.from(BigUint64Array.from(pairs).buffer);
  const withRuns = (value: Uint8Array) => changed(12, () => new Map([[0, value]]));
  const size = BigInt(Number.MAX_SAFE_INTEGER);
  for (const good of [runs(), runs(0n, 1n), runs(0n, size), runs(5n, 10n, 15n, 1n), runs(size - 1n, 1n)])
    assert.equal(decodeTree(withRuns(good), 'tree').type, 'nodes');
  for (const bad of [
    runs(0n, 1n).subarray(1),
    runs(0n, 0n),
    runs(5n, 10n, 14n, 1n),
    runs(5n, 1n, 0n, 1n),
    runs(size, 1n),
    runs(0n, size + 1n),
    runs(1n, 2n ** 64n - 1n),
  ])
    assert.throws(() => decodeTree(withRuns(bad), 'tree'), isCorrupt);
});

test('columns of other lengths, unknown kinds, sizes that no number holds and too many nodes are refused', () => {
  for (const key of [2, 3, 4, 5, 6, 7, 8, 9]) {
    const shorter = changed(key, (column) => (column as Uint8Array).subarray(1));
    assert.throws(() => decodeTree(shorter, 'tree'), isCorrupt, `column ${key}`);
  }
  assert.throws(
    () =>
      decodeTree(
        changed(2, (kinds) => (kinds as Uint8Array).fill(8)),
        'tree',
      ),
    isCorrupt,
  );
  assert.throws(
    () =>
      decodeTree(
        changed(9, (sizes) => (sizes as Uint8Array).fill(255)),
        'tree',
      ),
    isCorrupt,
  );
  const names = Array.from({ length: treeNodesMax + 1 }, (_, at) => Buffer.from(String(at).padStart(6, '0')));
  assert.throws(
    () =>
      decodeTree(
        changed(1, () => names),
        'tree',
      ),
    isCorrupt,
  );
});

test('a split folder is a list of whole ids and nothing else', () => {
  const ids = Buffer.concat([id('one'), id('two')]);
  const tree = decodeTree(encodeTreeParts(ids), 'tree');
  assert.ok(tree.type === 'parts');
  assert.deepEqual(Buffer.from(tree.ids), ids);
  for (const wrong of [new Uint8Array(0), ids.subarray(1)]) {
    assert.throws(() => decodeTree(encodeTreeParts(wrong), 'tree'), isCorrupt);
  }
  assert.throws(
    () =>
      decodeTree(
        changed(0, () => ids),
        'tree',
      ),
    isCorrupt,
  );
});

test('the twin of a tree names folders, chunks and lists of chunks, and nothing of names', () => {
  const twin = skeletonOf(everyKind(), id('this'));
  assert.deepEqual(Buffer.from(twin.children), Buffer.concat([id('twin'), id('twin 2'), id('list')]));
  assert.deepEqual(Buffer.from(twin.data), Buffer.concat([id('one'), id('two'), id('three')]));
  const encoded = encodeSkeleton(twin);
  assert.equal(Buffer.from(encoded).includes('folder'), false);
  const decoded = decodeSkeleton(encoded, 'skeleton');
  const list = decodeSkeleton(encodeSkeleton({ children: new Uint8Array(0), data: id('one') }), 'list');
  assert.equal('tree' in list, false);
  assert.deepEqual(Buffer.from(encodeSkeleton(decoded)), Buffer.from(encoded));
  for (const wrong of [
    { ...twin, data: new Uint8Array(31) },
    { ...twin, children: new Uint8Array(33) },
  ]) {
    assert.throws(() => decodeSkeleton(encodeSkeleton(wrong), 'skeleton'), isCorrupt);
  }
  assert.throws(
    () => decodeSkeleton(encodeSkeleton({ ...twin, tree: new Uint8Array(31) }), 'skeleton'),
    isCorrupt,
  );
});
