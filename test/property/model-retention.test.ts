// The laws of retention (src/model/retention.ts), on random histories and policies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  applyRetention,
  type GroupBy,
  type RetentionPoint,
  type RetentionPolicy,
} from '../../src/model/retention.ts';
import type { ZoneOffset } from '../../src/model/time.ts';

const hourMs = 3_600_000;
const now = Date.parse('2026-11-20T12:00:00Z');
/** A zone with a clock change in the middle of most histories. */
const zoneOffset: ZoneOffset = (instant) => (instant < Date.parse('2026-10-25T01:00:00Z') ? 120 : 60);

// Few distinct values, so that equal arrivals, hours, days and groups are common; some points lie in the future.
const points = fc
  .array(
    fc.record({
      at: fc.oneof(
        fc.integer({ min: -48, max: 96 }).map((hours) => now - hours * hourMs),
        fc.integer({ min: 0, max: 900 }).map((days) => now - days * 24 * hourMs),
        fc
          .integer({ min: 0, max: 10 })
          .map((quarters) => Date.parse('2026-10-24T23:00:00Z') + quarters * 900_000),
      ),
      host: fc.constantFrom('ada', 'bob'),
      paths: fc.constantFrom(['/a'], ['/a', '/b'], ['/b', '/a']),
      tags: fc.constantFrom([], ['gold'], ['gold', 'blue']),
      held: fc.constantFrom(false, false, true),
      lockedUntil: fc.constantFrom(0, 0, now + hourMs),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map((one, index): RetentionPoint => ({ ...one, id: String(index).padStart(4, '0') })));

const count = fc.nat(6);
const days = fc
  .nat(400)
  .map((value) => ({ years: 0, months: 0, days: value, hours: 0, minutes: 0, seconds: 0 }));
const policy = fc
  .record(
    {
      keepLast: count,
      keepHourly: count,
      keepDaily: count,
      keepWeekly: count,
      keepMonthly: count,
      keepYearly: count,
      keepWithin: days,
      keepTags: fc.subarray(['gold', 'blue']),
      maxBackups: fc.integer({ min: 1, max: 10 }),
      retentionDays: fc.integer({ min: 1, max: 400 }),
    },
    { requiredKeys: [] },
  )
  .filter((given) => Object.values(given).some((value) => (typeof value === 'number' ? value > 0 : false)));

const groupBy = fc.subarray<GroupBy>(['host', 'paths', 'tags']);
const runs = { numRuns: 300 };

function keep(
  given: readonly RetentionPoint[],
  rules: RetentionPolicy,
  by: readonly GroupBy[],
): RetentionPoint[] {
  return applyRetention(given, rules, by, now, zoneOffset).keep.map((one) => one.point);
}

function ids(given: readonly RetentionPoint[]): Set<string> {
  return new Set(given.map((one) => one.id));
}

test('every point is either kept with a reason or forgotten with one', () => {
  fc.assert(
    fc.property(points, policy, groupBy, (given, rules, by) => {
      const decision = applyRetention(given, rules, by, now, zoneOffset);
      assert.deepEqual(
        [...decision.keep, ...decision.forget].map((one) => one.point.id).sort(),
        given.map((one) => one.id).sort(),
      );
      for (const one of decision.keep) assert.ok(one.reasons.length > 0);
      for (const one of decision.forget) assert.ok(one.reason.length > 0);
    }),
    runs,
  );
});

test('applied again to what it kept, a policy keeps all of it', () => {
  fc.assert(
    fc.property(points, policy, groupBy, (given, rules, by) => {
      const kept = keep(given, rules, by);
      assert.deepEqual(ids(keep(kept, rules, by)), ids(kept));
    }),
    runs,
  );
});

test('a larger policy keeps a superset', () => {
  const more = fc.record({ count: fc.nat(4), days: fc.nat(100), tag: fc.boolean() });
  fc.assert(
    fc.property(points, policy, groupBy, more, (given, rules, by, add) => {
      const larger: RetentionPolicy = {
        ...rules,
        keepLast: (rules.keepLast ?? 0) + add.count,
        keepHourly: (rules.keepHourly ?? 0) + add.count,
        keepDaily: (rules.keepDaily ?? 0) + add.count,
        keepWeekly: (rules.keepWeekly ?? 0) + add.count,
        keepMonthly: (rules.keepMonthly ?? 0) + add.count,
        keepYearly: (rules.keepYearly ?? 0) + add.count,
        keepTags: [...(rules.keepTags ?? []), ...(add.tag ? ['gold'] : [])],
        ...(rules.keepWithin && {
          keepWithin: { ...rules.keepWithin, days: rules.keepWithin.days + add.days },
        }),
        ...(rules.maxBackups && { maxBackups: rules.maxBackups + add.count }),
        ...(rules.retentionDays && { retentionDays: rules.retentionDays + add.days }),
      };
      const kept = ids(keep(given, larger, by));
      for (const one of keep(given, rules, by)) assert.ok(kept.has(one.id), `"${one.id}" was lost`);
    }),
    runs,
  );
});

test('held and locked points are never forgotten', () => {
  fc.assert(
    fc.property(points, policy, groupBy, (given, rules, by) => {
      for (const { point } of applyRetention(given, rules, by, now, zoneOffset).forget) {
        assert.ok(!point.held && (point.lockedUntil ?? 0) <= now);
      }
    }),
    runs,
  );
});

test('no group loses its newest point', () => {
  fc.assert(
    fc.property(points, policy, (given, rules) => {
      const kept = ids(keep(given, rules, ['host']));
      for (const host of ['ada', 'bob']) {
        const newest = Math.max(...given.filter((one) => one.host === host).map((one) => one.at));
        if (newest === -Infinity) continue;
        assert.ok(given.some((one) => one.host === host && one.at === newest && kept.has(one.id)));
      }
    }),
    runs,
  );
});

test('the order in which points are listed decides nothing', () => {
  fc.assert(
    fc.property(points, policy, groupBy, (given, rules, by) => {
      assert.deepEqual(ids(keep(given.toReversed(), rules, by)), ids(keep(given, rules, by)));
    }),
    runs,
  );
});

test('a clock that runs ahead forgets nothing more', () => {
  fc.assert(
    fc.property(points, policy, groupBy, fc.nat(10_000), (given, rules, by, ahead) => {
      const unlocked = given.filter((one) => one.at <= now).map((one) => ({ ...one, lockedUntil: 0 }));
      const later = applyRetention(unlocked, rules, by, now + ahead * 24 * hourMs, zoneOffset);
      assert.deepEqual(ids(later.keep.map((one) => one.point)), ids(keep(unlocked, rules, by)));
    }),
    runs,
  );
});
