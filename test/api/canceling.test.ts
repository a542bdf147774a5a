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
