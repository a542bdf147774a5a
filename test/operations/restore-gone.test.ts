// A snapshot that is forgotten and pruned while it is restored: gone, not damaged.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  writeTree,
} from '../world.ts';

test('a snapshot that was forgotten and pruned meanwhile is told as missing, a damaged one as damaged', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  const source = join(folder.path, 'source');
  writeTree(source, { 'a/file': 'content' });
  await create(memory, folder.path, context);
  await backupFolder(source, await open(memory, folder.path, 'run', context), context);
  const reader = await open(memory, folder.path, 'reader', context);
  const [snapshot] = await snapshotsOf(reader, context);
  await reader.loadIndex(context);
  const damaged = memory.clone();
  for (const name of damaged.names()) if (/^(packs|meta)/.test(name)) damaged.damage(name, undefined);
  const other = await open(damaged, folder.path, 'reader', context);
  await other.loadIndex(context);
  await assert.rejects(
    restoredDigest(snapshot!, other, context),
    (error) => !isFailure(error, 'missing', 'SNAPSHOT_GONE'),
  );
  const forgetter = await open(memory, folder.path, 'forgetter', context);
  const request = { policy: {}, groupBy: [], filter: { ids: [snapshot!.id] }, dryRun: false, run: 'test' };
  await forget({ ...request, zoneOffset: () => 0 }, forgetter, context);
  await prune({ dryRun: false, maxUnused: 0 }, forgetter, context);
  await assert.rejects(restoredDigest(snapshot!, reader, context), (error) =>
    isFailure(error, 'missing', 'SNAPSHOT_GONE'),
  );
});
