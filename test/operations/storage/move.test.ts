// A repository moves as it is: nothing damaged travels under a good name, nothing is mixed, a cut-off move is taken up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveObjects } from '../../../src/operations/storage/move.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { atCall, withFaults } from '../../../src/storage/with/fault.ts';
import { forwarding } from '../../../src/storage/with/forwarding.ts';
import {
  backupFolder,
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../../world.ts';

async function filled() {
  const folder = scratch();
  const state = scratch();
  const context = testContext();
  writeTree(folder.path, { a: 'one', 'b/c': 'two'.repeat(1000) });
  const storage = new MemoryStorage();
  await create(storage, state.path, context);
  {
    await using repository = await open(storage, state.path, 'one', context);
    await backupFolder(folder.path, repository, context);
  }
  return { folder, state, context, storage };
}

const plan = { dryRun: false };

test('after a move the new place is the same repository, and the old one is untouched', async () => {
  const { folder, state, context, storage } = await filled();
  using _ = folder;
  using __ = state;
  const to = new MemoryStorage();
  const before = storage.names();
  assert.equal((await moveObjects({ dryRun: true }, storage, to, context)).objects, before.length);
  assert.deepEqual(to.names(), []);
  const done = await moveObjects(plan, storage, to, context);
  assert.equal(done.outcome, 'succeeded');
  assert.deepEqual(to.names(), before);
  assert.deepEqual(storage.names(), before);
  await using repository = await open(to, state.path, 'two', context);
  const [snapshot] = await snapshotsOf(repository, context);
  await repository.loadIndex(context);
  assert.equal(await restoredDigest(snapshot!, repository, context), treeDigest(folder.path));
  assert.deepEqual(await moveObjects(plan, storage, to, context), {
    outcome: 'succeeded',
    objects: 0,
    bytes: 0,
    skipped: before.length,
  });
});

test('a move that is cut off at any call is no repository yet, and the next one finishes it', async () => {
  const { folder, state, context, storage } = await filled();
  using _ = folder;
  using __ = state;
  for (let call = 1; ; call += 1) {
    const to = new MemoryStorage();
    const faulty = withFaults(to, atCall(call, call % 2 === 0 ? 'crash-before' : 'crash-after'));
    const failed = await moveObjects(plan, storage, faulty.storage, context).then(
      () => false,
      () => true,
    );
    if (!failed) {
      assert.ok(call > 20, `${call} calls`);
      break;
    }
    // The config is the last object: whoever sees it sees a whole repository.
    if (to.names().includes('config/1')) assert.deepEqual(to.names(), storage.names());
    await moveObjects(plan, storage, to, context);
    assert.deepEqual(to.names(), storage.names());
  }
});

test('a damaged object stays behind and is named; everything else arrives', async () => {
  const { folder, state, context, storage } = await filled();
  using _ = folder;
  using __ = state;
  const pack = storage.names().find((name) => name.startsWith('packs/'))!;
  const bytes = await storage.get(pack, context);
  bytes[100]! ^= 1;
  storage.damage(pack, bytes);
  const to = new MemoryStorage();
  assert.equal((await moveObjects(plan, storage, to, context)).outcome, 'partial');
  assert.deepEqual(
    context.problems.map(({ path, code }) => [path, code]),
    [[pack, 'OBJECT_DAMAGED']],
  );
  assert.deepEqual(
    to.names(),
    storage.names().filter((name) => name !== pack),
  );
});

test('what cannot be moved safely is refused', async () => {
  const { folder, state, context, storage } = await filled();
  using _ = folder;
  using __ = state;
  const other = await filled();
  using ___ = other.folder;
  using ____ = other.state;
  await assert.rejects(moveObjects(plan, storage, other.storage, context), { code: 'STORAGE_NOT_EMPTY' });
  await assert.rejects(moveObjects(plan, new MemoryStorage(), new MemoryStorage(), context), {
    code: 'REPOSITORY_MISSING',
  });
  const liar = new MemoryStorage();
  const lying = forwarding(liar, {
    put: (name, bytes, options) => liar.put(name, bytes.slice(0, -1), options),
  });
  await assert.rejects(moveObjects(plan, storage, lying, context), { code: 'STORAGE_UNFAITHFUL' });
  await storage.put('sessions/00', Buffer.from('busy'), context);
  await assert.rejects(moveObjects(plan, storage, new MemoryStorage(), context), {
    code: 'MOVE_BESIDE_SESSION',
  });
});
