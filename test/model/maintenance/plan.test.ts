// The recurring work: periods of the calendar, and what counts as done, due and overdue.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type MaintenanceTask,
  maintenancePlan,
  periodOf,
  rhythms,
  stateOf,
} from '../../../src/model/maintenance/plan.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

const zurich = createZone('Europe/Zurich');
const at = (text: string) => Date.parse(text);
const day = 86_400_000;

test('periods are those of the wall clock, also over the change to summer time', () => {
  const spans = (rhythm: (typeof rhythms)[number], time: string) => {
    const { from, to } = periodOf(rhythm, at(time), zurich, 0);
    return [new Date(from).toISOString(), new Date(to).toISOString()];
  };
  // 2026-03-29 has 23 hours in Zurich.
  assert.deepEqual(spans('daily', '2026-03-29T10:00:00Z'), [
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ]);
  assert.deepEqual(spans('weekly', '2026-03-29T10:00:00Z'), [
    '2026-03-22T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ]);
  assert.deepEqual(spans('monthly', '2026-02-28T23:30:00Z'), [
    '2026-02-28T23:00:00.000Z',
    '2026-03-31T22:00:00.000Z',
  ]);
  assert.deepEqual(spans('quarterly', '2026-11-21T00:00:00Z'), [
    '2026-09-30T22:00:00.000Z',
    '2026-12-31T23:00:00.000Z',
  ]);
  assert.deepEqual(spans('half-yearly', '2026-11-21T00:00:00Z'), [
    '2026-06-30T22:00:00.000Z',
    '2026-12-31T23:00:00.000Z',
  ]);
  assert.deepEqual(spans('yearly', '2026-12-31T23:30:00Z'), [
    '2026-12-31T23:00:00.000Z',
    '2027-12-31T23:00:00.000Z',
  ]);
});

test('periods of a rhythm follow each other without a gap and hold their moment', () => {
  const zones = ['Europe/Zurich', 'America/New_York', 'Pacific/Apia', 'Asia/Kolkata', 'UTC'].map(createZone);
  const calendar = rhythms.filter((rhythm) => rhythm !== 'after-update');
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...calendar),
      fc.integer({ min: at('2005-01-01'), max: at('2060-01-01') }),
      (zone, rhythm, moment) => {
        const period = periodOf(rhythm, moment, zone, 0);
        assert.ok(period.from <= moment && moment < period.to);
        assert.equal(periodOf(rhythm, period.to, zone, 0).from, period.to);
        assert.equal(periodOf(rhythm, period.from - 1, zone, 0).to, period.from);
      },
    ),
    { numRuns: 300 },
  );
});

const weekly: MaintenanceTask = { name: 'w', rhythm: 'weekly', witness: 'person' };
// A Wednesday.
const now = at('2026-11-18T12:00:00Z');
const times = { now, since: at('2026-01-01'), updatedAt: now - 30 * day };

test('done in this period is done; in the last one, due; before it, overdue', () => {
  const state = (...done: number[]) => stateOf(weekly, times, done, zurich).state;
  assert.equal(state(now - day), 'done');
  assert.equal(state(now - 7 * day), 'due');
  assert.equal(state(now - 14 * day), 'overdue');
  assert.equal(state(), 'overdue');
  assert.equal(state(now - 14 * day, now - 1), 'done');
});

test('nothing is overdue before the plan has held for a whole period', () => {
  const state = (since: number) => stateOf(weekly, { ...times, since }, [], zurich).state;
  assert.equal(state(now), 'due');
  assert.equal(state(now - 6 * day), 'due', 'it began in the middle of the last week');
  assert.equal(state(now - 30 * day), 'overdue');
});

test('after an update there is a week, and what was done before it does not count', () => {
  const task: MaintenanceTask = { name: 'u', rhythm: 'after-update', witness: 'person' };
  const state = (updatedAt: number, ...done: number[]) =>
    stateOf(task, { ...times, updatedAt }, done, zurich).state;
  assert.equal(state(now - day), 'due');
  assert.equal(state(now - day, now - 2 * day), 'due');
  assert.equal(state(now - day, now - 1), 'done');
  assert.equal(state(now - 8 * day), 'overdue');
  assert.equal(state(now - 8 * day, now - 1), 'done', 'late is done');
});

test('the plan has every rhythm, and no name twice', () => {
  assert.deepEqual(new Set(maintenancePlan.map(({ rhythm }) => rhythm)), new Set(rhythms));
  assert.equal(new Set(maintenancePlan.map(({ name }) => name)).size, maintenancePlan.length);
});
