// Getting in: what is told to whom, what it costs to try, and what ends a session.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import { listLoginSessions } from '../../src/catalog/login-sessions.ts';
import { userNamed } from '../../src/catalog/users.ts';
import { addUser, disableUser, enableUser, resetPassword, setRole } from '../../src/identity/accounts.ts';
import { authenticateSession } from '../../src/identity/authenticate.ts';
import { changeOwnPassword } from '../../src/identity/change-password.ts';
import { login, stepUp } from '../../src/identity/login.ts';
import { createHasher, standardCost } from '../../src/identity/passwords/hasher.ts';
import { endSessions, logout, sessionsOf } from '../../src/identity/sessions.ts';
import { addressKey } from '../../src/identity/tries.ts';
import { onBoth } from '../catalog/catalog-world.ts';
import { deskOf, enter, failed, goodPassword, person, root, secret } from './identity-world.ts';

const minute = 60_000;
const hour = 60 * minute;

test('an unknown name, a wrong password, a disabled and a locked account get the same answer for the same work', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog, 'pci');
    await person(desk, 'boss', 'admin', context);
    for (const name of ['ana', 'off', 'shut']) await person(desk, name, 'viewer', context);
    await disableUser(desk, root, 'off', context);
    await addUser(desk, root, { name: 'invited', role: 'viewer' }, context);
    for (let n = 0; n < 10; n += 1) {
      const wish = { name: 'shut', password: secret('wrong'), address: '198.51.100.9' };
      await assert.rejects(login(desk, wish, context), failed('LOGIN_REFUSED'));
    }
    desk.costs.length = 0;
    const right = goodPassword;
    const tries = [
      { name: 'nobody', password: right },
      { name: 'ana', password: 'wrong' },
      { name: 'off', password: right },
      { name: 'shut', password: right },
      { name: 'invited', password: right },
      { name: '\u0000', password: right },
      { name: 'x'.repeat(5000), password: right },
    ];
    const answers = [];
    for (const [n, { name, password }] of tries.entries()) {
      const before = desk.costs.length;
      const wish = { name, password: secret(password), address: `203.0.113.${n}` };
      const error = await login(desk, wish, context).catch((one: unknown) => one as Error);
      assert.ok(error instanceof Error, name);
      answers.push(JSON.stringify({ ...error, message: error.message }));
      assert.deepEqual(desk.costs.slice(before), [standardCost], name);
    }
    assert.equal(new Set(answers).size, 1);
    const { items } = await listAudit(catalog, { action: 'user:login', limit: 7 }, context);
    assert.deepEqual(
      items.map(({ act }) => act.actor),
      ['unknown', 'unknown', 'invited', 'shut', 'off', 'ana', 'unknown'],
    );
    await place.advance(31 * minute);
    await login(desk, { name: 'shut', password: secret(right), address: '203.0.113.99' }, context);
  }));

test('the lock of the PCI profile holds half an hour, is not made longer by tries, and spares the last administrator', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog, 'pci');
    const password = secret(goodPassword);
    await person(desk, 'boss', 'admin', context);
    await person(desk, 'ana', 'viewer', context);
    const wrong = (name: string, address: string) =>
      assert.rejects(login(desk, { name, password: secret('wrong'), address }, context));
    for (let n = 0; n < 12; n += 1) {
      await wrong('ana', `198.51.100.${n}`);
      await wrong('boss', `198.51.101.${n}`);
    }
    await login(desk, { name: 'boss', password, address: '192.0.2.1' }, context);
    const refused = () =>
      assert.rejects(
        login(desk, { name: 'ana', password, address: '192.0.2.1' }, context),
        failed('LOGIN_REFUSED'),
      );
    await refused();
    await place.advance(29 * minute);
    await refused();
    await place.advance(2 * minute);
    await login(desk, { name: 'ana', password, address: '192.0.2.1' }, context);
    for (let n = 0; n < 10; n += 1) await wrong('ana', `198.51.102.${n}`);
    assert.ok((await userNamed(catalog, 'ana', context))?.lockedUntil);
    await enableUser(desk, root, 'ana', context);
    await login(desk, { name: 'ana', password, address: '192.0.2.1' }, context);
  }));

test('ten thousand tries from a hundred addresses are mostly refused unseen, and shut out neither the person nor the last administrator', (t) =>
  onBoth(t, async (place) => {
    const nodes = [await place.open(), await place.open()];
    const { catalog, context } = nodes[0]!;
    const desks = nodes.map((node) => deskOf(node.catalog));
    const desk = desks[0]!;
    await person(desk, 'boss', 'admin', context);
    await person(desk, 'ana', 'operator', context);
    await enter(desk, 'ana', context, '192.0.2.50');
    desk.costs.length = 0;
    // The same on both, and on PostgreSQL, where each try is several journeys, fewer of them.
    const [addresses, total] = place.kind === 'sqlite' ? [100, 10_000] : [6, 150];
    const before = (await listAudit(catalog, { limit: 500 }, context)).items.length;
    let seen = 0;
    for (let n = 0; n < total; n += 1) {
      const wish = {
        name: n % 3 === 0 ? 'boss' : 'ana',
        password: secret('wrong'),
        address: `198.51.100.${n % addresses}`,
      };
      const error = await login(desks[n % 2]!, wish, nodes[n % 2]!.context).catch((one: unknown) => one);
      if (failed('LOGIN_REFUSED')(error)) seen += 1;
      else assert.ok(failed('TOO_MANY_TRIES')(error), String(error));
    }
    // Ten for each address, whichever node was asked; the rest cost no stretching and hardly a line.
    assert.equal(seen, addresses * 10);
    assert.equal(desks[0]!.costs.length + desks[1]!.costs.length, seen);
    let lines = 0;
    for (let after: string | undefined; ; ) {
      const page = await listAudit(catalog, { limit: 500, ...(after ? { after } : {}) }, context);
      lines += page.items.length;
      after = page.next;
      if (after === undefined) break;
    }
    assert.ok(lines - before <= seen + addresses, `${lines}`);
    // From where the person was before, and the last administrator from anywhere.
    await enter(desk, 'ana', context, '192.0.2.50');
    await enter(desk, 'boss', context, '192.0.2.60');
    // A stranger's address does not get into an account under attack, right password or not; later it does.
    const fresh = { name: 'ana', password: secret(goodPassword), address: '203.0.113.1' };
    await assert.rejects(login(desk, fresh, context), failed('LOGIN_REFUSED'));
    await place.advance(hour);
    await login(desk, fresh, context);
  }));

test('thirty people of one household log in one after the other; wrong tries among them are counted', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    for (let n = 0; n < 30; n += 1) {
      await person(desk, `p${n}`, 'viewer', context);
      await enter(desk, `p${n}`, context, '192.0.2.1');
    }
    await person(desk, 'last', 'viewer', context);
    const address = '192.0.2.1';
    for (let n = 0; n < 10; n += 1) {
      const wish = { name: `nobody${n}`, password: secret('wrong'), address };
      await assert.rejects(login(desk, wish, context), failed('LOGIN_REFUSED'));
      await enter(desk, 'p1', context, address);
    }
    await assert.rejects(enter(desk, 'last', context, address), failed('TOO_MANY_TRIES'));
    await enter(desk, 'p1', context, address);
  }));

test('a session has a new secret at every proof, and the one before is worth nothing', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const planted = `hs_${'A'.repeat(43)}`;
    const password = secret(goodPassword);
    const first = await login(desk, { name: 'ana', password, presented: planted }, context);
    assert.notEqual(first.secret, planted);
    assert.equal(await authenticateSession(catalog, planted, undefined, context), undefined);
    const second = await login(desk, { name: 'ana', password, presented: first.secret }, context);
    assert.equal(await authenticateSession(catalog, first.secret, undefined, context), undefined);
    await place.advance(6 * minute);
    assert.equal((await authenticateSession(catalog, second.secret, undefined, context))?.isFresh, false);
    const third = await stepUp(desk, second.secret, { password }, context);
    assert.equal(await authenticateSession(catalog, second.secret, undefined, context), undefined);
    const stepped = await authenticateSession(catalog, third.secret, undefined, context);
    assert.equal(stepped?.isFresh, true);
    assert.equal(third.session.endsAt, second.session.endsAt);
    assert.equal((await listLoginSessions(catalog, third.session.userId, context)).length, 1);
    await assert.rejects(stepUp(desk, second.secret, { password }, context), failed('LOGIN_REFUSED'));
    await assert.rejects(
      stepUp(desk, third.secret, { password: secret('no') }, context),
      failed('LOGIN_REFUSED'),
    );
    await logout(desk, stepped!, context);
    assert.equal(await authenticateSession(catalog, third.secret, undefined, context), undefined);
    const rows = await place.tamper(
      'select hash from login_sessions union all select entry from audit_entries',
    );
    for (const started of [first, second, third]) {
      assert.ok(!JSON.stringify(rows).includes(started.secret.slice(3)), 'a secret is kept');
    }
  }));

test('a session ends by idleness and by age, and lives as long as somebody works', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const lives = async (value: string) =>
      (await authenticateSession(catalog, value, undefined, context)) !== undefined;
    const idle = await enter(desk, 'ana', context);
    await place.advance(15 * minute - 1);
    assert.ok(await lives(idle.secret));
    await place.advance(15 * minute);
    assert.ok(!(await lives(idle.secret)));
    const busy = await enter(desk, 'ana', context);
    for (let at = 0; at < 71; at += 1) {
      await place.advance(10 * minute);
      assert.ok(await lives(busy.secret), `${at}`);
    }
    await place.advance(10 * minute);
    assert.ok(!(await lives(busy.secret)), 'older than twelve hours');
  }));

test('who is given another role, disabled, or gets another password has no session any more, on any node', (t) =>
  onBoth(t, async (place) => {
    const here = await place.open();
    const there = await place.open();
    const desk = deskOf(here.catalog);
    await person(desk, 'boss', 'admin', here.context);
    await person(desk, 'ana', 'operator', here.context);
    const ways: readonly (() => Promise<unknown>)[] = [
      () => setRole(desk, root, 'ana', 'viewer', here.context),
      () => disableUser(desk, root, 'ana', here.context),
      () => resetPassword(desk, root, 'ana', secret('window seven pepper canal'), here.context),
    ];
    for (const [n, way] of ways.entries()) {
      const { secret: value } = await enter(desk, 'ana', here.context);
      const lives = () => authenticateSession(there.catalog, value, undefined, there.context);
      assert.ok(await lives());
      await way();
      assert.equal(await lives(), undefined, `${n}`);
      await enableUser(desk, root, 'ana', here.context);
    }
  }));

test('people see and end their own sessions and nobody else does but administrators', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'boss', 'admin', context);
    await person(desk, 'ana', 'operator', context);
    await person(desk, 'bob', 'operator', context);
    const ana = await enter(desk, 'ana', context);
    const other = await enter(desk, 'ana', context, '192.0.2.2');
    const bob = await enter(desk, 'bob', context);
    assert.equal((await sessionsOf(desk, ana.principal, 'ana', context)).length, 2);
    await assert.rejects(sessionsOf(desk, bob.principal, 'ana', context), failed('FORBIDDEN'));
    const id = ana.principal.sessionId;
    await assert.rejects(endSessions(desk, bob.principal, 'ana', id, context), failed('FORBIDDEN'));
    await assert.rejects(
      endSessions(desk, bob.principal, 'bob', id, context),
      failed('LOGIN_SESSION_UNKNOWN'),
    );
    assert.equal(await endSessions(desk, ana.principal, 'ana', undefined, context), 1);
    assert.equal(await authenticateSession(catalog, other.secret, undefined, context), undefined);
    assert.ok(await authenticateSession(catalog, ana.secret, undefined, context));
    const boss = await enter(desk, 'boss', context);
    assert.equal(await endSessions(desk, boss.principal, 'ana', id, context), 1);
    assert.equal(await authenticateSession(catalog, ana.secret, undefined, context), undefined);
  }));

test('a new password ends the other sessions; the tries of the old one are counted', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const mine = await enter(desk, 'ana', context);
    const other = await enter(desk, 'ana', context);
    const next = secret('window seven pepper canal');
    const change = (current: string) =>
      changeOwnPassword(desk, mine.principal, { current: secret(current), next }, context);
    await assert.rejects(
      changeOwnPassword(
        desk,
        mine.principal,
        { current: secret(goodPassword), next: secret(goodPassword) },
        context,
      ),
      failed('PASSWORD_REUSED'),
    );
    for (let n = 0; n < 5; n += 1) await assert.rejects(change('wrong'), failed('PASSWORD_WRONG'));
    await assert.rejects(change(goodPassword), failed('TOO_MANY_TRIES'));
    await place.advance(5 * minute);
    await change(goodPassword);
    assert.ok(await authenticateSession(catalog, mine.secret, undefined, context));
    assert.equal(await authenticateSession(catalog, other.secret, undefined, context), undefined);
    await assert.rejects(enter(desk, 'ana', context), failed('LOGIN_REFUSED'));
    await login(desk, { name: 'ANA ', password: next }, context);
  }));

test('a password in older parameters is made anew at the next login', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const old = { ...deskOf(catalog), hasher: createHasher({ memoryKiB: 8, passes: 1 }) };
    await person(old, 'ana', 'admin', context);
    const desk = { ...old, hasher: createHasher({ memoryKiB: 16, passes: 1 }) };
    await enter(desk, 'ana', context);
    assert.match((await userNamed(catalog, 'ana', context))?.passwordHash ?? '', /m=16,/);
    await enter(desk, 'ana', context);
  }));

test('addresses of one household share a budget', () => {
  assert.equal(addressKey('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(addressKey('2001:db8:1:2:a:b:c:d'), addressKey('2001:0db8:0001:0002::1%eth0'));
  assert.notEqual(addressKey('2001:db8:1:3::1'), addressKey('2001:db8:1:2::1'));
  assert.equal(addressKey('::1'), '0:0:0:0::/64');
});
