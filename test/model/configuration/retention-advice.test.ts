// Where rules of retention add up to something else than each says by itself, that is told; and what is told is true of what retention does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionAdvice } from '../../../src/model/configuration/retention-advice.ts';
import { applyRetention, type RetentionPolicy } from '../../../src/model/retention.ts';
import { utc } from '../../../src/model/time.ts';

const dayMs = 86_400_000;
const now = 20_000 * dayMs;

/** One recovery point a day for four years. */
function kept(policy: RetentionPolicy): Set<string> {
  const points = Array.from({ length: 4 * 365 }, (_, day) => {
    return { id: String(day), at: now - day * dayMs, host: '', paths: [], tags: [] };
  });
  const { keep } = applyRetention(points, policy, ['host', 'paths'], now, utc);
  return new Set(keep.map(({ point }) => point.id));
}

test('what a rule beside a limit is said to do is what it does', () => {
  for (const limits of [{ retentionDays: 90 }, { maxBackups: 50 }, { retentionDays: 30, maxBackups: 50 }]) {
    for (const rule of ['keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const) {
      for (const count of [1, 2, 3, 7, 12, 60, 100]) {
        const [advice, ...more] = retentionAdvice({ ...limits, [rule]: count });
        assert.deepEqual([advice?.rule, more], [rule, []]);
        const [both, alone] = [kept({ ...limits, [rule]: count }), kept(limits)];
        const adds = [...both].some((id) => !alone.has(id));
        const isIdle = advice?.code === 'idle';
        if (adds) assert.ok(!isIdle, `${rule} ${count} beside ${JSON.stringify(limits)} keeps more`);
        if (isIdle) assert.deepEqual(both, alone);
      }
    }
  }
});

test('nothing is said of keep rules alone, of limits alone, and of a least number beside a limit', () => {
  for (const policy of [
    { keepDaily: 7, keepMonthly: 12 },
    { retentionDays: 90 },
    { retentionDays: 30, maxBackups: 50 },
    { keepLast: 1, retentionDays: 30, maxBackups: 50 },
    {},
  ]) {
    assert.deepEqual(retentionAdvice(policy), []);
  }
});
