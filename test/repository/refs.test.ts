// Refs stand for what a snapshot needs where nobody with its keys looks: each for the snapshot of its name, and for no other.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { listRefs, loadRoots, putRef, readRefs } from '../../src/repository/refs.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { create, noise, open, scratch, testContext } from '../world.ts';

const nameOf = (name: string) => noise(name, 32).toString('hex');

test('a ref is read as it was put, and believed under its own name alone', async () => {
  using folder = scratch();
  const context = testContext();
  const storage = new MemoryStorage();
  await create(storage, folder.path, context);
  await using repository = await open(storage, folder.path, 'one', context);
  const { signal } = context;
  const skeleton = Buffer.from(noise('skeleton', 32));
  const sessionId = noise('session', 16).toString('hex');
  const full = await putRef(repository, { snapshot: nameOf('a'), skeleton, sessionId }, context);
  await putRef(repository, { snapshot: nameOf('b'), skeleton }, context);
  const sound = await readRefs(repository, context);
  assert.deepEqual(sound.broken, []);
  const found = new Map(sound.all.map((ref) => [ref.snapshot, ref]));
  assert.deepEqual([...found.keys()].sort(), [nameOf('a'), nameOf('b')].sort());
  assert.equal(found.get(nameOf('a'))!.object, full);
  assert.equal(found.get(nameOf('a'))!.sessionId, sessionId);
  assert.equal('sessionId' in found.get(nameOf('b'))!, false);
  for (const ref of sound.all) {
    assert.deepEqual(
      ref.skeletons.map((one) => Buffer.from(one)),
      [skeleton],
    );
    assert.equal(ref.generation, 1);
  }
  // Who holds the storage gives the ref of one snapshot to another, which would be swept then.
  const bytes = await storage.get(full, { signal });
  const moved = full.replace(nameOf('a'), nameOf('c'));
  const otherHash = full.slice(0, -1) + (full.endsWith('0') ? '1' : '0');
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 1]! ^= 1;
  const hash = createHash('sha256').update(changed).digest('hex').slice(0, 32);
  const spoiled = full.slice(0, full.lastIndexOf('-') + 1) + hash;
  await storage.put(moved, bytes, { signal });
  await storage.put(otherHash, bytes, { signal });
  await storage.put(spoiled, changed, { signal });
  const read = await readRefs(repository, context);
  assert.deepEqual(read.broken.map(({ name }) => name).sort(), [moved, otherHash, spoiled].sort());
  assert.ok(read.broken.every(({ failure }) => failure.kind === 'corrupt'));
  assert.equal(read.all.length, 2);
});

test('what is in use is known when each snapshot has its ref, also when one is forgotten meanwhile, and else not at all', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const skeleton = Buffer.from(noise('skeleton', 32));
  const [kept, going] = [nameOf('a'), nameOf('b')];
  const storage = forwarding(memory, {
    async *list(prefix, options) {
      yield* memory.list(prefix, options);
      // Forgotten by another process: the snapshot goes before its ref.
      if (prefix === 'snapshots/') memory.damage(`snapshots/${going}`, undefined);
    },
  });
  await using repository = await open(storage, folder.path, 'one', context);
  for (const name of [kept, going]) await memory.put(`snapshots/${name}`, noise(name, 100), context);
  const refs = [
    await putRef(repository, { snapshot: kept, skeleton }, context),
    await putRef(repository, { snapshot: kept, skeleton }, context),
  ];
  const roots = await loadRoots(repository, context);
  assert.deepEqual([...roots.snapshots], [kept]);
  assert.deepEqual([...roots.refs].sort(), refs.sort());
  assert.deepEqual(
    (await listRefs(repository, new Set([kept, going]), context)).get(kept)!.sort(),
    refs.sort(),
  );
  assert.equal((await listRefs(repository, new Set([going]), context)).size, 0);
  // One that is there without a ref may need anything.
  await memory.put(`snapshots/${nameOf('c')}`, noise('c', 100), context);
  await assert.rejects(loadRoots(repository, context), { code: 'REF_MISSING' });
});
