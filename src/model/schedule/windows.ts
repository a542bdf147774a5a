// When a policy may start at all: weekly windows ("mon-fri 20:00-06:00, sat+sun"), weekly spans that are barred, and barred periods by date
// ("2026-12-20 - 2027-01-06"). A due run that may not start waits for the first moment at which it may; it is never dropped for it.

import type { Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { escapeForTerminal } from '../../base/text.ts';
import { dayMinutes, isWithinSpan, readDays, readHours, type WeekSpan, weekdaysFromMonday } from '../week.ts';
import type { Zone } from './zone.ts';

export interface Windows {
  /** Empty: always. */
  readonly allowed: readonly WeekSpan[];
  readonly barred: readonly (WeekSpan | Period)[];
}

/**
 * Wall clocks as milliseconds as if they showed UTC; `toWall` is the first moment after it. Both mean the first time that the clock shows them:
 * a period is one stretch, also where the clock is set back.
 */
export interface Period {
  readonly fromWall: number;
  readonly toWall: number;
}

export const alwaysOpen: Windows = { allowed: [], barred: [] };

const entriesMax = 100;
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** usage/INVALID_WINDOW for what is none. Both texts are lists with commas; empty ones set no bounds. */
export function parseWindows(texts: { readonly allowed?: string; readonly barred?: string }): Windows {
  const allowed = partsOf(texts.allowed).map((part) => readSpan(part, texts.allowed!));
  const barred = partsOf(texts.barred).map((part) => readPeriod(part) ?? readSpan(part, texts.barred!));
  return { allowed, barred };
}

export function isOpen(windows: Windows, at: Instant, zone: Zone): boolean {
  const wall = at + zone.offsetAt(at);
  const minutes = Math.floor(wall / minuteMs);
  if (windows.allowed.length > 0 && !windows.allowed.some((span) => isWithinSpan(span, minutes)))
    return false;
  return !windows.barred.some((one) =>
    'fromWall' in one ? isWithinPeriod(one, at, zone) : isWithinSpan(one, minutes),
  );
}

function isWithinPeriod({ fromWall, toWall }: Period, at: Instant, zone: Zone): boolean {
  return at >= zone.resolve(fromWall).at && at < zone.resolve(toWall).at;
}

/** The first open moment at or after `at`; undefined where none ever comes. */
export function opening(windows: Windows, at: Instant, zone: Zone): Instant | undefined {
  const periods = windows.barred.filter((one) => 'fromWall' in one);
  let time = at;
  // Each period is passed at most once, and between two of them a week shows all there is.
  for (let round = 0; round <= periods.length + 1; round++) {
    const found = openingWithinWeek(windows, periods, time, zone);
    if (found.isOpen) return found.at;
    if (found.at === undefined) return undefined;
    time = found.at;
  }
  return undefined;
}

type Search =
  | { readonly isOpen: true; readonly at: Instant }
  /** From where to look on; undefined: nothing changes any more. */
  | { readonly isOpen: false; readonly at: Instant | undefined };

function openingWithinWeek(windows: Windows, periods: readonly Period[], at: Instant, zone: Zone): Search {
  let time = at;
  const limit = at + 9 * dayMs;
  while (time < limit) {
    if (isOpen(windows, time, zone)) return { isOpen: true, at: time };
    const wall = time + zone.offsetAt(time);
    const period = periods.find((one) => isWithinPeriod(one, time, zone));
    if (period !== undefined) return { isOpen: false, at: zone.resolve(period.toWall).at };
    time = nextEdge(windows, time, wall, zone);
  }
  const later = periods.map(({ toWall }) => zone.resolve(toWall).at).filter((end) => end > at);
  return { isOpen: false, at: later.length === 0 ? undefined : Math.min(...later) };
}

/** The next moment at which a weekly span may begin or end; a change of the clocks is one, too. */
function nextEdge({ allowed, barred }: Windows, at: Instant, wall: number, zone: Zone): Instant {
  const day = Math.floor(wall / dayMs) * dayMs;
  const spans = [...allowed, ...barred.filter((one) => 'days' in one)];
  const edges = new Set(spans.flatMap(({ from, to }) => [from, to % dayMinutes]));
  const candidates = [0, 1, 2].flatMap((days) =>
    [...edges].map((minute) => zone.resolve(day + days * dayMs + minute * minuteMs).at),
  );
  const changes = zone.changes(at, at + dayMs).map((change) => change.at);
  return Math.min(at + dayMs, ...[...candidates, ...changes].filter((one) => one > at));
}

function partsOf(text: string | undefined): string[] {
  if (text === undefined || text.trim() === '') return [];
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > entriesMax) throw invalid(text, `it has more than ${entriesMax} entries`);
  return parts;
}

function readSpan(part: string, whole: string): WeekSpan {
  const match = /^([a-z]{3}(?:[-+][a-z]{3})*)?\s*(\d\d?:\d\d-\d\d?:\d\d)?$/i.exec(part);
  const [, dayText, hourText] = match ?? [];
  if (dayText === undefined && hourText === undefined) {
    throw invalid(whole, `"${escapeForTerminal(part)}" is no span of the week`);
  }
  const days = readDays(dayText, (day) =>
    invalid(whole, `"${escapeForTerminal(day)}" is no day; days are ${weekdaysFromMonday.join(', ')}`),
  );
  const [from, to] = readHours(hourText, () => invalid(whole, `"${hourText}" is no span of a day`));
  return { days, from, to };
}

/** `2026-12-20 - 2027-01-06`, both days with it, `2026-12-24` alone, or with times of the day. */
function readPeriod(part: string): Period | undefined {
  const moment = String.raw`(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?`;
  const match = new RegExp(`^${moment}(?:\\s*(?:-|–|to)\\s*${moment})?$`).exec(part);
  if (match === null) return undefined;
  const from = readWall(match.slice(1, 6), part);
  const to = match[6] === undefined ? from : readWall(match.slice(6, 11), part);
  const toWall = to.hasTime ? to.wall : to.wall + dayMs;
  if (toWall <= from.wall) throw invalid(part, 'it ends before it begins');
  return { fromWall: from.wall, toWall };
}

function readWall(texts: readonly (string | undefined)[], part: string) {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = texts.map((text) => Number(text ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  const date = new Date(wall);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59) {
    throw invalid(part, 'no calendar has this day');
  }
  return { wall, hasTime: texts[3] !== undefined };
}

function invalid(text: string, why: string): Failure {
  const shown = escapeForTerminal(text.slice(0, 200));
  return new Failure('usage', 'INVALID_WINDOW', `"${shown}" is no window of time: ${why}`, {
    hint: 'Write spans such as "mon-fri 20:00-06:00, sat+sun"; barred periods also "2026-12-20 - 2027-01-06".',
  });
}
