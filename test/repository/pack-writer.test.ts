// Packs on their way: one at a time to a disk, several to a network, and none forgotten when a run ends early.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import {
  backupFolder,
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

function writeFiles(folder: string, seed: string, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const bytes = createHash('shake256', { outputLength: 8 << 20 })
      .update(`${seed} ${at}`)
      .digest();
    writeTree(folder, { [`file-${at}`]: bytes });
  }
}

/** Data packs are handed on only after `turns` other things had their turn, as if an answer took its time. */
function slow(inner: MemoryStorage, isLocal: boolean, turns: number) {
  let under = 0;
  const seen = { most: 0 };
  const storage: Storage = forwarding(inner, {
    features: { ...inner.features, isLocal, parallelCallsMax: 8 },
    async put(name, bytes, options) {
      if (name.startsWith('packs/')) {
        under += 1;
        seen.most = Math.max(seen.most, under);
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        under -= 1;
      }
      await inner.put(name, bytes, options);
    },
  });
  return { storage, seen, under: () => under };
}

for (const [isLocal, most] of [
  [true, 1],
  [false, 4],
] as const) {
  test(`a ${isLocal ? 'disk' : 'network'} is given ${most} data packs at once at most, and all arrive`, async () => {
    using folder = scratch();
    using state = scratch();
    // Noise does not shrink: 56 MiB fill seven packs, more than are ever on their way.
    writeFiles(folder.path, 'pack', 7);
    const context = testContext();
    const inner = new MemoryStorage();
    await create(inner, state.path, context);
    const { storage, seen, under } = slow(inner, isLocal, 2000);
    await using repository = await open(storage, state.path, 'one', context);
    assert.equal((await backupFolder(folder.path, repository, context)).outcome, 'succeeded');
    assert.equal(seen.most, most);
    assert.equal(under(), 0);
    const [snapshot] = await snapshotsOf(repository, context);
    assert.ok(snapshot);
    assert.equal(await restoredDigest(snapshot, repository, context), treeDigest(folder.path));
  });
}

test('when one of several packs fails, the run ends only after the others have arrived, and they are indexed', async () => {
  using folder = scratch();
  using state = scratch();
  writeFiles(folder.path, 'fail', 4);
  const context = testContext();
  const inner = new MemoryStorage();
  await create(inner, state.path, context);
  const { storage, under } = slow(inner, false, 500);
  let puts = 0;
  const failing = forwarding(storage, {
    async put(name, bytes, options) {
      if (name.startsWith('packs/') && ++puts === 2) throw new Failure('exhausted', 'STORAGE_FULL', 'full');
      await storage.put(name, bytes, options);
    },
  });
  await using repository = await open(failing, state.path, 'one', context);
  await assert.rejects(backupFolder(folder.path, repository, context), { code: 'STORAGE_FULL' });
  assert.equal(under(), 0);
  const stored = inner.names().filter((name) => name.startsWith('packs/'));
  assert.ok(stored.length >= 1);
  await repository.loadIndex(context);
  for (const name of stored)
    assert.ok(repository.catalog.byName(name.slice(name.lastIndexOf('/') + 1)), name);
});
