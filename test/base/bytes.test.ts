import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareBytes,
  concat,
  equalBytes,
  fromByteString,
  fromHex,
  hex,
  padme,
  readU32Le,
  readU64Le,
  toByteString,
  writeU32Le,
  writeU64Le,
} from '../../src/base/bytes.ts';
import { isFailure } from '../../src/base/failure.ts';

test('hex is lower-case and comes back', () => {
  assert.equal(hex(Uint8Array.of(0, 0xab, 0xff)), '00abff');
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(fromHex(hex(bytes)), bytes)));
});

for (const text of ['0', 'AB', '0g', ' 00', '0x00', '00\n']) {
  test(`"${JSON.stringify(text)}" is not hex`, () => {
    assert.throws(
      () => fromHex(text),
      (error) => isFailure(error, 'corrupt', 'HEX_INVALID'),
    );
  });
}

test('byte strings hold every byte and come back', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index);
  assert.deepEqual(fromByteString(toByteString(bytes)), bytes);
  assert.equal(toByteString(bytes).charCodeAt(255), 255);
  assert.throws(
    () => fromByteString('\u0100'),
    (error) => isFailure(error, 'bug', 'NUMBER_OUT_OF_RANGE'),
  );
});

test('concat joins in order', () => {
  assert.deepEqual(concat([Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)]), Uint8Array.of(1, 2, 3));
  assert.deepEqual(concat([]), new Uint8Array());
});

test('bytes are ordered as Buffer.compare orders them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5, max: 3 }), fc.uint8Array({ maxLength: 5, max: 3 }), (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
      assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0);
    }),
  );
  assert.ok(compareBytes(Uint8Array.of(0x80), Uint8Array.of(0x7f)) > 0);
});

test('u32 and u64 lie little-endian and come back', () => {
  const bytes = new Uint8Array(12);
  writeU32Le(bytes, 0, 0xfedcba98);
  writeU64Le(bytes, 4, 0xfedcba9876543210n);
  assert.equal(hex(bytes), '98badcfe1032547698badcfe');
  assert.equal(readU32Le(bytes, 0), 0xfedcba98);
  assert.equal(readU64Le(bytes, 4), 0xfedcba9876543210n);
});

test('reading and writing beyond the end or beyond the type is refused', () => {
  const bytes = new Uint8Array(8);
  for (const offset of [-1, 5, 0.5]) {
    assert.throws(
      () => readU32Le(bytes, offset),
      (error) => isFailure(error, 'corrupt', 'BYTES_TOO_SHORT'),
    );
  }
  assert.throws(
    () => readU64Le(bytes, 1),
    (error) => isFailure(error, 'corrupt', 'BYTES_TOO_SHORT'),
  );
  for (const value of [-1, 1.5, 2 ** 32]) {
    assert.throws(
      () => writeU32Le(bytes, 0, value),
      (error) => isFailure(error, 'bug', 'NUMBER_OUT_OF_RANGE'),
    );
  }
  assert.throws(
    () => writeU64Le(bytes, 0, 2n ** 64n),
    (error) => isFailure(error, 'bug', 'NUMBER_OUT_OF_RANGE'),
  );
});

test('PADME gives the lengths of its definition', () => {
  const known = [
    [0, 0],
    [1, 1],
    [2, 2],
    [8, 8],
    [9, 10],
    [15, 16],
    [17, 18],
    [33, 36],
    [100, 104],
    [1000, 1024],
  ];
  for (const [length, padded] of known) assert.equal(padme(length!), padded, `PADME(${length})`);
});

test('PADME equals the definition in big integers, never shrinks, adds at most 12 % and is idempotent', () => {
  const reference = (length: number): number => {
    if (length < 2) return length;
    const value = BigInt(length);
    const exponent = value.toString(2).length - 1;
    const mask = (1n << BigInt(exponent - exponent.toString(2).length)) - 1n;
    return Number((value + mask) & ~mask);
  };
  const lengths = fc.oneof(
    fc.nat(70_000),
    fc.maxSafeNat().map((value) => Math.min(value, 2 ** 52)),
    fc.integer({ min: 1, max: 51 }).map((bits) => 2 ** bits - 1),
  );
  fc.assert(
    fc.property(lengths, (length) => {
      const padded = padme(length);
      assert.equal(padded, reference(length));
      assert.ok(padded >= length && padded <= Math.max(length * 1.12, length + 1));
      assert.equal(padme(padded), padded);
    }),
    { numRuns: 500 },
  );
});
