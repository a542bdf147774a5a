// Answers out of memory are as fresh as those of the catalog, and shown to nobody who may not see them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCatalog } from '../../src/catalog/open.ts';
import { deletePolicy, savePolicy } from '../../src/catalog/policies.ts';
import { revokeTokens } from '../../src/catalog/tokens.ts';
import { changeUser, listUsers } from '../../src/catalog/users.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

const list = '/api/v1/policies?limit=20';
const rules = {
  repositories: ['main'],
  retention: 'none',
  schedule: 'daily',
  sources: [{ kind: 'files', paths: ['/srv'] }],
};

/** As another process of the same machine has it open. */
function other({ catalog, context }: ApiWorld) {
  return openCatalog({ location: catalog.location }, context);
}

async function userOf(world: ApiWorld, name: string): Promise<string> {
  const { items } = await listUsers(world.catalog, {}, world.context);
  return items.find((user) => user.name === name)!.id;
}

test('a token that another process revokes opens nothing from the next call on', async () => {
  await using world = await apiWorld();
  await using theirs = await other(world);
  const token = await world.token('viewer');
  for (let n = 0; n < 3; n += 1) assert.equal((await world.call('GET', list, { token })).status, 200);
  await revokeTokens(theirs, { userId: await userOf(world, 'viewer-1') }, world.context);
  assert.equal((await world.call('GET', list, { token })).status, 401);
});

test('a role that another process takes away is gone for the next call', async () => {
  await using world = await apiWorld();
  await using theirs = await other(world);
  const session = await world.session('admin');
  const ask = () => world.call('GET', '/api/v1/users', { session });
  for (let n = 0; n < 3; n += 1) assert.equal((await ask()).status, 200);
  await changeUser(theirs, await userOf(world, 'admin-1'), { role: 'viewer' }, world.context);
  assert.equal((await ask()).status, 403);
});

test('a list shows at once what another process made and took away', async () => {
  await using world = await apiWorld();
  await using theirs = await other(world);
  const token = await world.token('viewer');
  const names = async () => {
    const { json } = await world.call('GET', list, { token });
    return json.items.map(({ name }: { name: string }) => name);
  };
  assert.deepEqual([await names(), await names()], [[], []]);
  await savePolicy(theirs, { name: 'school', config: rules, enabled: true }, world.context);
  assert.deepEqual([await names(), await names()], [['school'], ['school']]);
  await deletePolicy(theirs, 'school', world.context);
  assert.deepEqual(await names(), []);
});

test('what one caller was shown is shown to no other who may see less', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const { id } = await savePolicy(catalog, { name: 'school', config: rules, enabled: true }, context);
  await savePolicy(catalog, { name: 'secret', config: rules, enabled: true }, context);
  const viewer = await world.token('viewer');
  const granted = await world.token('none', { grant: { role: 'viewer', policy: id } });
  const nobody = await world.token('none');
  const names = async (token: string) => {
    const { status, json } = await world.call('GET', list, { token });
    return status === 200 ? json.items.map(({ name }: { name: string }) => name) : status;
  };
  for (let n = 0; n < 2; n += 1) {
    assert.deepEqual(await names(viewer), ['school', 'secret']);
    assert.deepEqual(await names(granted), ['school']);
    assert.equal(await names(nobody), 403);
  }
});

test('pages with other questions are other pages', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  for (const name of ['a', 'b']) await savePolicy(catalog, { name, config: rules, enabled: true }, context);
  const token = await world.token('viewer');
  const ask = async (query: string) => {
    const { json } = await world.call('GET', `/api/v1/policies?${query}`, { token });
    return json;
  };
  for (let n = 0; n < 2; n += 1) {
    assert.equal((await ask('limit=2')).items.length, 2);
    const first = await ask('limit=1');
    assert.equal(first.items[0].name, 'a');
    assert.equal((await ask(`limit=1&after=${first.next}`)).items[0].name, 'b');
  }
});
