// The configuration over the API: nothing is lost to who was faster, nothing is kept shorter unsaid, and nothing of the machine itself changes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { policyNamed } from '../../src/catalog/policies.ts';
import type { ConfigurationInput } from '../../src/model/configuration/configuration.ts';
import { permissions } from '../../src/model/permission.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

const path = '/api/v1/configuration';

const school = {
  sources: [{ kind: 'files' as const, paths: ['/srv/school'] }],
  repositories: ['main'],
  schedule: '0 2 * * *',
  retention: { keepDaily: 14 },
};

const given: ConfigurationInput = {
  zone: 'Europe/Zurich',
  repositories: { main: { place: '/backup/main', unlock: { password: 'file:/etc/holdfast/password' } } },
  channels: { mail: { place: 'smtp://mail.example.org?to=a@example.org' } },
  alerts: { routes: [{ channels: ['mail'] }] },
  policies: { school },
};

interface Shown {
  readonly etag: string;
  // biome-ignore lint/suspicious/noExplicitAny: a document that tests change at will.
  readonly document: any;
}

async function shown(world: ApiWorld, token: string): Promise<Shown> {
  const { status, json, headers, text } = await world.call('GET', path, { token });
  assert.equal(status, 200, text);
  return { etag: String(headers.etag), document: structuredClone(json.configuration) };
}

function put(world: ApiWorld, token: string, { etag, document }: Shown, more: object = {}) {
  const headers = { 'if-match': etag };
  return world.call('PUT', path, { token, headers, body: { configuration: document, ...more } });
}

async function configured(world: ApiWorld): Promise<void> {
  await applyConfiguration(world.catalog, given, { actor: 'test', node: 'test-node' }, world.context);
}

test('what is shown can be sent back, and nothing changes', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('admin');
  const before = await shown(world, token);
  assert.equal(before.document.policies.school.retention.keepDaily, 14);
  const same = await put(world, token, before);
  assert.equal(same.status, 200, same.text);
  assert.deepEqual(same.json, {
    revision: Number(before.etag.slice(1, -1)),
    changed: false,
    savedPolicies: [],
    deletedPolicies: [],
  });
  assert.equal((await shown(world, token)).etag, before.etag);
});

test('policies are made, changed and deleted by one document, and stay when the file is applied again', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  await configured(world);
  const token = await world.token('admin');
  const { etag, document } = await shown(world, token);
  document.policies.photos = { ...school, retention: 'none' };
  document.language = 'de';
  const done = await put(world, token, { etag, document });
  assert.equal(done.status, 200, done.text);
  assert.deepEqual(done.json.savedPolicies, ['photos']);
  assert.notEqual(done.headers.etag, etag);
  assert.equal((await shown(world, token)).document.language, 'de');
  await applyConfiguration(catalog, given, { actor: 'file', node: 'test-node' }, context);
  const after = await shown(world, token);
  assert.deepEqual(Object.keys(after.document.policies), ['photos', 'school']);
  delete after.document.policies.photos;
  const gone = await put(world, token, after);
  assert.deepEqual(gone.json.deletedPolicies, ['photos']);
  assert.equal(await policyNamed(catalog, 'photos', context), undefined);
  const { items } = await listAudit(catalog, { action: 'configuration:apply' }, context);
  assert.deepEqual(
    items.map(({ act }) => act.actor),
    ['admin-1/test', 'file', 'admin-1/test', 'test'],
  );
});

test('a change on top of what somebody else has changed meanwhile is refused, and so is one that does not say on top of what', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('admin');
  const first = await shown(world, token);
  // A policy alone is a change, too.
  const body = { ...school, retention: { keepDaily: 15 } };
  assert.equal((await world.call('PUT', '/api/v1/policies/school', { token, body })).status, 200);
  first.document.language = 'de';
  const late = await put(world, token, first);
  assert.equal(late.status, 412, late.text);
  assert.equal(late.json.code, 'PRECONDITION_FAILED');
  const unsaid = await world.call('PUT', path, { token, body: { configuration: first.document } });
  assert.equal(unsaid.status, 400);
  assert.equal(unsaid.json.code, 'CONDITION_NEEDED');
  assert.equal((await shown(world, token)).document.language, undefined);
});

test('what keeps less is told before, refused until it is said, and needs the right to prune', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('admin');
  const wish = await shown(world, token);
  wish.document.policies.school.retention = { keepDaily: 7 };
  const body = { configuration: wish.document };
  const { json } = await world.call('POST', `${path}/comparisons`, { token, body });
  assert.deepEqual(json.mistakes, []);
  assert.deepEqual(json.differences, [
    { path: 'policies.school.retention.keepDaily', before: '14', after: '7' },
  ]);
  assert.deepEqual(
    json.shortenings.map(({ policy }: { policy: string }) => policy),
    ['school'],
  );
  const refused = await put(world, token, wish);
  assert.equal(refused.status, 409, refused.text);
  assert.equal(refused.json.code, 'CONFIG_SHORTENS_RETENTION');
  const scopes = permissions.filter((one) => one !== 'repository:prune');
  const weak = await world.token('admin', { scopes });
  const without = await put(world, weak, wish, { keepLess: true });
  assert.equal(without.status, 403);
  assert.equal(without.json.code, 'RETENTION_SHORTENED');
  assert.equal((await put(world, token, wish, { keepLess: true })).status, 200);
});

test('where a second person is wanted, nobody shortens what is kept alone', async () => {
  await using world = await apiWorld({ secondPerson: true });
  await configured(world);
  const token = await world.token('admin');
  const wish = await shown(world, token);
  wish.document.policies.school.retention = { keepDaily: 7 };
  const { status, json } = await put(world, token, wish, { keepLess: true });
  assert.equal(status, 403);
  assert.equal(json.code, 'SECOND_PERSON_NEEDED');
  assert.equal((await shown(world, token)).document.policies.school.retention.keepDaily, 14);
});

test('what can run a program, read a file or send a secret elsewhere is not changed from here', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('admin');
  const before = await shown(world, token);
  const evil: readonly [string, (document: Shown['document']) => void][] = [
    [
      'repositories.main',
      (one) => (one.repositories.main.unlock.password = 'command:/usr/bin/touch /tmp/owned'),
    ],
    ['repositories.main', (one) => (one.repositories.main.place = 'sftp://evil.example.org/x')],
    ['repositories.other', (one) => (one.repositories.other = one.repositories.main)],
    ['channels.run', (one) => (one.channels.run = { place: 'command:/usr/bin/id' })],
    ['channels.mail', (one) => (one.channels.mail.place = 'smtp://mail.example.org?to=b@example.org')],
    ['api', (one) => (one.api = { restoreRoots: ['/'] })],
    ['api', (one) => (one.api = { secondPerson: false, listen: '0.0.0.0:1' })],
    ['logs', (one) => (one.logs = { routes: [{ file: '/etc/cron.d/x' }] })],
    ['metrics', (one) => (one.metrics = { textFile: '/etc/cron.d/x' })],
    ['audit', (one) => (one.audit = { keepDays: 30 })],
    ['catalog', (one) => (one.catalog = { place: '/tmp/other' })],
    ['node', (one) => (one.node = 'other')],
  ];
  for (const [what, change] of evil) {
    const wish = { etag: before.etag, document: structuredClone(before.document) };
    change(wish.document);
    const { status, json, text } = await put(world, token, wish);
    assert.equal(status, 403, `${what}: ${text}`);
    assert.equal(json.code, 'CONFIG_ONLY_THERE', what);
    assert.equal(json.facts.path, what);
    const body = { configuration: wish.document };
    const compared = await world.call('POST', `${path}/comparisons`, { token, body });
    assert.deepEqual(compared.json.onlyThere, [what]);
  }
  const wish = await shown(world, token);
  wish.document.policies.school.sources = [
    { kind: 'vault', address: 'https://evil.example.org', token: 'file:/etc/holdfast/vault' },
  ];
  assert.equal((await put(world, token, wish)).json.code, 'SOURCE_NEEDS_SECRET');
  assert.equal((await shown(world, token)).etag, before.etag);
});

test('mistakes are told with their path, and a token does to policies only what it was made for', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('admin');
  const wish = await shown(world, token);
  wish.document.policies.school.shedule = '0 3 * * *';
  const { json } = await world.call('POST', `${path}/comparisons`, {
    token,
    body: { configuration: wish.document },
  });
  assert.equal(json.mistakes.length, 1);
  assert.equal(json.mistakes[0].path, 'policies.school.shedule');
  assert.match(json.mistakes[0].message, /did you mean "schedule"/);
  const refused = await put(world, token, wish);
  assert.equal(refused.json.code, 'CONFIG_INVALID');
  const narrow = await world.token('admin', { scopes: ['configuration:read', 'configuration:write'] });
  const without = await shown(world, narrow);
  without.document.policies = {};
  const { status, json: told } = await put(world, narrow, without);
  assert.equal(status, 403);
  assert.equal(told.facts.permission, 'policy:delete');
});
