// What is answered out of memory is told apart by who asks and what for, and is never older than what was written or than the clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedHeaders } from '../../src/api/headers.ts';
import { requestIds } from '../../src/api/request-ids.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { addTask } from '../../src/catalog/queue.ts';
import { apiWorld } from './api-world.ts';

test('the status tells the time of each call, and what has become due without anybody writing', async () => {
  let now = 1_700_000_000_000;
  await using world = await apiWorld({}, {}, () => now);
  const token = await world.token('viewer');
  const status = async () => (await world.call('GET', '/api/v1/status', { token })).json;
  const task = { kind: 'check', key: 'later', payload: {}, dueAt: now + 20 };
  await addTask(world.catalog, task, world.context);
  const first = await status();
  assert.deepEqual([first.now, first.queue.due, first.queue.delayed], ['2023-11-14T22:13:20.000Z', 0, 1]);
  now += 10;
  const second = await status();
  assert.deepEqual({ ...second, now: first.now }, first);
  assert.equal(second.now, '2023-11-14T22:13:20.010Z');
  now += 10;
  // The memory goes by the steady clock, which is a real one here.
  for (let tries = 0; tries < 20_000; tries += 1) {
    const { queue } = await status();
    if (queue.due === 1 && queue.delayed === 0) return;
  }
  assert.fail('what is due was never told');
});

test('a confirmed write is in the next answer, for lists and for the status', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  for (let count = 1; count <= 5; count += 1) {
    await savePolicy(world.catalog, { name: `p${count}`, config: {}, enabled: true }, world.context);
    const status = await world.call('GET', '/api/v1/status', { token });
    assert.equal(status.json.policies, count);
    const again = await world.call('GET', '/api/v1/status', { token });
    assert.equal(again.json.policies, count);
  }
});

test('nobody is answered with what was remembered for another', async () => {
  await using world = await apiWorld();
  const [viewer, admin] = [await world.token('viewer'), await world.token('admin')];
  const narrow = await world.token('admin', { scopes: ['self:read'] });
  const me = async (token: string) => (await world.call('GET', '/api/v1/me', { token })).json;
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal((await me(viewer)).role, 'viewer');
    assert.equal((await me(admin)).role, 'admin');
    assert.deepEqual((await me(narrow)).permissions, ['self:read']);
  }
});

test('what makes no sense is refused beside a remembered answer as well', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  const ask = async (path: string, headers = {}) =>
    (await world.call('GET', path, { token, headers })).status;
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal(await ask('/api/v1/runs?limit=20'), 200);
    assert.equal(await ask('/api/v1/runs?limit=501'), 400);
    assert.equal(await ask('/api/v1/runs?limit=20&other=1'), 400);
    assert.equal(await ask('/api/v1/runs?limit=20', { 'if-match': 'W/"x"' }), 400);
  }
});

test('answers, refusals and remembered answers carry the same headers, and letters of all languages whole', async () => {
  await using world = await apiWorld();
  const [token, admin] = [await world.token('viewer'), await world.token('admin')];
  const config = { note: 'Schülerdaten – 学校 😀' };
  await savePolicy(world.catalog, { name: 'school', config, enabled: true }, world.context);
  for (const path of ['/api/v1/runs', '/api/v1/runs', '/api/v1/runs?limit=0', '/healthz', '/nowhere']) {
    const { headers } = await world.call('GET', path, { token });
    for (const [name, value] of Object.entries(fixedHeaders)) assert.equal(headers[name], value, name);
  }
  for (let turn = 0; turn < 2; turn += 1) {
    const { headers, json, text } = await world.call('GET', '/api/v1/policies', { token: admin });
    assert.deepEqual(json.items[0].rules, config);
    assert.equal(headers['content-length'], String(Buffer.byteLength(text)));
    assert.match(String(headers['ratelimit']), /^"minute";r=\d+$/);
  }
});

test('ids of calls are alike in form and all different', () => {
  const next = requestIds();
  const ids = Array.from({ length: 1000 }, next);
  for (const id of ids) assert.match(id, /^[\w-]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});
