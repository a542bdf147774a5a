// Reads schedules in the two dialects people have: the five fields of crontab(5) with names, L, W and #, `@daily` and its like; and AWS
// `cron(…)` with six fields and `rate(…)`. What is refused is refused with its place and with what to write instead.

import { firstFitting } from './calendar.ts';
import {
  type Dialect,
  type FieldName,
  type FieldText,
  readDates,
  readNumbers,
  readWeekdays,
} from './cron-field.ts';
import {
  type CalendarSchedule,
  invalidSchedule,
  type RateSchedule,
  type Schedule,
  span,
} from './schedule.ts';

const lengthMax = 1000;

const classicFields: readonly FieldName[] = ['minute', 'hour', 'day-of-month', 'month', 'day-of-week'];
const awsFields: readonly FieldName[] = [...classicFields, 'year'];

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** usage/INVALID_SCHEDULE for what is none, and for a cron that no calendar ever fits. */
export function parseSchedule(whole: string): Schedule {
  if (whole.length > lengthMax) throw invalidSchedule(whole, 'it is too long', examplesHint);
  const text = whole.trim();
  const start = whole.indexOf(text);
  const call = /^([a-z]+)\s*\((.*)\)$/is.exec(text);
  if (call !== null) {
    const position = start + text.indexOf('(') + 1;
    if (call[1]!.toLowerCase() === 'rate') return parseRate(whole, call[2]!);
    if (call[1]!.toLowerCase() === 'cron') return parseAws(whole, call[2]!, position);
    throw invalidSchedule(whole, `"${call[1]}(…)" is neither cron(…) nor rate(…)`, examplesHint);
  }
  if (text.startsWith('@')) {
    const fields = Object.hasOwn(nicknames, text.toLowerCase()) ? nicknames[text.toLowerCase()]! : undefined;
    if (fields !== undefined) return parseClassic(fields, fields, 0);
    const known = Object.keys(nicknames).join(', ');
    throw invalidSchedule(whole, 'this name is not known', `Known are ${known}, and cron expressions.`);
  }
  return parseClassic(whole, text, start);
}

const examplesHint = 'Write "0 2 * * *", @daily, cron(0 2 * * ? *) or rate(6 hours).';

function parseClassic(whole: string, text: string, start: number): CalendarSchedule {
  const fields = fieldsOf(whole, text, start, classicFields, 'classic');
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [
    FieldText,
    FieldText,
    FieldText,
    FieldText,
    FieldText,
  ];
  const dates = readDates(dayOfMonth);
  const weekdays = readWeekdays(dayOfWeek);
  // crontab(5): either field decides, unless one of them begins with a star.
  const isBoth = dayOfMonth.text.startsWith('*') || dayOfWeek.text.startsWith('*');
  const isOne = dates === undefined || weekdays === undefined;
  return possible(whole, {
    kind: 'calendar',
    minutes: readNumbers(minute) ?? span(0, 59),
    hours: readNumbers(hour) ?? span(0, 23),
    dates: isOne && !isBoth ? undefined : dates,
    months: readNumbers(month) ?? span(1, 12),
    weekdays: isOne && !isBoth ? undefined : weekdays,
    combine: isOne || isBoth ? 'both' : 'either',
    years: undefined,
  });
}

function parseAws(whole: string, text: string, start: number): CalendarSchedule {
  const fields = fieldsOf(whole, text, start, awsFields, 'aws');
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields as [
    FieldText,
    FieldText,
    FieldText,
    FieldText,
    FieldText,
    FieldText,
  ];
  const [isAnyDate, isAnyWeekday] = [dayOfMonth.text === '?', dayOfWeek.text === '?'];
  if (isAnyDate === isAnyWeekday) {
    const why = isAnyDate ? 'both day fields are "?"' : 'one of the two day fields must be "?"';
    const hint = 'Write ? for the day of the month or for the weekday, such as cron(0 2 * * ? *).';
    throw invalidSchedule(whole, why, hint, { position: dayOfWeek.position, field: dayOfWeek.name });
  }
  return possible(whole, {
    kind: 'calendar',
    minutes: readNumbers(minute) ?? span(0, 59),
    hours: readNumbers(hour) ?? span(0, 23),
    dates: isAnyDate ? undefined : readDates(dayOfMonth),
    months: readNumbers(month) ?? span(1, 12),
    weekdays: isAnyWeekday ? undefined : readWeekdays(dayOfWeek),
    combine: 'both',
    years: readNumbers(year),
  });
}

function parseRate(whole: string, text: string): RateSchedule {
  const match = /^\s*(\d{1,7})\s+(minute|hour|day)(s?)\s*$/i.exec(text);
  const hint = 'Write a whole number and minutes, hours or days, such as rate(1 hour) or rate(15 minutes).';
  if (match === null) throw invalidSchedule(whole, 'this is no rate', hint);
  const [, amountText, unit, plural] = match;
  const amount = Number(amountText);
  if (amount === 0) throw invalidSchedule(whole, 'a rate of 0 never ends', hint);
  if ((amount === 1) !== (plural === '')) {
    throw invalidSchedule(
      whole,
      'AWS asks for the singular after 1 and for the plural after all others',
      hint,
    );
  }
  return { kind: 'rate', amount, unit: unit!.toLowerCase() as RateSchedule['unit'] };
}

function fieldsOf(
  whole: string,
  text: string,
  start: number,
  names: readonly FieldName[],
  dialect: Dialect,
): FieldText[] {
  const fields = [...text.matchAll(/\S+/g)];
  if (fields.length !== names.length) {
    const asked = `${names.length} (${names.join(', ')})`;
    const why = `it has ${fields.length} fields, not ${asked}`;
    throw invalidSchedule(whole, why, fields.length === 6 && dialect === 'classic' ? sixHint : examplesHint);
  }
  return fields.map((match, index) => ({
    whole,
    text: match[0],
    position: start + match.index,
    name: names[index]!,
    dialect,
  }));
}

const sixHint = 'There are no seconds here; put six fields with a year into cron(…).';

/** A schedule that never comes is a mistake, and a backup nobody misses until it is needed. */
function possible(whole: string, schedule: CalendarSchedule): CalendarSchedule {
  if (firstFitting(schedule) === undefined) {
    const hint = 'Check the day against the month, such as 31 February; L is the last day of every month.';
    throw invalidSchedule(whole, 'no day of the calendar fits it', hint);
  }
  return schedule;
}
