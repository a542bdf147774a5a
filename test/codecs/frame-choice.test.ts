// `auto` frame by frame: what cannot get smaller is not compressed, what gains much gets more effort while the storage is slow, and a look
// at a frame costs next to nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { autoLevels, autoStart } from '../../src/codecs/auto.ts';
import { FrameChooser } from '../../src/codecs/frame-choice.ts';
import { codecKinds } from '../../src/codecs/kinds.ts';
import { piecesOf, Sampler, sampledMin } from '../../src/codecs/sample.ts';
import { noise } from '../world.ts';

const usual = autoStart.level;
const KiB = 1024;
const random = noise('random', 256 * KiB);
const source = Buffer.from('if (value === undefined) throw new Error("no value at index");\n'.repeat(4000));
const chooser = new FrameChooser();

test('bytes without order are stored as they are, whatever made them so', () => {
  const packed = deflateRawSync(Buffer.from(random.toString('hex')));
  assert.ok(packed.length > sampledMin);
  for (const plain of [random, packed]) {
    assert.deepEqual(chooser.choose(plain, usual), { comp: 0, level: 0, reason: 'incompressible' });
  }
});

test('random bytes that repeat are compressed: a try tells what the look does not', () => {
  const repeated = Buffer.concat(new Array(64).fill(noise('piece', 4 * KiB)));
  assert.equal(new Sampler().look(repeated).looksRandom, true);
  assert.deepEqual(chooser.choose(repeated, usual), { comp: 1, level: usual, reason: 'usual' });
});

test('one window with order is enough for a frame to be compressed', () => {
  for (let eighth = 0; eighth < 8; eighth += 1) {
    const plain = Buffer.from(random);
    source.copy(plain, eighth * 32 * KiB, 0, 32 * KiB);
    assert.equal(chooser.choose(plain, usual).comp, 1, `eighth ${eighth}`);
  }
});

test('redundant frames get a higher level than the others while the storage waits, and only then', () => {
  const base64 = Buffer.from(random.toString('base64'));
  for (const level of autoLevels) {
    const [text, other] = [chooser.choose(source, level), chooser.choose(base64, level)];
    const { least, most } = codecKinds.zstd.levels;
    assert.ok(text.level >= least && text.level <= most);
    assert.equal(other.level, level);
    if (level > usual) assert.deepEqual([text.level > level, text.reason], [true, 'redundant']);
    else assert.deepEqual(text, other);
    const why = level > usual ? 'storage-waits' : level < usual ? 'storage-is-fast' : 'usual';
    assert.equal(other.reason, why);
  }
});

test('frames that are too short to be looked at are compressed', () => {
  for (const length of [0, 1, sampledMin - 1]) {
    assert.equal(chooser.choose(random.subarray(0, length), usual).reason, 'usual');
  }
});

test('any frame can be looked at, and is left as it was', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 40_000 }), (piece, length) => {
      const plain = Buffer.alloc(length, piece);
      const copy = Buffer.from(plain);
      chooser.choose(plain, usual);
      assert.ok(piecesOf(plain).length <= plain.length);
      assert.ok(plain.equals(copy));
    }),
    { numRuns: 60 },
  );
});

test('a look costs a small part of what compressing costs', () => {
  const frame = Buffer.alloc(KiB * KiB, source);
  const sampler = new Sampler();
  const timeOf = (act: () => unknown, times: number): number => {
    act();
    const before = process.cpuUsage();
    for (let time = 0; time < times; time += 1) act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / times;
  };
  // Some 20 microseconds where a reading of every byte would take a millisecond: no clock is fine enough to fail this by chance.
  assert.ok(timeOf(() => sampler.look(frame), 500) < 1000);
});
