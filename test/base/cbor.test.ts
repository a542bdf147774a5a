// Vectors of RFC 8949 appendix A, the round trip, and everything a strict decoder has to refuse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, hex } from '../../src/base/bytes.ts';
import { decode, decodeFirst, encode } from '../../src/base/cbor.ts';
import { isFailure } from '../../src/base/failure.ts';

const vectors: readonly (readonly [string, unknown])[] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['18ff', 255],
  ['190100', 256],
  ['1903e8', 1000],
  ['19ffff', 65_535],
  ['1a00010000', 65_536],
  ['1a000f4240', 1_000_000],
  ['1affffffff', 4_294_967_295],
  ['1b0000000100000000', 4_294_967_296],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['1b0020000000000000', 9_007_199_254_740_992n],
  ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['3b001ffffffffffffe', -Number.MAX_SAFE_INTEGER],
  ['3b001fffffffffffff', -9_007_199_254_740_992n],
  ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '\u{10151}'],
  ['63efbbbf', '\ufeff'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', new Map()],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    new Map<string, unknown>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
  [
    'a40a01186402617a0362616104',
    new Map<string | number, unknown>([
      ['aa', 4],
      [100, 2],
      ['z', 3],
      [10, 1],
    ]),
  ],
];

for (const [bytes, value] of vectors) {
  test(`${bytes} is the one encoding of its value`, () => {
    assert.equal(hex(encode(value)), bytes);
    const decoded = decode(fromHex(bytes));
    assert.deepEqual(decoded, value);
    assert.equal(typeof decoded, typeof value);
  });
}

const malformed: readonly (readonly [string, string])[] = [
  ['', 'nothing'],
  ['1817', 'a small integer in two bytes'],
  ['1900ff', 'a u8 in three bytes'],
  ['1a0000ffff', 'a u16 in five bytes'],
  ['1b00000000ffffffff', 'a u32 in nine bytes'],
  ['3817', 'a small negative integer in two bytes'],
  ['580101', 'a byte string with a long length'],
  ['7801 61', 'a text with a long length'],
  ['9801 00', 'an array with a long length'],
  ['b801 0000', 'a map with a long length'],
  ['1c', 'a reserved length 28'],
  ['1f', 'an integer without length'],
  ['5f41004100ff', 'a byte string of indefinite length'],
  ['7f616161ffff', 'a text of indefinite length'],
  ['9f01ff', 'an array of indefinite length'],
  ['bf0101ff', 'a map of indefinite length'],
  ['ff', 'a break'],
  ['c074323031332d30332d3231', 'a tag'],
  ['c101', 'a tagged integer'],
  ['d9d9f700', 'a self-described document'],
  ['f7', 'undefined'],
  ['f0', 'an unassigned simple value'],
  ['f820', 'a simple value in two bytes'],
  ['f93c00', 'a half float'],
  ['fa47c35000', 'a float'],
  ['fb3ff199999999999a', 'a double'],
  ['18', 'an integer cut off'],
  ['1b00000001', 'a long integer cut off'],
  ['4401', 'a byte string cut off'],
  ['6261', 'a text cut off'],
  ['8201', 'an array cut off'],
  ['a101', 'a map without its value'],
  ['9affffffff', 'an array that claims four billion items'],
  ['bbffffffffffffffff', 'a map that claims 2^64 pairs'],
  ['5bffffffffffffffff', 'a byte string that claims 2^64 bytes'],
  ['61ff', 'text that is not UTF-8'],
  ['62c080', 'text with an overlong form'],
  ['63eda080', 'text with a surrogate'],
  ['a201000100', 'a key twice'],
  ['a202000100', 'keys that descend'],
  ['a2616100616100', 'a text key twice'],
  ['a26162006161 00', 'text keys that descend'],
  ['a262616100617a00', 'a longer text before a shorter one'],
  ['a2616100 0100', 'text before a number'],
  ['a1200 0', 'a negative key'],
  ['a1410000', 'a byte string as key'],
  ['a1f500', 'a boolean as key'],
  ['a1800 0', 'an array as key'],
  ['a11b0020000000000000 00', 'a key beyond 2^53'],
  ['0000', 'a second item'],
  ['8100ff', 'bytes behind the item'],
];

for (const [bytes, what] of malformed) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => decode(fromHex(bytes.replaceAll(' ', ''))),
      (error) => isFailure(error, 'corrupt', 'CBOR_INVALID') && typeof error.facts.offset === 'number',
    );
  });
}

test('16 levels are accepted and 17 refused, by both sides', () => {
  const nest = (levels: number): unknown => (levels === 0 ? 0 : [nest(levels - 1)]);
  assert.deepEqual(decode(encode(nest(16))), nest(16));
  assert.throws(
    () => encode(nest(17)),
    (error) => isFailure(error, 'bug', 'CBOR_UNENCODABLE'),
  );
  assert.throws(
    () => decode(fromHex(`${'81'.repeat(17)}00`)),
    (error) => isFailure(error, 'corrupt', 'CBOR_INVALID'),
  );
  assert.throws(
    () => decode(new Uint8Array(1_000_000).fill(0x81)),
    (error) => isFailure(error, 'corrupt'),
  );
});

test('more items than the limit are refused before they fill the memory', () => {
  const count = 4 * 1024 * 1024;
  const bytes = new Uint8Array(5 + count);
  bytes.set([0x9a, count >>> 24, count >>> 16, count >>> 8, count]);
  assert.throws(
    () => decode(bytes),
    (error) => isFailure(error, 'corrupt', 'CBOR_INVALID'),
  );
});

test('an item larger than the given size is refused', () => {
  const bytes = encode(new Uint8Array(100));
  assert.equal((decode(bytes, 102) as Uint8Array).length, 100);
  assert.throws(
    () => decode(bytes, 101),
    (error) => isFailure(error, 'corrupt', 'CBOR_INVALID'),
  );
  assert.throws(
    () => decodeFirst(bytes, 101),
    (error) => isFailure(error, 'corrupt', 'CBOR_INVALID'),
  );
});

test('the first item tells where it ends', () => {
  assert.deepEqual(decodeFirst(fromHex('8201020000')), { value: [1, 2], end: 3 });
});

test('byte strings are views into the input, not copies', () => {
  const bytes = fromHex('8244010203044105');
  const [first] = decode(bytes) as Uint8Array[];
  assert.equal(first?.buffer, bytes.buffer);
  assert.equal(Object.getPrototypeOf((decode(Buffer.from(bytes)) as Uint8Array[])[0]), Uint8Array.prototype);
});

test('what is outside the subset is not encoded', () => {
  const outside = [
    1.5,
    Number.NaN,
    2 ** 53,
    undefined,
    {},
    () => 0,
    2n ** 64n,
    -(2n ** 64n) - 1n,
    '\ud800',
    Symbol('a'),
  ];
  const keys = [
    new Map([[-1, 0]]),
    new Map([[1.5, 0]]),
    new Map([[1n, 0]]),
    new Map([
      [true, 0],
      [false, 0],
    ]),
  ];
  for (const value of [...outside, ...keys, [undefined]]) {
    assert.throws(
      () => encode(value),
      (error) => isFailure(error, 'bug', 'CBOR_UNENCODABLE'),
      String(value),
    );
  }
});

test('every value of the subset comes back, and its encoding is the only one', () => {
  const key = fc.oneof(fc.maxSafeNat(), fc.string({ unit: 'grapheme', maxLength: 6 }));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.maxSafeInteger().map((number) => number + 0),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((pairs) => new Map(pairs)),
    ),
  }));
  fc.assert(
    fc.property(value, (given) => {
      const bytes = encode(given);
      const decoded = decode(bytes);
      assert.deepEqual(hex(encode(decoded)), hex(bytes));
      assert.deepEqual(decoded, given);
    }),
    { numRuns: 200 },
  );
});

test('arbitrary bytes are refused or are exactly what an encoder writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      let value: unknown;
      try {
        value = decode(bytes);
      } catch (error) {
        assert.ok(isFailure(error, 'corrupt', 'CBOR_INVALID'), String(error));
        return;
      }
      assert.equal(hex(encode(value)), hex(bytes));
    }),
    { numRuns: 2_000 },
  );
});

test('every change of one byte in a document is refused or decodes to what encodes to exactly those bytes', () => {
  const document = encode(
    new Map<number, unknown>([
      [1, ['a', 300, new Uint8Array(3)]],
      [2, -70_000],
      [9, null],
    ]),
  );
  for (let at = 0; at < document.length; at += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const changed = document.slice();
      changed[at] = byte;
      try {
        assert.equal(hex(encode(decode(changed))), hex(changed));
      } catch (error) {
        assert.ok(isFailure(error, 'corrupt', 'CBOR_INVALID'), String(error));
      }
    }
  }
});
