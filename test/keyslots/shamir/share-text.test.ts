// Printed shares: what was typed wrongly is found, in which line, and nothing right is refused.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkWords } from '../../../src/keyslots/shamir/check-words.ts';
import { decodeShare, encodeShare, type Share } from '../../../src/keyslots/shamir/share.ts';
import { readLine, readShare, shareText, splitShares } from '../../../src/keyslots/shamir/share-text.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const fixed: Share = {
  threshold: 3,
  count: 5,
  number: 2,
  x: 77,
  set: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
  value: Uint8Array.from({ length: 32 }, (_, index) => index),
};

/** FORMAT.md gives the same lines: sheets in safes must stay readable. */
const expectedText = [
  '0C2G-4K81-081G-8186 lynx',
  '0W40-0082-0C20-A1G7 goblet',
  '104G-M2RC-1M70-Y40H cello',
  '289H-858P-2WC1-J6GV pilot',
  '3GEH-W7VN-QYD7-FXP9 bison',
  '08JR-845C-8YB6-FK25 walnut',
];

const anyShare = fc
  .tuple(
    fc.integer({ min: 2, max: 16 }),
    fc.nat(14),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    fc.uint8Array({ minLength: 40, maxLength: 40 }),
  )
  .map(([count, below, number, x, bytes]) => ({
    threshold: Math.max(2, count - below),
    count,
    number: 1 + (number % count),
    x,
    set: bytes.slice(0, 8),
    value: bytes.slice(8),
  }));

/** The positions of the sixteen characters in a line as printed. */
const places = Array.from({ length: 16 }, (_, index) => index + Math.floor(index / 4));

function replaced(line: string, at: number, character: string): string {
  return line.slice(0, at) + character + line.slice(at + 1);
}

test('a share is printed today as it always was', () => {
  assert.deepEqual(shareText(fixed), expectedText);
});

test('what is printed reads back, in any case, spacing and with O, I and L for 0 and 1', () => {
  fc.assert(
    fc.property(anyShare, (share) => {
      const lines = shareText(share);
      const sloppy = lines.map((line) => {
        const [characters = '', word] = line.split(' ');
        return ` ${characters.replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l').toLowerCase()}  ${word?.toUpperCase()} `;
      });
      for (const text of [lines, sloppy]) {
        const read = readShare(text);
        assert.ok('share' in read);
        assert.deepEqual(encodeShare(read.share), encodeShare(share));
      }
    }),
    { numRuns: 100 },
  );
});

test('any one wrong character is found and its line told', () => {
  const lines = shareText(fixed);
  for (const [index, line] of lines.entries()) {
    for (const at of places) {
      for (const character of alphabet) {
        if (character === line[at]) continue;
        const read = readShare(lines.with(index, replaced(line, at, character)));
        assert.ok('trouble' in read, `line ${index + 1}, place ${at}: ${character} was taken`);
        assert.equal(read.line, index + 1);
      }
    }
  }
});

test('any two characters that changed places within a line are found', () => {
  fc.assert(
    fc.property(anyShare, fc.nat(5), fc.nat(15), fc.nat(15), (share, index, a, b) => {
      const lines = shareText(share);
      const line = lines[index]!;
      const [first, second] = [places[a]!, places[b]!];
      if (line[first] === line[second]) return;
      const swapped = replaced(replaced(line, first, line[second]!), second, line[first]!);
      const read = readShare(lines.with(index, swapped));
      assert.ok('trouble' in read && read.line === index + 1);
    }),
    { numRuns: 2000 },
  );
});

test('no two check words are within one typing error of each other', () => {
  const all = new Set(checkWords);
  assert.equal(all.size, 256);
  for (const word of checkWords) {
    assert.match(word, /^[a-z]{4,6}$/);
    for (const slip of slips(word)) assert.ok(slip === word || !all.has(slip), `${word} and ${slip}`);
  }
});

/** All that one letter put in, left out, changed, or changed places with its neighbour makes of a word. */
function* slips(word: string): Generator<string> {
  for (let at = 0; at <= word.length; at += 1) {
    const [before, after] = [word.slice(0, at), word.slice(at + 1)];
    yield before + after;
    yield before + word.slice(at + 1, at + 2) + word.slice(at, at + 1) + word.slice(at + 2);
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
      yield before + letter + word.slice(at);
      yield before + letter + after;
    }
  }
}

test('each kind of slip has a name of its own', () => {
  const [line = ''] = shareText(fixed);
  const word = line.split(' ')[1]!;
  const other = checkWords.find((candidate) => candidate !== word)!;
  const troubles: readonly [string, string][] = [
    ['form', line.slice(1)],
    ['form', line.split(' ')[0]!],
    ['character', replaced(line, 0, 'U')],
    ['word', line.replace(word, 'holdfast')],
    ['check', line.replace(word, other)],
    ['order', shareText(fixed)[1]!],
  ];
  for (const [trouble, text] of troubles) assert.deepEqual(readLine(text, 0), { trouble }, text);
});

test('lines of two shares are not taken for one, and a missing line is told', () => {
  const lines = shareText(fixed);
  const foreign = shareText({ ...fixed, value: randomBytes(32) });
  assert.deepEqual(readShare([...lines.slice(0, 3), ...foreign.slice(3)]), { trouble: 'mixed', number: 2 });
  assert.deepEqual(readShare(lines.slice(0, 5)), { trouble: 'missing', line: 6, number: 2 });
});

test('a text may hold several shares, with headings between them', () => {
  const one = shareText(fixed);
  const two = shareText({ ...fixed, number: 3, x: 5 });
  const text = `# share 2 of 5\n${one.join('\r\n')}\r\n\n  # share 3 of 5\n${two.join('\n')}\n`;
  assert.deepEqual(splitShares(text), [one, two]);
});

test('bytes that no share has are refused: points, numbers and thresholds that cannot be', () => {
  for (const wrong of [
    { x: 0 },
    { number: 0 },
    { number: 6 },
    { threshold: 1 },
    { threshold: 6 },
    { count: 17 },
  ]) {
    assert.equal(decodeShare(encodeShare({ ...fixed, ...wrong })), undefined);
  }
  assert.equal(decodeShare(encodeShare(fixed).subarray(1)), undefined);
});
