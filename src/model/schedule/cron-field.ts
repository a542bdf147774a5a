// One field of a cron expression: numbers, names, ranges, steps and lists, and what the day fields have besides. The dialects differ in
// details that change when a backup runs, so each is read by its own rules and never guessed.

import { escapeForTerminal } from '../../base/text.ts';
import {
  type DateRule,
  invalidSchedule,
  monthNames,
  span,
  type WeekdayRule,
  weekdayNames,
} from './schedule.ts';

export type Dialect = 'classic' | 'aws';

export type FieldName = 'minute' | 'hour' | 'day-of-month' | 'month' | 'day-of-week' | 'year';

/** A field as it stands in the whole text. */
export interface FieldText {
  readonly whole: string;
  readonly text: string;
  readonly position: number;
  readonly name: FieldName;
  readonly dialect: Dialect;
}

interface Bounds {
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
}

const bounds: Readonly<Record<FieldName, Bounds>> = {
  minute: { first: 0, last: 59 },
  hour: { first: 0, last: 23 },
  'day-of-month': { first: 1, last: 31 },
  month: { first: 1, last: 12, names: monthNames },
  'day-of-week': { first: 0, last: 7, names: weekdayNames },
  year: { first: 1970, last: 2199 },
};

/** AWS counts Sunday as 1. */
const awsWeekdays: Bounds = { first: 1, last: 7, names: weekdayNames };

/** A part of a list with its place. */
interface Part {
  readonly text: string;
  readonly position: number;
}

/** Minute, hour, month or year: sorted values; undefined where they are all there are. */
export function readNumbers(field: FieldText): readonly number[] | undefined {
  const { first, last } = boundsOf(field);
  const values = new Set(partsOf(field).flatMap((part) => readRange(part, field)));
  return values.size === last - first + 1 ? undefined : [...values].sort((a, b) => a - b);
}

/** Undefined: every day. */
export function readDates(field: FieldText): readonly DateRule[] | undefined {
  const rules = partsOf(field).flatMap((part): DateRule[] => {
    const text = part.text.toUpperCase();
    const fromLast = /^L(?:-(\d{1,2}))?$/.exec(text);
    const near = /^(?:(\d{1,2})|L)W$/.exec(text);
    if (field.dialect === 'aws' && (text === 'LW' || fromLast?.[1] !== undefined)) {
      throw wrong(field, part, `${text} is not known to AWS`, 'AWS knows L, and W after a day, such as 15W.');
    }
    if (fromLast !== null) {
      const last = Number(fromLast[1] ?? 0);
      if (last > 30) throw wrong(field, part, 'no month has so many days', 'Write L-30 at most.');
      return [{ last }];
    }
    if (near === null) return readRange(part, field);
    if (near[1] === undefined) return [{ near: 'last' }];
    return [{ near: readNumber(near[1], part, field) }];
  });
  const numbers = sortedNumbers(rules);
  if (numbers.length === 31) return undefined;
  const others = unique(rules.filter((rule) => typeof rule !== 'number'));
  return [...numbers, ...others];
}

/** 0 is Sunday in both dialects' results. Undefined: every day. */
export function readWeekdays(field: FieldText): readonly WeekdayRule[] | undefined {
  const isAws = field.dialect === 'aws';
  const parts = partsOf(field);
  const rules = parts.flatMap((part): WeekdayRule[] => {
    const day = (text: string) =>
      isAws ? readNumber(text, part, field) - 1 : readNumber(text, part, field) % 7;
    const nth = /^([a-z]{3}|\d{1,2})#(\d{1,2})$/i.exec(part.text);
    const last = /^([a-z]{3}|\d{1,2})L$/i.exec(part.text);
    if (nth !== null) {
      const count = Number(nth[2]);
      if (count < 1 || count > 5) throw wrong(field, part, `"${count}" is not 1 to 5`, 'Write #1 to #5.');
      if (isAws && parts.length > 1) {
        throw wrong(field, part, '# stands alone in AWS', 'Make one schedule for each of these days.');
      }
      return [{ weekday: day(nth[1]!), nth: count }];
    }
    if (last !== null) return [{ weekday: day(last[1]!), nth: 'last' }];
    // The last day of the week, which is Saturday there. In crontab readers it means different things.
    if (/^L$/i.test(part.text)) {
      if (isAws) return [6];
      throw wrong(
        field,
        part,
        '"L" alone is ambiguous',
        'Write the day, such as sat, or friL for the last Friday.',
      );
    }
    if (isAws && part.text.includes('/')) {
      throw wrong(field, part, 'AWS has no steps for weekdays', 'List the days, such as MON,WED,FRI.');
    }
    return readRange(part, field).map((value) => (isAws ? value - 1 : value % 7));
  });
  const numbers = sortedNumbers(rules);
  if (numbers.length === 7) return undefined;
  return [...numbers, ...unique(rules.filter((rule) => typeof rule !== 'number'))];
}

function sortedNumbers(rules: readonly (DateRule | WeekdayRule)[]): number[] {
  return [...new Set(rules.filter((rule) => typeof rule === 'number'))].sort((a, b) => a - b);
}

function unique<T>(rules: readonly T[]): T[] {
  const byText = new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
  return [...byText.keys()].sort().map((text) => byText.get(text)!);
}

function boundsOf({ name, dialect }: FieldText): Bounds {
  return name === 'day-of-week' && dialect === 'aws' ? awsWeekdays : bounds[name];
}

function partsOf(field: FieldText): Part[] {
  let position = field.position;
  return field.text.split(',').map((text) => {
    const part = { text, position };
    position += text.length + 1;
    if (text === '')
      throw wrong(field, part, 'something is missing here', 'Write values with one comma between.');
    return part;
  });
}

/** `*`, `5`, `1-5`, each with a step; all values as they are counted in the field's dialect. */
function readRange(part: Part, field: FieldText): number[] {
  const { first, last } = boundsOf(field);
  const match = /^(?:(\*)|([a-z\d]+)(?:-([a-z\d]+))?)(?:\/(\d{1,4}))?$/i.exec(part.text);
  if (match === null) throw wrong(field, part, ...notUnderstood(part, field));
  const [, star, fromText, toText, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) throw wrong(field, part, 'a step of 0 never ends', 'Write a step of 1 or more.');
  // Seven as Sunday is for those who write it, not one more day for a star.
  const end = field.name === 'day-of-week' && field.dialect === 'classic' ? 6 : last;
  if (star !== undefined) return span(first, end).filter((value) => (value - first) % step === 0);
  const from = readNumber(fromText!, part, field);
  if (toText === undefined) {
    if (stepText === undefined) return [from];
    if (field.dialect === 'classic') {
      const hint = `Write ${fromText}-${end}/${stepText}; programs read a step after one number differently.`;
      throw wrong(field, part, 'a step needs a range', hint);
    }
    return span(from, Math.max(from, end)).filter((value) => (value - from) % step === 0);
  }
  const isSundayLast =
    field.name === 'day-of-week' && field.dialect === 'classic' && /^(sun|0)$/i.test(toText);
  const to = isSundayLast && from > 0 ? 7 : readNumber(toText, part, field);
  if (to < from)
    throw wrong(field, part, 'the range runs backwards', 'Write two ranges with a comma between.');
  return span(from, to).filter((value) => (value - from) % step === 0);
}

function readNumber(text: string, part: Part, field: FieldText): number {
  const { first, last, names } = boundsOf(field);
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + first;
  const allowed =
    names === undefined ? `${first} to ${last}` : `${first} to ${last} or ${names[0]} to ${names.at(-1)}`;
  if (!/^\d{1,4}$/.test(text) || Number(text) < first || Number(text) > last) {
    throw wrong(field, part, `"${escapeForTerminal(text)}" is not ${allowed}`, `Write ${allowed}.`);
  }
  return Number(text);
}

function notUnderstood(part: Part, field: FieldText): [why: string, hint: string] {
  if (part.text === '?') {
    return field.dialect === 'classic'
      ? ['"?" belongs to cron(…) of AWS', 'Write * here.']
      : ['"?" stands for a day field alone', 'Write * here.'];
  }
  const shown = escapeForTerminal(part.text.slice(0, 40));
  return [`"${shown}" is not understood`, 'Write *, 5, 1-5, */15 or a list such as 1,15.'];
}

function wrong(field: FieldText, part: Part, why: string, hint: string) {
  return invalidSchedule(field.whole, why, hint, { position: part.position, field: field.name });
}
