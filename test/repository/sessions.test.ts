// A mark of a session that was torn or spoiled stops nobody but who would delete: it goes on holding what it may hold, until a person ends it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prune } from '../../src/operations/prune.ts';
import { revokeSession } from '../../src/operations/revoke-session.ts';
import { status } from '../../src/operations/status.ts';
import { Session } from '../../src/repository/session.ts';
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
