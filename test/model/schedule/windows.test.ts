// When a policy may start: weekly windows, barred spans and periods, and the first open moment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFailure } from '../../../src/base/failure.ts';
import { isOpen, opening, parseWindows } from '../../../src/model/schedule/windows.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

const zurich = createZone('Europe/Zurich');
const at = (text: string) => Date.parse(text);
const shown = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

test('a policy may start within its windows and outside of what is barred', () => {
  const windows = parseWindows({
    allowed: 'mon-fri 20:00-06:00, sat+sun',
    barred: '02:00-03:00, 2026-12-24 - 2026-12-26',
  });
  // 2026-11-20 is a Friday, in winter one hour ahead of UTC.
  for (const [time, open] of [
    ['2026-11-20T18:59Z', false],
    ['2026-11-20T19:00Z', true],
    ['2026-11-21T00:59Z', true],
    ['2026-11-21T01:00Z', false],
    ['2026-11-21T02:00Z', true],
    ['2026-11-22T22:59Z', true],
    ['2026-11-22T23:00Z', false],
    ['2026-11-24T04:59Z', true],
    ['2026-11-24T05:00Z', false],
    ['2026-12-23T22:59Z', true],
    ['2026-12-23T23:00Z', false],
    ['2026-12-26T22:59Z', false],
    ['2026-12-26T23:00Z', true],
  ] as const) {
    assert.equal(isOpen(windows, at(time), zurich), open, time);
  }
});

test('the first open moment comes after everything that bars it', () => {
  const windows = parseWindows({
    allowed: 'mon-fri 20:00-06:00',
    barred: '2026-12-20 - 2027-01-06, 2027-01-07, fri 00:00-12:00',
  });
  for (const [time, open] of [
    ['2026-11-18T12:00Z', '2026-11-18T19:00:00.000Z'],
    ['2026-11-18T19:00Z', '2026-11-18T19:00:00.000Z'],
    // Thursday evening ends at Friday's midnight.
    ['2026-11-19T23:00Z', '2026-11-20T19:00:00.000Z'],
    ['2026-12-20T12:00Z', '2027-01-08T19:00:00.000Z'],
  ] as const) {
    assert.equal(shown(opening(windows, at(time), zurich)), open, time);
  }
  // Clocks go from 02:00 to 03:00: a window that begins in between begins after it.
  const early = parseWindows({ allowed: '02:30-04:00' });
  assert.equal(shown(opening(early, at('2026-03-29T00:00Z'), zurich)), '2026-03-29T01:00:00.000Z');
  const long = parseWindows({ barred: '2026-01-01 - 2036-12-31' });
  assert.equal(shown(opening(long, at('2026-03-29T00:00Z'), zurich)), '2036-12-31T23:00:00.000Z');
});

test('what never opens is known as such', () => {
  for (const texts of [
    { barred: 'mon-sun' },
    { barred: '00:00-12:00, 12:00-24:00' },
    { allowed: 'mon', barred: 'mon 00:00-24:00, 2026-12-01 - 2026-12-31' },
  ]) {
    assert.equal(opening(parseWindows(texts), at('2026-11-20T00:00Z'), zurich), undefined);
  }
});

test('what is no window is refused', () => {
  for (const texts of [
    { allowed: 'monday' },
    { allowed: 'mon 8-18' },
    { allowed: 'mon 25:00-26:00' },
    { allowed: 'mon,,tue' },
    { allowed: '2026-12-01' },
    { barred: '2026-02-30' },
    { barred: '2026-12-24 - 2026-12-20' },
    { barred: '2026-12-24T25:00 - 2026-12-25' },
    { allowed: 'mon-foo \u001b[2J' },
    { allowed: Array(101).fill('mon').join(',') },
  ]) {
    assert.throws(
      () => parseWindows(texts),
      (error) => isFailure(error, 'usage', 'INVALID_WINDOW') && error.hint !== undefined,
      JSON.stringify(texts),
    );
  }
});

test('the first open moment is open, and no moment before it is', () => {
  const spans = fc.constantFrom(
    'mon-fri 20:00-06:00',
    'sat+sun',
    '01:30-02:45',
    'wed 00:00-24:00',
    'sun-tue 22:00-02:30',
    'thu',
  );
  const barred = fc.constantFrom(
    '02:00-03:00',
    'fri',
    '2026-03-28 - 2026-03-30',
    '2026-10-24T12:00 - 2026-10-25T02:30',
    'mon 23:00-01:00',
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(spans, { maxLength: 2 }),
      fc.uniqueArray(barred, { maxLength: 3 }),
      fc.constantFrom(at('2026-03-27T00:00Z'), at('2026-10-23T00:00Z')),
      fc.integer({ min: 0, max: 5 * 1440 }),
      (allowed, closed, base, minutes) => {
        const windows = parseWindows({ allowed: allowed.join(','), barred: closed.join(',') });
        const from = base + minutes * 60_000;
        const found = opening(windows, from, zurich);
        let expected: number | undefined;
        for (let time = from; time < from + 9 * 86_400_000; time += 60_000) {
          if (!isOpen(windows, time, zurich)) continue;
          expected = time;
          break;
        }
        assert.equal(shown(found), shown(expected));
      },
    ),
    { numRuns: 150 },
  );
});
