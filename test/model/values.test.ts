// Sizes, rates, outcomes, cache tags and names of nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { cachedirTagBytes, isCachedirTag } from '../../src/model/ignore-cachedir.ts';
import { checkName } from '../../src/model/node.ts';
import { exitCodeOf, outcomeOf, worseOutcome } from '../../src/model/outcome.ts';
import { parseRate } from '../../src/model/rate.ts';
import { parseSize } from '../../src/model/size.ts';

const utf8 = new TextEncoder();

test('sizes are read in bytes, with one letter in binary units', () => {
  const known: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['4096', 4096],
    ['12 B', 12],
    ['500K', 512_000],
    ['10M', 10_485_760],
    ['10m', 10_485_760],
    ['1.5 GiB', 1_610_612_736],
    ['1kB', 1000],
    ['2 MB', 2_000_000],
    ['0.1K', 102],
    [' 1T ', 1_099_511_627_776],
    ['7.5P', 7.5 * 1024 ** 5],
  ];
  for (const [text, bytes] of known) assert.equal(parseSize(text), bytes, text);
});

for (const text of [
  '',
  '10 X',
  '-1',
  '+1',
  '1,5G',
  '1e3',
  '.5M',
  '1.',
  'M',
  '10MM',
  '9P',
  '0x10',
  '10 M/s',
  '1 0',
  'NaN',
]) {
  test(`"${text}" is not a size`, () => {
    assert.throws(
      () => parseSize(text),
      (error) => isFailure(error, 'usage', 'INVALID_SIZE') && error.hint !== undefined,
    );
  });
}

test('rates are read in bytes a second', () => {
  const known: readonly (readonly [string, number])[] = [
    ['5M/s', 5_242_880],
    ['10 MiB/s', 10_485_760],
    ['500K', 512_000],
    ['1 kB / s', 1000],
    ['1', 1],
  ];
  for (const [text, rate] of known) assert.equal(parseRate(text), rate, text);
});

for (const text of ['0', '0M/s', '', 'fast', '10 Mbit/s', '5M/min', '-5M/s', '5M/s/s']) {
  test(`"${text}" is not a rate`, () => {
    assert.throws(
      () => parseRate(text),
      (error) => isFailure(error, 'usage', 'INVALID_RATE'),
    );
  });
}

test('a message about a bad size cannot carry terminal escapes', () => {
  assert.throws(
    () => parseSize('\x1b[2J'),
    (error) => error instanceof Error && !error.message.includes('\x1b'),
  );
});

test('one problem makes a run partial, and partial exits with 1', () => {
  assert.equal(outcomeOf(0), 'succeeded');
  assert.equal(outcomeOf(1), 'partial');
  assert.deepEqual((['succeeded', 'partial', 'failed', 'canceled'] as const).map(exitCodeOf), [0, 1, 8, 130]);
  assert.equal(worseOutcome('partial', 'succeeded'), 'partial');
  assert.equal(worseOutcome('canceled', 'failed'), 'failed');
});

test('a cache is told by the signature, not by the name of its tag file', () => {
  const signature = 'Signature: 8a477f597d28d172789f06886806bc55';
  assert.equal(cachedirTagBytes, 43);
  assert.equal(isCachedirTag(utf8.encode(signature)), true);
  assert.equal(isCachedirTag(utf8.encode(`${signature}\n# a cache`)), true);
  assert.equal(isCachedirTag(utf8.encode(signature.slice(0, -1))), false);
  assert.equal(isCachedirTag(utf8.encode(signature.replace('8a', '8b'))), false);
  assert.equal(isCachedirTag(new Uint8Array()), false);
});

for (const name of ['', '.', '..', 'a/b', '/', '../x', 'a\0', 'x'.repeat(1025)]) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} (${name.length} bytes) is forbidden`, () => {
    assert.throws(
      () => checkName(utf8.encode(name)),
      (error) => isFailure(error, 'corrupt', 'NAME_FORBIDDEN'),
    );
  });
}

test('every other name is allowed in a tree', () => {
  for (const name of ['...', '..a', '.a', ' ', '-rf', 'a\nb', '\\', 'C:', 'con', 'x'.repeat(1024)])
    checkName(utf8.encode(name));
  checkName(Uint8Array.of(0xff, 0xfe));
});

test('names that Windows turns into something else are forbidden there', () => {
  const forbidden = [
    '..\\test.txt',
    'a:b',
    'C:',
    'CON',
    'nul.txt',
    'com1',
    'LPT9.x',
    'aux .c',
    'a.',
    'a ',
    'a*',
    'a?',
    '<',
    'a\x01',
  ];
  for (const name of forbidden) {
    assert.throws(
      () => checkName(utf8.encode(name), 'windows'),
      (error) => isFailure(error, 'corrupt', 'NAME_FORBIDDEN'),
      name,
    );
  }
  for (const name of ['console', 'com', 'com10', 'nulls.txt', 'a.b', '.a', 'Ü'])
    checkName(utf8.encode(name), 'windows');
});
