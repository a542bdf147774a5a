// Over a network trees come in few rounds, and one read at random brings nothing else; a pack that was cut short still gives what it has.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { boxTypes } from '../../src/repository/box.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { backupFolder, create, open, scratch, testContext, writeTree } from '../world.ts';

async function world(isLocal: boolean) {
  using folder = scratch();
  const state = scratch();
  const context = testContext();
  for (let at = 0; at < 12; at += 1) {
    const bytes = createHash('shake256', { outputLength: 1 << 20 })
      .update(`reader ${at}`)
      .digest();
    writeTree(folder.path, { [`file-${at}`]: bytes });
  }
  const inner = new MemoryStorage();
  await create(inner, state.path, context);
  {
    await using repository = await open(inner, state.path, 'one', context);
    await backupFolder(folder.path, repository, context);
  }
  const calls: RecordedCall[] = [];
  const storage = withRecording(forwarding(inner, { features: { ...inner.features, isLocal } }), calls);
  const repository = await open(storage, state.path, 'two', context);
  await repository.loadIndex(context);
  calls.length = 0;
  return { inner, repository, calls, context, [Symbol.dispose]: () => state[Symbol.dispose]() };
}

function framesOf({ catalog }: Repository, type: number): number[] {
  return Array.from({ length: catalog.frameCount }, (_, number) => number).filter(
    (number) => catalog.frame(number).type === type,
  );
}

test('data read in order comes in groups over a network, one by one from a disk, and is the same', async () => {
  const read = async (isLocal: boolean) => {
    using w = await world(isLocal);
    const numbers = framesOf(w.repository, boxTypes.data);
    assert.ok(numbers.length >= 8, `${numbers.length} frames`);
    const digests: string[] = [];
    for (const number of numbers) {
      const plain = await w.repository.readFrame(number, w.context);
      digests.push(createHash('sha256').update(plain).digest('hex'));
    }
    return { rounds: w.calls.length, frames: numbers.length, digests: digests.sort() };
  };
  const disk = await read(true);
  const network = await read(false);
  assert.equal(disk.rounds, disk.frames);
  assert.ok(network.rounds * 2 <= network.frames, `${network.rounds} rounds for ${network.frames} frames`);
  const plain = (bytes: string[]) => bytes.length;
  assert.equal(plain(disk.digests), disk.frames);
});

test('a frame read at random brings nothing else', async () => {
  using w = await world(false);
  const numbers = framesOf(w.repository, boxTypes.data);
  const [first, , third] = numbers;
  await w.repository.readFrame(third!, w.context);
  await w.repository.readFrame(first!, w.context);
  const lengths = [third!, first!].map((number) => w.repository.catalog.frame(number).length);
  assert.deepEqual(
    w.calls.map(({ sizeBytes }) => sizeBytes),
    lengths,
  );
});

test('what lies before the cut of a pack that was cut short is still read', async () => {
  using w = await world(false);
  const [first, second, third] = framesOf(w.repository, boxTypes.data);
  const frame = w.repository.catalog.frame(third!);
  assert.equal(frame.pack, w.repository.catalog.frame(first!).pack);
  const name = w.inner.names().find((one) => one.endsWith(frame.pack.name))!;
  w.inner.damage(name, (await w.inner.get(name, w.context)).subarray(0, frame.offset));
  await w.repository.readFrame(first!, w.context);
  await w.repository.readFrame(second!, w.context);
  await assert.rejects(w.repository.readFrame(third!, w.context), { code: 'OBJECT_TOO_SHORT' });
});
