// A mark of a session that was torn or spoiled stops nobody but who would delete: it goes on holding what it may hold, until a person ends it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prune } from '../../src/operations/prune.ts';
import { revokeSession } from '../../src/operations/revoke-session.ts';
import { status } from '../../src/operations/status.ts';
import { Session } from '../../src/repository/session.ts';
import { listRevoked, listSessions } from '../../src/repository/sessions.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

const pruning = { dryRun: false, maxUnused: 0 };

for (const [mark, holds] of [
  ['', false],
  ['.borrow.1', true],
] as const) {
  test(`with a damaged mark "SESSION${mark}" backups go on, and prune ${holds ? 'waits for a word' : 'holds it for running'}`, async () => {
    using folder = scratch();
    using state = scratch();
    const context = testContext();
    const memory = new MemoryStorage();
    await create(memory, state.path, context);
    const repository = await open(memory, state.path, 'same', context);
    writeTree(folder.path, { a: noise('a', 20_000) });
    await backupFolder(folder.path, repository, context);
    const lost = await Session.open(repository, context);
    const name = `sessions/${lost.name}${mark}`;
    await memory.delete(name, context);
    await memory.put(name, noise(name, 200), context);

    writeTree(folder.path, { b: noise('b', 20_000) });
    const other = await open(memory, state.path, 'same', context);
    assert.equal((await backupFolder(folder.path, other, context)).outcome, 'succeeded');
    assert.equal((await snapshotsOf(other, context)).length, 2);
    assert.match(context.warnings.join(), /a mark of a session cannot be read/);
    const { sessions } = await status({}, other, context);
    assert.deepEqual(
      sessions.map(({ id }) => id),
      [lost.name],
    );
    const run = () => prune(pruning, other, context);
    if (holds) await assert.rejects(run, { code: 'PRUNE_REFUSED' });
    else await run();
    await revokeSession({ id: lost.name.slice(0, 12), reason: 'test' }, other, context);
    await run();
    assert.deepEqual((await status({}, other, context)).sessions, []);
  });
}

test('a mark of a session counts under its own name alone, and an empty word of its death counts for none', async () => {
  using folder = scratch();
  using state = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, state.path, context);
  const run = () => open(memory, state.path, 'same', context);
  writeTree(folder.path, { a: noise('a', 20_000) });
  await backupFolder(folder.path, await run(), context);
  const [snapshot] = await snapshotsOf(await run(), context);
  const session = await Session.open(await run(), context);
  const mark = await memory.get(`sessions/${session.name}`, context);
  const strange = '0'.repeat(session.name.length);
  await memory.put(`sessions/${strange}`, mark, context);
  const listed = await listSessions(await run(), context);
  const unreadable = new Map(listed.map((one) => [one.id, one.unreadable]));
  assert.deepEqual(unreadable.get(session.name), []);
  assert.deepEqual(unreadable.get(strange), [`sessions/${strange}`]);
  await memory.delete(`sessions/${strange}`, context);
  // Neither a mark of no bytes nor one of another session takes away what a running one has.
  await memory.put(`sessions/${strange}.revoked`, new Uint8Array(), context);
  assert.deepEqual([...(await listRevoked(await run(), context))], []);
  const other = await Session.open(await run(), context);
  await revokeSession({ id: other.name, reason: 'test' }, await run(), context);
  const word = await memory.get(`sessions/${other.name}.revoked`, context);
  await memory.put(`sessions/${'1'.repeat(session.name.length)}.revoked`, word, context);
  assert.deepEqual([...(await listRevoked(await run(), context))], [other.name]);
  await session.publish(snapshot!);
  assert.equal((await snapshotsOf(await run(), context)).length, 2);
});
