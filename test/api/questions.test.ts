// What a repository or the catalog was asked: who may ask, and who reads the answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullBrake } from '../../src/catalog/brake.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { claimTask, completeTask, taskById } from '../../src/catalog/queue.ts';
import { tasks } from '../../src/control/tasks/all.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

async function prepared(world: ApiWorld): Promise<void> {
  const main = { place: '/backup/main', unlock: { password: 'file:/etc/holdfast/password' } };
  const by = { actor: 'test', node: 'test-node' };
  await applyConfiguration(world.catalog, { repositories: { main } }, by, world.context);
}

async function answered(world: ApiWorld, kind: string): Promise<void> {
  const { catalog, context } = world;
  const claim = (await claimTask(catalog, { node: 'n', holdMs: 60_000, kinds: [kind] }, context))!;
  await completeTask(catalog, claim, { told: kind }, context);
}

const questions = [
  { path: 'repositories/main/postures', kind: 'posture', readers: ['operator', 'admin'] },
  { path: 'repositories/main/storage-tests', kind: 'storage-test', readers: ['operator', 'admin'] },
  { path: 'repositories/main/measurements', kind: 'stats', readers: ['operator', 'admin'] },
  { path: 'repositories/main/slot-listings', kind: 'slots', readers: ['auditor', 'operator', 'admin'] },
  { path: 'audit/verifications', kind: 'audit-verify', readers: ['auditor', 'admin'] },
  { path: 'catalog/checks', kind: 'catalog-check', readers: ['auditor', 'operator', 'admin'] },
] as const;

test('the answer of a question is for who may ask it, and for nobody else who sees tasks', async () => {
  await using world = await apiWorld();
  await prepared(world);
  const roles = ['viewer', 'auditor', 'operator', 'restorer', 'admin'] as const;
  const tokens = new Map<string, string>();
  for (const role of roles) tokens.set(role, await world.token(role));
  for (const { path, kind, readers } of questions) {
    assert.ok(Object.hasOwn(tasks, kind), kind);
    const asked = await world.call('POST', `/api/v1/${path}`, {
      token: tokens.get('admin')!,
      ...(kind === 'audit-verify' ? { body: {} } : {}),
    });
    assert.equal(asked.status, 202, kind);
    assert.equal((await taskById(world.catalog, asked.json.task, world.context))?.kind, kind);
    await answered(world, kind);
    for (const role of roles) {
      const { status, json } = await world.call('GET', asked.json.look, { token: tokens.get(role)! });
      assert.equal(status, 200, `${kind} for ${role}`);
      const expected = (readers as readonly string[]).includes(role) ? { told: kind } : undefined;
      assert.deepEqual(json.result, expected, `${kind} for ${role}`);
    }
  }
});

test('a repair of the index waits for no brake and for a second person; its plan for neither', async () => {
  await using world = await apiWorld({ secondPerson: true });
  await prepared(world);
  const operator = await world.token('operator');
  const admin = await world.token('admin');
  const ask = (token: string, path: string, headers: Record<string, string> = {}) =>
    world.call('POST', `/api/v1/repositories/main/${path}`, { token, headers });
  assert.equal((await ask(operator, 'repairs')).json.code, 'FORBIDDEN');
  const reason = { 'holdfast-approval-reason': 'the index is lost' };
  assert.equal((await ask(admin, 'repairs')).json.code, 'SECOND_PERSON_NEEDED');
  assert.equal((await ask(admin, 'repairs', reason)).json.code, 'SECOND_PERSON_ASKED');
  const by = { node: 'n', actor: 'ada', method: 'local' };
  await pullBrake(world.catalog, { why: 'noise', by }, world.context);
  const planned = await ask(operator, 'repair-plans');
  assert.equal(planned.status, 202);
  const task = await taskById(world.catalog, planned.json.task, world.context);
  assert.deepEqual(task?.payload, { repository: 'main', dryRun: true, actor: 'operator-1/test' });
});

test('a repair of the index is a task, and none is asked for while the brake is on', async () => {
  await using world = await apiWorld();
  await prepared(world);
  const token = await world.token('admin');
  const ask = () => world.call('POST', '/api/v1/repositories/main/repairs', { token });
  const asked = await ask();
  const task = await taskById(world.catalog, asked.json.task, world.context);
  assert.deepEqual(task?.payload, { repository: 'main', dryRun: false, actor: 'admin-1/test' });
  const by = { node: 'n', actor: 'ada', method: 'local' };
  await pullBrake(world.catalog, { why: 'noise', by }, world.context);
  const braked = await ask();
  assert.deepEqual([braked.status, braked.json.code], [403, 'BRAKE_ON']);
});
