// A frame leaves no memory behind: what node:crypto and node:zlib return is freed by a collection only, unless it is given back at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { release } from '../../src/codecs/release.ts';
import { boxTypes } from '../../src/repository/box.ts';
import { FrameBuilder, framePlainTarget } from '../../src/repository/frame-builder.ts';
import { IndexTable } from '../../src/repository/index-table.ts';
import { openFrame } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, noise, open, scratch, testContext } from '../world.ts';

const frames = 24;
const MiB = 1024 * 1024;
/** Frames that are on their way, and what the program allocates besides. A leak of one buffer a frame is three times as much. */
const leftMost = 6 * MiB;

for (const [kind, share] of [
  ['half of which is noise', 2],
  ['that do not shrink', 1],
] as const) {
  test(`neither making nor opening frames ${kind} leaves their bytes to the collector`, async () => {
    using state = scratch();
    const context = testContext();
    const storage = new MemoryStorage();
    await create(storage, state.path, context);
    await using repository = await open(storage, state.path, 'one', context);
    const { ring } = repository;
    const pack = { name: 'f'.repeat(64), suite: ring.suite };
    let opened = 0;
    const builder = new FrameBuilder(ring, new IndexTable(), { comp: 1, level: 1 }, (frame) => {
      const plain = openFrame(ring, { ...frame, pack }, frame.box);
      opened += plain.length;
      if (plain.buffer !== frame.box.buffer) release(plain);
      release(frame.box);
    });
    const plain = Buffer.alloc(framePlainTarget);
    noise(kind, framePlainTarget / share).copy(plain);
    const id = Buffer.alloc(32);
    const make = (number: number) => {
      plain.writeUInt32LE(number);
      builder.add(boxTypes.data, plain, id, 0);
      builder.flush();
    };
    make(0);
    const before = process.memoryUsage().arrayBuffers;
    for (let number = 1; number <= frames; number += 1) make(number);
    const left = process.memoryUsage().arrayBuffers - before;
    assert.equal(opened, (frames + 1) * framePlainTarget);
    assert.ok(left <= leftMost, `${(left / MiB).toFixed(1)} MiB are left of ${frames} frames`);
  });
}
