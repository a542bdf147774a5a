// Each route for each role, made from the contract: what a role may not do is refused, what it may do is not; the same for what is one's own
// and what is somebody else's. And each act leaves exactly one line in the audit trail.

import assert from 'node:assert/strict';
import { type TestContext as Test, test } from 'node:test';
import { exampleId, type Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import { raiseAlert } from '../../src/catalog/alerts.ts';
import { listAudit } from '../../src/catalog/audit.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { policyNamed } from '../../src/catalog/policies.ts';
import { addTask, claimTask, completeTask, taskById } from '../../src/catalog/queue.ts';
import { addRecoveryPoint } from '../../src/catalog/recovery-points.ts';
import { startRun } from '../../src/catalog/runs.ts';
import { freshPermissions, permissions, rolePermissions, roles } from '../../src/model/permission.ts';
import { type Answer, type ApiWorld, apiWorld, pathOf } from './api-world.ts';

const operations = Object.entries(contract) as [string, Operation][];
/** Deleting the policy comes last: what is about it is asked before. */
const guarded = operations
  .filter(([, { permission }]) => permission !== 'public')
  .sort(([a], [b]) => Number(a === 'deletePolicy') - Number(b === 'deletePolicy'));

/** A stream ends only when one of both sides wants it to. */
const endless = 'streamEvents';

interface Things {
  readonly policyId: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A policy with a run, a recovery point, a task and an alert of its own. */
async function things(world: ApiWorld, name: string): Promise<Things> {
  const { catalog, context } = world;
  const policy = (await policyNamed(catalog, name, context))!;
  const dueAt = context.clock.now();
  const { id: task } = await addTask(
    catalog,
    { kind: 'backup', key: `${name}@${dueAt}`, payload: { policyId: policy.id, due: dueAt, missed: 0 } },
    context,
  );
  const claim = (await claimTask(catalog, { node: 'n', holdMs: 60_000 }, context))!;
  const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
  const run = await startRun(catalog, { policyId: policy.id, dueAt, node: 'n', holding }, context);
  const point = await addRecoveryPoint(
    catalog,
    {
      policyId: policy.id,
      source: 'server:/srv',
      takenAt: dueAt,
      outcome: 'succeeded',
      entries: 1,
      bytes: 1,
      copy: { repository: name, snapshot: `${name}-1`, storage: 'file', arrivedAt: dueAt },
    },
    context,
  );
  const { id: alert } = await raiseAlert(
    catalog,
    { key: `backup:${name}`, severity: 'warning', title: 'late', facts: {}, policyId: policy.id },
    context,
  );
  return {
    policyId: policy.id,
    params: { policy: name, run: run.id, point, task, alert, repository: name, channel: 'mail' },
  };
}

/** Something that was looked up to be downloaded. */
async function lookedUp({ catalog, context }: ApiWorld, policyId: string, actor: string): Promise<string> {
  const wanted = { repository: 'own', snapshot: 's', path: '/srv/a', format: 'zip' };
  const payload = { policyId, ...wanted, actor };
  const { id } = await addTask(catalog, { kind: 'download', key: `of ${policyId}`, payload }, context);
  const wish = { node: 'n', holdMs: 60_000, kinds: ['download'] };
  const claim = (await claimTask(catalog, wish, context))!;
  await completeTask(catalog, claim, { kind: 'file', name: 'a', bytes: 3 }, context);
  return id;
}

const bytes = async () => ({
  name: 'a',
  bytes: 3,
  content: (async function* () {
    yield Buffer.from('abc');
  })(),
});

function policyOf(repository: string) {
  return {
    sources: [{ kind: 'files' as const, paths: ['/srv'] }],
    repositories: [repository],
    schedule: '0 2 * * *',
    retention: { keepDaily: 7 },
  };
}

async function configured(world: ApiWorld): Promise<void> {
  const repository = (place: string) => ({ place, unlock: { password: 'file:/etc/holdfast/password' } });
  await applyConfiguration(
    world.catalog,
    {
      repositories: {
        own: repository('/backup/own'),
        foreign: repository('/backup/foreign'),
        main: repository('/backup/main'),
      },
      channels: { mail: { place: 'smtp://mail.example.org?to=a@example.org' } },
      policies: { own: policyOf('own'), foreign: policyOf('foreign') },
    },
    { actor: 'test', node: 'test-node' },
    world.context,
  );
}

async function ask(
  world: ApiWorld,
  [, operation]: [string, Operation],
  params: Readonly<Record<string, string>>,
  wish: { token?: string; session?: string },
): Promise<Answer> {
  const { method, example } = operation;
  const body = example.body as object | undefined;
  return world.call(method, pathOf(operation, params), {
    ...wish,
    ...(body === undefined ? {} : { body }),
    ...(method === 'GET' ? {} : { headers: { 'x-holdfast-intent': '1' } }),
  });
}

/** Refusals of the act itself, after the door. */
const later = new Set([
  'RESTORE_TARGET_OUTSIDE',
  'PASSWORD_WRONG',
  'APPROVAL_OWN',
  'PROOF_NOT_FRESH',
  'NOT_LOGGED_IN',
  'PASSKEY_REFUSED',
  'BRAKE_ON',
]);

test('without a login every route but the public ones asks who you are', async () => {
  await using world = await apiWorld();
  for (const one of guarded) {
    const { status, json, headers } = await ask(world, one, {}, {});
    assert.equal(status, 401, `${one[0]}: ${status}`);
    assert.equal(json.code, 'NOT_LOGGED_IN');
    assert.match(headers['www-authenticate'] ?? '', /^Bearer/);
  }
});

test('a token that nobody made, a revoked form of one, and a strange header open nothing', async () => {
  await using world = await apiWorld();
  const wrong = [`hf_${'A'.repeat(43)}`, 'hf_short', 'x'.repeat(43)];
  for (const token of wrong) assert.equal((await world.call('GET', '/api/v1/status', { token })).status, 401);
  for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer a b', 'hf_x']) {
    const { status } = await world.call('GET', '/api/v1/status', { headers: { authorization } });
    assert.equal(status, 401, authorization);
  }
});

test('each route lets in exactly the roles that may', async (t: Test) => {
  await using world = await apiWorld();
  await configured(world);
  const { params } = await things(world, 'own');
  for (const role of roles) {
    await t.test(role, async () => {
      const token = await world.token(role);
      // All roles share what is about oneself, and stretching passwords takes long.
      const asked = guarded.filter(([, one]) => role === 'none' || one.permission !== 'self:write');
      for (const one of asked.filter(([name]) => name !== endless)) {
        const [name, { permission }] = one;
        const { status, json } = await ask(world, one, params, { token });
        const may = permission !== 'public' && rolePermissions[role].has(permission);
        if (may) {
          assert.ok(
            (status !== 401 && status !== 403) || later.has(json.code),
            `${role} may ${permission}, and ${name} says ${status} ${json?.code}`,
          );
        } else {
          assert.equal(status, 403, `${role} may not ${permission}, and ${name} says ${status}`);
          assert.equal(json.code, 'FORBIDDEN');
        }
        assert.ok(status < 500, `${name}: ${status}`);
      }
    });
  }
});

test('acts that ask for a fresh proof take none that is old', async () => {
  await using world = await apiWorld();
  await configured(world);
  const { params } = await things(world, 'own');
  const token = await world.token('admin', { isSensitive: false });
  for (const one of guarded.filter(([, { permission }]) => freshPermissions.has(permission as never))) {
    const { status, json } = await ask(world, one, params, { token });
    assert.equal(status, 403, one[0]);
    assert.equal(json.code, 'PROOF_NOT_FRESH', one[0]);
  }
});

/** The law (T-72), said once more by name: what a session left open on a desk must not be enough for. */
const law = [
  'restoreRecoveryPoint',
  'prepareDownload',
  'download',
  'releaseRecoveryPoint',
  'forgetRecoveryPoint',
  'pruneRepository',
  'repairIndex',
  'applyRetention',
  'applyConfiguration',
  'deletePolicy',
  'releaseBrake',
  'createUser',
  'removeUser',
  'inviteUser',
  'resetUser',
  'setUserRole',
  'renameUser',
  'setUserState',
  'addGrant',
  'removeGrant',
  'endUserSessions',
  'createUserToken',
  'revokeToken',
  'approve',
  'refuse',
];
/** These ask for it themselves: the permission is everybody's, the act is not. */
const ownWays = ['createMyToken', 'beginPasskey', 'addPasskey', 'removeFactor'];

test('each route opens or stays shut for a stale session exactly as the law says, and none minds a fresh one', async () => {
  await using world = await apiWorld();
  await configured(world);
  const { params } = await things(world, 'own');
  const session = await world.session('admin');
  const asked = [...law, ...ownWays].sort();
  const shut: string[] = [];
  for (const one of guarded.filter(([name]) => name !== endless)) {
    const stale = await world.session('admin', { freshMs: 0 });
    const { json } = await ask(world, one, params, { session: stale });
    if (json?.code === 'PROOF_NOT_FRESH') shut.push(one[0]);
  }
  assert.deepEqual(shut.sort(), asked);
  for (const one of guarded.filter(([name]) => asked.includes(name))) {
    const { json } = await ask(world, one, params, { session });
    assert.notEqual(json?.code, 'PROOF_NOT_FRESH', one[0]);
    assert.notEqual(json?.code, 'FORBIDDEN', one[0]);
  }
});

test('less is kept only after a fresh proof: the next retention would delete as pruning does', async () => {
  await using world = await apiWorld();
  await configured(world);
  const put = (token: string, change: object) =>
    world.call('PUT', '/api/v1/policies/own', { token, body: { ...policyOf('own'), ...change } });
  const stale = await world.token('admin', { isSensitive: false });
  for (const retention of [{ keepDaily: 6 }, { keepLast: 1 }]) {
    const { status, json } = await put(stale, { retention });
    assert.equal(status, 403);
    assert.equal(json.code, 'RETENTION_SHORTENED');
  }
  assert.equal((await put(stale, { retention: { keepDaily: 8 } })).status, 200);
  assert.equal((await put(stale, { retention: 'none', schedule: '0 3 * * *' })).status, 200);
  const fresh = await world.token('admin');
  assert.equal((await put(fresh, { retention: { keepLast: 1 } })).status, 200);
});

test('nobody names a command, a file or a place for a secret over the API', async () => {
  await using world = await apiWorld();
  const vault = (token: string, address = 'https://vault.example.org') => ({
    kind: 'vault' as const,
    address,
    token,
  });
  const repositories = {
    main: { place: '/backup/main', unlock: { password: 'file:/etc/holdfast/password' } },
  };
  const rules = { ...policyOf('main'), sources: [vault('file:/etc/holdfast/vault')] };
  const by = { actor: 'test', node: 'test-node' };
  await applyConfiguration(world.catalog, { repositories, policies: { own: rules } }, by, world.context);
  const token = await world.token('admin');
  const put = (name: string, change: object) =>
    world.call('PUT', `/api/v1/policies/${name}`, { token, body: { ...rules, ...change } });
  const wrong = [
    vault('command:/usr/bin/touch /tmp/owned'),
    vault('file:/etc/holdfast/password'),
    vault('env:HOLDFAST_PASSWORD'),
    vault('sealed:main'),
    vault('file:/etc/holdfast/vault', 'https://evil.example.net'),
    { ...rules.sources[0], token: undefined, appRole: { roleId: 'a', secretId: 'command:/bin/id' } },
  ];
  for (const source of wrong) {
    for (const sources of [[source], [rules.sources[0], source]]) {
      const { status, json } = await put('own', { sources });
      assert.equal(status, 403, JSON.stringify(source));
      assert.equal(json.code, 'SOURCE_NEEDS_SECRET');
    }
  }
  assert.equal((await put('new', {})).json.code, 'SOURCE_NEEDS_SECRET', 'nor in a policy of its own');
  assert.equal((await put('own', { schedule: '0 4 * * *' })).status, 200, 'what was there stays');
});

test('a token does nothing that it was not made for', async () => {
  await using world = await apiWorld();
  await configured(world);
  const { params } = await things(world, 'own');
  for (const one of guarded.filter(([name]) => name !== endless)) {
    const scopes = permissions.filter((permission) => permission !== one[1].permission);
    const token = await world.token('admin', { scopes });
    const { status, json } = await ask(world, one, params, { token });
    assert.equal(status, 403, `${one[0]}: ${status}`);
    assert.equal(json.code, 'FORBIDDEN');
  }
});

test('a grant for one policy opens what is of that policy, and nothing of another', async () => {
  await using world = await apiWorld();
  await configured(world);
  const own = await things(world, 'own');
  const foreign = await things(world, 'foreign');
  for (const { policyId, params } of [own, foreign]) {
    Object.assign(params, { download: await lookedUp(world, policyId, 'somebody') });
  }
  const grant = { role: 'admin', policy: own.policyId } as const;
  const about = guarded.filter(
    ([, { object }]) => object !== undefined && object !== 'channel' && object !== 'repository',
  );
  const token = await world.token('none', { grant });
  for (const one of about) {
    const theirs = await ask(world, one, foreign.params, { token });
    assert.equal(theirs.status, 403, `${one[0]} of another policy: ${theirs.status} ${theirs.text}`);
    const mine = await ask(world, one, own.params, { token });
    assert.ok(![401, 403].includes(mine.status) || later.has(mine.json.code), `${one[0]}: ${mine.text}`);
    // What does not exist is refused in the same words as what is not theirs.
    const missing = '019aa7c2-6d9e-7c31-8f3a-5b8e2f1c0d4f';
    const none = Object.fromEntries(
      Object.keys(own.params).map((key) => [key, key === 'policy' ? 'nothing' : missing]),
    );
    const nowhere = await ask(world, one, none, { token });
    assert.equal(nowhere.status, 403, `${one[0]} of nothing: ${nowhere.status}`);
    assert.equal(nowhere.json.code, theirs.json.code);
  }
});

test('lists show what a grant shows, filtered before the page is cut', async () => {
  await using world = await apiWorld();
  await configured(world);
  const own = await things(world, 'own');
  await things(world, 'foreign');
  const token = await world.token('none', { grant: { role: 'admin', policy: own.policyId } });
  for (const path of [
    '/api/v1/policies',
    '/api/v1/runs',
    '/api/v1/recovery-points',
    '/api/v1/alerts',
    '/api/v1/tasks',
  ]) {
    const { status, text, json } = await world.call('GET', path, { token });
    assert.equal(status, 200, `${path}: ${text}`);
    assert.equal(json.items.length, 1, `${path}: ${text}`);
    assert.ok(!text.includes('foreign'), `${path} tells of what is foreign`);
    const first = await world.call('GET', `${path}?limit=1`, { token });
    assert.equal(first.json.items.length, 1, `${path}: what is foreign fills the page`);
    assert.equal(first.json.next, undefined, `${path}: a further page would tell that there is more`);
  }
});

test('who may restore one folder restores nothing beside it', async () => {
  await using world = await apiWorld();
  await configured(world);
  const { policyId, params } = await things(world, 'own');
  const token = await world.token('none', {
    grant: { role: 'restorer', policy: policyId, folder: '/srv/mara' },
  });
  const restore = (include?: string[]) =>
    world.call('POST', `/api/v1/recovery-points/${params['point']}/restores`, {
      token,
      body: { target: '/srv/restored/x', ...(include === undefined ? {} : { include }) },
    });
  assert.equal((await restore(['/srv/mara/letter.odt'])).status, 202);
  for (const include of [
    ['/srv/jonas'],
    ['/srv/mara/../jonas'],
    ['/srv/mara', '/etc'],
    ['**'],
    ['/srv/mar*'],
    undefined,
  ]) {
    const { status, text } = await restore(include);
    assert.equal(status, 403, `${include}: ${text}`);
  }
  const browse = (path: string) =>
    world.call('POST', `/api/v1/recovery-points/${params['point']}/browsings`, { token, body: { path } });
  assert.equal((await browse('/srv/mara')).status, 202);
  for (const path of ['/', '/srv', '/srv/mara/..', '/srv/maraX', '//srv/mara']) {
    assert.equal((await browse(path)).status, 403, path);
  }
});

test('two recovery points are compared by who may look into both, and only where both have a copy', async () => {
  await using world = await apiWorld();
  await configured(world);
  const own = await things(world, 'own');
  const foreign = await things(world, 'foreign');
  const { catalog, context } = world;
  const again = (repository: string, snapshot: string, policyId: string) =>
    addRecoveryPoint(
      catalog,
      {
        policyId,
        source: 'server:/srv',
        takenAt: context.clock.now(),
        outcome: 'succeeded',
        entries: 1,
        bytes: 1,
        copy: { repository, snapshot, storage: 'file', arrivedAt: context.clock.now() },
      },
      context,
    );
  const second = await again('own', 'own-2', own.policyId);
  const grant = { role: 'restorer', policy: own.policyId } as const;
  const [bound, admin] = [await world.token('none', { grant }), await world.token('admin')];
  const compare = (token: string, point: string, older: string) =>
    world.call('POST', `/api/v1/recovery-points/${point}/comparisons`, { token, body: { older } });
  const [first = '', other = ''] = [own.params['point'], foreign.params['point']];
  const { status, json } = await compare(bound, second, first);
  assert.equal(status, 202);
  const { payload } = (await taskById(catalog, json.task, context))!;
  const { repository, snapshot, older } = payload as Record<string, unknown>;
  assert.deepEqual([repository, snapshot, older], ['own', 'own-2', 'own-1']);
  assert.equal((await compare(bound, second, other)).json.code, 'RECOVERY_POINT_UNKNOWN');
  assert.equal((await compare(bound, other, second)).status, 403);
  assert.equal(
    (await compare(admin, second, other)).json.code,
    'RECOVERY_POINT_GONE',
    'no repository has both',
  );
});

test('each act and each refusal leaves exactly one line in the audit trail', async () => {
  await using world = await apiWorld({}, { download: bytes });
  await configured(world);
  const { params: some, policyId } = await things(world, 'own');
  const params = { ...some, download: await lookedUp(world, policyId, 'admin-1/test') };
  const count = async () => {
    const { items } = await listAudit(world.catalog, { limit: 500 }, world.context);
    return items.filter(({ act }) => act.action !== 'user:login').length;
  };
  const changing = guarded.filter(([, { method, audited }]) => method !== 'GET' || audited);
  const tokens = [await world.token('admin'), await world.token('none')];
  // Begin nothing that is kept: asking a browser for a key is no act yet.
  const silent = new Set(['beginPasskey']);
  for (const one of changing.filter(([name]) => !silent.has(name))) {
    for (const token of tokens) {
      const before = await count();
      const { status, json } = await ask(world, one, params, { token });
      const after = await count();
      assert.equal(after - before, 1, `${one[0]}: ${status} ${json?.code}`);
    }
  }
});

test('a refusal of the act itself leaves exactly one line as well', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('admin');
  const count = async () => (await listAudit(world.catalog, { limit: 500 }, world.context)).items.length;
  const refusals: readonly [string, string, string, unknown][] = [
    ['LAST_ADMIN', 'PUT', '/api/v1/users/admin-1/role', { role: 'viewer' }],
    ['LAST_ADMIN', 'DELETE', '/api/v1/users/admin-1', undefined],
    ['USER_EXISTS', 'POST', '/api/v1/users', { name: 'admin-1', role: 'viewer' }],
    ['GRANT_UNKNOWN', 'DELETE', `/api/v1/users/admin-1/grants/${exampleId}`, undefined],
    ['TOKEN_UNKNOWN', 'DELETE', `/api/v1/tokens/${exampleId}`, undefined],
    ['TOKEN_UNKNOWN', 'DELETE', `/api/v1/me/tokens/${exampleId}`, undefined],
    ['APPROVAL_UNKNOWN', 'POST', `/api/v1/approvals/${exampleId}/refusal`, undefined],
    ['PROOF_NOT_FRESH', 'DELETE', `/api/v1/me/factors/${exampleId}`, undefined],
    ['CONFIG_INVALID', 'PUT', '/api/v1/policies/new', { ...policyOf('nowhere') }],
  ];
  for (const [code, method, path, body] of refusals) {
    const before = await count();
    const { json } = await world.call(method, path, { token, ...(body === undefined ? {} : { body }) });
    assert.equal(json.code, code, path);
    assert.equal((await count()) - before, 1, code);
  }
});

test('a line of the audit trail says who did what to what, and how it ended', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('operator');
  const { headers } = await world.call('POST', '/api/v1/policies/own/runs', { token });
  const { items } = await listAudit(world.catalog, { action: 'policy:run' }, world.context);
  assert.equal(items.length, 1);
  const { act } = items[0]!;
  assert.equal(act.actor, 'operator-1/test');
  assert.equal(act.method, 'token');
  assert.equal(act.address, '127.0.0.1');
  assert.equal(act.object, 'policy own');
  assert.equal(act.outcome, 'succeeded');
  assert.equal(act.request, headers['holdfast-request']);
});
