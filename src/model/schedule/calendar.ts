// The days and minutes that fit a calendar schedule, on a wall clock without a zone: milliseconds as if the wall showed UTC, whole minutes.

import { type CalendarSchedule, type DateRule, type WeekdayRule, yearsOfSchedules } from './schedule.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;

const firstDay = Date.UTC(yearsOfSchedules.first, 0, 1) / dayMs;
const lastDay = Date.UTC(yearsOfSchedules.last, 11, 31) / dayMs;

/** The first fitting minute at or after `wall`; undefined after the last year. */
export function fittingFrom(schedule: CalendarSchedule, wall: number): number | undefined {
  const start = Math.ceil(wall / minuteMs) * minuteMs;
  let day = Math.floor(start / dayMs);
  let least = (start - day * dayMs) / minuteMs;
  if (day < firstDay) [day, least] = [firstDay, 0];
  while (day <= lastDay) {
    const date = civil(day);
    const jump = jumpForward(schedule, date);
    if (jump === 'end') return undefined;
    if (jump === undefined) {
      const minute = fitsDay(schedule, date) ? minuteFrom(schedule, least) : undefined;
      if (minute !== undefined) return day * dayMs + minute * minuteMs;
    }
    day = jump ?? day + 1;
    least = 0;
  }
  return undefined;
}

/** The last fitting minute at or before `wall`; undefined before the first year. */
export function fittingUpTo(schedule: CalendarSchedule, wall: number): number | undefined {
  const start = Math.floor(wall / minuteMs) * minuteMs;
  let day = Math.floor(start / dayMs);
  let most = (start - day * dayMs) / minuteMs;
  if (day > lastDay) [day, most] = [lastDay, dayMs / minuteMs];
  while (day >= firstDay) {
    const date = civil(day);
    if (isMonthOut(schedule, date)) {
      day -= date.day;
    } else {
      const minute = fitsDay(schedule, date) ? minuteUpTo(schedule, most) : undefined;
      if (minute !== undefined) return day * dayMs + minute * minuteMs;
      day--;
    }
    most = dayMs / minuteMs;
  }
  return undefined;
}

/** The first of all; undefined for what never comes. Every combination of month, day and weekday comes within 40 years. */
export function firstFitting(schedule: CalendarSchedule): number | undefined {
  const first = schedule.years?.[0];
  return fittingFrom(schedule, Date.UTC(first ?? yearsOfSchedules.first, 0, 1));
}

interface CivilDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
}

function civil(day: number): CivilDay {
  const date = new Date(day * dayMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  };
}

function isMonthOut({ months, years }: CalendarSchedule, { year, month }: CivilDay): boolean {
  return !months.includes(month) || (years !== undefined && !years.includes(year));
}

/** The day from which to look on where no day of this month fits. */
function jumpForward(schedule: CalendarSchedule, date: CivilDay): number | 'end' | undefined {
  const { years } = schedule;
  if (years !== undefined && !years.includes(date.year)) {
    const next = years.find((year) => year > date.year);
    return next === undefined ? 'end' : Date.UTC(next, 0, 1) / dayMs;
  }
  return schedule.months.includes(date.month) ? undefined : Date.UTC(date.year, date.month, 1) / dayMs;
}

function fitsDay({ dates, weekdays, combine }: CalendarSchedule, date: CivilDay): boolean {
  const fitsDate = dates === undefined || dates.some((rule) => fitsDateRule(rule, date));
  if (combine === 'either') return fitsDate || weekdays!.some((rule) => fitsWeekdayRule(rule, date));
  return fitsDate && (weekdays === undefined || weekdays.some((rule) => fitsWeekdayRule(rule, date)));
}

function fitsDateRule(rule: DateRule, date: CivilDay): boolean {
  if (typeof rule === 'number') return rule === date.day;
  const length = monthLength(date);
  if ('last' in rule) return date.day === length - rule.last;
  const wanted = rule.near === 'last' ? length : rule.near;
  return wanted <= length && date.day === nearestWorkingDay(wanted, length, date);
}

/** Never in another month: the 1st on a Saturday gives Monday the 3rd. */
function nearestWorkingDay(wanted: number, length: number, { day, weekday }: CivilDay): number {
  const wantedWeekday = (((weekday + wanted - day) % 7) + 7) % 7;
  if (wantedWeekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (wantedWeekday === 0) return wanted === length ? wanted - 2 : wanted + 1;
  return wanted;
}

function fitsWeekdayRule(rule: WeekdayRule, date: CivilDay): boolean {
  if (typeof rule === 'number') return rule === date.weekday;
  if (rule.weekday !== date.weekday) return false;
  return rule.nth === 'last' ? date.day + 7 > monthLength(date) : Math.ceil(date.day / 7) === rule.nth;
}

function monthLength({ year, month }: CivilDay): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function minuteFrom({ hours, minutes }: CalendarSchedule, least: number): number | undefined {
  const hour = Math.floor(least / 60);
  if (hours.includes(hour)) {
    const minute = minutes.find((one) => hour * 60 + one >= least);
    if (minute !== undefined) return hour * 60 + minute;
  }
  const later = hours.find((one) => one > hour);
  return later === undefined ? undefined : later * 60 + minutes[0]!;
}

function minuteUpTo({ hours, minutes }: CalendarSchedule, most: number): number | undefined {
  const hour = Math.floor(most / 60);
  if (hours.includes(hour)) {
    const minute = minutes.findLast((one) => hour * 60 + one <= most);
    if (minute !== undefined) return hour * 60 + minute;
  }
  const earlier = hours.findLast((one) => one < hour);
  return earlier === undefined ? undefined : earlier * 60 + minutes.at(-1)!;
}
