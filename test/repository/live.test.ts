// What is in use, by the word of skeletons: nothing of a folder is taken for unused because it is stored in parts.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { treeNodesMax } from '../../src/base/limits.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
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

test('a folder that is stored in parts keeps all of them through forget and prune', async () => {
  using folder = scratch();
  using state = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, state.path, context);
  const run = () => open(memory, state.path, 'run', context);
  for (let number = 0; number <= treeNodesMax; number += 1)
    writeTree(folder.path, { [`many/${number}`]: number % 1000 === 0 ? noise(`${number}`, 3000) : '' });
  await backupFolder(folder.path, await run(), context);
  rmSync(join(folder.path, 'many/3000'));
  writeTree(folder.path, { 'many/4000': noise('other', 3000) });
  await backupFolder(folder.path, await run(), context);
  const pruner = await run();
  const [first, second] = await snapshotsOf(pruner, context);
  const filter = { ids: [first!.id] };
  const forgetting = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
  await forget(forgetting, pruner, context);
  const freed = await prune({ dryRun: false, maxUnused: 0 }, pruner, context);
  assert.ok(freed.bytesFreed > 6000, JSON.stringify(freed));
  const after = await run();
  await after.loadIndex(context);
  assert.deepEqual((await check({ level: 3 }, after, context)).findings, []);
  assert.equal(await restoredDigest(second!, after, context), treeDigest(folder.path));
});
