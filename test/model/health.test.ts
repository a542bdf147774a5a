// A state changes when what is seen has lasted, and not for what comes and goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HealthState, type Patience, type Settled, settle, worstOf } from '../../src/model/health.ts';

function statesOf(seen: readonly HealthState[], patience: Patience): string {
  let settled: Settled | undefined;
  return seen
    .map((one) => {
      settled = settle(settled, one, patience);
      return settled.state;
    })
    .join(' ');
}

test('what is bad counts at once where waiting costs, and is over after two good looks', () => {
  const patience = { worse: 1, better: 2, unknown: 3 };
  assert.equal(
    statesOf(['ok', 'critical', 'ok', 'critical', 'ok', 'ok'], patience),
    'ok critical critical critical critical ok',
  );
  assert.equal(
    statesOf(['warning', 'critical', 'warning', 'warning'], patience),
    'warning critical critical warning',
  );
});

test('what comes and goes never counts where it has to last', () => {
  const patience = { worse: 3, better: 2, unknown: 3 };
  const flapping = Array.from({ length: 40 }, (_, n): HealthState => (n % 3 === 0 ? 'ok' : 'warning'));
  assert.ok(!statesOf(flapping, patience).includes('warning'));
  assert.equal(statesOf(['ok', 'warning', 'warning', 'warning'], patience), 'ok ok ok warning');
});

test('what is not known does not make well what was bad, nor bad what was well, before it has lasted', () => {
  const patience = { worse: 1, better: 2, unknown: 3 };
  assert.equal(
    statesOf(['critical', 'unknown', 'unknown', 'unknown', 'ok'], patience),
    'critical critical critical unknown ok',
  );
  assert.equal(statesOf(['unknown', 'ok', 'unknown'], patience), 'unknown ok ok');
  assert.equal(worstOf(['ok', 'warning', 'unknown']), 'warning');
  assert.equal(worstOf([]), 'ok');
});
