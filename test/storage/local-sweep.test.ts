// What killed writers leave in a local repository, and what is kept free for a full disk.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeFiles } from '../../src/storage/local/files.ts';
import { openLocal } from '../../src/storage/local.ts';
import { bytesOf, namesOf, scratch, signal } from './storage-world.ts';

test('what a killed writer left half-written goes when it is old; what is young and every object stays', async () => {
  using folder = scratch();
  const storage = await openLocal(folder.path, nodeFiles);
  await storage.put('packs/ab/one', bytesOf('one'), { signal });
  const old = join(folder.path, 'packs/ab/.tmp-old');
  const young = join(folder.path, 'packs/ab/.tmp-young');
  const foreign = join(folder.path, 'lost+found');
  mkdirSync(foreign);
  for (const path of [old, young, join(foreign, '.tmp-1')]) writeFileSync(path, 'half');
  for (const path of [old, join(foreign, '.tmp-1'), join(folder.path, 'packs/ab/one')])
    utimesSync(path, 1, 1);
  utimesSync(young, 1000, 1000);
  assert.equal(await storage.sweep?.(1_000_000, { signal }), 1);
  assert.deepEqual([existsSync(old), existsSync(young), readdirSync(foreign)], [false, true, ['.tmp-1']]);
  assert.deepEqual(await namesOf(storage), ['packs/ab/one']);
});

test('the reserve is made once, is no object, and is given back whole', async () => {
  using folder = scratch();
  const storage = await openLocal(folder.path, nodeFiles, 4096);
  assert.equal(await storage.freeReserve?.({ signal }), false);
  await storage.fillReserve?.({ signal });
  const made = readdirSync(folder.path);
  assert.equal(made.length, 8);
  // A killed run left one short.
  writeFileSync(join(folder.path, made[0]!), 'short');
  await storage.fillReserve?.({ signal });
  assert.deepEqual(await namesOf(storage), []);
  assert.equal(await storage.freeReserve?.({ signal }), true);
  assert.deepEqual(readdirSync(folder.path), []);
});
