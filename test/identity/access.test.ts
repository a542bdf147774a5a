// Denied unless a role or a grant says otherwise, for every role, permission and target.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import {
  can,
  foldersOf,
  type Principal,
  type Reach,
  requirePermission,
  sightOf,
} from '../../src/identity/access.ts';
import {
  contentPermissions,
  folderPermissions,
  freshPermissions,
  grantablePermissions,
  permissions,
  rolePermissions,
  roles,
  secondPersonPermissions,
} from '../../src/model/permission.ts';
import { onBoth } from '../catalog/catalog-world.ts';
import { failed } from './identity-world.ts';

function principal(more: Partial<Principal> = {}): Principal {
  return { kind: 'user', actor: 'ana', method: 'session', role: 'none', grants: [], isFresh: true, ...more };
}

test('each role may do exactly what its row says, whatever the target', () => {
  for (const role of roles) {
    for (const permission of permissions) {
      for (const target of [{}, { policy: 'p' }, { repository: 'r' }, { policy: 'p', path: '/srv' }]) {
        assert.equal(
          can(principal({ role }), permission, target),
          rolePermissions[role].has(permission),
          `${role} ${permission}`,
        );
      }
    }
  }
});

test('a grant gives its role for its own object and for no other, and nothing that is about no object', () => {
  for (const role of roles.filter((one) => one !== 'admin' && one !== 'none')) {
    for (const permission of permissions) {
      const wanted = rolePermissions[role].has(permission) && grantablePermissions.has(permission);
      const own = rolePermissions.none.has(permission);
      const of = (grant: Partial<Reach>) => principal({ grants: [{ role, ...grant }] });
      const name = `${role} ${permission}`;
      assert.equal(can(of({ policy: 'p' }), permission, { policy: 'p' }), wanted || own, name);
      assert.equal(can(of({ policy: 'p' }), permission, { policy: 'q' }), own, name);
      assert.equal(can(of({ policy: 'p' }), permission, {}), own, name);
      assert.equal(can(of({ repository: 'r' }), permission, { repository: 'r' }), wanted || own, name);
      assert.equal(can(of({ repository: 'r' }), permission, { repository: 's' }), own, name);
      assert.equal(can(of({ policy: 'p', repository: 'r' }), permission, { policy: 'p' }), own, name);
      assert.equal(can(of({}), permission, { policy: 'p' }), own, name);
      const inFolder = wanted && folderPermissions.has(permission);
      const bound = of({ policy: 'p', folder: '/srv/kids' });
      assert.equal(
        can(bound, permission, { policy: 'p', path: '/srv/kids/a' }),
        inFolder || own,
        `${name} below`,
      );
      const elsewhere = inFolder && !contentPermissions.has(permission);
      for (const path of ['/srv', '/srv/kidsroom', '/srv/kids/../boss', '/srv/kids//x', 'srv/kids', '']) {
        assert.equal(can(bound, permission, { policy: 'p', path }), elsewhere || own, `${name} ${path}`);
      }
      assert.equal(can(bound, permission, { policy: 'p' }), elsewhere || own, `${name} whole`);
    }
  }
});

test('a token does nothing outside its scopes, and nothing that its person may not do', () => {
  for (const role of roles) {
    for (const permission of permissions) {
      const token = principal({ kind: 'token', role, scopes: new Set([permission]) });
      assert.equal(can(token, permission), rolePermissions[role].has(permission));
      for (const other of permissions) {
        if (other !== permission) assert.equal(can(token, other), false);
      }
    }
  }
});

test('lists show all by role, what is granted by grant, and nothing else', () => {
  const grants: Reach[] = [
    { role: 'operator', policy: 'p' },
    { role: 'viewer', repository: 'r' },
    { role: 'restorer', policy: 'q', folder: '/srv/kids' },
  ];
  assert.deepEqual(sightOf(principal({ role: 'viewer' }), 'run:read'), { all: true });
  assert.deepEqual(sightOf(principal(), 'run:read'), { all: false, policies: [], repositories: [] });
  assert.deepEqual(sightOf(principal({ grants }), 'run:read'), {
    all: false,
    policies: ['p'],
    repositories: ['r'],
  });
  assert.deepEqual(sightOf(principal({ grants }), 'recovery-point:browse'), {
    all: false,
    policies: ['q'],
    repositories: [],
  });
  assert.deepEqual(sightOf(principal({ role: 'admin', scopes: new Set(['run:read']) }), 'log:read'), {
    all: false,
    policies: [],
    repositories: [],
  });
  assert.deepEqual(foldersOf(principal({ grants }), 'recovery-point:browse', { policy: 'q' }), ['/srv/kids']);
  assert.deepEqual(foldersOf(principal({ grants }), 'recovery-point:browse', { policy: 'p' }), []);
  assert.equal(foldersOf(principal({ role: 'restorer' }), 'recovery-point:browse', { policy: 'p' }), 'all');
});

test('what asks for a second person asks for a fresh proof too, and only administrators may do it', () => {
  for (const permission of secondPersonPermissions) {
    assert.ok(freshPermissions.has(permission), permission);
    for (const role of roles) assert.equal(rolePermissions[role].has(permission), role === 'admin');
  }
});

test('the guide says of every permission who has it and what it asks for', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/users-and-roles.md'), 'utf8');
  for (const permission of permissions) {
    const asked = [
      ...(freshPermissions.has(permission) ? ['fresh proof'] : []),
      ...(secondPersonPermissions.has(permission) ? ['second person'] : []),
    ];
    const cells = roles
      .filter((role) => role !== 'none')
      .map((role) => (rolePermissions[role].has(permission) ? 'yes' : ''));
    const mark = grantablePermissions.has(permission) ? ' ¹' : '';
    const row = `| \`${permission}\`${mark} | ${cells.join(' | ')} | ${asked.join(', ')} |`;
    assert.ok(guide.includes(row), row);
  }
});

test('a refusal is in the audit trail before anybody hears of it; a stale proof opens no act that asks for a fresh one', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const asking = { catalog, node: 'n1', request: 'r1' };
    const viewer = principal({ role: 'viewer', address: '192.0.2.7' });
    await assert.rejects(
      requirePermission(viewer, 'policy:run', { policy: 'p' }, asking, context),
      failed('FORBIDDEN'),
    );
    const [entry] = (await listAudit(catalog, {}, context)).items;
    assert.deepEqual(entry?.act, {
      node: 'n1',
      actor: 'ana',
      method: 'session',
      address: '192.0.2.7',
      action: 'policy:run',
      object: 'policy p',
      outcome: 'refused',
      request: 'r1',
      facts: { code: 'FORBIDDEN' },
    });
    for (const permission of permissions) {
      const stale = principal({ role: 'admin', isFresh: false });
      const call = requirePermission(stale, permission, {}, asking, context);
      if (freshPermissions.has(permission)) await assert.rejects(call, failed('PROOF_NOT_FRESH'), permission);
      else await call;
      await requirePermission(principal({ role: 'admin' }), permission, {}, asking, context);
    }
  }));
