// Moments and durations as people write them. The present and the local zone come as parameters: the same text means the
// same moment in every test. Days, months and years are counted by the calendar of the zone, not in hours.

import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { escapeForTerminal } from '../base/text.ts';

/** Minutes east of UTC that hold in the zone at a moment. */
export type ZoneOffset = (instant: Instant) => number;

export const utc: ZoneOffset = () => 0;

export interface Duration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

export interface TimeRules {
  readonly now: Instant;
  readonly zoneOffset: ZoneOffset;
  /** What a date without a time means: its first millisecond, or its last (for "at or before"). */
  readonly edge: 'start' | 'end';
}

/**
 * `latest`, `now`, `now-3d`, `2026-11-20`, `2026-11-20 14:00`, `2026-11-20T14:00:05.5+01:00`, `…Z`. Without a zone the local
 * one holds; a local time that a clock change skips moves on by the skip, one that exists twice is the first.
 */
export function parseTime(text: string, rules: TimeRules): Instant | 'latest' {
  const trimmed = text.trim();
  if (trimmed === 'latest') return 'latest';
  const relative = /^now(?:\s*([-+])\s*(\S+))?$/.exec(trimmed);
  if (relative !== null) {
    const [, sign, amount] = relative;
    if (amount === undefined) return rules.now;
    return addDuration(rules.now, parseDuration(amount), sign === '-' ? -1 : 1, rules.zoneOffset);
  }
  const instant = readDate(trimmed, rules);
  if (instant === undefined) {
    throw new Failure('usage', 'INVALID_TIME', `"${escapeForTerminal(text.slice(0, 100))}" is not a time`, {
      hint: 'Write a time such as "2026-11-20 14:00", 2026-11-20, 2026-11-20T14:00:00Z, now-3d or latest.',
    });
  }
  return instant;
}

const dateForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|[-+]\d{2}(?::?\d{2})?))?)?$/i;

function readDate(text: string, rules: TimeRules): Instant | undefined {
  const match = dateForm.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const parts = [year, month, day, hour ?? 0, minute ?? 0, second ?? 0].map(Number) as Parts;
  const wall = wallTime(parts, milliseconds);
  if (wall === undefined) return undefined;
  if (zone !== undefined) {
    const offset = readZone(zone);
    return offset === undefined ? undefined : wall - offset * minuteMs;
  }
  if (hour === undefined && rules.edge === 'end') return toInstant(wall + dayMs, rules.zoneOffset) - 1;
  return toInstant(wall, rules.zoneOffset);
}

type Parts = [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** Milliseconds of a wall clock as if it were UTC; undefined for what no clock shows, such as February 30. */
function wallTime([year, month, day, hour, minute, second]: Parts, milliseconds: number): number | undefined {
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const date = new Date(wall);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? wall : undefined;
}

function readZone(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', ''))];
  if (hours > 15 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** The moment when the zone's wall clock shows `wall`. */
function toInstant(wall: number, zoneOffset: ZoneOffset): Instant {
  const [before, after] = [zoneOffset(wall - dayMs), zoneOffset(wall + dayMs)];
  const candidates = [wall - before * minuteMs, wall - after * minuteMs].sort((a, b) => a - b);
  const shown = candidates.find((instant) => instant + zoneOffset(instant) * minuteMs === wall);
  return shown ?? wall - before * minuteMs;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** `30d`, `1y5m7d2h`, `2w`, `90min`, `45s`: y, m (months), w, d, h, min, s, each once and in this order; usage/INVALID_DURATION. */
export function parseDuration(text: string): Duration {
  const match =
    /^(?=\d)(?:(\d{1,4})y)?(?:(\d{1,5})m(?!in))?(?:(\d{1,5})w)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?(?:(\d{1,8})min)?(?:(\d{1,9})s)?$/.exec(
      text.trim(),
    );
  if (match === null) {
    throw new Failure(
      'usage',
      'INVALID_DURATION',
      `"${escapeForTerminal(text.slice(0, 100))}" is not a duration`,
      {
        hint: 'Write a duration such as 30d, 2w, 12h or 1y5m7d2h (y, m for months, w, d, h, min, s).',
      },
    );
  }
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(1)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number, number];
  return { years, months, days: weeks * 7 + days, hours, minutes, seconds };
}

/** The shortest text that `parseDuration` reads as the same: `0s` for none. */
export function formatDurationText(duration: Duration): string {
  const { years, months, days, hours, minutes, seconds } = duration;
  const parts: readonly (readonly [number, string])[] = [
    [years, 'y'],
    [months, 'm'],
    [days, 'd'],
    [hours, 'h'],
    [minutes, 'min'],
    [seconds, 's'],
  ];
  return parts.map(([amount, unit]) => (amount === 0 ? '' : `${amount}${unit}`)).join('') || '0s';
}

/**
 * The moment a duration before (`direction` -1) or after (1). Years, months and days move the local calendar and keep
 * the time of day, the day held within its new month (a month before March 31 is the last of February).
 */
export function addDuration(
  instant: Instant,
  duration: Duration,
  direction: -1 | 1,
  zoneOffset: ZoneOffset,
): Instant {
  const exact = direction * (duration.hours * hourMs + duration.minutes * minuteMs + duration.seconds * 1000);
  if (duration.years === 0 && duration.months === 0 && duration.days === 0) return instant + exact;
  const wall = instant + zoneOffset(instant) * minuteMs;
  const date = new Date(wall);
  const months =
    date.getUTCFullYear() * 12 + date.getUTCMonth() + direction * (duration.years * 12 + duration.months);
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  const timeOfDay = ((wall % dayMs) + dayMs) % dayMs;
  const first = startOfMonth(year, month);
  const length = Math.round((startOfMonth(year, month + 1) - first) / dayMs);
  const day = Math.min(date.getUTCDate(), length) - 1 + direction * duration.days;
  return toInstant(first + day * dayMs + timeOfDay, zoneOffset) + exact;
}

/** Not Date.UTC alone, which reads the years 0 to 99 as 1900 to 1999. */
function startOfMonth(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1);
}

/** The end of the calendar for what lies beyond it: times of the format reach further, to ±2^53, and one of them must not end a list. */
export function onCalendar(instant: Instant): Instant {
  return Math.min(8.64e15, Math.max(-8.64e15, instant));
}

/** `2026-11-20T14:00:00Z`, with milliseconds only where they are not zero. */
export function formatInstantUtc(instant: Instant): string {
  return new Date(onCalendar(instant)).toISOString().replace('.000Z', 'Z');
}

/** `2026-11-20 15:00:00 +01:00`: what the zone's wall clock shows; `parseTime` reads it back, seconds exact. */
export function formatInstantLocal(instant: Instant, zoneOffset: ZoneOffset): string {
  const offset = zoneOffset(onCalendar(instant));
  const wall = new Date(onCalendar(instant + offset * minuteMs)).toISOString().replace(/\.\d+Z$/, '');
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
  return `${wall.replace('T', ' ')} ${zone}`;
}
