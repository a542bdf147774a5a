// Compressions as streams: whatever the sizes of the pieces, and although a piece that was lent is written over before the next one.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { compressions } from '../../src/archives/compression.ts';
import { noise } from '../world.ts';

const mebi = 1024 * 1024;

for (const { name, compress, decompress, levels, takesLent } of compressions) {
  if (compress === undefined) continue;

  test(`${name}: what takes several blocks comes back byte for byte, piece by piece`, async () => {
    // Twelve blocks of two mebibytes for zstd; the others get as much as their speed allows.
    const length = name === 'zstd' ? 23 * mebi + 12_345 : 3 * mebi + 12_345;
    const plain = Buffer.alloc(length);
    const block = noise(name, mebi / 2);
    for (let at = 0; at < length; at += mebi) {
      plain.set(block.subarray(0, length - at), at);
      // No block is like another: one in the place of another shows.
      plain.writeUInt32LE(at, at);
    }
    const packed: Buffer[] = [];
    for await (const piece of compress(pieces(plain, takesLent === true), levels.min))
      packed.push(Buffer.from(piece));
    const digest = createHash('sha256');
    let got = 0;
    for await (const piece of decompress(from(packed))) {
      digest.update(piece);
      got += piece.length;
    }
    assert.equal(got, length);
    assert.equal(digest.digest('hex'), createHash('sha256').update(plain).digest('hex'));
  });
}

/** Of many sizes; all in one buffer that is written over where they may be lent. */
async function* pieces(plain: Buffer, lent: boolean): AsyncGenerator<Uint8Array> {
  const room = Buffer.alloc(3 * mebi);
  const sizes = [1, 65_536, 2 * mebi, 2 * mebi + 1, 777, 3 * mebi];
  for (let at = 0, number = 0; at < plain.length; number += 1) {
    const piece = plain.subarray(at, at + sizes[number % sizes.length]!);
    at += piece.length;
    if (!lent) yield piece;
    else {
      piece.copy(room);
      yield room.subarray(0, piece.length);
      room.fill(0xee);
    }
  }
}

async function* from(list: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* list;
}
