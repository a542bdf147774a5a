// How paths, times and tables look; numbers and escaping are in base/text.ts.

import type { Instant } from '../base/context.ts';
import { onCalendar } from '../model/time.ts';

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

/** For JSON: `2026-11-20T14:00:00.000Z`. */
export function isoTime(at: Instant): string {
  return new Date(onCalendar(at)).toISOString();
}

/** For people: `2026-11-20 15:00:00 +01` in the zone of this machine, `+05:30` where it is off by parts of an hour. */
export function localTime(at: Instant, zoneOffsetMinutes: (at: Instant) => number): string {
  const offset = zoneOffsetMinutes(onCalendar(at));
  const two = (count: number) => String(count).padStart(2, '0');
  const minutes = Math.abs(offset) % 60;
  const hours = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}`;
  const zone = minutes === 0 ? hours : `${hours}:${two(minutes)}`;
  return `${isoTime(at + offset * 60_000)
    .replace(/\.\d+Z$/, '')
    .replace('T', ' ')} ${zone}`;
}

/** One line as rows for a terminal of so many columns, for whose sake words stay whole; as it is in a pipe. */
export function wrapped(line: string, columns: number | undefined, indent: string): string[] {
  if (columns === undefined || columns < 40 || [...line].length <= columns) return [line];
  const rows: string[] = [];
  let row = '';
  for (const word of line.split(/(?<=\S) /)) {
    if (row !== '' && [...row].length + 1 + [...word].length > columns) {
      rows.push(row);
      row = `${indent}${word}`;
    } else row = row === '' ? word : `${row} ${word}`;
  }
  return [...rows, row];
}

/** The wider a column's longest cell, the wider the column; `right` names the columns of numbers. */
export function tableLines(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  return alignedCells(rows, right).map((cells) => cells.join('  '));
}

/**
 * A table with a head for a terminal of so many columns: what no row fills is left out, and the cells that do not fit beside the others stand
 * on a line of their own below them. Without columns, as in a pipe, it is a table like all others.
 */
export function terminalTable(
  rows: readonly (readonly string[])[],
  right: readonly number[],
  columns: number | undefined,
): string[] {
  if (columns === undefined) return tableLines(rows, right);
  const filled = (rows[0] ?? []).map((_, column) => rows.slice(1).some((row) => row[column] !== ''));
  const kept = alignedCells(rows, right).map((cells) => cells.filter((_, column) => filled[column]));
  let fitting = Math.max(...kept.map((cells) => cells.length));
  const isTooWide = (cells: readonly string[]) => [...cells.slice(0, fitting).join('  ')].length > columns;
  while (fitting > 1 && kept.some(isTooWide)) fitting -= 1;
  return kept.flatMap((cells) => {
    const below = cells.slice(fitting);
    const first = cells.slice(0, fitting).join('  ').trimEnd();
    if (below.length === 0) return [first];
    return [first, ...wrapped(`    ${below.join('  ').trimEnd()}`, columns, '    ')];
  });
}

function alignedCells(rows: readonly (readonly string[])[], right: readonly number[]): string[][] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, [...cell].length);
  }
  return rows.map((row) =>
    row.map((cell, column) => {
      const space = ' '.repeat((widths[column] ?? 0) - [...cell].length);
      if (right.includes(column)) return space + cell;
      return column === row.length - 1 ? cell : cell + space;
    }),
  );
}
