import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../src/base/failure.ts';
import {
  addDuration,
  formatDurationText,
  formatInstantLocal,
  formatInstantUtc,
  parseDuration,
  parseTime,
  utc,
  type ZoneOffset,
} from '../../src/model/time.ts';

/** Berlin in 2026: summer time from March 29 to October 25, both at 01:00 UTC. */
const berlin: ZoneOffset = (instant) =>
  instant >= Date.UTC(2026, 2, 29, 1) && instant < Date.UTC(2026, 9, 25, 1) ? 120 : 60;
const now = Date.UTC(2026, 10, 20, 12);

function read(text: string, zoneOffset: ZoneOffset = berlin, edge: 'start' | 'end' = 'start'): string {
  const time = parseTime(text, { now, zoneOffset, edge });
  return time === 'latest' ? time : formatInstantUtc(time);
}

test('times are read in every documented form', () => {
  const known: readonly (readonly [string, string])[] = [
    ['latest', 'latest'],
    ['now', '2026-11-20T12:00:00Z'],
    ['now-3d', '2026-11-17T12:00:00Z'],
    ['now - 90min', '2026-11-20T10:30:00Z'],
    ['now+1h', '2026-11-20T13:00:00Z'],
    ['2026-11-20', '2026-11-19T23:00:00Z'],
    ['2026-11-20 14:00', '2026-11-20T13:00:00Z'],
    ['2026-07-20 14:00', '2026-07-20T12:00:00Z'],
    ['2026-11-20T14:00:05', '2026-11-20T13:00:05Z'],
    ['2026-11-20T14:00:05.25Z', '2026-11-20T14:00:05.250Z'],
    ['2026-11-20T14:00:05.123456789z', '2026-11-20T14:00:05.123Z'],
    ['2026-11-20 14:00 +05:30', '2026-11-20T08:30:00Z'],
    ['2026-11-20T14:00-0800', '2026-11-20T22:00:00Z'],
    ['2026-11-20T14:00-08', '2026-11-20T22:00:00Z'],
    ['2024-02-29', '2024-02-28T23:00:00Z'],
  ];
  for (const [text, expected] of known) assert.equal(read(text), expected, text);
});

test('a date alone may mean its end, so that "at or before" holds the whole day', () => {
  assert.equal(read('2026-11-20', berlin, 'end'), '2026-11-20T22:59:59.999Z');
  assert.equal(read('2026-03-29', berlin, 'end'), '2026-03-29T21:59:59.999Z');
  assert.equal(read('2026-11-20 14:00', berlin, 'end'), '2026-11-20T13:00:00Z');
});

test('a local time that a clock change skips moves on, one that exists twice is the first', () => {
  assert.equal(read('2026-03-29 02:30'), '2026-03-29T01:30:00Z');
  assert.equal(read('2026-03-29 01:59'), '2026-03-29T00:59:00Z');
  assert.equal(read('2026-03-29 03:00'), '2026-03-29T01:00:00Z');
  assert.equal(read('2026-10-25 02:30'), '2026-10-25T00:30:00Z');
  assert.equal(read('2026-10-25 03:00'), '2026-10-25T02:00:00Z');
});

const bad = [
  '',
  'yesterday',
  '2026',
  '2026-13-01',
  '2026-02-29',
  '2026-02-30',
  '2026-11-31',
  '2026-00-10',
  '20-11-2026',
  '1969-12-31',
  '2026-11-20 24:00',
  '2026-11-20 14:60',
  '2026-11-20 14:00:60',
  '2026-11-20 14',
  '2026-11-20Z',
  '2026-11-20T14:00+25:00',
  '2026-11-20T14:00+05:61',
  '2026-1-2',
  '2026-11-20 14:00 CET',
  '20261120',
  'now 3d',
  'Latest!',
];
for (const text of bad) {
  test(`"${text}" is not a time`, () => {
    assert.throws(
      () => read(text),
      (error) => isFailure(error, 'usage', 'INVALID_TIME') && error.hint !== undefined,
    );
  });
}

test('a bad duration after "now" is named as one', () => {
  assert.throws(
    () => read('now-soon'),
    (error) => isFailure(error, 'usage', 'INVALID_DURATION'),
  );
});

test('durations are read with months as m, and written back the same', () => {
  const none = { years: 0, months: 0, days: 0, hours: 0, minutes: 0, seconds: 0 };
  assert.deepEqual(parseDuration('30d'), { ...none, days: 30 });
  assert.deepEqual(parseDuration('1y5m7d2h'), { ...none, years: 1, months: 5, days: 7, hours: 2 });
  assert.deepEqual(parseDuration('2w1d'), { ...none, days: 15 });
  assert.deepEqual(parseDuration('5min'), { ...none, minutes: 5 });
  assert.deepEqual(parseDuration('5m5min5s'), { ...none, months: 5, minutes: 5, seconds: 5 });
  assert.equal(formatDurationText(none), '0s');
  for (const text of ['30d', '1y5m7d2h', '5m5min5s'])
    assert.equal(formatDurationText(parseDuration(text)), text);
});

for (const text of ['', 'd', '30', '30 d', '-3d', '1.5d', '2h1d', '1d1d', '3x', '1y-1m']) {
  test(`"${text}" is not a duration`, () => {
    assert.throws(
      () => parseDuration(text),
      (error) => isFailure(error, 'usage', 'INVALID_DURATION'),
    );
  });
}

test('months and days follow the calendar and keep the time of day', () => {
  const before = (text: string, duration: string): string =>
    formatInstantUtc(addDuration(Date.parse(text), parseDuration(duration), -1, berlin));
  assert.equal(before('2026-03-31T10:00:00Z', '1m'), '2026-02-28T11:00:00Z');
  assert.equal(before('2024-02-29T10:00:00Z', '1y'), '2023-02-28T10:00:00Z');
  assert.equal(before('2026-03-29T10:00:00Z', '1d'), '2026-03-28T11:00:00Z');
  assert.equal(before('2026-03-29T10:00:00Z', '24h'), '2026-03-28T10:00:00Z');
  assert.equal(before('2026-01-15T10:00:00Z', '13m'), '2024-12-15T10:00:00Z');
  assert.equal(before('2026-01-01T00:00:00Z', '1d'), '2025-12-31T00:00:00Z');
  assert.equal(
    formatInstantUtc(addDuration(Date.parse('2026-01-31T00:00:00Z'), parseDuration('1m'), 1, utc)),
    '2026-02-28T00:00:00Z',
  );
});

test('the local form names its offset and is read back as the same second', () => {
  assert.equal(formatInstantLocal(now, berlin), '2026-11-20 13:00:00 +01:00');
  assert.equal(
    formatInstantLocal(now, () => -210),
    '2026-11-20 08:30:00 -03:30',
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000 }),
      fc.integer({ min: -720, max: 840 }),
      (seconds, offset) => {
        if (seconds * 1000 + offset * 60_000 < 0) return;
        const text = formatInstantLocal(seconds * 1000, () => offset);
        assert.equal(parseTime(text, { now, zoneOffset: utc, edge: 'start' }), seconds * 1000);
        assert.equal(
          parseTime(text.slice(0, 19), { now, zoneOffset: () => offset, edge: 'end' }),
          seconds * 1000,
        );
      },
    ),
  );
});
