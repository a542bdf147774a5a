// Shares of time and times of restores, by hand and by a second way of counting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coveredShare, expectedRestoreMs, restoreFigures } from '../../src/model/reliability.ts';

test('time counts once, however many watched at a time, and only since somebody did', () => {
  const window = { from: 0, until: 100 };
  assert.equal(coveredShare([], window), undefined);
  assert.equal(coveredShare([{ from: -50, until: 200 }], window), 1);
  assert.equal(coveredShare([{ from: 0, until: 50 }], window), 0.5);
  assert.equal(coveredShare([{ from: 80, until: 90 }], window), 0.5);
  const spans = [
    { from: 60, until: 80 },
    { from: 0, until: 30 },
    { from: 20, until: 40 },
    { from: 0, until: 10 },
  ];
  assert.equal(coveredShare(spans, window), 0.6);
});

test('the share is what counting second by second gives', () => {
  let seed = 1;
  const dice = (sides: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % sides;
  };
  for (let round = 0; round < 300; round += 1) {
    const spans = Array.from({ length: 1 + dice(6) }, () => {
      const from = dice(140) - 20;
      return { from, until: from + dice(50) };
    });
    const start = Math.max(0, Math.min(...spans.map(({ from }) => from)));
    let covered = 0;
    for (let at = start; at < 100; at += 1) {
      if (spans.some(({ from, until }) => from <= at && at < until)) covered += 1;
    }
    const expected = start >= 100 ? 1 : covered / (100 - start);
    assert.ok(
      Math.abs(coveredShare(spans, { from: 0, until: 100 })! - expected) < 1e-9,
      JSON.stringify(spans),
    );
  }
});

test('a restore is measured by its time, and its rate only where there was something to bring back', () => {
  const gib = 1024 ** 3;
  assert.deepEqual(restoreFigures([]), { restores: 0 });
  assert.deepEqual(restoreFigures([{ bytes: 1000, durationMs: 5000 }]), { restores: 1, worstMs: 5000 });
  const figures = restoreFigures([
    { bytes: 1000, durationMs: 90_000 },
    { bytes: gib, durationMs: 10_000 },
    { bytes: 2 * gib, durationMs: 60_000 },
  ]);
  assert.deepEqual(figures, { restores: 3, worstMs: 90_000, secondsPerGib: 20 });
  assert.equal(expectedRestoreMs(10 * gib, figures), 200_000);
  assert.equal(expectedRestoreMs(gib, { restores: 0 }), undefined);
});
