// What a chain of recovery points says while others write to it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadChain } from '../../src/repository/chain.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { backupFolder, create, open, scratch, testContext, writeTree } from '../world.ts';

const context = testContext();

test('a recovery point that another process of this host publishes during a listing is no rollback', async () => {
  using folder = scratch();
  writeTree(folder.path, { 'source/file': 'content' });
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const save = async () =>
    backupFolder(`${folder.path}/source`, await open(memory, folder.path, 'other', context), context);
  await save();
  let published = 0;
  const storage = forwarding(memory, {
    async *list(prefix, options) {
      yield* memory.list(prefix, options);
      if (prefix !== 'snapshots/' || published > 0) return;
      published += 1;
      await save();
    },
  });
  const chain = await loadChain(await open(storage, folder.path, 'one', context), context);
  assert.equal(published, 1);
  assert.deepEqual(chain.rolledBack, []);
});
