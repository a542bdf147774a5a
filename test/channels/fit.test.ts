// Cutting what is too long: within the limit, at whole characters, saying how much is missing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitText, oneLine, plainLines } from '../../src/channels/fit.ts';

test('a text that fits stays as it is; a longer one ends within the limit and says how much is missing', () => {
  const text = 'aä€🔒'.repeat(100);
  const sizeBytes = Buffer.byteLength(text);
  assert.equal(fitText(text, sizeBytes, 'en'), text);
  for (let bytesMax = 70; bytesMax < sizeBytes; bytesMax += 1) {
    const cut = fitText(text, bytesMax, 'en');
    assert.ok(Buffer.byteLength(cut) <= bytesMax, String(bytesMax));
    const [, kept = '', missing] = /^(.*)\n\[… (\d+) bytes more/s.exec(cut) ?? [];
    assert.ok(text.startsWith(kept));
    assert.equal(Buffer.byteLength(kept) + Number(missing), sizeBytes);
  }
  assert.equal(fitText(text, 5, 'de'), 'aä');
  assert.equal(fitText(text, 0, 'de'), '');
});

test('a title is one line without control characters, of limited length', () => {
  assert.equal(oneLine(' a\r\nBcc: b\u0000\u2028c\u0085d  e '), 'a Bcc: b c d e');
  assert.equal(oneLine('🔒'.repeat(9), 4), '🔒🔒🔒…');
});

test('a text keeps its lines and loses other control characters', () => {
  assert.equal(plainLines('a\r\nb\rc\td\u0000\u001b[31m\u009be'), 'a\nb\nc\td[31me');
});
