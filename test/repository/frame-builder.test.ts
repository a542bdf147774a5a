// Frames as they are filled: what fits lies together, what is large lies alone, what does not shrink is stored as it is, and all of it reads back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { Compression, NewFrame } from '../../src/repository/frame-builder.ts';
import { framePlainMax } from '../../src/repository/pack.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, noise, open, scratch, type TestContext, testContext } from '../world.ts';

const mebi = 1024 * 1024;
const plain: Compression = { comp: 1, level: 1 };

async function world(folder: string) {
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, folder, context);
  return { context, repository: await open(memory, folder, 'one', context) };
}

/** Stores the blobs; each must be read back byte for byte, whatever frame it came into. */
async function stored(
  blobs: readonly Uint8Array[],
  repository: Repository,
  context: TestContext,
  { type = boxTypes.data as number, compression = plain } = {},
) {
  const frames: NewFrame[] = [];
  await using session = await Session.open(repository, context);
  const builder = session.builder(compression, (frame) => frames.push(frame));
  const ids = new Uint8Array(32 * blobs.length);
  const isNew = blobs.map((blob, at) => builder.add(type, blob, ids, at * 32));
  builder.flush();
  const shapes = frames.map(({ comp, plainLength, ids, rows, choice }) => ({
    comp,
    plainLength,
    blobs: ids.length / 32,
    rows: rows.length,
    choice: choice?.reason,
  }));
  for (const frame of frames) await session.store(frame);
  await session.flush();
  for (const [at, blob] of blobs.entries()) {
    const read = await repository.readBlob(type, ids.subarray(at * 32, at * 32 + 32), context);
    assert.equal(Buffer.compare(read, blob), 0, `blob ${at}`);
  }
  return { isNew, shapes };
}

test('blobs fill a frame of one MiB to the last byte, and the next one begins another', async () => {
  using folder = scratch();
  const { context, repository } = await world(folder.path);
  await using _ = repository;
  const halves = [noise('a', mebi / 2), noise('b', mebi / 2), noise('c', 1)];
  const { shapes } = await stored(halves, repository, context);
  assert.deepEqual(
    shapes.map((shape) => [shape.blobs, shape.plainLength]),
    [
      [2, mebi],
      [1, 1],
    ],
  );
  const more = await stored([noise('d', mebi / 2 + 1), noise('e', mebi / 2)], repository, context);
  assert.deepEqual(
    more.shapes.map((shape) => shape.blobs),
    [1, 1],
  );
});

test('a blob larger than a frame should be lies alone, one that is too large is refused, and none is stored twice', async () => {
  using folder = scratch();
  const { context, repository } = await world(folder.path);
  await using _ = repository;
  const large = noise('large', mebi + 1);
  const { isNew, shapes } = await stored([noise('a', 10), large, large, noise('a', 10)], repository, context);
  assert.deepEqual(isNew, [true, true, false, false]);
  assert.deepEqual(shapes.map((shape) => [shape.blobs, shape.plainLength]).sort(), [
    [1, 10],
    [1, mebi + 1],
  ]);
  // Larger than the room of a pack: it gets a pack of its own.
  const largest = await stored([noise('largest', framePlainMax)], repository, context);
  assert.deepEqual(largest.isNew, [true]);
  await assert.rejects(
    () => stored([Buffer.alloc(framePlainMax + 1)], repository, context),
    (error) => isFailure(error, 'bug', 'ASSERTION_FAILED'),
  );
});

test('more blobs than a frame had room for at first keep their ids, lengths and rows', async () => {
  using folder = scratch();
  const { context, repository } = await world(folder.path);
  await using _ = repository;
  // Of lengths of their own, and in all more than the first room of a frame of trees.
  const blobs = Array.from({ length: 300 }, (_, at) => noise(`small ${at}`, 400 + at));
  const { shapes } = await stored(blobs, repository, context, { type: boxTypes.tree });
  assert.deepEqual(
    shapes.map((shape) => [shape.blobs, shape.rows]),
    [[300, 300]],
  );
});

test('what does not shrink is stored as it is, and only a choice that was made is told', async () => {
  using folder = scratch();
  const { context, repository } = await world(folder.path);
  await using _ = repository;
  const [noisy] = (await stored([noise('n', 50_000)], repository, context)).shapes;
  assert.deepEqual([noisy!.comp, noisy!.choice], [0, undefined]);
  const [text] = (await stored([Buffer.alloc(50_000, 'text ')], repository, context)).shapes;
  assert.deepEqual([text!.comp, text!.choice], [1, undefined]);
  const auto = { compression: { ...plain, isAuto: true } };
  const [chosen] = (await stored([Buffer.alloc(60_000, 'other ')], repository, context, auto)).shapes;
  assert.equal(typeof chosen!.choice, 'string');
});
