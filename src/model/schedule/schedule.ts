// When a policy is due: a rule over the wall clock (cron), or a steady interval (rate). Read by parse.ts, written by format.ts, turned into
// moments by timetable.ts. One value means one schedule, whichever dialect it was written in.

import { Failure } from '../../base/failure.ts';
import { escapeForTerminal } from '../../base/text.ts';

export type Schedule = CalendarSchedule | RateSchedule;

/** All lists are sorted, without doubles, and never empty. */
export interface CalendarSchedule {
  readonly kind: 'calendar';
  readonly minutes: readonly number[];
  /** All 24: the schedule is hourly or finer and runs on elapsed time. */
  readonly hours: readonly number[];
  /** Undefined: every day of the month. */
  readonly dates: readonly DateRule[] | undefined;
  /** 1 to 12. */
  readonly months: readonly number[];
  /** Undefined: every day of the week. */
  readonly weekdays: readonly WeekdayRule[] | undefined;
  /** Whether a day must fit dates or weekdays, or dates and weekdays. "either" only where both are there. */
  readonly combine: 'either' | 'both';
  /** Undefined: every year. */
  readonly years: readonly number[] | undefined;
}

/** A day of the month, one counted back from the last (0), or the working day nearest to one within its month. */
export type DateRule = number | { readonly last: number } | { readonly near: number | 'last' };

/** A weekday (0 is Sunday), or one of its occurrences in the month. */
export type WeekdayRule = number | { readonly weekday: number; readonly nth: number | 'last' };

/** Every so many milliseconds of elapsed time, whatever the clocks do. */
export interface RateSchedule {
  readonly kind: 'rate';
  readonly amount: number;
  readonly unit: RateUnit;
}

export type RateUnit = keyof typeof unitMs;

export const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** Years in which schedules are due: those of AWS. */
export const yearsOfSchedules = { first: 1970, last: 2199 } as const;

export const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const monthNames = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
] as const;

/** All whole numbers from `first` to `last`. */
export function span(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

export interface Place {
  /** Counted from 0. */
  readonly position: number;
  readonly field: string;
}

/** usage/INVALID_SCHEDULE with the place in the text that is wrong. */
export function invalidSchedule(text: string, why: string, hint: string, place?: Place): Failure {
  const shown = escapeForTerminal(text.slice(0, 200));
  const where = place === undefined ? '' : `${place.field} at character ${place.position + 1}: `;
  return new Failure('usage', 'INVALID_SCHEDULE', `"${shown}" is no schedule: ${where}${why}`, {
    hint,
    ...(place === undefined ? {} : { facts: { position: place.position, field: place.field } }),
  });
}
