// Schedules in the words of a language: what they say and when they are due. Names of days and months come from Intl.

import type { Instant } from '../base/context.ts';
import { formatDuration, type Language } from '../base/text.ts';
import { type DayPart, describeSchedule, type TimePart } from '../model/schedule/describe.ts';
import type { IntervalDecision, IntervalRule } from '../model/schedule/interval.ts';
import type { DateRule, RateUnit, Schedule, WeekdayRule } from '../model/schedule/schedule.ts';
import type { TextKey, Texts } from './texts/texts.ts';

const rateKeys: Readonly<Record<RateUnit, readonly [one: TextKey, many: TextKey]>> = {
  minute: ['schedule.rate.minute.one', 'schedule.rate.minute.many'],
  hour: ['schedule.rate.hour.one', 'schedule.rate.hour.many'],
  day: ['schedule.rate.day.one', 'schedule.rate.day.many'],
};

/** By the ordinal forms of Intl. */
const dateKeys: Readonly<Partial<Record<string, TextKey>>> = {
  one: 'schedule.date.one',
  two: 'schedule.date.two',
  few: 'schedule.date.few',
};

const nthKeys: Readonly<Partial<Record<string | number, TextKey>>> = {
  1: 'schedule.nth.1',
  2: 'schedule.nth.2',
  3: 'schedule.nth.3',
  4: 'schedule.nth.4',
  5: 'schedule.nth.5',
};

const intervalKeys: Readonly<Record<IntervalRule, TextKey>> = {
  start: 'schedule.interval.start',
  change: 'schedule.interval.change',
  quiet: 'schedule.interval.quiet',
  smooth: 'schedule.interval.smooth',
  failed: 'schedule.interval.failed',
  load: 'schedule.interval.load',
  rpo: 'schedule.interval.rpo',
  least: 'schedule.interval.least',
  most: 'schedule.interval.most',
};

/** `at 02:00, Monday to Friday, in January and July`. */
export function scheduleWords(schedule: Schedule, texts: Texts): string {
  const { time, days, months, years } = describeSchedule(schedule);
  const number = (value: number) => String(value);
  return [
    timeWords(time, texts),
    ...(days === undefined ? [] : [dayWords(days, texts)]),
    ...(months === undefined
      ? []
      : [
          texts.say('schedule.months', {
            list: listWords(months, (month) => monthName(month, texts.language), texts),
          }),
        ]),
    ...(years === undefined ? [] : [texts.say('schedule.years', { list: listWords(years, number, texts) })]),
  ].join(', ');
}

/** `Sunday 22 November 2026 at 02:00`, by the clock of the zone. */
export function momentWords(at: Instant, zone: string, language: Language): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    timeZone: zone,
    dateStyle: 'full',
    timeStyle: 'short',
  }).format(at);
}

/** The decision, then each step of it with what it set the interval to. */
export function intervalWords({ intervalMs, because, keepsRpo }: IntervalDecision, texts: Texts): string[] {
  const duration = (ms: number) => formatDuration(ms, texts.language);
  return [
    texts.say('schedule.interval.next', { duration: duration(intervalMs) }),
    ...because.map((reason) =>
      texts.say(intervalKeys[reason.rule], { duration: duration(reason.intervalMs) }),
    ),
    ...(keepsRpo ? [] : [texts.say('schedule.interval.tooLong')]),
  ];
}

function timeWords(time: TimePart, texts: Texts): string {
  if (time.what === 'rate') {
    const { amount, unit } = time;
    return texts.say(rateKeys[unit][amount === 1 ? 0 : 1], { amount });
  }
  if (time.what === 'times') return texts.say('schedule.times', { list: join(time.times, texts) });
  const words =
    time.what === 'steps'
      ? texts.say(time.step === 1 ? 'schedule.everyMinute' : 'schedule.steps', { step: time.step })
      : texts.say('schedule.minutes', { list: listWords(time.minutes, String, texts) });
  if (time.hours === undefined) return words;
  return texts.say('schedule.withinHours', { words, list: listWords(time.hours, String, texts) });
}

function dayWords({ dates, weekdays, combine }: DayPart, texts: Texts): string {
  if (dates === undefined && weekdays === undefined) return texts.say('schedule.everyDay');
  const byDate = dates === undefined ? '' : texts.say('schedule.onDays', { list: dateList(dates, texts) });
  if (weekdays === undefined) return byDate;
  const list = weekdayList(weekdays, texts);
  const byWeekday = texts.say('schedule.onDays', { list });
  if (dates === undefined) return byWeekday;
  return combine === 'either'
    ? texts.say('schedule.eitherDay', { dates: byDate, weekdays: byWeekday })
    : texts.say('schedule.bothDays', { dates: byDate, weekdays: list });
}

function dateList(rules: readonly DateRule[], texts: Texts): string {
  const numbers = rules.filter((rule) => typeof rule === 'number');
  const others = rules.filter((rule) => typeof rule !== 'number');
  return join(
    [
      ...runs(numbers, (day) => dateWords(day, texts), texts),
      ...others.map((rule) => {
        if ('last' in rule) {
          return texts.say(rule.last === 0 ? 'schedule.lastDay' : 'schedule.beforeLastDay', {
            days: rule.last,
          });
        }
        if (rule.near === 'last') return texts.say('schedule.lastWorkingDay');
        return texts.say('schedule.nearDay', { date: dateWords(rule.near, texts) });
      }),
    ],
    texts,
  );
}

function dateWords(day: number, texts: Texts): string {
  const form = new Intl.PluralRules(texts.language, { type: 'ordinal' }).select(day);
  return texts.say(dateKeys[form] ?? 'schedule.date.other', { day });
}

function weekdayList(rules: readonly WeekdayRule[], texts: Texts): string {
  const { language } = texts;
  // From Monday on, so that a weekend stands together.
  const numbers = rules.filter((rule) => typeof rule === 'number').map((day) => (day === 0 ? 7 : day));
  const others = rules.filter((rule) => typeof rule !== 'number');
  return join(
    [
      ...runs(numbers, (day) => weekdayName(day, language), texts),
      ...others.map(({ weekday, nth }) =>
        texts.say('schedule.nthWeekday', {
          nth: texts.say(nthKeys[nth] ?? 'schedule.nth.last'),
          weekday: weekdayName(weekday, language),
        }),
      ),
    ],
    texts,
  );
}

function listWords(values: readonly number[], word: (value: number) => string, texts: Texts): string {
  return join(runs(values, word, texts), texts);
}

/** Three or more that follow each other are told by the first and the last. */
function runs(values: readonly number[], word: (value: number) => string, texts: Texts): string[] {
  const words: string[] = [];
  for (let index = 0; index < values.length; ) {
    let end = index;
    while (values[end + 1] === values[end]! + 1) end++;
    if (end - index < 2) end = index;
    const [first, last] = [word(values[index]!), word(values[end]!)];
    words.push(end === index ? first : texts.say('schedule.range', { first, last }));
    index = end + 1;
  }
  return words;
}

function join(words: readonly string[], { language }: Texts): string {
  return new Intl.ListFormat(localeOf(language), { type: 'conjunction' }).format(words);
}

// 2023-01-01 was a Sunday.
function weekdayName(weekday: number, language: Language): string {
  return nameOf(Date.UTC(2023, 0, 1 + weekday), { weekday: 'long' }, language);
}

function monthName(month: number, language: Language): string {
  return nameOf(Date.UTC(2023, month - 1, 1), { month: 'long' }, language);
}

function nameOf(at: Instant, options: Intl.DateTimeFormatOptions, language: Language): string {
  return new Intl.DateTimeFormat(localeOf(language), { ...options, timeZone: 'UTC' }).format(at);
}

function localeOf(language: Language): string {
  return language === 'de' ? 'de-CH' : 'en-GB';
}
