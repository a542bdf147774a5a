// An opened repository: which index is believed, what becomes of objects that go while they are read, and which blobs it gives out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { boxTypes } from '../../src/repository/box.ts';
import { loadChain } from '../../src/repository/chain.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import { putIndex } from '../../src/repository/indexing.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

async function world() {
  const folder = scratch();
  const state = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, state.path, context);
  writeTree(folder.path, { a: noise('a', 50_000), 'deep/b': 'b' });
  const run = (storage: Storage = memory) => open(storage, state.path, 'run', context);
  await using repository = await run();
  await backupFolder(folder.path, repository, context);
  const dispose = () => {
    for (const one of [folder, state]) one[Symbol.dispose]();
  };
  return { folder: folder.path, context, memory, run, [Symbol.dispose]: dispose };
}

test('an index that is put in the place of another while both are read is found, at whatever moment it comes', async () => {
  using w = await world();
  const [name] = w.memory.names().filter((one) => one.startsWith('index/'));
  const pruned = w.memory.clone();
  await using pruner = await w.run(pruned);
  await pruner.loadIndex(w.context);
  await putIndex(pruner, noise('session', 16), pruner.catalog.packs, [...pruner.indexNames], w.context);
  const fresh = pruned.names().find((one) => one.startsWith('index/') && one !== name)!;
  const bytes = await pruned.get(fresh, w.context);
  const [snapshot] = await snapshotsOf(await w.run(), w.context);
  for (const moment of ['listed', 'read'] as const) {
    const memory = w.memory.clone();
    let moves = 0;
    const move = async () => {
      if (moves > 0) return;
      moves += 1;
      await memory.put(fresh, bytes, w.context);
      await memory.delete(name!, w.context);
    };
    const storage = forwarding(memory, {
      async *list(prefix, options) {
        for await (const one of memory.list(prefix, options)) {
          yield one;
          if (one.name === name && moment === 'listed') await move();
        }
      },
      async get(wanted, options) {
        if (wanted === name && moment === 'read') await move();
        return memory.get(wanted, options);
      },
    });
    await using repository = await w.run(storage);
    await repository.loadIndex(w.context);
    assert.equal(moves, 1);
    assert.equal(await restoredDigest(snapshot!, repository, w.context), treeDigest(w.folder));
  }
});

test('a blob is given as what it is and as nothing else, and one that is on its way counts as absent', async () => {
  using w = await world();
  await using repository = await w.run();
  await repository.loadIndex(w.context);
  const [snapshot] = await snapshotsOf(repository, w.context);
  const { root, skeleton } = snapshot!;
  assert.ok((await repository.readBlob(boxTypes.tree, root, w.context)).length > 0);
  await assert.rejects(repository.readBlob(boxTypes.skeleton, root, w.context), { code: 'BLOB_WRONG' });
  await assert.rejects(repository.readBlob(boxTypes.data, skeleton, w.context), { code: 'BLOB_WRONG' });
  const strange = new Uint8Array(32).fill(7);
  await assert.rejects(repository.readBlob(boxTypes.data, strange, w.context), { code: 'BLOB_MISSING' });
  await using session = await Session.open(repository, w.context);
  const frames: NewFrame[] = [];
  const id = new Uint8Array(32);
  const builder = session.builder({ comp: 0, level: 0 }, (frame) => frames.push(frame));
  builder.add(boxTypes.data, noise('on its way', 1000), id, 0);
  builder.flush();
  await assert.rejects(repository.readBlob(boxTypes.data, id, w.context), { code: 'BLOB_MISSING' });
  for (const frame of frames) await session.store(frame);
  await session.flush();
  assert.equal((await repository.readBlob(boxTypes.data, id, w.context)).length, 1000);
});

test('an object that its storage calls damaged is told as one, from a disk and from a server, and the others are read', async () => {
  using w = await world();
  writeTree(w.folder, { c: 'c' });
  {
    await using repository = await w.run();
    await backupFolder(w.folder, repository, w.context);
  }
  const [bad, good] = await snapshotsOf(await w.run(), w.context);
  for (const isLocal of [true, false]) {
    const storage = forwarding(w.memory, {
      features: { ...w.memory.features, isLocal },
      async get(name, options) {
        if (name === `snapshots/${bad!.name}`) throw new Failure('corrupt', 'OBJECT_DAMAGED', 'other bytes');
        return w.memory.get(name, options);
      },
    });
    const chain = await loadChain(await w.run(storage), w.context);
    const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id);
    assert.deepEqual(ids(chain.snapshots), ids([good!]));
    assert.deepEqual(
      chain.broken.map(({ name }) => name),
      [`snapshots/${bad!.name}`],
    );
  }
});

test('no access to one file of a disk is trouble of that file, no access to one object of a server is trouble of all', async () => {
  using w = await world();
  const [only] = await snapshotsOf(await w.run(), w.context);
  const read = async (isLocal: boolean) => {
    const storage = forwarding(w.memory, {
      features: { ...w.memory.features, isLocal },
      async get(name, options) {
        if (name === `snapshots/${only!.name}`) throw new Failure('denied', 'STORAGE_DENIED', 'no access');
        return w.memory.get(name, options);
      },
    });
    return loadChain(await w.run(storage), w.context);
  };
  assert.deepEqual((await read(true)).broken.length, 1);
  await assert.rejects(read(false), { code: 'STORAGE_DENIED' });
});
