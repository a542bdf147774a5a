// Noise is told from texts and from what is packed, whatever the language, by a thousand bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { judgeContent } from '../../../src/model/anomalies/content.ts';
import { noiseOf, textOf } from '../../control/anomalies/corpus.ts';

const counts = new Uint16Array(256);
const judge = (name: string, content: Uint8Array) => judgeContent(name, content.subarray(0, 1024), counts);

test('of a thousand noises none passes for a text, and no text for noise', () => {
  for (let n = 0; n < 1000; n += 1) {
    assert.equal(judge('a.txt', noiseOf(`noise ${n}`, 1024)), 'drifted', `noise ${n}`);
    assert.equal(judge('a.txt', textOf(`text ${n}`, 1024)), 'fits', `text ${n}`);
  }
});

test('of a thousand noises none passes for a document, and no document for noise', () => {
  for (let n = 0; n < 1000; n += 1) {
    const noise = noiseOf(`document ${n}`, 1024);
    // One in 16 million begins as a document by chance.
    assert.equal(judge('a.docx', noise), 'drifted', `noise ${n}`);
    assert.equal(judge('a.docx', Buffer.concat([Buffer.from('PK\x03\x04'), noise])), 'fits');
  }
});

test('texts of all scripts and encodings are texts', () => {
  const scripts = [
    'Ελληνικά κείμενα',
    'Русский текст',
    '日本語のテキスト',
    '中文文本和更多',
    'עברית',
    'العربية',
    '👩‍🏫🎒',
  ];
  for (const script of scripts) {
    const text = `${script}, ${script}; `.repeat(60);
    assert.equal(judge('a.txt', Buffer.from(text)), 'fits', script);
    assert.equal(judge('a.csv', Buffer.from(`\ufeff${text}`, 'utf16le')), 'fits', script);
  }
  assert.equal(judge('a.txt', Buffer.from('größer über Straße '.repeat(60), 'latin1')), 'fits');
  assert.equal(judge('a.log', Buffer.from('\x1b[32mok\x1b[0m done\r\n'.repeat(60))), 'fits');
  assert.equal(judge('sparse.log', Buffer.concat([textOf('a', 300), Buffer.alloc(700)])), 'fits');
});

test('what is packed fits, whatever its name; nameless noise is only noise', () => {
  const text = textOf('packed', 6000);
  assert.equal(judge('a.gz', gzipSync(text)), 'fits');
  assert.equal(judge('4f2a', deflateSync(text)), 'fits');
  assert.equal(judge('a.txt', gzipSync(text)), 'fits');
  assert.equal(judge('a.vault', noiseOf('vault', 1024)), 'noise');
  assert.equal(judge('a.txt', noiseOf('short', 500)), 'fits');
});
