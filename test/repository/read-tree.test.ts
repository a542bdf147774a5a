// Directories and contents out of stored trees: a split one reads as if it were whole, and one that an insider put together wrongly is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { pathBytesMax, treeDepthMax } from '../../src/base/limits.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import { checkDepth, findPlace, readDirectory, readFileIds } from '../../src/repository/read-tree.ts';
import { Session } from '../../src/repository/session.ts';
import {
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  nodeKinds,
  type TreeColumns,
} from '../../src/repository/tree.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, noise, open, scratch, testContext } from '../world.ts';

const id = (name: string) => noise(name, 32);

/** Files with a number of their own in every column, and something rare in the second. */
function files(names: readonly string[], first: number, content: Uint8Array = id('content')): TreeColumns {
  const count = names.length;
  const numbers = names.map((_, row) => first + row);
  const has = count > 1;
  return {
    names: [...names],
    kinds: new Uint8Array(count),
    modes: Uint16Array.from(numbers),
    uids: Uint32Array.from(numbers),
    gids: Uint32Array.from(numbers),
    mtimes: BigInt64Array.from(numbers, BigInt),
    ctimes: BigInt64Array.from(numbers, BigInt),
    inodes: BigUint64Array.from(numbers, BigInt),
    sizes: Float64Array.from(numbers, (number) => number + 1000),
    contents: names.map(() => content),
    xattrs: new Map(has ? [[1, [[Buffer.from('user.x'), Buffer.from([first])]] as const]] : []),
    runs: new Map(has ? [[1, Buffer.from(BigUint64Array.of(5n, BigInt(first + 1)).buffer)]] : []),
    links: new Map(has ? [[1, noise(`group ${first}`, 16)]] : []),
    indirect: new Set(has ? [1] : []),
  };
}

async function world(folder: string) {
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, folder, context);
  const repository = await open(memory, folder, 'one', context);
  const store = async (blobs: readonly (readonly [number, Uint8Array])[]): Promise<Uint8Array[]> => {
    const frames: NewFrame[] = [];
    await using session = await Session.open(repository, context);
    const builder = session.builder({ comp: 1, level: 1 }, (frame) => frames.push(frame));
    const ids = blobs.map(([type, bytes]) => {
      const made = new Uint8Array(32);
      builder.add(type, bytes, made, 0);
      return made;
    });
    builder.flush();
    for (const frame of frames) await session.store(frame);
    await session.flush();
    return ids;
  };
  const split = async (...parts: readonly Uint8Array[]): Promise<Uint8Array> => {
    const ids = await store(parts.map((part) => [boxTypes.tree, part] as const));
    return (await store([[boxTypes.tree, encodeTreeParts(Buffer.concat(ids))]]))[0]!;
  };
  return { context, repository, store, split };
}

const isMalformed = (error: unknown) => isFailure(error, 'corrupt', 'OBJECT_MALFORMED');

test('a split directory reads as if it were whole, with all that is rare at its rows', async () => {
  using folder = scratch();
  const { context, repository, split } = await world(folder.path);
  await using _ = repository;
  const root = await split(
    encodeTree(files(['a', 'b'], 10)),
    encodeTree(files([], 0)),
    encodeTree(files(['c', 'd', 'e'], 20)),
  );
  const nodes = await readDirectory(repository, root, context);
  assert.deepEqual(nodes.names, ['a', 'b', 'c', 'd', 'e']);
  const numbers = [10, 11, 20, 21, 22];
  for (const column of ['modes', 'uids', 'gids', 'mtimes', 'ctimes', 'inodes'] as const)
    assert.deepEqual([...nodes[column]].map(Number), numbers, column);
  assert.deepEqual([...nodes.kinds], [0, 0, 0, 0, 0]);
  assert.deepEqual(
    [...nodes.sizes],
    numbers.map((number) => number + 1000),
  );
  assert.deepEqual([...nodes.xattrs.keys(), ...nodes.runs.keys(), ...nodes.links.keys()], [1, 3, 1, 3, 1, 3]);
  assert.deepEqual([...nodes.indirect], [1, 3]);
  assert.equal(nodes.xattrs.get(3)![0]![1][0], 20);
  assert.deepEqual(Buffer.from(nodes.links.get(3)!), Buffer.from(noise('group 20', 16)));
});

test('parts that are out of order, also around an empty one, or that are split themselves are refused', async () => {
  using folder = scratch();
  const { context, repository, split } = await world(folder.path);
  await using _ = repository;
  const [a, b, none] = [files(['a', 'b'], 1), files(['c'], 2), files([], 3)].map(encodeTree);
  const again = encodeTree(files(['b', 'c'], 4));
  for (const parts of [
    [b!, a!],
    [a!, again],
    [b!, none!, a!],
    [a!, b!, encodeTreeParts(id('deeper'))],
  ]) {
    const root = await split(...parts);
    await assert.rejects(() => readDirectory(repository, root, context), isMalformed);
  }
  const sound = await readDirectory(repository, await split(a!, none!, b!), context);
  assert.deepEqual(sound.names, ['a', 'b', 'c']);
});

test('the ids of a large file are those of its lists, one after another, and a list has no children', async () => {
  using folder = scratch();
  const { context, repository, store } = await world(folder.path);
  await using _ = repository;
  const none = new Uint8Array(0);
  const list = (data: Uint8Array, children: Uint8Array = none) =>
    [boxTypes.skeleton, encodeSkeleton({ children, data })] as const;
  const first: Uint8Array = Buffer.concat([id('1'), id('2'), id('3')]);
  const [one, two, wrong] = await store([list(first), list(id('4')), list(id('5'), id('child'))]);
  const row = (content: Uint8Array) => files(['a', 'b'], 1, content);
  const ids = await readFileIds(repository, row(Buffer.concat([one!, two!])), 1, context);
  assert.deepEqual(Buffer.from(ids), Buffer.concat([first, id('4')]));
  const direct = await readFileIds(repository, row(first), 0, context);
  assert.deepEqual(Buffer.from(direct), Buffer.from(first));
  const bad = row(Buffer.concat([one!, wrong!]));
  await assert.rejects(() => readFileIds(repository, bad, 1, context), isMalformed);
});

test('a path is found step by step, through folders alone', async () => {
  using folder = scratch();
  const { context, repository, store } = await world(folder.path);
  await using _ = repository;
  const [inner] = await store([[boxTypes.tree, encodeTree(files(['file', 'other'], 7))]]);
  const outer = files(['down', 'implied'], 1, Buffer.concat([inner!, id('twin')]));
  const columns = {
    ...outer,
    kinds: Uint8Array.of(nodeKinds.directory, nodeKinds.implied),
    runs: new Map(),
    indirect: new Set<number>(),
  };
  const [root] = await store([[boxTypes.tree, encodeTree(columns)]]);
  const find = (path: string) => findPlace(repository, root!, path, context);
  assert.equal(await find('/'), undefined);
  assert.equal((await find('/down'))?.row, 0);
  assert.equal((await find('/down/other'))?.nodes.modes[1], 8);
  assert.equal((await find('//implied//file/'))?.nodes.names[0], 'file');
  for (const path of ['/none', '/down/none', '/down/file/deeper'])
    assert.equal(await find(path), undefined, path);
});

test('a path may have so many levels and bytes, and not one more', () => {
  const isTooDeep = (error: unknown) => isFailure(error, 'corrupt', 'TREE_TOO_DEEP');
  for (const start of ['/', '']) {
    const levels = (count: number) => start + Array.from({ length: count }, () => 'a').join('/');
    checkDepth(levels(treeDepthMax));
    assert.throws(() => checkDepth(levels(treeDepthMax + 1)), isTooDeep);
    const bytes = (count: number) => start + 'a'.repeat(count - start.length);
    checkDepth(bytes(pathBytesMax));
    assert.throws(() => checkDepth(bytes(pathBytesMax + 1)), isTooDeep);
  }
  checkDepth('');
});
