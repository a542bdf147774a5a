// Who rests gives back what it does not need, once, and has taken little from the start: the flags for that exist in this engine, and what
// they put off is taken back whole.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { patientFlags, restSmall } from '../../../src/cli/control/rest-small.ts';

const root = new URL('../../../', import.meta.url);

test('a process that optimizes as usual does it as this engine is wont to', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  const source = readFileSync(new URL('src/cli/control/rest-small.ts', root), 'utf8');
  for (const flag of patientFlags) {
    const name = flag.replace(/^--|=.*$/g, '');
    const usual = new RegExp(`default: --${name}=(\\d+)$`, 'm').exec(options)?.[1];
    assert.ok(usual !== undefined, `${name} is no flag of this engine`);
    assert.match(source, new RegExp(`'${name}': ${usual},`));
  }
});

test('the control process is started with the same flags as the API', () => {
  const script = readFileSync(new URL('bin/holdfast', root), 'utf8');
  const [, words = ''] = /^ *for what in (.*); do$/m.exec(script) ?? [];
  assert.match(script, /more="\$more --invocation-count-for-\$what=1000000"/);
  const flags = words.split(' ').map((what) => `--invocation-count-for-${what}=1000000`);
  assert.deepEqual(flags, patientFlags);
});

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
