// Forgetting one recovery point and pruning over the API: what becomes a task, and what is refused before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullBrake } from '../../src/catalog/brake.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { listTasks } from '../../src/catalog/queue.ts';
import { addRecoveryPoint, noteCopy } from '../../src/catalog/recovery-points.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

const copy = { repository: 'main', snapshot: 's1' };

async function prepared({ catalog, context }: ApiWorld): Promise<string> {
  const repositories = { main: { place: '/backup', unlock: { password: 'file:/etc/holdfast/password' } } };
  await applyConfiguration(catalog, { repositories }, { actor: 'test', node: 'test-node' }, context);
  const takenAt = context.clock.now();
  const there = { ...copy, storage: 'file', arrivedAt: takenAt };
  const point = { source: 's', takenAt, outcome: 'succeeded', entries: 1, bytes: 1, copy: there } as const;
  return addRecoveryPoint(catalog, point, context);
}

function ask(world: ApiWorld, token: string, what: string, body?: object, headers = {}) {
  return world.call('POST', `/api/v1/${what}`, { token, headers, ...(body === undefined ? {} : { body }) });
}

const reason = { reason: 'asked for by the person' };

test('both become tasks that name exactly what is to go', async () => {
  await using world = await apiWorld();
  const point = await prepared(world);
  const token = await world.token('admin');
  const removal = await ask(world, token, `recovery-points/${point}/removals`, reason);
  assert.equal(removal.status, 202, removal.text);
  const prune = await ask(world, token, 'repositories/main/prunes');
  assert.equal(prune.status, 202, prune.text);
  const { items } = await listTasks(world.catalog, {}, world.context);
  assert.deepEqual(
    items.map(({ kind, payload }) => [kind, payload]),
    [
      ['prune', { repository: 'main', actor: 'admin-1/test' }],
      ['forget', { point, copies: [copy], actor: 'admin-1/test' }],
    ],
  );
});

test('a hold, the brake and a point that is gone already refuse it', async () => {
  await using world = await apiWorld();
  const point = await prepared(world);
  const token = await world.token('admin');
  const hold = { token, body: { reason: 'court' } };
  assert.equal((await world.call('PUT', `/api/v1/recovery-points/${point}/hold`, hold)).status, 200);
  const held = await ask(world, token, `recovery-points/${point}/removals`, reason);
  assert.equal(held.status, 409);
  assert.equal(held.json.code, 'RECOVERY_POINT_HELD');
  await world.call('DELETE', `/api/v1/recovery-points/${point}/hold`, { token });
  await noteCopy(world.catalog, copy, { removedAt: world.context.clock.now() }, world.context);
  const gone = await ask(world, token, `recovery-points/${point}/removals`, reason);
  assert.equal(gone.status, 404);
  assert.equal(gone.json.code, 'RECOVERY_POINT_GONE');
  const by = { node: 'a', actor: 'ada', method: 'local' };
  await pullBrake(world.catalog, { why: 'noise', by }, world.context);
  for (const what of [`recovery-points/${point}/removals`, 'repositories/main/prunes']) {
    const braked = await ask(world, token, what, what.endsWith('prunes') ? undefined : reason);
    assert.equal(braked.status, 403, braked.text);
    assert.equal(braked.json.code, 'BRAKE_ON');
  }
  assert.deepEqual((await listTasks(world.catalog, {}, world.context)).items, []);
});

test('where a second person is wanted, nobody does either alone', async () => {
  await using world = await apiWorld({ secondPerson: true });
  const point = await prepared(world);
  const token = await world.token('admin');
  for (const [what, body] of [
    [`recovery-points/${point}/removals`, reason],
    ['repositories/main/prunes', undefined],
  ] as const) {
    const alone = await ask(world, token, what, body);
    assert.equal(alone.json.code, 'SECOND_PERSON_NEEDED', what);
    const asked = await ask(world, token, what, body, { 'holdfast-approval-reason': 'space' });
    assert.equal(asked.json.code, 'SECOND_PERSON_ASKED', what);
  }
  assert.deepEqual((await listTasks(world.catalog, {}, world.context)).items, []);
});
