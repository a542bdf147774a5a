// What a schedule says, in parts that any language can put into words.

import type { Instant } from '../../base/context.ts';
import { fittingFrom } from './calendar.ts';
import type { DateRule, RateUnit, Schedule, WeekdayRule } from './schedule.ts';
import { isElapsed } from './timetable.ts';
import type { Zone } from './zone.ts';

export interface Description {
  readonly time: TimePart;
  /** Undefined for a rate, which knows no days. */
  readonly days: DayPart | undefined;
  /** 1 to 12; undefined: all. */
  readonly months: readonly number[] | undefined;
  readonly years: readonly number[] | undefined;
}

export type TimePart =
  | { readonly what: 'rate'; readonly amount: number; readonly unit: RateUnit }
  /** Every `step` minutes from the full hour, the hours of a day being all or some. */
  | { readonly what: 'steps'; readonly step: number; readonly hours: readonly number[] | undefined }
  | {
      readonly what: 'minutes';
      readonly minutes: readonly number[];
      readonly hours: readonly number[] | undefined;
    }
  /** `02:00`, few enough to be told one by one. */
  | { readonly what: 'times'; readonly times: readonly string[] };

export interface DayPart {
  readonly dates: readonly DateRule[] | undefined;
  /** From Monday on. */
  readonly weekdays: readonly WeekdayRule[] | undefined;
  readonly combine: 'either' | 'both';
}

const timesMax = 8;

export function describeSchedule(schedule: Schedule): Description {
  if (schedule.kind === 'rate') {
    const { amount, unit } = schedule;
    return { time: { what: 'rate', amount, unit }, days: undefined, months: undefined, years: undefined };
  }
  const { dates, combine, months, years } = schedule;
  const order = (rule: WeekdayRule) => ((typeof rule === 'number' ? rule : rule.weekday) + 6) % 7;
  const weekdays = schedule.weekdays?.toSorted(
    (a, b) => Number(typeof a !== 'number') - Number(typeof b !== 'number') || order(a) - order(b),
  );
  return {
    time: timePart(schedule.minutes, schedule.hours),
    days: { dates, weekdays, combine },
    months: months.length === 12 ? undefined : months,
    years,
  };
}

function timePart(minutes: readonly number[], hours: readonly number[]): TimePart {
  const someHours = hours.length === 24 ? undefined : hours;
  if (someHours !== undefined && minutes.length * hours.length <= timesMax) {
    const two = (value: number) => String(value).padStart(2, '0');
    const times = hours.flatMap((hour) => minutes.map((minute) => `${two(hour)}:${two(minute)}`));
    return { what: 'times', times };
  }
  const step = 60 / minutes.length;
  if (minutes.length > 1 && minutes.every((minute, index) => minute === index * step)) {
    return { what: 'steps', step, hours: someHours };
  }
  return { what: 'minutes', minutes, hours: someHours };
}

/** "skipped": it stands for a time that the clock skips; "first" and "again": of an hour that the clock shows twice. */
export type ClockNote = 'skipped' | 'first' | 'again';

/** What is special about a due time on a day on which clocks change. A rate has nothing to do with clocks. */
export function clockNoteOf(schedule: Schedule, zone: Zone, at: Instant): ClockNote | undefined {
  if (schedule.kind === 'rate') return undefined;
  const skip = zone.changes(at - 1, at)[0];
  if (skip !== undefined && skip.after > skip.before && !isElapsed(schedule)) {
    const wall = fittingFrom(schedule, at + skip.before);
    if (wall !== undefined && wall < at + skip.after) return 'skipped';
  }
  const shown = zone.resolve(at + zone.offsetAt(at));
  if (shown.clock !== 'fold') return undefined;
  return shown.at === at ? 'first' : 'again';
}
