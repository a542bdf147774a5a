// A part of a file over the line: exactly the bytes that were asked for, or all of it where the wish is no single range.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteRange, rangeOf } from '../../src/api/ranges.ts';
import { isFailure } from '../../src/base/failure.ts';
import { addTask, claimTask, completeTask } from '../../src/catalog/queue.ts';
import { apiWorld } from './api-world.ts';

const etag = '"a"';

test('one range is understood in its three forms, and never reaches beyond the end', () => {
  const cases: readonly (readonly [string, ByteRange])[] = [
    ['bytes=0-0', { from: 0, to: 0 }],
    ['bytes=2-5', { from: 2, to: 5 }],
    ['Bytes=2-5', { from: 2, to: 5 }],
    ['bytes=9-', { from: 9, to: 9 }],
    ['bytes=0-', { from: 0, to: 9 }],
    ['bytes=3-999999999999999', { from: 3, to: 9 }],
    ['bytes=-1', { from: 9, to: 9 }],
    ['bytes=-4', { from: 6, to: 9 }],
    ['bytes=-11', { from: 0, to: 9 }],
  ];
  for (const [range, expected] of cases) {
    assert.deepEqual(rangeOf({ range, ifRange: undefined }, { bytes: 10, etag }), expected, range);
    assert.deepEqual(rangeOf({ range, ifRange: etag }, { bytes: 10, etag }), expected, range);
    assert.equal(rangeOf({ range, ifRange: '"b"' }, { bytes: 10, etag }), undefined, range);
  }
});

test('what is no single range of bytes is passed over', () => {
  const others = ['bytes=', 'bytes=-', 'bytes=0-1,3-4', 'bytes=5-2', 'lines=1-2', 'bytes=a-b', 'bytes=1', ''];
  for (const range of [
    undefined,
    ...others,
    'bytes=0x1-0x2',
    'bytes=1e3-',
    'bytes=-1-2',
    `bytes=0-${'9'.repeat(99)}`,
  ]) {
    assert.equal(rangeOf({ range, ifRange: undefined }, { bytes: 10, etag }), undefined, String(range));
  }
});

test('a range in which nothing lies is refused, with the length in the answer', () => {
  for (const [range, bytes] of [
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
  ] as const) {
    assert.throws(
      () => rangeOf({ range, ifRange: undefined }, { bytes, etag }),
      (error) => isFailure(error, 'usage', 'RANGE_UNSATISFIABLE') && error.facts['bytes'] === bytes,
      range,
    );
  }
});

test('a download answers 200, 206 or 416, and an archive has no parts', async () => {
  const asked: (ByteRange | undefined)[] = [];
  const text = '0123456789';
  await using world = await apiWorld(
    {},
    {
      async download(_task, range) {
        asked.push(range);
        const part = range === undefined ? text : text.slice(range.from, range.to + 1);
        const content = (async function* () {
          yield Buffer.from(part);
        })();
        return { name: 'a', bytes: text.length, content };
      },
    },
  );
  const { catalog, context } = world;
  const token = await world.token('admin');
  const lookedUp = async (result: Record<string, string | number>) => {
    const payload = { repository: 'main', snapshot: 's', path: '/a', format: 'zip', actor: 'admin-1/test' };
    const { id } = await addTask(
      catalog,
      { kind: 'download', key: String(result['kind']), payload },
      context,
    );
    const claim = (await claimTask(catalog, { node: 'n', holdMs: 60_000 }, context))!;
    await completeTask(catalog, claim, result, context);
    return id;
  };
  const file = await lookedUp({ kind: 'file', name: 'a', bytes: text.length });
  const get = (id: string, headers: Record<string, string>) =>
    world.call('GET', `/api/v1/downloads/${id}`, { token, headers });

  const whole = await get(file, {});
  assert.deepEqual([whole.status, whole.text, whole.headers['accept-ranges']], [200, text, 'bytes']);
  assert.equal(whole.headers.etag, `"${file}"`);
  const part = await get(file, { range: 'bytes=2-4', 'if-range': whole.headers.etag! });
  assert.deepEqual([part.status, part.text], [206, '234']);
  assert.equal(part.headers['content-range'], 'bytes 2-4/10');
  assert.equal(part.headers['content-length'], '3');
  const other = await get(file, { range: 'bytes=2-4', 'if-range': '"other"' });
  assert.deepEqual([other.status, other.text], [200, text]);
  const beyond = await get(file, { range: 'bytes=10-' });
  assert.deepEqual([beyond.status, beyond.json.code], [416, 'RANGE_UNSATISFIABLE']);
  assert.equal(beyond.headers['content-range'], 'bytes */10');
  assert.deepEqual(asked, [undefined, { from: 2, to: 4 }, undefined]);

  const folder = await lookedUp({ kind: 'folder', name: 'a.zip' });
  assert.equal((await get(folder, { range: 'bytes=2-4' })).status, 200);
  assert.equal(asked.at(-1), undefined);
});
