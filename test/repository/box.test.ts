// Boxes and envelopes: what was sealed opens, and nothing opens under another meaning or after a change.

import assert from 'node:assert/strict';
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../../src/base/cbor.ts';
import { isFailure } from '../../src/base/failure.ts';
import {
  type BoxMeaning,
  boxOverheadOf,
  noDomain,
  openBox,
  openEnvelope,
  sealBox,
  sealEnvelope,
} from '../../src/repository/box.ts';

const key = createSecretKey(randomBytes(32));
const meaning: BoxMeaning = {
  repositoryId: randomBytes(16),
  domainId: randomBytes(16),
  generation: 1,
  suite: 1,
  type: 1,
  comp: 0,
  plainLength: 40,
};
const isBroken = (error: unknown): boolean => isFailure(error, 'corrupt', 'BOX_BROKEN');

test('a box opens to what was sealed and is longer by the overhead of its suite', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 2, 4), (payload, suite) => {
      const box = sealBox(key, { ...meaning, suite }, payload);
      assert.equal(box.length, payload.length + (suite === 4 ? 88 : 72));
      assert.equal(boxOverheadOf(suite), box.length - payload.length);
      assert.deepEqual(Buffer.from(openBox(key, { ...meaning, suite }, box, 'box')), Buffer.from(payload));
    }),
    { numRuns: 50 },
  );
});

test('a box of a suite that is not known yet says so, and a damaged one does not', () => {
  // The commitment is the same however much key material a suite needs, so that an older program can tell the two.
  const newer = { ...meaning, suite: 9 };
  const box = sealBox(key, meaning, randomBytes(40));
  const info = Buffer.concat([Buffer.from('bkp1/box\0'), Buffer.of(9, newer.type), box.subarray(0, 24)]);
  const first = createHmac('sha256', key).update(info).update(Buffer.of(1)).digest();
  createHmac('sha256', key).update(first).update(info).update(Buffer.of(2)).digest().copy(box, 24);
  assert.throws(
    () => openBox(key, newer, box, 'box'),
    (error) => isFailure(error, 'corrupt', 'CIPHER_UNKNOWN'),
  );
  box[24]! ^= 1;
  assert.throws(() => openBox(key, newer, box, 'box'), isBroken);
});

test('a box opens under no other meaning, no other key and after no change', () => {
  const box = sealBox(key, meaning, randomBytes(40));
  const others: readonly Partial<BoxMeaning>[] = [
    { repositoryId: randomBytes(16) },
    { domainId: randomBytes(16) },
    { generation: 2 },
    { suite: 2 },
    { type: 2 },
    { comp: 1 },
    { plainLength: 41 },
  ];
  for (const other of others)
    assert.throws(() => openBox(key, { ...meaning, ...other }, box, 'box'), isBroken);
  assert.throws(() => openBox(createSecretKey(randomBytes(32)), meaning, box, 'box'), isBroken);
  for (let at = 0; at < box.length; at++) {
    const changed = Buffer.from(box);
    changed[at]! ^= 1;
    assert.throws(() => openBox(key, meaning, changed, 'box'), isBroken);
    assert.throws(() => openBox(key, meaning, box.subarray(0, at), 'box'), isBroken);
  }
});

test('an envelope is refused as another type, when cut short and after a change of any byte', () => {
  const { repositoryId } = meaning;
  const bytes = sealEnvelope(key, { repositoryId, generation: 1, suite: 1, type: 6 }, new Map([[1, 7]]));
  const open = (object: Uint8Array, type = 6): unknown =>
    openEnvelope(
      object,
      { repositoryId, type, plainMax: 4096 },
      (generation) => (generation === 1 ? key : undefined),
      'object',
    );
  assert.deepEqual(open(bytes), new Map([[1, 7]]));
  assert.throws(() => open(bytes, 7), isBroken);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at]! ^= 0x40;
    assert.throws(
      () => open(changed),
      (error) => isBroken(error) || isFailure(error, 'corrupt', 'CIPHER_UNKNOWN'),
    );
    assert.throws(() => open(bytes.subarray(0, at)), isBroken);
  }
});

test('an envelope whose padding is longer or shorter than its content asks for is refused', () => {
  const { repositoryId } = meaning;
  const short = new Map([[1, 7]]);
  const long = new Map([[1, new Uint8Array(1000)]]);
  const padded = (item: unknown, length: number): unknown => {
    const plain = Buffer.alloc(length);
    plain.set(encode(item));
    const head = Buffer.from(sealEnvelope(key, { repositoryId, generation: 1, suite: 1, type: 6 }, item));
    head.writeUInt32LE(length, 16);
    const box = sealBox(
      key,
      { ...meaning, repositoryId, domainId: noDomain, type: 6, plainLength: length },
      plain,
    );
    const object = Buffer.concat([head.subarray(0, 20), box]);
    return openEnvelope(object, { repositoryId, type: 6, plainMax: 4096 }, () => key, 'object');
  };
  assert.deepEqual(padded(short, 256), short);
  assert.deepEqual(padded(long, 1024), long);
  const tooLong: [unknown, number][] = [
    [short, 257],
    [short, 512],
    [long, 1056],
    [long, 1010],
  ];
  for (const [item, length] of tooLong) assert.throws(() => padded(item, length), isBroken, String(length));
  assert.throws(() => padded(short, 128), isBroken);
});
