// Stopping runs and tasks over the API: what is stopped, what is not, and what each answer says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { policyNamed } from '../../src/catalog/policies.ts';
import { addTask, claimTask, completeTask } from '../../src/catalog/queue.ts';
import { startRun } from '../../src/catalog/runs.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

async function configured({ catalog, context }: ApiWorld): Promise<string> {
  const unlock = { password: 'file:/etc/holdfast/password' };
  const own = {
    sources: [{ kind: 'files' as const, paths: ['/srv'] }],
    repositories: ['main'],
    schedule: '0 2 * * *',
    retention: { keepDaily: 7 },
  };
  const given = { repositories: { main: { place: '/backup', unlock } }, policies: { own } };
  await applyConfiguration(catalog, given, { actor: 'test', node: 'test-node' }, context);
  return (await policyNamed(catalog, 'own', context))!.id;
}

test('a run that was asked for and waits is taken out of the queue, once for each key', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('operator');
  const asked = await world.call('POST', '/api/v1/policies/own/runs', { token });
  const { task } = asked.json;
  const headers = { 'idempotency-key': 'stop-it' };
  const stopped = await world.call('POST', `/api/v1/tasks/${task}/cancellation`, { token, headers });
  assert.equal(stopped.status, 202, stopped.text);
  assert.deepEqual(stopped.json, { task, state: 'ended', look: `/api/v1/tasks/${task}` });
  const again = await world.call('POST', `/api/v1/tasks/${task}/cancellation`, { token, headers });
  assert.equal(again.headers['idempotency-replayed'], 'true');
  const { json } = await world.call('GET', `/api/v1/tasks/${task}`, { token });
  assert.equal(json.state, 'done');
  assert.equal(json.canceled.by, 'operator-1/test');
  assert.equal(await claimTask(world.catalog, { node: 'n', holdMs: 60_000 }, world.context), undefined);
});

test('a run at work is told to stop, one that has ended is not, and one that never was is missing', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const policyId = await configured(world);
  const token = await world.token('operator');
  const payload = { policyId, due: 1, missed: 0 };
  const { id: task } = await addTask(catalog, { kind: 'backup', key: 'b', payload }, context);
  const claim = (await claimTask(catalog, { node: 'n', holdMs: 600_000 }, context))!;
  const holding = { kind: 'task', id: task, fence: claim.fence } as const;
  const run = await startRun(catalog, { policyId, dueAt: 1, node: 'n', holding }, context);
  const stop = (of: string) => world.call('POST', `/api/v1/${of}/cancellation`, { token });
  const stopped = await stop(`runs/${run.id}`);
  assert.equal(stopped.status, 202, stopped.text);
  assert.equal(stopped.json.state, 'stopping');
  const shown = await world.call('GET', `/api/v1/tasks/${task}`, { token });
  assert.equal(shown.json.state, 'claimed');
  assert.equal(shown.json.canceled.by, 'operator-1/test');
  const { id: check } = await addTask(catalog, { kind: 'check', key: 'c', payload: null }, context);
  const checking = (await claimTask(catalog, { node: 'n', holdMs: 600_000 }, context))!;
  await completeTask(catalog, checking, null, context);
  const ended = await stop(`tasks/${check}`);
  assert.equal(ended.status, 409);
  assert.equal(ended.json.code, 'TASK_DONE');
  const { id: message } = await addTask(catalog, { kind: 'deliver', key: 'd', payload: null }, context);
  const refused = await stop(`tasks/${message}`);
  assert.equal(refused.status, 403);
  assert.equal(refused.json.code, 'TASK_NOT_CANCELABLE');
  // Who may stop runs of all policies hears that there is no such thing.
  const admin = await world.token('admin');
  const nothing = '019aa7c2-6d9e-7c31-8f3a-5b8e2f1c0d4f';
  for (const what of [`runs/${nothing}`, `tasks/${nothing}`]) {
    const { status } = await world.call('POST', `/api/v1/${what}/cancellation`, { token: admin });
    assert.equal(status, 404, what);
  }
});

test('who may only restore stops a restore of their own and reads how it ended, and nothing of others', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const policyId = await configured(world);
  const own = await world.token('none', { grant: { role: 'restorer', policy: policyId, folder: '/srv/a' } });
  const restore = (actor: string) => ({
    kind: 'restore',
    key: `restore of ${actor}`,
    payload: { repository: 'main', snapshot: 's', target: '/srv/restored/x', actor },
  });
  const { id } = await addTask(catalog, restore('none-1/test'), context);
  const { id: other } = await addTask(catalog, restore('mara'), context);
  const look = (task: string, token: string) => world.call('GET', `/api/v1/tasks/${task}`, { token });
  const stop = (task: string, token: string) =>
    world.call('POST', `/api/v1/tasks/${task}/cancellation`, { token });
  assert.equal((await look(id, own)).status, 200);
  const restorer = await world.token('restorer');
  for (const [task, token] of [
    [other, own],
    [id, restorer],
  ] as const) {
    const { status, json } = await stop(task, token);
    assert.equal(status, 403);
    assert.equal(json.code, 'FORBIDDEN');
  }
  assert.equal((await look(other, own)).status, 403);
  const stopped = await stop(id, own);
  assert.equal(stopped.status, 202, stopped.text);
  assert.equal((await look(id, own)).json.canceled.by, 'none-1/test');
});

test('who may restore no more does not reach a restore of their own, either', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const token = await world.token('viewer');
  const payload = { repository: 'main', snapshot: 's', target: '/srv/restored/x', actor: 'viewer-1/test' };
  const { id } = await addTask(catalog, { kind: 'restore', key: 'r', payload }, context);
  const { status } = await world.call('POST', `/api/v1/tasks/${id}/cancellation`, { token });
  assert.equal(status, 403);
});
