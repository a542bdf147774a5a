// What a session says of itself is believed only where it says it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { listSessions, Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, open, scratch, testContext } from '../world.ts';

test('a session under the name of another is refused', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const repository = await open(memory, folder.path, 'run', context);
  const session = await Session.open(repository, context);
  assert.deepEqual(
    (await listSessions(repository, context)).map((one) => one.id),
    [session.name],
  );
  const bytes = await memory.get(`sessions/${session.name}`, { signal: context.signal });
  await memory.put(`sessions/${'ab'.repeat(16)}`, bytes, { signal: context.signal });
  await assert.rejects(listSessions(repository, context), (error) =>
    isFailure(error, 'corrupt', 'OBJECT_MALFORMED'),
  );
});
