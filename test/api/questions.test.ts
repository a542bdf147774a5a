// What a repository or the catalog was asked: who may ask, and who reads the answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
