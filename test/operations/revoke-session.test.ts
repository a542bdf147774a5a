// A lost writer can be declared dead, and one that wakes up after all publishes nothing.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { revokeSession } from '../../src/operations/revoke-session.ts';
import { status } from '../../src/operations/status.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { backupFolder, create, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

test('a revoked session holds nothing any more, and its writer cannot publish', async () => {
  using folder = scratch();
  const context = testContext();
  const state = join(folder.path, 'state');
  const memory = new MemoryStorage();
  await create(memory, state, context);
  const repository = await open(memory, state, 'same', context);
  writeTree(join(folder.path, 'source'), { 'a.txt': 'hello' });
  await backupFolder(join(folder.path, 'source'), repository, context);
  const [snapshot] = await snapshotsOf(repository, context);
  const session = await Session.open(repository, context);
  assert.deepEqual(
    (await status({}, repository, context)).sessions.map((one) => one.id),
    [session.name],
  );
  const other = await open(memory, state, 'same', context);
  assert.ok((await revokeSession({ id: session.name.slice(0, 8), reason: 'test' }, other, context)).revoked);
  assert.deepEqual((await status({}, other, context)).sessions, []);
  await assert.rejects(session.publish(snapshot!), { code: 'SESSION_REVOKED' });
  assert.equal((await snapshotsOf(other, context)).length, 1);
  await assert.rejects(revokeSession({ id: session.name, reason: 'test' }, other, context), {
    code: 'SESSION_UNKNOWN',
  });
});
