// Erasure beside write-only writers: what they saved is erased by those who can read, and they go on saving afterwards.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Secret } from '../../src/base/secret.ts';
import { check } from '../../src/operations/check.ts';
import { erase } from '../../src/operations/erase.ts';
import { addWriter } from '../../src/operations/keys/writers.ts';
import { openForWriting } from '../../src/repository/open.ts';
import { decodeWriterKey } from '../../src/repository/writer-key.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  owner,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

test('what a write-only writer saved is erased, and its next backup is whole', async () => {
  using folder = scratch();
  using state = scratch();
  using clientState = scratch();
  const context = testContext();
  const storage = new MemoryStorage();
  await create(storage, state.path, context);
  await using repository = await open(storage, state.path, 'first', context);
  const keys: Secret[] = [];
  await addWriter({ name: 'client', keep: (key) => keys.push(key) }, repository, context);
  writeTree(folder.path, { 'anna/letter.bin': noise('hers', 50_000), 'ours.bin': noise('ours', 50_000) });
  const save = async (incarnation: string) => {
    const key = decodeWriterKey(keys[0]!);
    const access = { storage, state: { directory: clientState.path }, owner: owner(incarnation), key };
    await using client = await openForWriting(access, context);
    await backupFolder(folder.path, client, context);
  };
  await save('client-1');
  await using reader = await open(storage, state.path, 'second', context);
  const request = { reason: 'request 1', dryRun: false, tool: 'test', prune: { exclusive: false } };
  const matches = (path: string) => path === join(folder.path, 'anna');
  const done = await erase({ ...request, matches }, reader, context);
  assert.deepEqual(
    [done.outcome, done.snapshots.length, done.remaining],
    ['succeeded', 1, { snapshots: [], unreadable: [], packs: [] }],
  );
  writeFileSync(join(folder.path, 'anna/letter.bin'), 'saved again, later');
  await save('client-2');
  await using last = await open(storage, state.path, 'third', context);
  const newest = (await snapshotsOf(last, context)).at(-1)!;
  await last.loadIndex(context);
  assert.equal(await restoredDigest(newest, last, context), treeDigest(folder.path));
  const found = await check({ level: 3 }, last, context);
  assert.deepEqual(
    found.findings.filter(({ severity }) => severity === 'error'),
    [],
  );
});
