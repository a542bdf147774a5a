// Which run comes next: catching up, waiting for windows, jitter, and that asking again changes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jitterOf } from '../../../src/model/schedule/jitter.ts';
import { nextRun, type RunRules } from '../../../src/model/schedule/next-run.ts';
import { parseSchedule } from '../../../src/model/schedule/parse.ts';
import { createTimetable } from '../../../src/model/schedule/timetable.ts';
import { alwaysOpen, parseWindows } from '../../../src/model/schedule/windows.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

const zone = createZone('Europe/Zurich');
const at = (text: string) => Date.parse(text);
const minuteMs = 60_000;

function rules(text: string, more: Partial<RunRules> = {}): RunRules {
  const timetable = createTimetable(parseSchedule(text), zone, 0);
  return { policy: 'photos', timetable, zone, windows: alwaysOpen, jitterMs: 0, catchUp: 'once', ...more };
}

test('runs that were missed are caught up by one', () => {
  const daily = rules('0 2 * * *');
  const handled = at('2026-11-10T01:00Z');
  assert.deepEqual(nextRun(daily, handled, handled), {
    due: at('2026-11-11T01:00Z'),
    startAt: at('2026-11-11T01:00Z'),
    missed: 0,
    isCaughtUp: false,
  });
  const after = nextRun(daily, handled, at('2026-11-14T12:00Z'))!;
  assert.deepEqual(after, {
    due: at('2026-11-14T01:00Z'),
    startAt: at('2026-11-14T01:00Z'),
    missed: 3,
    isCaughtUp: true,
  });
  assert.equal(nextRun(daily, after.due, at('2026-11-14T12:00Z'))!.due, at('2026-11-15T01:00Z'));
  // Minutes late is late, not missed.
  assert.equal(nextRun(daily, handled, at('2026-11-11T01:09Z'))!.isCaughtUp, false);
});

test('without catching up, what was missed for long is left out', () => {
  const daily = rules('0 2 * * *', { catchUp: 'never' });
  const handled = at('2026-11-10T01:00Z');
  assert.equal(nextRun(daily, handled, at('2026-11-14T12:00Z'))!.due, at('2026-11-15T01:00Z'));
  assert.equal(nextRun(daily, handled, at('2026-11-14T01:05Z'))!.due, at('2026-11-14T01:00Z'));
});

test('a run that may not start waits for its window, and those due meanwhile are one', () => {
  const windows = parseWindows({ allowed: '20:00-06:00' });
  const hourly = rules('0 * * * *', { windows });
  const handled = at('2026-11-10T05:00Z');
  const waiting = nextRun(hourly, handled, at('2026-11-10T09:30Z'))!;
  assert.equal(waiting.startAt, at('2026-11-10T19:00Z'));
  const open = nextRun(hourly, handled, at('2026-11-10T19:00Z'))!;
  assert.deepEqual(
    [open.due, open.startAt, open.missed],
    [at('2026-11-10T19:00Z'), at('2026-11-10T19:00Z'), 13],
  );
  // Without catching up as well: it was the window that kept it waiting.
  const noon = rules('0 12 * * *', { windows, catchUp: 'never' });
  assert.equal(nextRun(noon, handled, at('2026-11-10T15:00Z'))!.startAt, at('2026-11-10T19:00Z'));
  assert.equal(
    nextRun(rules('0 12 * * *', { windows: parseWindows({ barred: 'mon-sun' }) }), handled, handled),
    undefined,
  );
});

test('the same policy and due time always give the same delay, spread over all of the span', () => {
  const spreadMs = 15 * minuteMs;
  const counts = new Array<number>(15).fill(0);
  for (let index = 0; index < 3000; index++) {
    const delay = jitterOf(`policy-${index}`, at('2026-11-10T01:00Z'), spreadMs);
    assert.equal(delay, jitterOf(`policy-${index}`, at('2026-11-10T01:00Z'), spreadMs));
    assert.ok(delay >= 0 && delay < spreadMs);
    counts[Math.floor(delay / minuteMs)]!++;
  }
  for (const count of counts) assert.ok(count > 120 && count < 290, counts.join(' '));
  assert.notEqual(jitterOf('a', 1, spreadMs), jitterOf('a', 2, spreadMs));
  assert.equal(jitterOf('a', 1, 0), 0);
});

test('a delay never reaches the next due time nor leaves the window', () => {
  const minutely = rules('* * * * *', { jitterMs: 60 * minuteMs });
  const handled = at('2026-11-10T05:00Z');
  for (let minute = 0; minute < 50; minute++) {
    const { due, startAt } = nextRun(minutely, handled + minute * minuteMs, handled + minute * minuteMs)!;
    assert.ok(startAt >= due && startAt < due + minuteMs / 2);
  }
  const narrow = rules('0 12 * * *', {
    jitterMs: 60 * minuteMs,
    windows: parseWindows({ allowed: '12:00-12:01' }),
  });
  const { due, startAt } = nextRun(narrow, handled, handled)!;
  assert.ok(startAt - due < minuteMs);
});

test('asked again at any moment before the start, the answer is the same', () => {
  const jittered = rules('17 */3 * * *', { jitterMs: 20 * minuteMs });
  const handled = at('2026-11-10T01:30Z');
  const first = nextRun(jittered, handled, handled)!;
  for (let now = handled; now <= first.startAt; now += minuteMs) {
    assert.deepEqual(nextRun(jittered, handled, now), first);
  }
});

test('years of sleep are caught up by one run without counting every minute', () => {
  const found = nextRun(rules('* * * * *'), at('2026-01-01T00:00Z'), at('2028-01-01T00:00:30Z'))!;
  assert.equal(found.due, at('2028-01-01T00:00Z'));
  assert.equal(found.missed, 100_000);
});

test('a schedule that has ended gives no run', () => {
  const once = rules('cron(0 2 1 1 ? 2026)');
  assert.equal(nextRun(once, at('2026-01-01T01:00Z'), at('2026-11-01T00:00Z')), undefined);
  assert.equal(nextRun(once, at('2025-12-01T01:00Z'), at('2026-11-01T00:00Z'))!.due, at('2026-01-01T01:00Z'));
});
