// A host whose clock stands before 1970 writes times below zero: its objects must not lock everybody else out.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { prune } from '../../src/operations/prune.ts';
import { Session } from '../../src/repository/session.ts';
import { listSessions } from '../../src/repository/sessions.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { backupFolder, create, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

test('a clock before 1970 makes no repository unreadable', async () => {
  using folder = scratch();
  const source = join(folder.path, 'source');
  writeTree(source, { 'a.txt': 'hello' });
  const right = testContext();
  const early = { ...right, clock: { ...right.clock, now: () => -86_400_000 } };
  const storage = new MemoryStorage();
  const state = join(folder.path, 'state');
  await create(storage, state, early);
  // A second host joins, so that the key bundle holds such a time too, backs up, and leaves a session behind.
  const other = await open(storage, join(folder.path, 'other'), 'early', early);
  await backupFolder(source, other, early);
  const session = await Session.open(other, early);
  const repository = await open(storage, state, 'right', right);
  assert.ok((await listSessions(repository, right)).every(({ startedAt }) => startedAt === -86_400_000));
  await session.end();
  await backupFolder(source, repository, right);
  assert.equal((await snapshotsOf(repository, right)).length, 2);
  await prune({ dryRun: false, maxUnused: 0 }, repository, right);
  assert.deepEqual((await check({ level: 3 }, repository, right)).findings, []);
});
