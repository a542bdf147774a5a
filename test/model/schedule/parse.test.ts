// What schedules mean, what is refused and where, and that every schedule has one text that says it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../../src/base/failure.ts';
import { formatAws, formatCrontab, formatSchedule } from '../../../src/model/schedule/format.ts';
import { parseSchedule } from '../../../src/model/schedule/parse.ts';
import type { CalendarSchedule } from '../../../src/model/schedule/schedule.ts';

const calendar = (text: string) => parseSchedule(text) as CalendarSchedule;

test('the dialects say the same in one canonical form', () => {
  for (const [text, canonical] of [
    ['0 2 * * *', '0 2 * * *'],
    ['cron(0 2 * * ? *)', '0 2 * * *'],
    ['cron(0 2 ? * * *)', '0 2 * * *'],
    [' CRON( 0 2 * * ? * ) ', '0 2 * * *'],
    ['@daily', '0 0 * * *'],
    ['@Midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@yearly', '0 0 1 1 *'],
    ['*/15 * * * *', '*/15 * * * *'],
    ['0,15,30,45 0-23 1-31 1-12 0-7', '*/15 * * * *'],
    ['cron(0/15 * * * ? *)', '*/15 * * * *'],
    ['0 3 * * MON-FRI', '0 3 * * 1-5'],
    ['cron(0 3 ? * 2-6 *)', '0 3 * * 1-5'],
    ['0 3 * * fri-sun', '0 3 * * 0,5,6'],
    ['0 3 * * 7', '0 3 * * 0'],
    ['0 3 * jan,JUL mon', '0 3 * 1,7 1'],
    ['0 3 * * 5L', '0 3 * * 5L'],
    ['cron(0 3 ? * 6L *)', '0 3 * * 5L'],
    ['cron(0 3 ? * L *)', '0 3 * * 6'],
    ['cron(0 3 ? * 2#1 *)', '0 3 * * 1#1'],
    ['0 3 * * mon#1', '0 3 * * 1#1'],
    ['0 3 L,15,1 * *', '0 3 1,15,L * *'],
    ['0 3 15w * *', '0 3 15W * *'],
    ['0 3 LW * *', '0 3 LW * *'],
    ['cron(5 4 L * ? 2026,2027,2028)', 'cron(5 4 L * ? 2026-2028)'],
    ['cron(5 4 * * ? 1970-2199)', '5 4 * * *'],
    ['rate(1 hour)', 'rate(1 hour)'],
    ['rate( 15  Minutes )', 'rate(15 minutes)'],
    // Either field decides in crontab(5), unless one begins with a star; all days in one of them are all days.
    ['0 0 1,15 * 5', '0 0 1,15 * 5'],
    ['0 0 */2 * 5', '0 0 */2 * 5'],
    ['0 0 */2,2 * 5', '0 0 */31,2,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * 5'],
    ['0 0 13 * */2', '0 0 13 * */2'],
    ['0 0 1-31 * 5', '0 0 * * *'],
    ['0 0 13 * 0-6', '0 0 * * *'],
  ] as const) {
    assert.equal(formatSchedule(parseSchedule(text)), canonical, text);
    assert.deepEqual(parseSchedule(canonical), parseSchedule(text), text);
  }
});

test('Sunday is 0 and 7 in a crontab and 1 at AWS', () => {
  assert.deepEqual(calendar('0 0 * * 1').weekdays, [1]);
  assert.deepEqual(calendar('cron(0 0 ? * 1 *)').weekdays, [0]);
  assert.deepEqual(calendar('cron(0 0 ? * SUN,SAT *)').weekdays, [0, 6]);
  assert.equal(formatAws(parseSchedule('0 0 * * 0,3-5')), 'cron(0 0 ? * SUN,WED-FRI *)');
  assert.equal(formatAws(parseSchedule('0 0 * * 0L')), 'cron(0 0 ? * 1L *)');
});

test('what the other dialect cannot say is refused, never bent', () => {
  for (const [text, write] of [
    ['0 0 1,15 * 5', formatAws],
    ['0 0 */2 * 5', formatAws],
    ['0 0 LW * *', formatAws],
    ['0 0 L-3 * *', formatAws],
    ['0 0 * * 1#1,1#3', formatAws],
    ['cron(0 0 L * ? *)', formatCrontab],
    ['cron(0 0 15W * ? *)', formatCrontab],
    ['cron(0 0 ? * 2#1 *)', formatCrontab],
    ['cron(0 0 * * ? 2027)', formatCrontab],
    ['rate(7 minutes)', formatCrontab],
    ['rate(6 hours)', formatCrontab],
    ['rate(1 day)', formatCrontab],
  ] as const) {
    assert.throws(
      () => write(parseSchedule(text)),
      (error) => isFailure(error, 'usage', 'NOT_IN_DIALECT'),
      text,
    );
  }
  assert.equal(formatCrontab(parseSchedule('rate(15 minutes)')), '*/15 * * * *');
  assert.equal(formatCrontab(parseSchedule('rate(1 hour)')), '0 * * * *');
  assert.equal(formatAws(parseSchedule('*/20 * * * *')), 'cron(0/20 * * * ? *)');
});

test('a mistake is named with its field and its place', () => {
  for (const [text, field, position] of [
    ['0 61 * * *', 'hour', 2],
    ['60 1 * * *', 'minute', 0],
    ['  0 1,x * * *', 'hour', 6],
    ['0 1 0 * *', 'day-of-month', 4],
    ['0 1 32 * *', 'day-of-month', 4],
    ['0 1 * 13 *', 'month', 6],
    ['0 1 * foo *', 'month', 6],
    ['0 1 * * 8', 'day-of-week', 8],
    ['0 1 * * 1#6', 'day-of-week', 8],
    ['0 1 * * L', 'day-of-week', 8],
    ['0 1 * * ?', 'day-of-week', 8],
    ['0 1,,2 * * *', 'hour', 4],
    ['5/10 1 * * *', 'minute', 0],
    ['*/0 1 * * *', 'minute', 0],
    ['30-10 1 * * *', 'minute', 0],
    ['cron(0 2 * * * *)', 'day-of-week', 13],
    ['cron(0 2 ? * ? *)', 'day-of-week', 13],
    ['cron(0 2 ? * 0 *)', 'day-of-week', 13],
    ['cron(0 2 ? * MON/2 *)', 'day-of-week', 13],
    ['cron(0 2 ? * 3#1,6#3 *)', 'day-of-week', 13],
    ['cron(0 2 LW * ? *)', 'day-of-month', 9],
    ['cron(0 2 * * ? 1969)', 'year', 15],
  ] as const) {
    assert.throws(
      () => parseSchedule(text),
      (error) =>
        isFailure(error, 'usage', 'INVALID_SCHEDULE') &&
        error.facts['field'] === field &&
        error.facts['position'] === position &&
        (error.hint ?? '').length > 10,
      text,
    );
  }
});

test('what is no schedule, and what no calendar ever fits, is refused with a hint', () => {
  for (const text of [
    '',
    '* * * *',
    '0 0 2 * * *',
    '@reboot',
    '@toString',
    'at(2026-01-01T00:00:00)',
    'cron(0 2 * * ?)',
    'cron(0 2 * * ? *',
    'rate(0 hours)',
    'rate(1 hours)',
    'rate(2 hour)',
    'rate(1.5 hours)',
    'rate(5 seconds)',
    '0 0 31 2 *',
    '0 0 30 feb *',
    '0 0 31 4,6,9,11 *',
    '0 0 L-30 2 *',
    '0 0 31W 2 *',
    'cron(0 0 29 2 ? 2027)',
    'cron(0 0 ? 2 2#5 2027)',
    `${'1,'.repeat(600)}1 * * * *`,
    '0 0 1\u001b[2J * *',
  ]) {
    assert.throws(
      () => parseSchedule(text),
      (error) =>
        isFailure(error, 'usage', 'INVALID_SCHEDULE') &&
        error.hint !== undefined &&
        !/\u001b/.test(error.message),
      text,
    );
  }
  // Rare, but it comes.
  for (const text of ['0 0 29 2 *', '0 0 * 2 1#5', '0 0 L-29 1 *', '0 0 */28 2 0']) parseSchedule(text);
});

const numbers = (first: number, last: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 2, max: last }).map((step) => `*/${step}`),
    fc
      .uniqueArray(fc.integer({ min: first, max: last }), { minLength: 1, maxLength: 6 })
      .map((values) => values.join(',')),
    fc
      .tuple(
        fc.integer({ min: first, max: last }),
        fc.integer({ min: first, max: last }),
        fc.integer({ min: 1, max: 5 }),
      )
      .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}/${step}`),
  );

const classic = fc
  .tuple(
    numbers(0, 59),
    numbers(0, 23),
    fc.oneof(
      { weight: 4, arbitrary: numbers(1, 28) },
      { weight: 1, arbitrary: fc.constantFrom('L', 'LW', 'L-2', '1W', '*/3,L') },
    ),
    numbers(1, 12),
    fc.oneof(
      { weight: 4, arbitrary: numbers(0, 6) },
      { weight: 1, arbitrary: fc.constantFrom('5L', '1#1', '2#3,0', 'mon-fri', '7') },
    ),
  )
  .map((fields) => fields.join(' '));

test('any schedule is read back from its canonical text, and from every dialect that can say it', () => {
  fc.assert(
    fc.property(classic, (text) => {
      let schedule: ReturnType<typeof parseSchedule>;
      try {
        schedule = parseSchedule(text);
      } catch (error) {
        // Such as L-2 beside a month without it: nothing to write.
        if (isFailure(error, 'usage', 'INVALID_SCHEDULE')) return;
        throw error;
      }
      for (const write of [formatSchedule, formatAws, formatCrontab]) {
        try {
          assert.deepEqual(parseSchedule(write(schedule)), schedule, write(schedule));
        } catch (error) {
          if (!isFailure(error, 'usage', 'NOT_IN_DIALECT')) throw error;
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('any text either is a schedule or is refused as none', () => {
  const piece = fc.constantFrom(
    '*',
    '/',
    '-',
    ',',
    '#',
    'L',
    'W',
    '?',
    ' ',
    'cron(',
    'rate(',
    ')',
    '1',
    '7',
    '31',
    'mon',
    '@',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parseSchedule(pieces.join(''));
      } catch (error) {
        assert.ok(isFailure(error, 'usage', 'INVALID_SCHEDULE'), String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
