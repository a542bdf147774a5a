// A share as people copy it: six lines of sixteen characters in groups of four, each with a check word. FORMAT.md §4.1. A line tells by
// itself whether it was typed as printed: any one wrong character and any two that changed places are found for certain.

import { checkWords } from './check-words.ts';
import { decodeShare, encodeShare, type Share, shareBytes } from './share.ts';

/** Crockford's base32: no I, L, O or U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const lineBytes = 10;
const lineCharacters = 16;
export const shareLines = shareBytes / lineBytes;

/** Six lines such as "0A1B-C2D3-E4F5-G6H7 walnut". */
export function shareText(share: Share): readonly string[] {
  const bytes = encodeShare(share);
  return Array.from({ length: shareLines }, (_, index) => {
    const part = bytes.subarray(index * lineBytes, (index + 1) * lineBytes);
    return `${inGroups(encodeBase32(part))} ${checkWordOf(part, index)}`;
  });
}

export type LineTrouble =
  /** Not sixteen characters and one word. */
  | 'form'
  /** A character that never occurs. */
  | 'character'
  /** The word is none of the list. */
  | 'word'
  /** Characters and word do not belong together. */
  | 'check'
  /** A good line, but at another place. */
  | 'order';

export type ReadLine = { readonly bytes: Uint8Array } | { readonly trouble: LineTrouble };

/** Reads line `index` (0 to 5). O is taken for 0, I and L for 1; case, dashes and blanks do not count. */
export function readLine(text: string, index: number): ReadLine {
  const parts = /^([0-9a-z\s-]*[0-9a-z])[\s:,.]+([a-z]+)\W*$/i.exec(text.trim());
  if (parts === null) return { trouble: 'form' };
  const characters = parts[1]!.replace(/[\s-]/g, '').toUpperCase();
  if (characters.length !== lineCharacters) return { trouble: 'form' };
  const bytes = decodeBase32(characters);
  if (bytes === undefined) return { trouble: 'character' };
  const word = checkWords.indexOf(parts[2]!.toLowerCase());
  if (word < 0) return { trouble: 'word' };
  if (checkByte(bytes, index) === word) return { bytes };
  for (let other = 0; other < shareLines; other += 1) {
    if (checkByte(bytes, other) === word) return { trouble: 'order' };
  }
  return { trouble: 'check' };
}

export type ReadShare =
  | { readonly share: Share }
  /** Line 1 to 6 is wrong; absent when every line is right and yet they are not of one share. */
  | {
      readonly trouble: LineTrouble | 'missing' | 'mixed';
      readonly line?: number;
      /** What the first line says, where that one is good. */
      readonly number?: number;
    };

/** One share from its six lines. */
export function readShare(lines: readonly string[]): ReadShare {
  const parts: Uint8Array[] = [];
  const numbered = () => (parts[0] === undefined ? {} : { number: parts[0][2]! });
  for (let index = 0; index < shareLines; index += 1) {
    const text = lines[index];
    if (text === undefined) return { trouble: 'missing', line: index + 1, ...numbered() };
    const read = readLine(text, index);
    if ('trouble' in read) return { trouble: read.trouble, line: index + 1, ...numbered() };
    parts.push(read.bytes);
  }
  const share = decodeShare(Buffer.concat(parts));
  return share === undefined ? { trouble: 'mixed', ...numbered() } : { share };
}

/** The shares of a text, six lines each. Empty lines and those that begin with "#" are for people and passed over. */
export function splitShares(text: string): readonly (readonly string[])[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const found: string[][] = [];
  for (let start = 0; start < lines.length; start += shareLines) {
    found.push(lines.slice(start, start + shareLines));
  }
  return found;
}

function inGroups(characters: string): string {
  return characters.match(/.{4}/g)!.join('-');
}

function encodeBase32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let characters = '';
  for (let index = 0; index < lineCharacters; index += 1) {
    characters = alphabet[Number(bits & 31n)]! + characters;
    bits >>= 5n;
  }
  return characters;
}

function decodeBase32(characters: string): Uint8Array | undefined {
  let bits = 0n;
  for (const character of characters) {
    const value = alphabet.indexOf(character.replace('O', '0').replace(/[IL]/, '1'));
    if (value < 0) return undefined;
    bits = (bits << 5n) | BigInt(value);
  }
  const bytes = new Uint8Array(lineBytes);
  for (let index = lineBytes - 1; index >= 0; index -= 1) {
    bytes[index] = Number(bits & 255n);
    bits >>= 8n;
  }
  return bytes;
}

function checkWordOf(bytes: Uint8Array, index: number): string {
  return checkWords[checkByte(bytes, index)]!;
}

/**
 * CRC-8 with a primitive polynomial over the line's number and bytes. It finds every burst up to eight bits (one wrong character) and,
 * its period being 255 bits, every swap of two characters within the sixteen; the number keeps lines from changing places.
 */
function checkByte(bytes: Uint8Array, index: number): number {
  let check = 0;
  for (const byte of [index + 1, ...bytes]) {
    check ^= byte;
    for (let bit = 0; bit < 8; bit += 1) check = check & 0x80 ? ((check << 1) ^ 0x11d) & 0xff : check << 1;
  }
  return check;
}
