import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { filterSnapshots, resolveSnapshot } from '../../src/model/snapshot-selection.ts';

function snapshot(
  id: string,
  time: number,
  more: { host?: string; tags?: string[]; paths?: string[]; arrivedAt?: number } = {},
) {
  return { id: id.padEnd(32, '0'), time, arrivedAt: time, host: 'ada', tags: [], paths: ['/home'], ...more };
}

const first = snapshot('abcd1', 1_000, { tags: ['daily', 'db'] });
const second = snapshot('abcd2', 2_000, { host: 'bob', tags: ['daily'] });
const third = snapshot('ffff', 3_000, { paths: ['/srv', '/etc'] });
const all = [second, third, first];

test('latest is the newest that the filter leaves', () => {
  assert.equal(resolveSnapshot(all, 'latest'), third);
  assert.equal(resolveSnapshot(all, 'latest', { host: 'bob' }), second);
  assert.equal(resolveSnapshot(all, 'latest', { tags: ['daily', 'db'] }), first);
  assert.equal(resolveSnapshot(all, 'latest', { path: '/etc' }), third);
});

test('a time means the newest at or before it', () => {
  assert.equal(resolveSnapshot(all, 'latest', { at: 2_000 }), second);
  assert.equal(resolveSnapshot(all, 'latest', { at: 1_999 }), first);
  assert.throws(
    () => resolveSnapshot(all, 'latest', { at: 999 }),
    (error) => isFailure(error, 'missing', 'SNAPSHOT_UNKNOWN'),
  );
});

test('the same claimed time is decided by arrival, then by id', () => {
  const early = snapshot('aaaa', 5_000, { arrivedAt: 1 });
  const late = snapshot('0000', 5_000, { arrivedAt: 2 });
  const last = snapshot('0001', 5_000, { arrivedAt: 2 });
  assert.deepEqual(filterSnapshots([early, late, last], {}), [last, late, early]);
});

test('a full id and a beginning of at least four digits name one snapshot, in either case', () => {
  assert.equal(resolveSnapshot(all, first.id), first);
  assert.equal(resolveSnapshot(all, 'ffff'), third);
  assert.equal(resolveSnapshot(all, 'ABCD2'), second);
});

test('several candidates are all named', () => {
  assert.throws(
    () => resolveSnapshot(all, 'abcd'),
    (error) =>
      isFailure(error, 'usage', 'SNAPSHOT_AMBIGUOUS') &&
      error.message.includes(first.id) &&
      error.message.includes(second.id),
  );
  assert.equal(resolveSnapshot(all, 'abcd', { host: 'bob' }), second);
});

for (const reference of ['abc', '', '1234', 'abcd1'.padEnd(33, '0'), 'yesterday', 'ffff\x1b[2J']) {
  test(`${JSON.stringify(reference)} is an unknown snapshot, told with what lists them`, () => {
    assert.throws(
      () => resolveSnapshot(all, reference),
      (error) =>
        isFailure(error, 'missing', 'SNAPSHOT_UNKNOWN') &&
        error.hint?.includes('holdfast snapshots') === true &&
        !error.message.includes('\x1b'),
    );
  });
}

test('an empty repository says that there is no snapshot yet', () => {
  assert.throws(() => resolveSnapshot([], 'latest'), /there is no snapshot yet/);
});
