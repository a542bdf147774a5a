import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { applyRetention, type RetentionPoint, type RetentionPolicy } from '../../src/model/retention.ts';
import { parseDuration, utc, type ZoneOffset } from '../../src/model/time.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

function point(at: string, more: Partial<RetentionPoint> = {}): RetentionPoint {
  return { id: at, at: Date.parse(at), host: 'ada', paths: ['/home'], tags: [], ...more };
}

function keptIds(
  points: readonly RetentionPoint[],
  policy: RetentionPolicy,
  zoneOffset: ZoneOffset = utc,
): string[] {
  return applyRetention(points, policy, ['host', 'paths'], now, zoneOffset).keep.map((one) => one.point.id);
}

test('every kept point tells all its reasons, every other one why not', () => {
  const points = [
    point('2026-11-20T10:00:00Z'),
    point('2026-11-20T08:00:00Z'),
    point('2026-11-19T08:00:00Z'),
    point('2026-11-01T08:00:00Z'),
  ];
  const policy = { keepLast: 1, keepDaily: 2, keepWithin: parseDuration('1d') };
  const decision = applyRetention(points, policy, ['host'], now, utc);
  assert.deepEqual(
    decision.keep.map((one) => [one.point.id, one.reasons]),
    [
      ['2026-11-20T10:00:00Z', ['last #1', 'daily #1', 'within 1d']],
      ['2026-11-20T08:00:00Z', ['within 1d']],
      ['2026-11-19T08:00:00Z', ['daily #2']],
    ],
  );
  assert.deepEqual(
    decision.forget.map((one) => [one.point.id, one.reason]),
    [['2026-11-01T08:00:00Z', 'kept by no rule of "last 1, daily 2, within 1d"']],
  );
});

test('each calendar rule keeps the newest of its last periods that have one', () => {
  const days = [
    '2026-11-16T23:00:00Z',
    '2026-11-16T01:00:00Z',
    '2026-11-15T23:00:00Z',
    '2026-10-31T23:30:00Z',
    '2025-12-31T23:30:00Z',
  ];
  const points = days.map((at) => point(at));
  assert.deepEqual(keptIds(points, { keepDaily: 2 }), [days[0], days[2]]);
  assert.deepEqual(
    keptIds(points, { keepWeekly: 2 }),
    [days[0], days[2]],
    'the week begins on Monday, November 16',
  );
  assert.deepEqual(keptIds(points, { keepMonthly: 2 }), [days[0], days[3]]);
  assert.deepEqual(keptIds(points, { keepYearly: 9 }), [days[0], days[4]]);
  assert.deepEqual(keptIds(points, { keepHourly: 2 }), [days[0], days[1]]);
});

test('days are those of the local zone', () => {
  const points = [
    point('2026-11-16T22:30:00Z'),
    point('2026-11-15T23:30:00Z'),
    point('2026-11-15T22:30:00Z'),
  ];
  assert.deepEqual(keptIds(points, { keepDaily: 9 }, utc), [points[0]?.id, points[1]?.id]);
  assert.deepEqual(
    keptIds(points, { keepDaily: 9 }, () => 60),
    [points[0]?.id, points[2]?.id],
  );
});

test('groups are decided apart, and their paths and tags have no order', () => {
  const points = [
    point('2026-11-20T01:00:00Z', { paths: ['/a', '/b'] }),
    point('2026-11-20T02:00:00Z', { paths: ['/b', '/a'] }),
    point('2026-11-20T03:00:00Z', { host: 'bob', paths: ['/a', '/b'] }),
  ];
  const count = (groupBy: ('host' | 'paths' | 'tags')[]) =>
    applyRetention(points, { keepLast: 1 }, groupBy, now, utc).keep.length;
  assert.equal(count(['host', 'paths']), 2);
  assert.equal(count(['paths']), 1);
  assert.equal(count([]), 1);
});

test('both limits together keep what is within both', () => {
  const points = ['2026-11-20', '2026-11-10', '2026-11-05', '2026-09-01'].map((day) =>
    point(`${day}T10:00:00Z`),
  );
  assert.deepEqual(keptIds(points, { maxBackups: 3 }), [points[0]?.id, points[1]?.id, points[2]?.id]);
  assert.deepEqual(keptIds(points, { retentionDays: 12 }), [points[0]?.id, points[1]?.id]);
  assert.deepEqual(keptIds(points, { maxBackups: 2, retentionDays: 30 }), [points[0]?.id, points[1]?.id]);
  assert.deepEqual(keptIds(points, { maxBackups: 1, keepYearly: 1, keepMonthly: 2 }), [
    points[0]?.id,
    points[3]?.id,
  ]);
});

test('held and locked points stay, a lock that ended does not count', () => {
  const points = [
    point('2026-11-20T10:00:00Z'),
    point('2026-11-03T10:00:00Z', { held: true }),
    point('2026-11-02T10:00:00Z', { lockedUntil: now + 1 }),
    point('2026-11-01T10:00:00Z', { lockedUntil: now }),
  ];
  assert.deepEqual(
    keptIds(points, { keepLast: 1 }),
    points.slice(0, 3).map((one) => one.id),
  );
});

test('tags keep, and the newest of a group stays even where no rule keeps it', () => {
  const points = [
    point('2026-11-20T10:00:00Z'),
    point('2026-11-19T10:00:00Z', { tags: ['gold'] }),
    point('2026-11-18T10:00:00Z'),
  ];
  const decision = applyRetention(points, { keepTags: ['gold'] }, ['host'], now, utc);
  assert.deepEqual(
    decision.keep.map((one) => one.reasons),
    [['newest of its group'], ['tag "gold"']],
  );
});

test('a clock that jumps ahead by years forgets nothing that the right time would keep', () => {
  const points = [point('2026-11-20T10:00:00Z'), point('2026-11-10T10:00:00Z')];
  const policies: RetentionPolicy[] = [{ keepWithin: parseDuration('30d') }, { retentionDays: 30 }];
  for (const policy of policies) {
    assert.equal(applyRetention(points, policy, ['host'], now + 10 * 365 * 86_400_000, utc).forget.length, 0);
  }
});

test('a policy without a rule is refused, since it would forget everything', () => {
  const empty: RetentionPolicy[] = [
    {},
    { keepLast: 0, keepDaily: 0 },
    { keepTags: [] },
    { keepWithin: parseDuration('0d') },
  ];
  for (const policy of empty) {
    assert.throws(
      () => keptIds([], policy),
      (error) => isFailure(error, 'usage', 'RETENTION_EMPTY'),
    );
  }
});

test('a limit of nothing is refused', () => {
  for (const policy of [{ maxBackups: 0 }, { retentionDays: 0, keepLast: 3 }]) {
    assert.throws(
      () => keptIds([], policy),
      (error) => isFailure(error, 'usage', 'RETENTION_KEEPS_NOTHING'),
    );
  }
});

test('a number that is no count is refused', () => {
  for (const policy of [{ keepLast: -1 }, { keepDaily: 1.5 }, { maxBackups: Number.NaN }]) {
    assert.throws(
      () => keptIds([], policy),
      (error) => isFailure(error, 'usage', 'INVALID_RETENTION'),
    );
  }
});
