// Field readers: each gives what it promises or refuses the object as malformed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../src/base/failure.ts';
import {
  asArray,
  asBytes,
  asCount,
  asInstant,
  asMap,
  asText,
  splitIds,
} from '../../src/repository/fields.ts';

const isMalformed = (error: unknown): boolean => isFailure(error, 'corrupt', 'OBJECT_MALFORMED');

test('every reader refuses values of another kind', () => {
  const values = [new Map(), [], new Uint8Array(3), 5, 'five', undefined, null, true, 5n];
  for (const [reader, accepted] of [
    [asMap, 0],
    [asArray, 1],
    [asBytes, 2],
    [asCount, 3],
    [asText, 4],
  ] as const) {
    for (const [index, value] of values.entries()) {
      if (index === accepted) assert.equal(reader(value, 'it'), value);
      else assert.throws(() => reader(value, 'it'), isMalformed);
    }
  }
});

test('counts outside their bounds and byte strings of other lengths are refused', () => {
  for (const value of [-1, 1.5, 11, Number.NaN, 2 ** 53]) {
    assert.throws(() => asCount(value, 'it', 10), isMalformed);
  }
  assert.throws(() => asBytes(new Uint8Array(15), 'it', 16), isMalformed);
  for (const value of [0, 10]) assert.equal(asCount(value, 'it', 10), value);
});

test('a time may lie before 1970, and is a whole number of milliseconds', () => {
  for (const value of [-1, 0, Number.MIN_SAFE_INTEGER]) assert.equal(asInstant(value, 'it'), value);
  for (const value of ['1', 1n, 0.5, Number.NaN, 2 ** 53, undefined])
    assert.throws(() => asInstant(value, 'it'), isMalformed);
});

test('joined ids are split without loss, and a torn one is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (joined) => {
      if (joined.length % 32 !== 0) assert.throws(() => splitIds(joined, 'it'), isMalformed);
      else assert.deepEqual(Buffer.concat(splitIds(joined, 'it')), Buffer.from(joined));
      const whole = new Uint8Array(joined.length * 32).fill(joined[0] ?? 0);
      assert.equal(splitIds(whole, 'it').length, joined.length);
    }),
    { numRuns: 50 },
  );
});
