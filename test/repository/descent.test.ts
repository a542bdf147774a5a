// Walks down trees that an insider wrote: as deep as the format allows and not one level more, and never longer than what is stored explains.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { treeNodesMax, treeRepeatsMin, treeRepeatsPerNode } from '../../src/base/limits.ts';
import { diff, find, ls } from '../../src/operations/browse.ts';
import { check } from '../../src/operations/check.ts';
import { restore } from '../../src/operations/restore.ts';
import { boxTypes } from '../../src/repository/box.ts';
import { Descent } from '../../src/repository/descent.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { encodeSkeleton, encodeTree, skeletonOf, type TreeColumns } from '../../src/repository/tree.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, open, scratch, snapshotsOf, type TestContext, testContext } from '../world.ts';

/** A folder of folders, all with the same content. */
function folders(count: number, content: Uint8Array): TreeColumns {
  return {
    names: Array.from({ length: count }, (_, row) => String(row).padStart(5, '0')),
    kinds: new Uint8Array(count).fill(1),
    modes: new Uint16Array(count).fill(0o755),
    uids: new Uint32Array(count),
    gids: new Uint32Array(count),
    mtimes: new BigInt64Array(count),
    ctimes: new BigInt64Array(count),
    inodes: new BigUint64Array(count),
    sizes: new Float64Array(count),
    contents: Array.from({ length: count }, () => content),
    xattrs: new Map(),
    runs: new Map(),
    links: new Map(),
    indirect: new Set(),
  };
}

/** A snapshot of so many levels below its root, each folder holding `width` times the same one. */
async function publish(levels: number, width: number, repository: Repository, context: TestContext) {
  const frames: NewFrame[] = [];
  await using session = await Session.open(repository, context);
  const builder = session.builder({ comp: 1, level: 1 }, (frame) => frames.push(frame));
  const ids = new Uint8Array(64);
  for (let level = 0; level <= levels; level += 1) {
    const nodes = folders(level === 0 ? 0 : width, Uint8Array.from(ids));
    builder.add(boxTypes.tree, encodeTree(nodes), ids, 0);
    const tree = ids.slice(0, 32);
    builder.add(boxTypes.skeleton, encodeSkeleton(skeletonOf(nodes, tree)), ids, 32);
  }
  builder.flush();
  for (const frame of frames) await session.store(frame);
  await session.flush();
  await session.borrow();
  const { id } = await session.publish({
    host: 'h',
    user: 'u',
    paths: ['/'],
    tags: [],
    time: 0,
    durationMs: 0,
    outcome: 'succeeded',
    stats: { entries: 1, bytes: 0, problems: 0, newBlobs: 0, storedBytes: 0 },
    root: ids.slice(0, 32),
    skeleton: ids.slice(32),
    owners: { users: new Map(), groups: new Map() },
    sourceKind: 'files',
    tool: 'hostile',
  });
  await repository.loadIndex(context);
  return (await snapshotsOf(repository, context)).find((one) => one.id === id)!;
}

async function countOf(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count += 1;
  return count;
}

async function world(folder: string): Promise<{ repository: Repository; context: TestContext }> {
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, folder, context);
  return { repository: await open(memory, folder, 'hostile', context), context };
}

/** How many entries each command that walks sees of a snapshot. */
async function walks(levels: number, width: number, repository: Repository, context: TestContext) {
  const empty = await publish(0, 0, repository, context);
  const snapshot = await publish(levels, width, repository, context);
  const rules = { verify: false, dryRun: true, devices: false, owners: false, workers: 0 };
  const request = { snapshot, target: join('/nowhere', 'out'), select: () => true, ...rules };
  return {
    snapshot,
    acts: {
      restore: async () => (await restore(request, repository, context)).plan.entries,
      ls: () => countOf(ls({ snapshot, recursive: true }, repository, context)),
      find: () => countOf(find({ snapshots: [snapshot], matches: () => true }, repository, context)),
      diff: () => countOf(diff({ left: empty, right: snapshot, metadata: true }, repository, context)),
    },
  };
}

test('folders as deep as the format allows are walked, restored and checked, and one level more is refused by all', async () => {
  using folder = scratch();
  const { repository, context } = await world(folder.path);
  for (const [levels, isAllowed] of [
    [4096, true],
    [4097, false],
  ] as const) {
    const { snapshot, acts } = await walks(levels, 1, repository, context);
    for (const [what, act] of Object.entries(acts)) {
      if (isAllowed) assert.equal(await act(), levels, what);
      else await assert.rejects(act, (error) => isFailure(error, 'corrupt', 'TREE_TOO_DEEP'), what);
    }
    const { findings } = await check({ level: 2, snapshots: [snapshot] }, repository, context);
    assert.deepEqual(
      findings.map((one) => one.code),
      isAllowed ? [] : ['TREE_TOO_DEEP'],
    );
  }
});

test('a few trees that show endless folders are refused by every walk, and are no damage', async () => {
  using folder = scratch();
  const { repository, context } = await world(folder.path);
  const { snapshot, acts } = await walks(12, 20, repository, context);
  for (const [what, act] of Object.entries(acts)) {
    await assert.rejects(act, (error) => isFailure(error, 'corrupt', 'TREE_REPEATED'), what);
  }
  assert.deepEqual(context.problems, []);
  assert.equal((await check({ level: 2, snapshots: [snapshot] }, repository, context)).outcome, 'succeeded');
});

test('more entries than may repeat are walked when each is there once', async () => {
  using folder = scratch();
  const { repository, context } = await world(folder.path);
  const descent = new Descent(repository, context);
  let met = 0;
  for (let width = treeNodesMax; met <= treeRepeatsMin; width -= 1) {
    const { root } = await publish(1, width, repository, context);
    met += (await descent.enter(root, '')).names.length;
  }
});

test('what was met may repeat so many times, and not once more', async () => {
  using folder = scratch();
  const { repository, context } = await world(folder.path);
  const { root } = await publish(1, 999, repository, context);
  const descent = new Descent(repository, context);
  let times = -1;
  const enter = async () => {
    for (; times < 1000; times += 1) await descent.enter(root, '');
  };
  await assert.rejects(enter, { code: 'TREE_REPEATED' });
  assert.equal(times, Math.floor((treeRepeatsMin + 1000 * treeRepeatsPerNode) / 1000));
});

test('equal folders at many places are all there', async () => {
  using folder = scratch();
  const { repository, context } = await world(folder.path);
  const { acts } = await walks(3, 20, repository, context);
  for (const [what, act] of Object.entries(acts)) assert.equal(await act(), 20 + 20 ** 2 + 20 ** 3, what);
});
