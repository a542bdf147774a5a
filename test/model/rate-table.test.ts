// What tables of rates mean, by the local clock, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { parseRateTable, rateAt } from '../../src/model/rate-table.ts';

const mebibyte = 1024 * 1024;
/** One hour east of Greenwich. */
const zone = () => 60;
/** Local time; 2026-11-16 is a Monday. */
const at = (text: string) => Date.parse(`${text}:00+01:00`);

test('a rate alone holds always', () => {
  const table = parseRateTable('5M/s');
  assert.deepEqual(table, { entries: [], otherwise: 5 * mebibyte });
  assert.equal(rateAt(table, at('2026-11-18T03:00'), zone), 5 * mebibyte);
  assert.equal(parseRateTable('unlimited').otherwise, undefined);
  assert.equal(parseRateTable('else 500K').otherwise, 500 * 1024);
});

test('the first entry that fits holds, by the local clock, to the minute', () => {
  const table = parseRateTable(
    'mon-fri 08:00-18:00 2MiB, sat+sun 10M/s, 22:00-06:00 unlimited, wed pause, else 20 MiB/s',
  );
  for (const [time, rate] of [
    ['2026-11-16T07:59', 20 * mebibyte],
    ['2026-11-16T08:00', 2 * mebibyte],
    ['2026-11-20T17:59', 2 * mebibyte],
    ['2026-11-20T18:00', 20 * mebibyte],
    ['2026-11-21T12:00', 10 * mebibyte],
    ['2026-11-22T23:59', 10 * mebibyte],
    ['2026-11-23T00:00', undefined],
    ['2026-11-23T05:59', undefined],
    ['2026-11-23T06:00', 20 * mebibyte],
    ['2026-11-18T07:00', 0],
    ['2026-11-18T19:00', 0],
    ['2026-11-18T23:00', undefined],
  ] as const) {
    assert.equal(rateAt(table, at(time), zone), rate, time);
  }
});

test('a span over midnight belongs to the day on which it begins, also from Sunday to Monday', () => {
  const table = parseRateTable('sun 22:00-06:00 1M, else 2M');
  assert.equal(rateAt(table, at('2026-11-22T21:59'), zone), 2 * mebibyte);
  assert.equal(rateAt(table, at('2026-11-22T22:00'), zone), mebibyte);
  assert.equal(rateAt(table, at('2026-11-23T05:59'), zone), mebibyte);
  assert.equal(rateAt(table, at('2026-11-22T03:00'), zone), 2 * mebibyte);
  assert.equal(rateAt(parseRateTable('fri-mon 1M'), at('2026-11-22T03:00'), zone), mebibyte);
  assert.equal(rateAt(parseRateTable('fri-mon 1M'), at('2026-11-17T03:00'), zone), undefined);
  assert.equal(rateAt(parseRateTable('00:00-24:00 1M, else 2M'), at('2026-11-17T23:59'), zone), mebibyte);
});

test('the hour of a clock change follows the zone', () => {
  const table = parseRateTable('02:00-03:00 1M, else 2M');
  const summerUntil = Date.parse('2026-10-25T01:00:00Z');
  const berlin = (instant: number) => (instant < summerUntil ? 120 : 60);
  // Two o'clock comes twice.
  assert.equal(rateAt(table, Date.parse('2026-10-25T00:30:00Z'), berlin), mebibyte);
  assert.equal(rateAt(table, Date.parse('2026-10-25T01:30:00Z'), berlin), mebibyte);
  assert.equal(rateAt(table, Date.parse('2026-10-25T02:00:00Z'), berlin), 2 * mebibyte);
});

test('what is no table is refused as such', () => {
  for (const text of [
    '',
    ',',
    'fast',
    '5Mbit',
    'mon',
    'mon-fri',
    'mon-fri-sun 1M',
    'mo 1M',
    'abc 1M',
    '08:00-18:00',
    '08:00-08:00 1M',
    '24:00-08:00 1M',
    '08:60-09:00 1M',
    '25:00-26:00 1M',
    'else mon 1M',
    'else 1M, mon 2M',
    '1M, 2M',
    'mon 1M,',
    'mon 1M; else 2M',
    'mon 08:00-18:00 -1',
    Array.from({ length: 60 }, () => 'mon 1M').join(),
  ]) {
    assert.throws(
      () => parseRateTable(text),
      (error) => isFailure(error, 'usage', 'INVALID_RATE') && error.hint !== undefined,
      text,
    );
  }
});
