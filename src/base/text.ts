// What people read: names of hostile sources made harmless for a terminal, and numbers with units. Pure: language and
// every value come as parameters.

import { Failure } from './failure.ts';

export type Language = 'en' | 'de';

// C0 and C1 controls with ESC, DEL, line and paragraph separators, bidi marks, embeddings, overrides and isolates, zero-width
// characters that hide text, tag characters and halves of surrogate pairs. U+200D stays: emoji are joined with it.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Text as a terminal may show it: nothing in it can move the cursor, change colours or turn the reading direction. */
export function escapeForTerminal(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 0x0a) return '\\n';
  if (code === 0x09) return '\\t';
  if (code === 0x0d) return '\\r';
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** The bytes of a path as text, U+FFFD for what is no UTF-8. Neither reversible nor yet safe for a terminal. */
export function decodePath(path: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(path);
}

/** A path for people: decoded and escaped. Two different paths may look alike; `quotePath` tells them apart. */
export function displayPath(path: Uint8Array): string {
  return escapeForTerminal(decodePath(path));
}

/**
 * A path as safe text without loss: printable UTF-8 as it is, a backslash doubled, every other byte as `\xNN`.
 * `unquotePath` gives exactly the same bytes back.
 */
export function quotePath(path: Uint8Array): string {
  let quoted = '';
  let offset = 0;
  while (offset < path.length) {
    const width = characterWidth(path, offset);
    const part = path.subarray(offset, offset + Math.max(width, 1));
    const character = width === 0 ? '' : decodePath(part);
    if (character === '\\') quoted += '\\\\';
    else if (width === 0 || escapeForTerminal(character) !== character) {
      for (const byte of part) quoted += `\\x${byte.toString(16).padStart(2, '0')}`;
    } else quoted += character;
    offset += part.length;
  }
  return quoted;
}

/** The bytes of text that `quotePath` wrote; another escape than `\\` and `\xNN` is usage/INVALID_PATH_QUOTING. */
export function unquotePath(quoted: string): Uint8Array {
  const utf8 = new TextEncoder();
  const bytes: number[] = [];
  for (const [part, byte] of quoted.matchAll(/\\x([0-9a-fA-F]{2})|\\\\|[^\\]+|\\/g)) {
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else if (part === '\\\\') bytes.push(0x5c);
    else if (part === '\\') {
      throw new Failure(
        'usage',
        'INVALID_PATH_QUOTING',
        `path "${escapeForTerminal(quoted)}" has a lone backslash`,
        {
          hint: 'Write a backslash as \\\\ and any other byte as \\xNN.',
        },
      );
    } else for (const encoded of utf8.encode(part)) bytes.push(encoded);
  }
  return Uint8Array.from(bytes);
}

/** The length of the well-formed UTF-8 character at `offset`, or 0 when there is none (RFC 3629, table 3-7). */
function characterWidth(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset]!;
  if (first < 0x80) return 1;
  const width =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0;
  if (width === 0 || offset + width > bytes.length) return 0;
  for (let index = 1; index < width; index += 1) {
    if ((bytes[offset + index]! & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[offset + 1]!;
  const isOverlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const isBeyond = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return isOverlong || isBeyond ? 0 : width;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** `0 B`, `999 B`, `1.3 GiB`: one decimal below 100 of a unit, none from there. */
export function formatBytes(bytes: number, language: Language = 'en'): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (unit < byteUnits.length - 1 && value >= (unit === 0 ? 1024 : 1023.5)) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${formatNumber(bytes < 0 ? -value : value, digits, language)} ${byteUnits[unit]}`;
}

/** `12.3 MiB/s`. */
export function formatRate(bytesPerSecond: number, language: Language = 'en'): string {
  return `${formatBytes(bytesPerSecond, language)}/s`;
}

/** `1,234,567` or `1.234.567`. */
export function formatCount(count: number, language: Language = 'en'): string {
  return formatNumber(count, 0, language);
}

/** `3.1 %` as languages write it: `3.1%` or `3,1 %`. */
export function formatShare(share: number, digits: number, language: Language = 'en'): string {
  return `${formatNumber(share * 100, digits, language)}${language === 'de' ? ' ' : ''}%`;
}

/** The two largest units: `0.4 s`, `42 s`, `2 min 5 s`, `3 h 12 min`, `2 d 4 h`. */
export function formatDuration(durationMs: number, language: Language = 'en'): string {
  if (durationMs < 9_950) return `${formatNumber(Math.max(durationMs, 0) / 1000, 1, language)} s`;
  const seconds = Math.round(durationMs / 1000);
  const day = language === 'de' ? 'T' : 'd';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3_600);
  return pair(Math.floor(hours / 24), day, hours % 24, 'h', language);
}

function pair(
  large: number,
  largeUnit: string,
  small: number,
  smallUnit: string,
  language: Language = 'en',
): string {
  const head = `${formatCount(large, language)} ${largeUnit}`;
  return small === 0 ? head : `${head} ${small} ${smallUnit}`;
}

/** A finite number with `digits` decimals, thousands grouped from five digits on in German, from four in English. */
export function formatNumber(value: number, digits: number, language: Language = 'en'): string {
  if (!Number.isFinite(value)) return '–';
  const [whole = '0', fraction] = Math.abs(value).toFixed(digits).split('.');
  const [group, point] = language === 'de' ? ['.', ','] : [',', '.'];
  const isGrouped = whole.length >= (language === 'de' ? 5 : 4);
  const grouped = isGrouped ? whole.replace(/\B(?=(\d{3})+$)/g, group) : whole;
  const isZero = !/[1-9]/.test(`${whole}${fraction ?? ''}`);
  return `${value < 0 && !isZero ? '−' : ''}${grouped}${fraction === undefined ? '' : point + fraction}`;
}
