import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../src/base/failure.ts';
import {
  displayPath,
  escapeForTerminal,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  quotePath,
  unquotePath,
} from '../../src/base/text.ts';

const utf8 = new TextEncoder();

test('what moves a cursor, colours, hides or turns text is shown, not obeyed', () => {
  const shown: readonly (readonly [string, string])[] = [
    ['\x1b[31mred', '\\x1b[31mred'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\x07\x7f\x00', '\\x07\\x7f\\x00'],
    ['\u009b31m', '\\u{9b}31m'],
    ['exe.\u202efdp', 'exe.\\u{202e}fdp'],
    ['\u2066a\u2069\u061c\u200f', '\\u{2066}a\\u{2069}\\u{61c}\\u{200f}'],
    ['a\u200bb\ufeff\u00ad', 'a\\u{200b}b\\u{feff}\\u{ad}'],
    ['\u{e0041}\ud800', '\\u{e0041}\\u{d800}'],
    ['\u2028', '\\u{2028}'],
  ];
  for (const [given, expected] of shown) assert.equal(escapeForTerminal(given), expected);
});

test('letters of every script and joined emoji pass unchanged', () => {
  for (const text of ['Müller', '水', 'שלום', 'नमस्ते', '👩‍🔧', 'a\\b'])
    assert.equal(escapeForTerminal(text), text);
});

test('whatever bytes a name has, nothing dangerous reaches the terminal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.doesNotMatch(displayPath(bytes), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      assert.doesNotMatch(quotePath(bytes), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffd]/);
    }),
  );
});

test('bytes that are no UTF-8 are shown as U+FFFD', () => {
  assert.equal(displayPath(Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb');
});

test('quoting is lossless for all bytes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ unit: 'binary' }).map((text) => utf8.encode(text)),
      ),
      (bytes) => {
        assert.deepEqual(unquotePath(quotePath(bytes)), new Uint8Array(bytes));
      },
    ),
    { numRuns: 500 },
  );
});

test('quoting keeps what is readable and quotes what is not', () => {
  assert.equal(quotePath(utf8.encode('Müller/水.txt')), 'Müller/水.txt');
  assert.equal(quotePath(utf8.encode('a\\x41\n')), 'a\\\\x41\\x0a');
  assert.equal(quotePath(Uint8Array.of(0xff, 0x41, 0xc3)), '\\xffA\\xc3');
  assert.equal(quotePath(Uint8Array.of(0xc0, 0x80, 0xed, 0xa0, 0x80)), '\\xc0\\x80\\xed\\xa0\\x80');
  assert.equal(quotePath(utf8.encode('\u202e')), '\\xe2\\x80\\xae');
  assert.equal(quotePath(utf8.encode('\ufffd\u{10ffff}')).includes('\\x'), false);
});

test('a lone backslash is no quoted path', () => {
  for (const text of ['\\', 'a\\b', '\\x4', '\\xgg']) {
    assert.throws(
      () => unquotePath(text),
      (error) => isFailure(error, 'usage', 'INVALID_PATH_QUOTING'),
    );
  }
});

test('bytes are written in binary units', () => {
  const known: readonly (readonly [number, string, string])[] = [
    [0, '0 B', '0 B'],
    [1023, '1,023 B', '1023 B'],
    [1024, '1.0 KiB', '1,0 KiB'],
    [1_395_864_371, '1.3 GiB', '1,3 GiB'],
    [104_857_600, '100 MiB', '100 MiB'],
    [1024 ** 2 - 1, '1.0 MiB', '1,0 MiB'],
    [-2048, '−2.0 KiB', '−2,0 KiB'],
    [1000 * 1024 ** 6, '1,000 EiB', '1000 EiB'],
  ];
  for (const [bytes, english, german] of known) {
    assert.equal(formatBytes(bytes), english);
    assert.equal(formatBytes(bytes, 'de'), german);
  }
  assert.equal(formatRate(12_897_485), '12.3 MiB/s');
});

test('counts and shares are written as the language does', () => {
  assert.equal(formatCount(1_234_567), '1,234,567');
  assert.equal(formatCount(1_234_567, 'de'), '1.234.567');
  assert.equal(formatCount(-1234), '−1,234');
  assert.equal(formatShare(0.0314, 1), '3.1%');
  assert.equal(formatShare(0.0314, 1, 'de'), '3,1 %');
  assert.equal(formatCount(Number.NaN), '–');
});

test('durations show their two largest units', () => {
  const known: readonly (readonly [number, string])[] = [
    [-5, '0.0 s'],
    [400, '0.4 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_499, '59 s'],
    [59_600, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_600, '1 h'],
    [11_520_000, '3 h 12 min'],
    [86_399_000, '1 d'],
    [187_200_000, '2 d 4 h'],
  ];
  for (const [durationMs, text] of known) assert.equal(formatDuration(durationMs), text);
  assert.equal(formatDuration(187_200_000, 'de'), '2 T 4 h');
  assert.equal(formatDuration(400, 'de'), '0,4 s');
});
