// Who rests gives back what it does not need, once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restSmall } from '../../../src/cli/control/rest-small.ts';

test('a resting process collects its garbage once, and again when there is more', () => {
  const own = globalThis.gc;
  let collected = 0;
  globalThis.gc = (() => {
    collected += 1;
  }) as never;
  try {
    let tick: () => void = () => undefined;
    restSmall({
      every: (_, callback) => {
        tick = callback;
        return () => undefined;
      },
    });
    tick();
    assert.equal(collected, 1);
    tick();
    assert.equal(collected, 1);
    const garbage = Array.from({ length: 1_000_000 }, (_, i) => [i]);
    tick();
    assert.equal(collected, 2);
    assert.equal(garbage.length, 1_000_000);
  } finally {
    if (own === undefined) Reflect.deleteProperty(globalThis, 'gc');
    else globalThis.gc = own;
  }
});
