// People come in, prove anew who they are, and go: through the API as a browser would. And a second person agrees to what cannot be undone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/base/secret.ts';
import { pullBrake } from '../../src/catalog/brake.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { localPrincipal } from '../../src/identity/access.ts';
import { addUser } from '../../src/identity/accounts.ts';
import { createHasher } from '../../src/identity/passwords/hasher.ts';
import { firstSetup } from '../../src/identity/setup.ts';
import type { Role } from '../../src/model/permission.ts';
import { type Answer, type ApiWorld, apiWorld } from './api-world.ts';

const password = 'vier Möwen im Regen 7';
const intent = { 'x-holdfast-intent': '1' };

async function person(world: ApiWorld, name: string, role: Role): Promise<void> {
  const { catalog, context } = world;
  const desk = { catalog, node: 'n', hasher: createHasher(), profile: 'standard' } as const;
  const wish = { name, role, password: new Secret(Buffer.from(password)) };
  // Two days ago: a second person is one who was there before.
  const clock = { ...context.clock, now: () => context.clock.now() - 2 * 86_400_000 };
  await addUser(desk, localPrincipal('root'), wish, { ...context, clock });
}

function sessionIn({ headers }: Answer): string {
  const [line = ''] = headers['set-cookie'] ?? [];
  return /^__Host-holdfast=([^;]*)/.exec(line)?.[1] ?? '';
}

async function loggedIn(world: ApiWorld, name: string): Promise<string> {
  const answer = await world.call('POST', '/api/v1/login', { headers: intent, body: { name, password } });
  assert.equal(answer.status, 200, answer.text);
  return sessionIn(answer);
}

test('the first account is made by the link, once', async () => {
  await using world = await apiWorld();
  const link = await firstSetup({ catalog: world.catalog }, world.context);
  const setUp = () =>
    world.call('POST', '/api/v1/setup', {
      headers: intent,
      body: { secret: link!.secret, name: 'mara', password },
    });
  assert.equal((await setUp()).status, 201);
  assert.equal((await setUp()).status, 403);
  const session = await loggedIn(world, 'mara');
  const { json } = await world.call('GET', '/api/v1/me', { session });
  assert.equal(json.role, 'admin');
});

test('the cookie of a session is for this origin and no script, and logging out ends it', async () => {
  await using world = await apiWorld();
  await person(world, 'mara', 'viewer');
  const answer = await world.call('POST', '/api/v1/login', {
    headers: intent,
    body: { name: 'mara', password },
  });
  const [line = ''] = answer.headers['set-cookie'] ?? [];
  for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict'])
    assert.ok(line.includes(part), line);
  assert.ok(!/Domain=/i.test(line));
  assert.ok(!answer.text.includes(sessionIn(answer)), 'scripts must not read it');
  const session = sessionIn(answer);
  assert.equal((await world.call('GET', '/api/v1/me', { session })).status, 200);
  const out = await world.call('DELETE', '/api/v1/me/session', { session, headers: intent });
  assert.equal(out.status, 204);
  assert.match(String(out.headers['set-cookie']), /__Host-holdfast=;/);
  assert.equal((await world.call('GET', '/api/v1/me', { session })).status, 401);
});

test('a wrong password and an unknown name get the same answer', async () => {
  await using world = await apiWorld();
  await person(world, 'mara', 'viewer');
  const login = (name: string) =>
    world.call('POST', '/api/v1/login', { headers: intent, body: { name, password: 'wrong wrong wrong' } });
  const [wrong, unknown] = [await login('mara'), await login('nobody')];
  assert.equal(wrong.status, 401);
  const telling = ({ json, status }: Answer) => ({ ...json, request: '', status });
  assert.deepEqual(telling(wrong), telling(unknown));
  assert.equal(wrong.headers['set-cookie'], undefined);
});

test('a fresh proof opens what asks for it, and gives the session a new secret', async () => {
  await using world = await apiWorld();
  await person(world, 'mara', 'admin');
  const old = await loggedIn(world, 'mara');
  const proven = await world.call('POST', '/api/v1/me/proof', {
    session: old,
    headers: intent,
    body: { password },
  });
  assert.equal(proven.status, 200, proven.text);
  const session = sessionIn(proven);
  assert.notEqual(session, old);
  assert.equal((await world.call('GET', '/api/v1/me', { session: old })).status, 401);
  const made = await world.call('POST', '/api/v1/users', {
    session,
    headers: intent,
    body: { name: 'jonas', role: 'restorer' },
  });
  assert.equal(made.status, 201, made.text);
  const taken = await world.call('POST', '/api/v1/invitations', {
    headers: intent,
    body: { invitation: made.json.invitation, password },
  });
  assert.equal(taken.status, 200, taken.text);
  await loggedIn(world, 'jonas');
});

test('a token is shown once, does what it was made for, and ends when it is revoked', async () => {
  await using world = await apiWorld();
  await person(world, 'mara', 'operator');
  const session = await loggedIn(world, 'mara');
  const made = await world.call('POST', '/api/v1/me/tokens', {
    session,
    headers: intent,
    body: { name: 'watch', scopes: ['status:read'], days: 30 },
  });
  assert.equal(made.status, 201, made.text);
  const token = made.json.secret;
  assert.equal((await world.call('GET', '/api/v1/status', { token })).status, 200);
  assert.equal((await world.call('GET', '/api/v1/runs', { token })).status, 403);
  const list = await world.call('GET', '/api/v1/me/tokens', { session });
  assert.ok(!list.text.includes(token));
  const path = `/api/v1/me/tokens/${made.json.token.id}`;
  assert.equal((await world.call('DELETE', path, { session, headers: intent })).status, 204);
  assert.equal((await world.call('GET', '/api/v1/status', { token })).status, 401);
});

test('what cannot be undone waits for a second person, and then happens exactly as approved, once', async () => {
  await using world = await apiWorld({ secondPerson: true });
  await person(world, 'mara', 'admin');
  await person(world, 'jonas', 'admin');
  const by = { node: 'n', actor: 'watch', method: 'control' };
  await pullBrake(world.catalog, { why: 'strange names', by }, world.context);
  const mara = await loggedIn(world, 'mara');
  const jonas = await loggedIn(world, 'jonas');
  const release = (headers: Record<string, string>, reason = 'all is well') =>
    world.call('POST', '/api/v1/brake/release', {
      session: mara,
      headers: { ...intent, ...headers },
      body: { reason },
    });
  assert.equal((await release({})).json.code, 'SECOND_PERSON_NEEDED');
  const asked = await release({ 'holdfast-approval-reason': 'The photos were imported' });
  assert.equal(asked.status, 403);
  assert.equal(asked.json.code, 'SECOND_PERSON_ASKED');
  const approval = asked.json.facts.approval;
  const approve = (session: string) =>
    world.call('POST', `/api/v1/approvals/${approval}/approval`, { session, headers: intent });
  assert.equal((await approve(mara)).json.code, 'APPROVAL_OWN');
  assert.equal((await release({ 'holdfast-approval': approval })).status, 403);
  const approved = await approve(jonas);
  assert.equal(approved.status, 200, approved.text);
  assert.match(approved.json.summary, /all is well/);
  assert.equal((await release({ 'holdfast-approval': approval }, 'something else')).status, 403);
  const done = await release({ 'holdfast-approval': approval });
  assert.equal(done.status, 200, done.text);
  await pullBrake(world.catalog, { why: 'again', by }, world.context);
  assert.equal((await release({ 'holdfast-approval': approval })).status, 403, 'an approval is good once');
});

test('a lock is shortened, and less kept, by nobody alone, where the configuration wants a second person', async () => {
  await using world = await apiWorld({ secondPerson: true });
  await person(world, 'mara', 'admin');
  await person(world, 'jonas', 'admin');
  const repositories = {
    main: { place: '/backup/main', unlock: { password: 'file:/etc/holdfast/password' } },
  };
  const by = { actor: 'test', node: 'test-node' };
  await applyConfiguration(world.catalog, { repositories, policies: {} }, by, world.context);
  const mara = await loggedIn(world, 'mara');
  const jonas = await loggedIn(world, 'jonas');
  const rules = {
    sources: [{ kind: 'files', paths: ['/srv'] }],
    repositories: ['main'],
    schedule: '0 2 * * *',
    retention: 'none',
  };
  const put = (lock: string, headers: Record<string, string> = {}) =>
    world.call('PUT', '/api/v1/policies/school', {
      session: mara,
      headers: { ...intent, ...headers },
      body: { ...rules, lock },
    });
  const lockNow = async () =>
    (await world.call('GET', '/api/v1/policies/school', { session: mara })).json.rules.lock;
  const keeping = (retention: unknown, headers: Record<string, string> = {}) =>
    world.call('PUT', '/api/v1/policies/photos', {
      session: mara,
      headers: { ...intent, ...headers },
      body: { ...rules, retention },
    });
  assert.equal((await keeping({ keepDaily: 7 })).status, 200);
  assert.equal((await keeping({ keepDaily: 14 })).status, 200, 'longer is for one alone');
  const less = await keeping({ keepLast: 1 }, { 'holdfast-approval-reason': 'The disk is full' });
  assert.equal(less.json.facts.permission, 'repository:prune', less.text);
  assert.equal((await put('30d')).status, 200);
  assert.equal((await put('60d')).status, 200, 'longer is for one alone');
  const refused = await put('1d');
  assert.equal(refused.status, 403, refused.text);
  assert.equal(refused.json.code, 'SECOND_PERSON_NEEDED');
  const asked = await put('1d', { 'holdfast-approval-reason': 'The disk is full' });
  assert.equal(asked.json.code, 'SECOND_PERSON_ASKED', asked.text);
  assert.equal(asked.json.facts.permission, 'repository:shorten-lock');
  const { approval } = asked.json.facts;
  const approved = await world.call('POST', `/api/v1/approvals/${approval}/approval`, {
    session: jonas,
    headers: intent,
  });
  assert.equal(approved.status, 200, approved.text);
  assert.equal(await lockNow(), '60d');
  assert.equal((await put('2d', { 'holdfast-approval': approval })).status, 403, 'that was not approved');
  assert.equal((await put('1d', { 'holdfast-approval': approval })).status, 200);
  assert.equal(await lockNow(), '1d');
});
