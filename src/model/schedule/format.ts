// Writes a schedule in the dialect of crontab(5), of AWS, or in the one canonical form. A dialect that cannot say it refuses with the reason:
// a schedule that is due at other times than it reads is worse than none.

import { Failure } from '../../base/failure.ts';
import {
  type CalendarSchedule,
  type DateRule,
  type Schedule,
  span,
  type WeekdayRule,
  weekdayNames,
  yearsOfSchedules,
} from './schedule.ts';

/** What `parseSchedule` reads as the same schedule; equal schedules have equal texts. */
export function formatSchedule(schedule: Schedule): string {
  if (schedule.kind === 'rate' || schedule.years !== undefined) return formatAws(schedule);
  return classicText(schedule);
}

/** Five fields as every cron daemon reads them; usage/NOT_IN_DIALECT for what it has no words for. */
export function formatCrontab(schedule: Schedule): string {
  if (schedule.kind === 'rate') return formatCrontab(rateAsCalendar(schedule.amount, schedule.unit));
  if (schedule.years !== undefined) throw notInDialect('crontab', 'has no field for years');
  const isExtended = [...(schedule.dates ?? []), ...(schedule.weekdays ?? [])].some(
    (rule) => typeof rule !== 'number',
  );
  if (isExtended) throw notInDialect('crontab', 'has no L, W or #');
  return classicText(schedule);
}

/** `cron(…)` or `rate(…)`; usage/NOT_IN_DIALECT for what it has no words for. */
export function formatAws(schedule: Schedule): string {
  if (schedule.kind === 'rate') {
    const { amount, unit } = schedule;
    return `rate(${amount} ${unit}${amount === 1 ? '' : 's'})`;
  }
  const { dates, weekdays, minutes, hours, months, years } = schedule;
  if (dates !== undefined && weekdays !== undefined) {
    throw notInDialect('AWS', 'takes days of the month or weekdays, never both');
  }
  const fields = [
    numbersText(minutes, 0, 59, 'aws'),
    numbersText(hours, 0, 23, 'aws'),
    weekdays !== undefined ? '?' : dates === undefined ? '*' : datesText(dates, 'aws'),
    numbersText(months, 1, 12, 'aws'),
    weekdays === undefined ? '?' : weekdaysText(weekdays, 'aws'),
    years === undefined ? '*' : numbersText(years, yearsOfSchedules.first, yearsOfSchedules.last, 'list'),
  ];
  return `cron(${fields.join(' ')})`;
}

function classicText(schedule: CalendarSchedule): string {
  const { dates, weekdays, minutes, hours, months, combine } = schedule;
  let [dayOfMonth, dayOfWeek] = [
    dates === undefined ? '*' : datesText(dates, 'list'),
    weekdays === undefined ? '*' : weekdaysText(weekdays, 'list'),
  ];
  // A star in front says "and"; a star with too large a step is the first value alone.
  if (dates !== undefined && weekdays !== undefined && combine === 'both') {
    if (dates[0] === 1) dayOfMonth = starFirst(dates, (rest) => datesText(rest, 'list'), 1, 31);
    else dayOfWeek = starFirst(weekdays, (rest) => weekdaysText(rest, 'list'), 0, 6);
  }
  return [
    numbersText(minutes, 0, 59, 'classic'),
    numbersText(hours, 0, 23, 'classic'),
    dayOfMonth,
    numbersText(months, 1, 12, 'classic'),
    dayOfWeek,
  ].join(' ');
}

function starFirst<T>(
  rules: readonly T[],
  text: (rest: readonly T[]) => string,
  first: number,
  last: number,
): string {
  const step = stepOf(rules, first, last);
  if (step !== undefined) return `*/${step}`;
  const rest = rules.slice(1);
  return [`*/${last - first + 1}`, ...(rest.length === 0 ? [] : [text(rest)])].join(',');
}

/** Never ambiguous beside 'list', which writes no steps: in the day fields a star changes what the other field means. */
type Style = 'classic' | 'aws' | 'list';

function numbersText(values: readonly number[], first: number, last: number, style: Style): string {
  if (values.length === last - first + 1) return '*';
  const step = style === 'list' ? undefined : stepOf(values, first, last);
  if (step !== undefined && values.length > 2) return style === 'aws' ? `${first}/${step}` : `*/${step}`;
  const texts: string[] = [];
  for (let index = 0; index < values.length; ) {
    let end = index;
    while (values[end + 1] === values[end]! + 1) end++;
    // A range of two is longer than a list of two.
    if (end - index < 2) end = index;
    texts.push(end === index ? `${values[index]}` : `${values[index]}-${values[end]}`);
    index = end + 1;
  }
  return texts.join(',');
}

/** The step with which a star gives exactly these values. */
function stepOf(values: readonly unknown[], first: number, last: number): number | undefined {
  const second = values[1];
  if (values[0] !== first || typeof second !== 'number') return undefined;
  const step = second - first;
  const all = span(first, last).filter((value) => (value - first) % step === 0);
  return all.length === values.length && all.every((value, index) => value === values[index])
    ? step
    : undefined;
}

function datesText(rules: readonly DateRule[], style: Style): string {
  const numbers = rules.filter((rule) => typeof rule === 'number');
  const others = rules.filter((rule) => typeof rule !== 'number');
  return [
    ...(numbers.length === 0 ? [] : [numbersText(numbers, 1, 31, style)]),
    ...others.map((rule) => {
      if ('near' in rule) {
        if (rule.near === 'last' && style === 'aws') throw notInDialect('AWS', 'has no LW');
        return rule.near === 'last' ? 'LW' : `${rule.near}W`;
      }
      if (rule.last > 0 && style === 'aws') throw notInDialect('AWS', 'has no L with a number');
      return rule.last === 0 ? 'L' : `L-${rule.last}`;
    }),
  ].join(',');
}

function weekdaysText(rules: readonly WeekdayRule[], style: Style): string {
  const isAws = style === 'aws';
  const name = (weekday: number) => (isAws ? weekdayNames[weekday]!.toUpperCase() : `${weekday}`);
  const isNth = (rule: WeekdayRule) => typeof rule !== 'number' && rule.nth !== 'last';
  if (isAws && rules.length > 1 && rules.some(isNth)) {
    throw notInDialect('AWS', 'takes # only once');
  }
  const numbers = rules.filter((rule) => typeof rule === 'number');
  const plain = numbersText(numbers, 0, 6, 'list').replace(/\d/g, (digit) => name(Number(digit)));
  const others = rules.filter((rule) => typeof rule !== 'number');
  return [
    ...(numbers.length === 0 ? [] : [plain]),
    ...others.map(({ weekday, nth }) => {
      const day = isAws ? weekday + 1 : weekday;
      return nth === 'last' ? `${day}L` : `${day}#${nth}`;
    }),
  ].join(',');
}

/** Up to an hour a cron daemon counts elapsed time as well; beyond it, times of the day drift apart from a rate when clocks change. */
function rateAsCalendar(amount: number, unit: 'minute' | 'hour' | 'day'): CalendarSchedule {
  const minutes = amount * { minute: 1, hour: 60, day: 1440 }[unit];
  if (minutes > 60 || 60 % minutes !== 0) {
    throw notInDialect('crontab', 'repeats by the clock, and this rate counts elapsed time across its hours');
  }
  return {
    kind: 'calendar',
    minutes: span(0, 59).filter((minute) => minute % minutes === 0),
    hours: span(0, 23),
    dates: undefined,
    months: span(1, 12),
    weekdays: undefined,
    combine: 'both',
    years: undefined,
  };
}

function notInDialect(dialect: 'crontab' | 'AWS', why: string): Failure {
  return new Failure('usage', 'NOT_IN_DIALECT', `${dialect} cannot say this schedule: it ${why}`, {
    facts: { dialect },
    hint: 'Split it into several schedules, or keep it in the form in which it was written.',
  });
}
