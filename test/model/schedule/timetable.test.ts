// When schedules are due around changes of the clocks, and that forwards and backwards tell the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../../src/base/failure.ts';
import { parseSchedule } from '../../../src/model/schedule/parse.ts';
import { createTimetable, upcoming } from '../../../src/model/schedule/timetable.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

function due(text: string, zone: string, after: string, count: number): string[] {
  const timetable = createTimetable(parseSchedule(text), createZone(zone), 0);
  return upcoming(timetable, Date.parse(after), count).map((at) =>
    new Date(at).toISOString().replace(':00.000Z', 'Z'),
  );
}

test('a time that the clock skips is due once, right after the skip', () => {
  // Zurich goes from 02:00 to 03:00 on 2026-03-29 at 01:00Z.
  assert.deepEqual(due('30 2 * * *', 'Europe/Zurich', '2026-03-28T00:00Z', 3), [
    '2026-03-28T01:30Z',
    '2026-03-29T01:00Z',
    '2026-03-30T00:30Z',
  ]);
  assert.deepEqual(due('*/15 2 * * *', 'Europe/Zurich', '2026-03-28T01:40Z', 3), [
    '2026-03-28T01:45Z',
    '2026-03-29T01:00Z',
    '2026-03-30T00:00Z',
  ]);
  // Three o'clock is that same moment: not due twice.
  assert.deepEqual(due('30 2,3 * * *', 'Europe/Zurich', '2026-03-28T23:00Z', 3), [
    '2026-03-29T01:00Z',
    '2026-03-29T01:30Z',
    '2026-03-30T00:30Z',
  ]);
  assert.deepEqual(due('0 2,3 * * *', 'Europe/Zurich', '2026-03-28T23:00Z', 2), [
    '2026-03-29T01:00Z',
    '2026-03-30T00:00Z',
  ]);
  // Lord Howe skips half an hour, from 02:00 to 02:30 on 2026-10-04 at 15:30Z of the day before.
  assert.deepEqual(due('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', 2), [
    '2026-10-03T15:30Z',
    '2026-10-04T15:15Z',
  ]);
  // Samoa skipped 2011-12-30 as a whole.
  assert.deepEqual(due('0 2 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', 4), [
    '2011-12-29T12:00Z',
    '2011-12-30T10:00Z',
    '2011-12-30T12:00Z',
    '2011-12-31T12:00Z',
  ]);
  assert.deepEqual(due('0 2 30 12 *', 'Pacific/Apia', '2011-12-01T00:00Z', 2), [
    '2011-12-30T10:00Z',
    '2012-12-29T12:00Z',
  ]);
});

test('a time that the clock shows twice is due the first time only', () => {
  // Zurich shows 02:00 to 03:00 twice on 2026-10-25, from 00:00Z and from 01:00Z.
  assert.deepEqual(due('30 2 * * *', 'Europe/Zurich', '2026-10-24T12:00Z', 2), [
    '2026-10-25T00:30Z',
    '2026-10-26T01:30Z',
  ]);
  assert.deepEqual(due('30 2 * * *', 'Europe/Zurich', '2026-10-25T00:45Z', 1), ['2026-10-26T01:30Z']);
  assert.deepEqual(due('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00Z', 2), [
    '2026-04-04T14:45Z',
    '2026-04-05T15:15Z',
  ]);
});

test('what is due every hour follows elapsed time', () => {
  assert.deepEqual(due('30 * * * *', 'Europe/Zurich', '2026-03-28T23:45Z', 3), [
    '2026-03-29T00:30Z',
    '2026-03-29T01:30Z',
    '2026-03-29T02:30Z',
  ]);
  assert.deepEqual(due('30 * * * *', 'Europe/Zurich', '2026-10-24T23:45Z', 3), [
    '2026-10-25T00:30Z',
    '2026-10-25T01:30Z',
    '2026-10-25T02:30Z',
  ]);
  // India is half an hour off: the full hour there is the half hour of UTC.
  assert.deepEqual(due('0 * * * *', 'Asia/Kolkata', '2026-01-01T00:00Z', 2), [
    '2026-01-01T00:30Z',
    '2026-01-01T01:30Z',
  ]);
  assert.deepEqual(due('* * * * *', 'Pacific/Apia', '2011-12-30T09:58Z', 3), [
    '2011-12-30T09:59Z',
    '2011-12-30T10:00Z',
    '2011-12-30T10:01Z',
  ]);
});

test('a rate counts from its anchor, whatever the clocks do', () => {
  const anchor = Date.parse('2026-03-28T12:34:56Z');
  const timetable = createTimetable(parseSchedule('rate(1 day)'), createZone('Europe/Zurich'), anchor);
  assert.deepEqual(upcoming(timetable, 0, 3), [anchor, anchor + 86_400_000, anchor + 2 * 86_400_000]);
  assert.equal(timetable.previous(anchor), undefined);
  assert.equal(timetable.previous(anchor + 1), anchor);
  assert.equal(timetable.next(anchor), anchor + 86_400_000);
});

test('days by their place in the month', () => {
  for (const [text, days] of [
    ['0 0 L * *', ['2026-01-31', '2026-02-28', '2026-03-31']],
    ['0 0 L-2 * *', ['2026-01-29', '2026-02-26', '2026-03-29']],
    // 2026-02-15 and 2026-03-15 are Sundays, 2026-01-31 and 2026-02-28 Saturdays, 2026-02-01 and 2026-03-01 Sundays.
    ['0 0 15W * *', ['2026-01-15', '2026-02-16', '2026-03-16']],
    ['0 0 LW * *', ['2026-01-30', '2026-02-27', '2026-03-31']],
    [
      '0 0 1W 2-8 *',
      ['2026-02-02', '2026-03-02', '2026-04-01', '2026-05-01', '2026-06-01', '2026-07-01', '2026-08-03'],
    ],
    ['0 0 31W * *', ['2026-01-30', '2026-03-31', '2026-05-29']],
    ['0 0 * * 5L', ['2026-01-30', '2026-02-27', '2026-03-27']],
    ['0 0 * * 1#5', ['2026-03-30', '2026-06-29', '2026-08-31']],
    ['0 0 13 * 5', ['2026-01-02', '2026-01-09', '2026-01-13']],
    ['0 0 */13 * 4', ['2026-01-01', '2026-05-14', '2026-08-27']],
    ['0 0 29 2 *', ['2028-02-29', '2032-02-29']],
    ['cron(0 0 1 1 ? 2030,2041)', ['2030-01-01', '2041-01-01']],
  ] as const) {
    assert.deepEqual(
      due(text, 'UTC', '2025-12-31T12:00Z', days.length),
      days.map((day) => `${day}T00:00Z`),
      text,
    );
  }
});

test('schedules end with their last year, and begin with their first', () => {
  const timetable = createTimetable(parseSchedule('cron(0 0 1 1 ? 2030)'), createZone('UTC'), 0);
  assert.equal(timetable.next(Date.UTC(2030, 0, 1)), undefined);
  assert.equal(timetable.previous(Date.UTC(2030, 0, 1)), undefined);
  assert.equal(timetable.previous(Date.UTC(2190, 0, 1)), Date.UTC(2030, 0, 1));
  const daily = createTimetable(parseSchedule('0 0 * * *'), createZone('UTC'), 0);
  assert.equal(daily.next(Date.UTC(2199, 11, 31)), undefined);
  assert.equal(daily.next(Date.UTC(1900, 0, 1)), 0);
  assert.equal(daily.previous(0), undefined);
  const hourly = createTimetable(parseSchedule('0 * * * *'), createZone('Europe/Zurich'), 0);
  assert.equal(hourly.next(Date.UTC(2300, 0, 1)), undefined);
});

test('an unknown zone is refused, with the name it resembles', () => {
  for (const [name, near] of [
    ['Europa/Zürich', 'Europe/Zurich'],
    ['Zurich', 'Europe/Zurich'],
    ['America/New York', 'America/New_York'],
    ['Mars/Olympus', undefined],
    ['+01:00', undefined],
    ['', undefined],
    ['\u001b[2J', undefined],
  ] as const) {
    assert.throws(
      () => createZone(name),
      (error) =>
        isFailure(error, 'usage', 'UNKNOWN_ZONE') &&
        (near === undefined ? !error.hint!.includes('perhaps') : error.hint!.endsWith(`${near}.`)),
      name,
    );
  }
});

const zones = [
  'UTC',
  'Europe/Zurich',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'America/Sao_Paulo',
  'Asia/Gaza',
].map(createZone);

const expressions = [
  '30 2 * * *',
  '*/7 1-3 * * *',
  '15 * * * *',
  '*/20 * * * 0',
  '59 23 L * *',
  '0 0 1,15 * 5',
  '0 0,12 * * 1#1',
  '1 2 29 2 *',
  'rate(35 minutes)',
].map(parseSchedule);

test('forwards and backwards tell the same, and nothing lies between two neighbours', () => {
  const instant = fc.integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2050, 0, 1) / 1000 });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...expressions),
      instant,
      (zone, schedule, second) => {
        const timetable = createTimetable(schedule, zone, 0);
        const at = second * 1000;
        const next = timetable.next(at)!;
        const before = timetable.previous(at)!;
        assert.ok(before < at && at < next);
        const here = timetable.previous(next)!;
        assert.ok(here === before || here === at, 'the one before the next is the present or the previous');
        assert.equal(timetable.next(before), here === at ? at : next);
        assert.equal(timetable.next(next - 1), next);
        assert.equal(timetable.previous(next + 1), next);
      },
    ),
    { numRuns: 600 },
  );
});

test('around every change of the clocks, forwards and backwards tell the same', () => {
  for (const zone of zones) {
    const changes = zone.changes(Date.UTC(2005, 0, 1), Date.UTC(2013, 0, 1));
    for (const schedule of expressions) {
      const timetable = createTimetable(schedule, zone, 0);
      for (const { at } of changes) {
        const forwards: number[] = [];
        for (
          let time = timetable.next(at - 5 * 3_600_000)!;
          time < at + 30 * 3_600_000;
          time = timetable.next(time)!
        ) {
          forwards.push(time);
        }
        const backwards: number[] = [];
        for (
          let time = timetable.previous(at + 30 * 3_600_000)!;
          time > at - 5 * 3_600_000;
          time = timetable.previous(time)!
        ) {
          backwards.unshift(time);
        }
        assert.deepEqual(backwards, forwards, `${zone.name} ${new Date(at).toISOString()}`);
      }
    }
  }
});
