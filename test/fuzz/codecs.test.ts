// Compressed data that was changed, cut or made to explode: a codec gives what was promised or a failure with a code, within bounded
// memory, and never anything else. The box around a frame refuses changed data long before; this is the second line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../src/base/failure.ts';
import { codecs } from '../../src/codecs/all.ts';
import type { Codec } from '../../src/codecs/codec.ts';
import { budgetOf } from '../campaign.ts';
import { noise } from '../world.ts';

const mebi = 1024 * 1024;
const numRuns = budgetOf('PROPERTY', 60);
const packers = codecs.filter(({ comp }) => comp !== 0);

/** Undefined when it was refused as it should be. */
function attempt(codec: Codec, packed: Uint8Array, plainLength: number): Uint8Array | undefined {
  try {
    const plain = codec.decompress(packed, plainLength);
    assert.equal(plain.length, plainLength);
    return plain;
  } catch (error) {
    assert.ok(isFailure(error, 'corrupt') && /^CODEC_(OVERRUN|BROKEN)$/.test(error.code), String(error));
    return undefined;
  }
}

for (const codec of packers) {
  test(`${codec.name}: any bytes come back, at any level`, () => {
    const { least, most } = codec.levels;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .array(fc.constantFrom('ab', 'the', 'same', '\n'), { maxLength: 3000 })
        .map((all) => Buffer.from(all.join(''))),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: least, max: most }), (plain, level) => {
        const back = codec.decompress(codec.compress(plain, level), plain.length);
        assert.equal(Buffer.compare(back, plain), 0);
      }),
      { numRuns },
    );
  });

  test(`${codec.name}: every truncation is refused`, () => {
    const packed = codec.compress(
      Buffer.from('some words, and some more words'.repeat(20)),
      codec.levels.usual,
    );
    for (let length = 0; length < packed.length; length += 1) {
      assert.equal(attempt(codec, packed.subarray(0, length), 620), undefined, `${length} bytes`);
    }
  });

  test(`${codec.name}: changed bytes are refused, or give as many bytes as promised`, () => {
    const plain = Buffer.concat([Buffer.alloc(2000, 'words and words '), noise('changed', 500)]);
    const packed = codec.compress(plain, codec.levels.usual);
    const places = fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(places, (changes) => {
        const changed = Buffer.from(packed);
        for (const [place, value] of changes) changed[place] = value;
        attempt(codec, changed, plain.length);
      }),
      { numRuns: numRuns * 4 },
    );
  });

  test(`${codec.name}: what is not compressed at all is refused`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(500), (bytes, length) => {
        attempt(codec, bytes, length + 1);
      }),
      { numRuns },
    );
  });

  test(`${codec.name}: a bomb is stopped at what was promised, within little memory`, () => {
    const bomb = codec.compress(Buffer.alloc(64 * mebi), codec.levels.least);
    for (const promised of [0, 1, 300, 8 * mebi]) {
      const before = Math.max(process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1024);
      assert.throws(
        () => codec.decompress(bomb, promised),
        (error) => isFailure(error, 'corrupt', 'CODEC_OVERRUN'),
      );
      const grown = process.resourceUsage().maxRSS * 1024 - before;
      assert.ok(grown < 48 * mebi, `${Math.round(grown / mebi)} MiB for ${promised} bytes`);
    }
  });
}
