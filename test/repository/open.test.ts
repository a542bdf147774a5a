// Making a repository over what an unfinished or damaged one has left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { backupFolder, create, open, scratch, testContext, writeTree } from '../world.ts';

const context = testContext();

test('init replaces the keys that a killed init has left', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  await create(storage, folder.path, context);
  storage.damage('config/1', undefined);
  const left = storage.names();
  await create(storage, folder.path, context);
  await open(storage, folder.path, 'one', context);
  const slots = storage.names().filter((name) => name.startsWith('keys/slot-'));
  assert.equal(slots.length, 1);
  assert.ok(!left.includes(slots[0]!));
});

test('init leaves the keys of a repository alone that has backups but lost its config', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  await create(storage, folder.path, context);
  writeTree(folder.path, { 'source/file': 'content' });
  await backupFolder(`${folder.path}/source`, await open(storage, folder.path, 'one', context), context);
  storage.damage('config/1', undefined);
  const before = storage.names();
  await assert.rejects(create(storage, folder.path, context), (error) =>
    isFailure(error, 'conflict', 'STORAGE_NOT_EMPTY'),
  );
  assert.deepEqual(storage.names(), before);
});
