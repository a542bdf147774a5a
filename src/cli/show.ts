// How values look to people: names without control characters, bytes, counts, durations and times, in two languages.

import type { Instant } from '../base/context.ts';

/** Control characters, escape sequences and characters that turn the direction of text would let a file name rewrite the screen. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** One line, safe for a terminal: what cannot be shown appears as `\x1b` or `\u{202e}`. */
export function escaped(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x0a) return '\\n';
    if (code === 0x09) return '\\t';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** A byte string as text, with U+FFFD for what is no UTF-8. */
export function pathText(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** For JSON: the text, and the exact bytes only where the text has lost some. */
export function pathFields(path: string): { path: string; pathBase64?: string } {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return { path: text };
  return { path: text, pathBase64: bytes.toString('base64') };
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1.3 GiB`, in German `1,3 GiB`. */
export function byteText(bytes: number, language: string): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1023.95 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${numberText(value, unit === 0 ? 0 : 1, language)} ${byteUnits[unit]}`;
}

/** `78,579`, in German `78.579`. */
export function countText(count: number, language: string): string {
  return numberText(count, 0, language);
}

function numberText(value: number, decimals: number, language: string): string {
  const [whole = '0', part] = value.toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, language === 'de' ? '.' : ',');
  return part === undefined ? grouped : `${grouped}${language === 'de' ? ',' : '.'}${part}`;
}

/** `0.42 s`, `12.3 s`, `3 min 20 s`, `2 h 05 min`, `4 d 3 h`. */
export function durationText(durationMs: number, language: string): string {
  const seconds = Math.max(0, durationMs) / 1000;
  if (seconds < 9.995) return `${numberText(seconds, 2, language)} s`;
  if (seconds < 59.95) return `${numberText(seconds, 1, language)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** For JSON: `2026-11-20T14:00:00.000Z`. */
export function isoTime(at: Instant): string {
  return new Date(at).toISOString();
}

/** For people: `2026-11-20 15:00:00` in the zone of this machine. */
export function localTime(at: Instant, zoneOffsetMinutes: (at: Instant) => number): string {
  return isoTime(at + zoneOffsetMinutes(at) * 60_000)
    .slice(0, 19)
    .replace('T', ' ');
}

/** The wider a column's longest cell, the wider the column; `right` names the columns of numbers. */
export function tableLines(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, [...cell].length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - [...cell].length);
        if (right.includes(column)) return space + cell;
        return column === row.length - 1 ? cell : cell + space;
      })
      .join('  '),
  );
}
