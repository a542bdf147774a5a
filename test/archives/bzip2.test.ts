// Our decoder of bzip2 against the original program, over what its steps find hard: runs, long repeats, noise, block edges.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { decompressBzip2 } from '../../src/archives/bzip2.ts';
import { isFailure } from '../../src/base/failure.ts';
import { noise } from '../world.ts';

async function unpack(packed: Uint8Array, step = 4093): Promise<Buffer> {
  async function* pieces() {
    for (let at = 0; at < packed.length; at += step) yield packed.subarray(at, at + step);
  }
  const parts: Uint8Array[] = [];
  for await (const part of decompressBzip2(pieces())) parts.push(part);
  return Buffer.concat(parts);
}

const pack = (plain: Uint8Array, level: number) =>
  execFileSync('bzip2', [`-${level}c`], { input: plain, maxBuffer: 2 ** 28 });

const seed = noise('bzip2', 65_536);
const inputs: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  'runs of every length up to 300': Buffer.concat(
    Array.from({ length: 301 }, (_, length) => Buffer.alloc(length, length % 7)),
  ),
  'runs that end at four and at 255 more': Buffer.concat(
    [3, 4, 5, 258, 259, 260, 518].map((length, index) => Buffer.alloc(length, index)),
  ),
  'one byte more than a block of level 1': noise('edge', 100_001),
  'zeros over several blocks': Buffer.alloc(12_000_000),
  'a long repeat': Buffer.concat(Array.from({ length: 40 }, () => seed.subarray(0, 5001))),
  'every byte in order': Buffer.from(Array.from({ length: 70_000 }, (_, index) => index & 255)),
  'two symbols': Buffer.from(Array.from({ length: 90_000 }, (_, index) => seed[index % 65_536]! & 1)),
};

for (const [name, plain] of Object.entries(inputs)) {
  test(`${name} comes out as it went into bzip2`, async () => {
    for (const level of [1, 9]) assert.ok((await unpack(pack(plain, level))).equals(plain), `level ${level}`);
  });
}

test('streams of different levels behind each other come out as one, whatever the pieces', async () => {
  const [large, small] = [seed.subarray(0, 20_000), seed.subarray(0, 100)];
  const packed = Buffer.concat([pack(large, 9), pack(small, 1), pack(large, 5)]);
  const plain = Buffer.concat([large, small, large]);
  for (const step of [1, 7, 100_000])
    assert.ok((await unpack(packed, step)).equals(plain), `pieces of ${step}`);
});

test('a changed bit of a small stream is refused, or changes nothing', async () => {
  const plain = Buffer.from('a small stream, small small stream');
  const packed = pack(plain, 9);
  let refused = 0;
  for (let bit = 0; bit < packed.length * 8; bit += 1) {
    const bad = Buffer.from(packed);
    bad[bit >> 3]! ^= 0x80 >> (bit & 7);
    try {
      // Such as a larger level than needed, a code that is not used, and the bits that fill the last byte.
      assert.ok((await unpack(bad)).equals(plain), `bit ${bit}`);
    } catch (error) {
      assert.ok(isFailure(error, 'corrupt'), `bit ${bit}: ${error}`);
      refused += 1;
    }
  }
  assert.ok(refused > packed.length * 7, `${refused} of ${packed.length * 8}`);
});
