// Whether the beginning of a content is what its name promises. It never says what a content is, only when it is surely something else: noise.

import { expectedOf } from './names.ts';

/** `fits`: nothing odd. `drifted`: noise where the name promises something else. `noise`: noise of which the name says nothing. */
export type Verdict = 'fits' | 'drifted' | 'noise';

/** Shorter ones are not judged: too few bytes for statistics. */
export const judgedBytesMin = 512;
/** Of a content; the half of them at its beginning. */
export const judgedBytes = 1024;

/** Noise of 512 bytes has 7.6 bits or so a byte, that of 1024 7.8; packed data without a known beginning comes close to it. */
const noiseBits = 7.45;
/** English has none; noise has one in ten, and noise mixed with as much text still one in twenty. */
const controlShareMax = 0.03;

/** Beginnings of what is packed or encrypted for a good reason, whatever its name is. */
const knownBeginnings = [
  'PK',
  '%PDF',
  '\x1f\x8b',
  'BZh',
  '\xfd7zXZ',
  '7z\xbc\xaf',
  'Rar!',
  '(\xb5/\xfd',
  '\x04"M\x18',
  '\x78\x01',
  '\x78\x5e',
  '\x78\x9c',
  '\x78\xda',
  '\xff\xd8\xff',
  '\x89PNG',
  'GIF8',
  'RIFF',
  'OggS',
  'fLaC',
  'ID3',
  '\xff\xfb',
  '\x1aE\xdf\xa3',
  '\x7fELF',
  'MZ',
  'SQLite format 3',
  '\xd0\xcf\x11\xe0',
  '\xca\xfe\xba\xbe',
  'wOFF',
  'wOF2',
  'LUKS',
  'age-encryption',
  '-----BEGIN',
  'Salted__',
  '\x03\xd9\xa2\x9a',
  '\x84\x8c\x03',
  '\x85\x01',
  '\x85\x02',
  '!<arch>',
  'hsqs',
  '\x00asm',
  'JM\x01',
  'PACK',
  'DIRC',
  'glTF',
  '!BDN',
] as const;

/** `sample` is the content, or its beginning and something of its middle; `counts` room for 256 numbers. */
export function judgeContent(name: string, sample: Uint8Array, counts: Uint16Array): Verdict {
  if (sample.length < judgedBytesMin) return 'fits';
  const expected = expectedOf(name);
  counts.fill(0);
  for (let at = 0; at < sample.length; at += 1) counts[sample[at]!]! += 1;
  if (expected === 'text') return isScrambledText(counts, sample) ? 'drifted' : 'fits';
  if (bitsOf(counts, sample.length) < noiseBits) return 'fits';
  const begins = (wanted: string) => startsWith(sample, wanted);
  if (expected?.some(begins) || isIsoMedia(sample) || knownBeginnings.some(begins)) return 'fits';
  return expected === undefined ? 'noise' : 'drifted';
}

/** NUL is no sign: texts of two bytes a letter are full of it. */
function isScrambledText(counts: Uint16Array, sample: Uint8Array): boolean {
  if ((sample[0] === 0xff && sample[1] === 0xfe) || (sample[0] === 0xfe && sample[1] === 0xff)) return false;
  if (knownBeginnings.some((wanted) => startsWith(sample, wanted))) return false;
  let controls = counts[0x7f]!;
  for (let byte = 1; byte < 0x20; byte += 1) {
    const isOfTexts = (byte >= 0x07 && byte <= 0x0d) || byte === 0x1b;
    if (!isOfTexts) controls += counts[byte]!;
  }
  let distinct = 0;
  for (const count of counts) if (count > 0) distinct += 1;
  // Noise of a quarter of the least sample still has 100 values.
  return controls > controlShareMax * sample.length && distinct >= 100;
}

function bitsOf(counts: Uint16Array, total: number): number {
  let sum = 0;
  for (const count of counts) if (count > 0) sum += count * Math.log2(count);
  return Math.log2(total) - sum / total;
}

function startsWith(sample: Uint8Array, wanted: string): boolean {
  for (let at = 0; at < wanted.length; at += 1) if (sample[at] !== wanted.charCodeAt(at)) return false;
  return true;
}

/** Its four letters stand behind a length. */
function isIsoMedia(sample: Uint8Array): boolean {
  const word = String.fromCharCode(...sample.subarray(4, 8));
  return word === 'ftyp' || word === 'moov' || word === 'mdat' || word === 'wide' || word === 'free';
}
