// Who waits for whom, who is held back, and that nobody waits in a circle.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import {
  type Dependency,
  type LastRun,
  orderByDependencies,
  readinessOf,
} from '../../../src/model/schedule/dependencies.ts';

const after = (...names: string[]): Dependency[] => names.map((policy) => ({ policy, on: 'success' }));

function readiness(
  dependencies: readonly Dependency[],
  runs: Readonly<Record<string, LastRun | undefined>>,
  due = 100,
) {
  return readinessOf(
    dependencies,
    (policy) => (policy in runs ? due : undefined),
    (policy) => runs[policy],
  );
}

test('a run waits for the run that is due, not for an older one', () => {
  assert.deepEqual(readiness(after('a'), { a: { due: 99, hasSucceeded: true } }), {
    state: 'waiting',
    for: 'a',
  });
  assert.deepEqual(readiness(after('a'), { a: undefined }), { state: 'waiting', for: 'a' });
  assert.deepEqual(readiness(after('a'), { a: { due: 100, hasSucceeded: true } }), { state: 'ready' });
  assert.deepEqual(readiness(after('a'), { a: { due: 101, hasSucceeded: true } }), { state: 'ready' });
  assert.deepEqual(readiness(after('a'), {}), { state: 'ready' });
  assert.deepEqual(readiness([], {}), { state: 'ready' });
});

test('a failed run holds back who asks for success, and nobody else', () => {
  const failed = { due: 100, hasSucceeded: false };
  assert.deepEqual(readiness(after('a'), { a: failed }), { state: 'held', by: 'a' });
  assert.deepEqual(readiness([{ policy: 'a', on: 'end' }], { a: failed }), { state: 'ready' });
  assert.deepEqual(readiness(after('b', 'a'), { b: undefined, a: failed }), { state: 'held', by: 'a' });
  // An old failure says nothing about the run that is due.
  assert.deepEqual(readiness(after('a'), { a: { due: 99, hasSucceeded: false } }), {
    state: 'waiting',
    for: 'a',
  });
});

test('each policy comes after those it depends on', () => {
  const policies = new Map([
    ['copy', after('backup', 'database')],
    ['backup', []],
    ['drill', after('copy')],
    ['database', after('backup')],
  ]);
  assert.deepEqual(orderByDependencies(policies), ['backup', 'database', 'copy', 'drill']);
  const chain = new Map(
    Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index < 9999 ? after(`p${index + 1}`) : []]),
  );
  assert.deepEqual(orderByDependencies(chain).slice(0, 2), ['p9999', 'p9998']);
});

test('policies that wait for each other, or for nobody, are refused by name', () => {
  const circle = new Map([
    ['x', after('a')],
    ['a', after('b')],
    ['b', after('c')],
    ['c', after('a')],
  ]);
  assert.throws(
    () => orderByDependencies(circle),
    (error) =>
      isFailure(error, 'usage', 'DEPENDENCY_CYCLE') &&
      error.message.endsWith('"a" after "b" after "c" after "a"'),
  );
  assert.throws(() => orderByDependencies(new Map([['a', after('a')]])), /"a" after "a"/);
  assert.throws(
    () => orderByDependencies(new Map([['a', after('b')]])),
    (error) => isFailure(error, 'usage', 'UNKNOWN_DEPENDENCY'),
  );
});
