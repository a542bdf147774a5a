// Pack directories: read back as written, refused when they contradict themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../src/base/failure.ts';
import { decodeDirectory, encodeDirectory, type FrameEntry } from '../../src/repository/pack.ts';

function entryOf(lengths: readonly number[]): FrameEntry {
  const column = Buffer.alloc(lengths.length * 4);
  for (const [index, length] of lengths.entries()) column.writeUInt32LE(length, index * 4);
  return {
    length: 500,
    type: 1,
    comp: 1,
    plainLength: lengths.reduce((sum, length) => sum + length, 0),
    generation: 3,
    commit8: Buffer.alloc(8, 1),
    ids: Buffer.alloc(lengths.length * 32, 2),
    lengths: column,
  };
}

test('a directory is read back as it was written', () => {
  const blobs = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(blobs, { maxLength: 8 }), (frames) => {
      const bytes = encodeDirectory(frames.map(entryOf), 2);
      const directory = decodeDirectory(bytes, 'pack');
      assert.equal(directory.suite, 2);
      assert.deepEqual(Buffer.from(encodeDirectory(directory.frames, directory.suite)), Buffer.from(bytes));
      assert.equal(directory.frames.length, frames.length);
    }),
    { numRuns: 50 },
  );
});

test('frames that contradict themselves or pass the limits are refused', () => {
  const good = entryOf([10, 20]);
  const bad: readonly Partial<FrameEntry>[] = [
    { plainLength: 31 },
    { ids: good.ids.subarray(1) },
    { ids: good.ids.subarray(32) },
    { ids: new Uint8Array(0), lengths: new Uint8Array(0), plainLength: 0 },
    { commit8: new Uint8Array(7) },
    { type: 4 },
    { plainLength: 8 * 1024 * 1024 + 1 },
    { length: 128 * 1024 * 1024 + 1 },
  ];
  for (const change of bad) {
    assert.throws(
      () => decodeDirectory(encodeDirectory([{ ...good, ...change }], 1), 'pack'),
      (error) => isFailure(error, 'corrupt', 'OBJECT_MALFORMED'),
    );
  }
  const many = entryOf(new Array<number>(65_536).fill(1));
  assert.throws(
    () => decodeDirectory(encodeDirectory([many], 1), 'pack'),
    (error) => isFailure(error, 'corrupt', 'OBJECT_MALFORMED'),
  );
});
