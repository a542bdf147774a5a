// A writer that may add but not delete has succeeded when its snapshot is there; a revoked one has not, whatever it may delete.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { revokeSession } from '../../src/operations/revoke-session.ts';
import { loadChain } from '../../src/repository/chain.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { withAppendOnly } from '../../src/storage/with/append-only.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { countRounds } from '../storage/rounds.ts';
import { backupFolder, create, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

async function begin() {
  const folder = scratch();
  const state = scratch();
  writeTree(folder.path, { a: 'one' });
  const context = testContext();
  const inner = new MemoryStorage();
  await create(inner, state.path, context);
  const dispose = () => {
    for (const one of [folder, state]) one[Symbol.dispose]();
  };
  return { folder, state, context, inner, [Symbol.dispose]: dispose };
}

test('without the right to delete a backup succeeds, and says that its marks stay', async () => {
  using world = await begin();
  const { folder, state, context, inner } = world;
  await using repository = await open(withAppendOnly(inner), state.path, 'one', context);
  assert.equal((await backupFolder(folder.path, repository, context)).outcome, 'succeeded');
  assert.equal((await snapshotsOf(repository, context)).length, 1);
  assert.match(context.warnings.join(), /marks of this run stay/);
  assert.ok(inner.names().some((name) => name.startsWith('sessions/')));
});

test('a writer without the right to delete that was revoked meanwhile is told so', async () => {
  using world = await begin();
  const { folder, state, context, inner } = world;
  await using admin = await open(inner, state.path, 'one', context);
  await backupFolder(folder.path, admin, context);
  const [snapshot] = await snapshotsOf(admin, context);
  await using repository = await open(withAppendOnly(inner), state.path, 'one', context);
  const session = await Session.open(repository, context);
  await revokeSession({ id: session.name, reason: 'test' }, admin, context);
  await assert.rejects(session.publish(snapshot!), { code: 'SESSION_REVOKED' });
});

test('a session opens, with the chain beside it, in five rounds; its own mark is not read back', async () => {
  using world = await begin();
  const { folder, state, context, inner } = world;
  {
    await using first = await open(inner, state.path, 'one', context);
    await backupFolder(folder.path, first, context);
  }
  let rounds = countRounds(inner);
  const before = rounds;
  await using repository = await open(
    forwarding(inner, {
      put: (...call) => rounds.storage.put(...call),
      get: (...call) => rounds.storage.get(...call),
      stat: (...call) => rounds.storage.stat(...call),
      list: (...call) => rounds.storage.list(...call),
    }),
    state.path,
    'one',
    context,
  );
  assert.ok(before.count() > 0);
  rounds = countRounds(inner);
  const { session, found } = await Session.openBeside(repository, context, () =>
    loadChain(repository, context),
  );
  assert.equal(found.snapshots.length, 1);
  assert.ok(rounds.count() <= 5, `${rounds.count()} rounds\n${rounds.shown()}`);
  assert.doesNotMatch(rounds.shown(), new RegExp(`get sessions/${session.name}`));
  await session.end();
});

test('a session whose reading fails leaves no mark behind', async () => {
  using state = scratch();
  const context = testContext();
  const inner = new MemoryStorage();
  await create(inner, state.path, context);
  await using repository = await open(inner, state.path, 'one', context);
  const broken = new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'broken');
  await assert.rejects(
    Session.openBeside(repository, context, () => Promise.reject(broken)),
    broken,
  );
  assert.ok(!inner.names().some((name) => name.startsWith('sessions/')), inner.names().join());
});
