// How intervals follow change and the wanted RPO, stay in their bounds, and explain themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type IntervalRules, nextInterval, type PastRun } from '../../../src/model/schedule/interval.ts';

const hourMs = 3_600_000;
const gigabyte = 1e9;
const rules: IntervalRules = { rpoMs: 24 * hourMs, minMs: hourMs / 4, maxMs: 12 * hourMs, changeShare: 0.01 };

/** Hourly runs that each find `changedBytes` of 100 GB. */
function history(changedBytes: number, more: Partial<PastRun> = {}, count = 30): PastRun[] {
  return Array.from({ length: count }, (_, index) => ({
    endedAt: index * hourMs,
    durationMs: 60_000,
    changedBytes,
    totalBytes: 100 * gigabyte,
    hasSucceeded: true,
    ...more,
  }));
}

const rulesOf = (decision: ReturnType<typeof nextInterval>) => decision.because.map(({ rule }) => rule);

test('the more changes, the sooner the next run', () => {
  // 1 % of 100 GB is 1 GB: four hours at a quarter of it an hour.
  const slow = nextInterval(rules, history(gigabyte / 4), undefined);
  assert.equal(slow.intervalMs, 4 * hourMs);
  assert.deepEqual(slow.because, [{ rule: 'change', intervalMs: 4 * hourMs }]);
  assert.equal(nextInterval(rules, history(gigabyte), undefined).intervalMs, hourMs);
  const still = nextInterval(rules, history(0), undefined);
  assert.deepEqual([still.intervalMs, rulesOf(still)], [12 * hourMs, ['quiet']]);
});

test('nobody waits longer than the RPO allows, with the time that a run takes', () => {
  const tight = nextInterval(
    { ...rules, rpoMs: 3 * hourMs },
    history(0, { durationMs: hourMs / 2 }),
    undefined,
  );
  assert.equal(tight.intervalMs, 2.5 * hourMs);
  assert.equal(tight.because.at(-1)?.rule, 'rpo');
  assert.equal(tight.keepsRpo, true);
  const impossible = nextInterval(
    { ...rules, rpoMs: hourMs },
    history(0, { durationMs: 2 * hourMs }),
    undefined,
  );
  assert.deepEqual([impossible.intervalMs, impossible.keepsRpo], [rules.minMs, false]);
});

test('too little history, a failure, a long run and a jump of the rate each have their rule', () => {
  assert.deepEqual(nextInterval(rules, [], undefined).because, [{ rule: 'start', intervalMs: 12 * hourMs }]);
  const failed = nextInterval(
    rules,
    [...history(gigabyte / 4), ...history(0, { hasSucceeded: false }, 1)],
    undefined,
  );
  assert.deepEqual([failed.intervalMs, rulesOf(failed)], [2 * hourMs, ['change', 'failed']]);
  const long = nextInterval(rules, history(gigabyte, { durationMs: hourMs }), undefined);
  assert.deepEqual([long.intervalMs, rulesOf(long)], [5 * hourMs, ['change', 'load']]);
  const jump = nextInterval(rules, history(10 * gigabyte), 8 * hourMs);
  assert.deepEqual([jump.intervalMs, rulesOf(jump)], [4 * hourMs, ['change', 'smooth']]);
  const burst = nextInterval(rules, history(1000 * gigabyte), undefined);
  assert.deepEqual([burst.intervalMs, rulesOf(burst)], [rules.minMs, ['change', 'load', 'least']]);
});

test('newer runs count more than older ones', () => {
  const old = history(gigabyte / 4, {}, 100);
  const busy = history(gigabyte, {}, 100).map((run) => ({ ...run, endedAt: run.endedAt + 100 * hourMs }));
  const found = nextInterval(rules, [...old, ...busy], undefined).intervalMs;
  assert.ok(found < 1.1 * hourMs, `${found / hourMs} h`);
});

test('the interval is within its bounds whatever happened, and its reasons end with it', () => {
  const run = fc.record({
    durationMs: fc.integer({ min: 0, max: 1e9 }),
    changedBytes: fc.integer({ min: 0, max: 1e15 }),
    totalBytes: fc.integer({ min: 0, max: 1e15 }),
    hasSucceeded: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(run, { maxLength: 30 }),
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 60_000, max: 1e8 }),
      fc.integer({ min: 0, max: 1e9 }),
      fc.option(fc.integer({ min: 60_000, max: 1e9 }), { nil: undefined }),
      (runs, rpoMs, minMs, more, lastMs) => {
        const bounds = { rpoMs, minMs, maxMs: minMs + more, changeShare: 0.01 };
        const past = runs.map((one, index) => ({ ...one, endedAt: index * hourMs }));
        const found = nextInterval(bounds, past, lastMs);
        assert.ok(found.intervalMs >= minMs && found.intervalMs <= bounds.maxMs, JSON.stringify(found));
        assert.ok(Number.isSafeInteger(found.intervalMs));
        assert.equal(found.because.at(-1)?.intervalMs, found.intervalMs);
        if (found.keepsRpo) assert.ok(found.intervalMs <= rpoMs);
      },
    ),
    { numRuns: 500 },
  );
});
