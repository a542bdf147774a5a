// The decoders of rescue.mjs: they give what was compressed, by the libraries and by xz itself, and never anything else.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { bzip2 as rescueBzip2 } from '../../src/cli/rescue-bzip2.ts';
import { xz as rescueXz } from '../../src/cli/rescue-xz.ts';
import bzip2 from '../../src/codecs/bzip2.ts';
import xz from '../../src/codecs/xz.ts';
import { noise } from '../world.ts';

const words = Buffer.from(Array.from({ length: 9000 }, (_, at) => `word ${(at * at) % 613}`).join(' '));
const samples: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.alloc(150_000),
  Buffer.from(noise('rescue codecs', 80_000)),
  words,
  Buffer.concat([noise('one', 70_000), Buffer.alloc(70_000, 'abcd'), noise('two', 70_000), words]),
];

for (const [codec, decoder] of [
  [bzip2, rescueBzip2],
  [xz, rescueXz],
] as const) {
  test(`${codec.name}: what the library compressed at each end of its levels is given back`, () => {
    for (const sample of samples) {
      for (const level of [codec.levels.least, codec.levels.usual, codec.levels.most]) {
        const packed = codec.compress(sample, level);
        assert.deepEqual(Buffer.from(decoder.decompress(packed, sample.length)), sample);
      }
    }
  });

  test(`${codec.name}: another length, a cut and any changed byte give a failure or the same bytes`, () => {
    const packed = Buffer.from(codec.compress(words, codec.levels.usual));
    const isCorrupt = (error: unknown): boolean => isFailure(error, 'corrupt');
    for (const length of [words.length - 1, words.length + 1])
      assert.throws(() => decoder.decompress(packed, length), isCorrupt);
    for (const end of [0, 5, packed.length >> 1, packed.length - 1])
      assert.throws(() => decoder.decompress(packed.subarray(0, end), words.length), isCorrupt);
    assert.throws(
      () => decoder.decompress(Buffer.concat([packed, Buffer.alloc(1)]), words.length),
      isCorrupt,
    );
    for (let at = 0; at < packed.length; at += 11) {
      const changed = Buffer.from(packed);
      changed[at]! ^= 0x24;
      try {
        assert.deepEqual(Buffer.from(decoder.decompress(changed, words.length)), words, `byte ${at}`);
      } catch (error) {
        if (!isCorrupt(error)) throw error;
      }
    }
  });
}

test('xz: streams of the tool with other properties, several blocks and other checks are given back', (context) => {
  if (spawnSync('xz', ['--version']).status !== 0) return context.skip('there is no xz here');
  for (const choice of [
    '-9e',
    '--lzma2=lc=0,lp=4,pb=4',
    '--lzma2=lc=4,lp=0,pb=0',
    '--block-size=20000',
    '-Csha256',
  ])
    for (const sample of samples) {
      const { stdout } = spawnSync('xz', ['-c', '-T1', choice], { input: sample, maxBuffer: 2 ** 24 });
      assert.deepEqual(Buffer.from(rescueXz.decompress(stdout, sample.length)), sample, choice);
    }
});
