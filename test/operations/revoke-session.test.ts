// A lost writer can be declared dead, and one that wakes up after all publishes nothing.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { prune } from '../../src/operations/prune.ts';
import { revokeSession } from '../../src/operations/revoke-session.ts';
import { status } from '../../src/operations/status.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
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

const pruning = { dryRun: false, maxUnused: 0 };

/** What a storage, or whoever may put objects but has no key, can make of a mark. */
const forgeries: Readonly<Record<string, (genuine: Uint8Array) => Uint8Array>> = {
  'of chance': (genuine) => noise('forged', genuine.length),
  'of one byte': () => new Uint8Array(1),
  'with one bit changed': (genuine) => {
    const changed = Uint8Array.from(genuine);
    changed[changed.length - 1]! ^= 1;
    return changed;
  },
  'of another session': (genuine) => genuine,
};

for (const [kind, forge] of Object.entries(forgeries)) {
  test(`a mark ${kind} takes nothing from a running session, and confirmation from no snapshot`, async () => {
    using folder = scratch();
    const context = testContext();
    const state = join(folder.path, 'state');
    const source = join(folder.path, 'source');
    const memory = new MemoryStorage();
    await create(memory, state, context);
    const pruner = await open(memory, state, 'same', context);
    const dead = await Session.open(pruner, context);
    await revokeSession({ id: dead.name, reason: 'test' }, pruner, context);
    const genuine = await memory.get(`sessions/${dead.name}.revoked`, context);

    // To the writer the place shows no mark; to everybody else it shows one as soon as the session begins.
    let session = '';
    const hiding = forwarding(memory, {
      stat: async (name, options) =>
        name.endsWith('.revoked') ? undefined : await memory.stat(name, options),
      async put(name, bytes, options) {
        await memory.put(name, bytes, options);
        if (/^sessions\/[0-9a-f]{32}$/.test(name)) {
          session = name.slice('sessions/'.length);
          await memory.put(`${name}.revoked`, forge(genuine), context);
        }
        // All that the writer has stored is there, and its snapshot is not.
        if (name.startsWith('index/')) await prune(pruning, pruner, context);
      },
    });
    writeTree(source, { 'a.txt': noise('a', 100_000) });
    const writer = await open(hiding, state, 'same', context);
    await backupFolder(source, writer, context);
    assert.match(session, /^[0-9a-f]{32}$/);
    const look = await open(memory, state, 'same', context);
    const [snapshot] = await snapshotsOf(look, context);
    assert.equal(snapshot?.sessionId, session);
    assert.equal(snapshot.confirmed, true);
    await look.loadIndex(context);
    assert.equal(await restoredDigest(snapshot, look, context), treeDigest(source));
    assert.match(context.warnings.join(), /forged or damaged/);
  });
}
