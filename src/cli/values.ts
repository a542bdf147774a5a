// Sizes, rates, durations and times as people type them.

import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Options } from './options.ts';

const sizePattern = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgtp]?)(i?)(b?)\s*$/i;
const units = ['', 'k', 'm', 'g', 't', 'p'];

/** `500`, `10M`, `1.5 GiB`: binary units, because that is what all tools of this kind mean. */
export function parseSize(text: string): number {
  const bytes = sizeOf(text);
  if (bytes !== undefined) return bytes;
  throw new Failure('usage', 'INVALID_SIZE', `"${text}" is not a size`, { facts: { value: text } });
}

/** `5M/s`, `10 MiB/s`, `500K`: bytes per second, more than none. */
export function parseRate(text: string): number {
  const bytes = sizeOf(text.replace(/\/s\s*$/i, ''));
  if (bytes !== undefined && bytes >= 1) return bytes;
  throw new Failure('usage', 'INVALID_RATE', `"${text}" is not a rate`, { facts: { value: text } });
}

function sizeOf(text: string): number | undefined {
  const match = sizePattern.exec(text);
  if (!match) return undefined;
  const [, number = '', unit = '', binary = ''] = match;
  if (binary !== '' && unit === '') return undefined;
  const bytes = Math.round(Number(number) * 1024 ** units.indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

export function sizeOption(options: Options, key: string): number | undefined {
  const text = options.text(key);
  return text === undefined ? undefined : parseSize(text);
}

export function rateOption(options: Options, key: string): number | undefined {
  const text = options.text(key);
  return text === undefined ? undefined : parseRate(text);
}

const hourMs = 3_600_000;
const durationPattern = /^(?:(\d{1,4})y)?(?:(\d{1,5})m)?(?:(\d{1,5})w)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?$/;
const durationUnitsMs = [365 * 24 * hourMs, 30 * 24 * hourMs, 7 * 24 * hourMs, 24 * hourMs, hourMs];

/** `30d`, `1y5m7d2h`: years of 365 and months of 30 days, so that a duration is the same on every date. */
export function parseDuration(text: string): number {
  const match = durationPattern.exec(text.trim());
  if (!match || match[0] === '') {
    throw new Failure('usage', 'INVALID_DURATION', `"${text}" is not a duration`, { facts: { value: text } });
  }
  return durationUnitsMs.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}

export interface TimeBase {
  readonly now: Instant;
  zoneOffsetMinutes(at: Instant): number;
}

const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** `2026-11-20`, `2026-11-20 14:00`, ISO 8601 with or without zone (none: this machine's), `now`, `now-3d`. */
export function parseTime(text: string, base: TimeBase): Instant {
  const trimmed = text.trim();
  const relative = /^now(?:-(.+))?$/.exec(trimmed);
  if (relative) return base.now - (relative[1] === undefined ? 0 : parseDuration(relative[1]));
  const match = timePattern.exec(trimmed);
  if (!match) throw invalidTime(text);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const millisecond = Number((match[7] ?? '0').padEnd(3, '0'));
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, millisecond);
  // Date.UTC carries 31 February over to March; a person meant something else.
  const isExact =
    new Date(at).getUTCMonth() + 1 === month && new Date(at).getUTCDate() === day && (hour ?? 0) < 24;
  if (!isExact || (minute ?? 0) > 59 || (second ?? 0) > 59) throw invalidTime(text);
  return at - offsetMs(match[8], at, base);
}

function offsetMs(zone: string | undefined, at: Instant, base: TimeBase): number {
  if (zone === 'Z') return 0;
  if (zone !== undefined) {
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
    return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
  }
  // The offset is asked for at the local instant and then at the real one, which matters near a change of summer time.
  const first = at - base.zoneOffsetMinutes(at) * 60_000;
  return base.zoneOffsetMinutes(first) * 60_000;
}

function invalidTime(text: string): Failure {
  return new Failure('usage', 'INVALID_TIME', `"${text}" is not a time`, { facts: { value: text } });
}
