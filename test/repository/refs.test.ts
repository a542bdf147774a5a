// Refs stand for what a snapshot needs where nobody with its keys looks: each for the snapshot of its name, and for no other.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { putRef, readRefs } from '../../src/repository/refs.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
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
