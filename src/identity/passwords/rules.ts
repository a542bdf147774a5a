// Which passwords are taken. Length and not being a common one count; kinds of characters do not (NIST SP 800-63B), but for those who must
// follow PCI DSS, whose wishes contradict that and are a profile therefore.

import { brotliDecompressSync } from 'node:zlib';
import { Failure } from '../../base/failure.ts';
import { packedWords } from './known-passwords.ts';

export type PasswordProfile = 'standard' | 'pci';

export interface PasswordRules {
  readonly minLength: number;
  readonly asksLetterAndDigit: boolean;
  /** None of the last so many, the current one among them. */
  readonly history: number;
  /** After so many wrong tries in a row nobody gets in for a while. */
  readonly lockAfter?: number;
  readonly lockMs: number;
  readonly idleMs: number;
}

const minute = 60_000;

export const passwordRules: Readonly<Record<PasswordProfile, PasswordRules>> = {
  standard: {
    minLength: 12,
    asksLetterAndDigit: false,
    history: 1,
    lockMs: 0,
    idleMs: 15 * minute,
  },
  // PCI DSS 4.0.1: 8.2.8, 8.3.4, 8.3.6, 8.3.7.
  pci: {
    minLength: 12,
    asksLetterAndDigit: true,
    history: 4,
    lockAfter: 10,
    lockMs: 30 * minute,
    idleMs: 15 * minute,
  },
};

export const passwordLengthMax = 256;

/** As it goes into the hash: equal for equal words, however a keyboard composed them (NIST SP 800-63B). */
export function normalizedPassword(text: string): string {
  return text.normalize('NFKC');
}

/** Fails with usage/PASSWORD_WEAK. `own`: what an attacker tries first at this person, such as the name. */
export function requireGoodPassword(text: string, profile: PasswordProfile, own: readonly string[]): void {
  const { minLength, asksLetterAndDigit } = passwordRules[profile];
  const password = normalizedPassword(text);
  const length = [...password].length;
  if (length < minLength) throw weak('short', `the password has fewer than ${minLength} characters`);
  if (length > passwordLengthMax) {
    throw weak('long', `the password has more than ${passwordLengthMax} characters`);
  }
  if (!password.isWellFormed() || /\p{Cc}/u.test(password)) {
    throw weak('control', 'the password holds characters that cannot be typed');
  }
  if (asksLetterAndDigit && !(/\p{L}/u.test(password) && /\p{Nd}/u.test(password))) {
    throw weak('composition', 'the password needs a letter and a digit');
  }
  if (isCommon(password, own)) throw weak('common', 'the password is one of the first that others would try');
}

function weak(reason: string, message: string): Failure {
  return new Failure('usage', 'PASSWORD_WEAK', message, {
    facts: { reason },
    hint: 'Take four or more words that do not belong together.',
  });
}

const distinctMin = 5;
const wordsMin = 3;
/** So many characters must be left without one's own name. */
const beyondNameMin = 8;

/** A common password, an obvious row of keys, or at most two common words with digits and signs around them. */
export function isCommon(password: string, own: readonly string[] = []): boolean {
  const lower = password.toLowerCase();
  if (new Set(lower).size < distinctMin || isRow(lower) || isRepeated(lower)) return true;
  const words = commonWords();
  const ours = own.map((word) => word.toLowerCase()).filter((word) => word.length >= 3);
  const isKnown = (word: string) => words.has(word) || ours.includes(word);
  if (isKnown(lower)) return true;
  if (ours.some((word) => lower.replaceAll(word, '').length < beyondNameMin)) return true;
  return spellings(lower).some((text) => {
    const parts = text.split(/[^\p{L}]+/u).filter((part) => part !== '');
    if (parts.length === 0 || parts.length >= wordsMin) return false;
    const counts = parts.map((part) => splitWords(part, isKnown));
    return counts.every((count) => count !== undefined) && sum(counts) < wordsMin;
  });
}

function sum(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((all, count) => all + (count ?? 0), 0);
}

/** How many common words the letters are made of, one or two; undefined when they are not. Short leftovers count as nothing. */
function splitWords(letters: string, isKnown: (word: string) => boolean): number | undefined {
  if (letters.length < 3) return 0;
  if (isKnown(letters)) return 1;
  for (let at = 1; at < letters.length; at += 1) {
    const [first, second] = [letters.slice(0, at), letters.slice(at)];
    const known = [first, second].map((part) => (part.length < 3 ? 0 : isKnown(part) ? 1 : undefined));
    if (known.every((count) => count !== undefined)) return Math.max(1, sum(known));
  }
  return undefined;
}

const looksLike: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
};

/** As it stands, and with digits read as the letters they look like. */
function spellings(lower: string): string[] {
  const read = lower.replace(/[03457@$]/g, (sign) => looksLike[sign] ?? sign);
  return [lower, read.replace(/[1!]/g, 'i'), read.replace(/[1!]/g, 'l'), read];
}

/** "abcabcabcabc". */
function isRepeated(text: string): boolean {
  const again = (text + text).indexOf(text, 1);
  return again < text.length && again <= 6;
}

const rows = ['1234567890', 'qwertyuiop', 'qwertzuiop', 'asdfghjkl', 'yxcvbnm', 'zxcvbnm'];

/** Neighbours in the alphabet, among digits or on the keyboard, almost from the first sign to the last. */
function isRow(text: string): boolean {
  let near = 0;
  for (let at = 1; at < text.length; at += 1) {
    const [one, other] = [text[at - 1]!, text[at]!];
    const isNext =
      Math.abs(one.charCodeAt(0) - other.charCodeAt(0)) <= 1 ||
      rows.some((row) => row.includes(one + other) || row.includes(other + one));
    if (isNext) near += 1;
  }
  return near >= (text.length - 1) * 0.75;
}

/** Unpacked when it is asked for, which is seldom: 50 KiB that an idle process does not hold. */
function commonWords(): ReadonlySet<string> {
  return new Set(brotliDecompressSync(Buffer.from(packedWords, 'base64')).toString().split('\n'));
}
