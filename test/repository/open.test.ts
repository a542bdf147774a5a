// Making a repository over what an unfinished or damaged one has left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { encodeConfig } from '../../src/repository/config.ts';
import { openRepository } from '../../src/repository/open.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { backupFolder, create, open, owner, password, scratch, testContext, writeTree } from '../world.ts';

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

test('a host that only reads stores nothing, and reads where only writers must know more', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  await create(storage, folder.path, context);
  const writing = await open(storage, folder.path, 'one', context);
  const asking = { ...writing.config, features: { read: [], write: ['x'] } };
  storage.damage('config/1', encodeConfig(writing.masterKey, asking));
  const before = storage.names();
  const access = {
    storage,
    state: { directory: `${folder.path}/another-host` },
    secrets: [password],
    owner: owner('two'),
    writerName: 'another host',
  };
  const reading = await openRepository({ ...access, purpose: 'read' }, context);
  await reading.loadIndex(context);
  await assert.rejects(openRepository(access, context), { code: 'FEATURE_UNKNOWN' });
  await assert.rejects(Session.open(reading, context), { kind: 'bug' });
  assert.deepEqual(storage.names(), before);
});
