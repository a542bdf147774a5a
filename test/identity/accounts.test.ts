// Accounts, tokens, approvals and the first administrator: who may make and change what, and what nobody can take away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import { together } from '../../src/catalog/catalog.ts';
import { can } from '../../src/identity/access.ts';
import {
  acceptInvitation,
  addUser,
  disableUser,
  enableUser,
  grantRole,
  inviteUser,
  removeUser,
  renameUser,
  resetPassword,
  revokeGrant,
  setRole,
  showUser,
  userName,
} from '../../src/identity/accounts.ts';
import { createToken, revokeToken, tokensOf } from '../../src/identity/api-tokens.ts';
import { authenticateSession, authenticateToken } from '../../src/identity/authenticate.ts';
import { login } from '../../src/identity/login.ts';
import { createHasher } from '../../src/identity/passwords/hasher.ts';
import { isCommon, requireGoodPassword } from '../../src/identity/passwords/rules.ts';
import {
  approvals,
  decide,
  needsSecondPerson,
  type Ordered,
  requestApproval,
  requireApproval,
} from '../../src/identity/second-person.ts';
import { completeSetup, firstSetup } from '../../src/identity/setup.ts';
import { onBoth, policy } from '../catalog/catalog-world.ts';
import { deskOf, enter, failed, goodPassword, person, root, secret } from './identity-world.ts';

const day = 24 * 3_600_000;

test('passwords: length and rarity count; composition only where PCI DSS wants it', () => {
  const reasonOf = (text: string, profile: 'standard' | 'pci' = 'standard') => {
    try {
      requireGoodPassword(text, profile, ['ana']);
      return 'good';
    } catch (error) {
      assert.ok(failed('PASSWORD_WEAK')(error));
      return (error as { facts: { reason: string } }).facts.reason;
    }
  };
  const table: readonly [string, string, string][] = [
    ['elevenchars', 'short', 'short'],
    ['tulpe schrank eimer', 'good', 'composition'],
    ['tulpe schrank eimer 7', 'good', 'good'],
    ['correct horse battery staple', 'good', 'composition'],
    ['ßßßß tulpe nordwind', 'good', 'composition'],
    ['😀😁😂🤣😃😄😅😆😉😊😋😎', 'good', 'composition'],
    ['password1234', 'common', 'common'],
    ['P@ssw0rd2026!!', 'common', 'common'],
    ['Sommer2026!Schule', 'common', 'common'],
    ['1qaz2wsx3edc', 'common', 'common'],
    ['123456789012', 'common', 'composition'],
    ['qwertzuiopasdf', 'common', 'composition'],
    ['aaaaaaaaaaaaaaa1', 'common', 'common'],
    ['anaanaana2024', 'common', 'common'],
    ['xxxxxxxxxx tab\tkey 1', 'control', 'control'],
    [`${'tulip cupboard north bucket '.repeat(9)}7`, 'good', 'good'],
    ['tulip cupboard 7'.repeat(17), 'long', 'long'],
  ];
  for (const [text, standard, pci] of table) {
    assert.equal(reasonOf(text), standard, text);
    assert.equal(reasonOf(text, 'pci'), pci, text);
  }
  assert.ok(!isCommon('x7Kq!m2Zp0Lw'));
});

test('a password opens however its letters are composed, and exactly as it was typed otherwise', async () => {
  const hasher = createHasher({ memoryKiB: 8, passes: 1 });
  const { hash } = await hasher.make(secret('Tür\u0308 schrank  eimer'));
  const isRight = async (text: string) => (await hasher.check(secret(text), hash)).isRight;
  assert.ok(await isRight('Tu\u0308r\u0308 schrank  eimer'));
  for (const other of [
    'tür\u0308 schrank  eimer',
    'Tür\u0308 schrank eimer',
    'Tür\u0308 schrank  eime',
    '',
  ]) {
    assert.ok(!(await isRight(other)), other);
  }
  assert.ok(!(await hasher.check(secret(''), undefined)).isRight);
});

test('the last administrator cannot be demoted, disabled or removed, not even by two at once', (t) =>
  onBoth(t, async (place) => {
    const here = await place.open();
    const there = await place.open();
    const { context } = here;
    const desk = deskOf(here.catalog);
    const other = deskOf(there.catalog);
    await person(desk, 'one', 'admin', context);
    for (const way of [
      () => setRole(desk, root, 'one', 'operator', context),
      () => disableUser(desk, root, 'one', context),
      () => removeUser(desk, root, 'one', context),
    ]) {
      await assert.rejects(way(), failed('LAST_ADMIN'));
    }
    await setRole(desk, root, 'one', 'admin', context);
    await person(desk, 'two', 'admin', context);
    const both = await Promise.allSettled([
      setRole(desk, root, 'one', 'viewer', context),
      disableUser(other, root, 'two', there.context),
    ]);
    assert.equal(both.filter(({ status }) => status === 'rejected').length, 1);
    // A disabled administrator is none.
    await setRole(desk, root, 'one', 'admin', context);
    await enableUser(desk, root, 'two', context);
    await disableUser(desk, root, 'two', context);
    await assert.rejects(removeUser(desk, root, 'one', context), failed('LAST_ADMIN'));
    await removeUser(desk, root, 'two', context);
  }));

test('only administrators with a fresh proof change accounts, and every change is one entry in the audit trail', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'boss', 'admin', context);
    await person(desk, 'ana', 'operator', context);
    const policyId = await policy(catalog, context);
    const boss = (await enter(desk, 'boss', context)).principal;
    const ana = (await enter(desk, 'ana', context)).principal;
    const grant = { role: 'restorer', policy: policyId, folder: '/srv/kids' } as const;
    const ways: readonly [string, (by: typeof boss) => Promise<unknown>][] = [
      ['user:add', (by) => addUser(desk, by, { name: 'new', role: 'viewer' }, context)],
      ['user:rename', (by) => renameUser(desk, by, 'new', 'newer', context)],
      ['user:set-role', (by) => setRole(desk, by, 'newer', 'auditor', context)],
      ['user:grant', (by) => grantRole(desk, by, 'newer', grant, context)],
      ['user:invite', (by) => inviteUser(desk, by, 'newer', context)],
      ['user:reset-password', (by) => resetPassword(desk, by, 'newer', secret(goodPassword), context)],
      ['user:disable', (by) => disableUser(desk, by, 'newer', context)],
      ['user:enable', (by) => enableUser(desk, by, 'newer', context)],
      ['user:remove', (by) => removeUser(desk, by, 'newer', context)],
    ];
    for (const [action, way] of ways) {
      await assert.rejects(way(ana), failed('FORBIDDEN'), action);
      await assert.rejects(way({ ...boss, isFresh: false }), failed('PROOF_NOT_FRESH'), action);
      const before = (await listAudit(catalog, { limit: 500 }, context)).items.length;
      await way(boss);
      const { items } = await listAudit(catalog, { limit: 500 }, context);
      assert.equal(items.length, before + 1, action);
      assert.equal(items[0]?.act.action, action);
      assert.equal(items[0]?.act.actor, 'boss');
      assert.ok(!JSON.stringify(items).includes(goodPassword), action);
    }
    const own = await showUser(desk, ana, 'ana', context);
    assert.ok(!('passwordHash' in own.user));
    await assert.rejects(showUser(desk, ana, 'boss', context), failed('FORBIDDEN'));
    for (const name of ['', 'Änne', 'a b', '-x', 'a\u0000', 'x'.repeat(65), '__proto__']) {
      assert.throws(() => userName(name), failed('USER_NAME'), name);
    }
  }));

test('a grant gives and a revoked grant takes, at the next call; nonsense is not granted', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'none', context);
    const policyId = await policy(catalog, context);
    const session = await enter(desk, 'ana', context);
    const target = { policy: policyId, path: '/srv/kids/drawing.png' };
    const may = async () => {
      const now = await authenticateSession(catalog, session.secret, undefined, context);
      return now !== undefined && can(now, 'recovery-point:restore', target);
    };
    assert.ok(!(await may()));
    const wish = { role: 'restorer', policy: policyId, folder: '/srv/kids' } as const;
    const { id } = await grantRole(desk, root, 'ana', wish, context);
    assert.equal((await grantRole(desk, root, 'ana', wish, context)).id, id);
    assert.ok(await may());
    await revokeGrant(desk, root, 'ana', id, context);
    assert.ok(!(await may()));
    await assert.rejects(revokeGrant(desk, root, 'ana', id, context), failed('GRANT_UNKNOWN'));
    for (const bad of [
      { ...wish, role: 'admin' as const },
      { ...wish, folder: 'srv' },
      { ...wish, folder: '/srv/../etc' },
      { ...wish, folder: '/srv/' },
      { role: 'viewer' as const },
    ]) {
      await assert.rejects(grantRole(desk, root, 'ana', bad, context), failed('GRANT_INVALID'));
    }
  }));

test('an invitation sets one password once', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    const { invitation = '' } = await addUser(desk, root, { name: 'ana', role: 'viewer' }, context);
    await assert.rejects(enter(desk, 'ana', context), failed('LOGIN_REFUSED'));
    const accept = (value: string, password = goodPassword) =>
      acceptInvitation(desk, { invitation: value, password: secret(password) }, context);
    const stretched = desk.costs.length;
    await assert.rejects(accept(`ho_${'A'.repeat(43)}`), failed('INVITATION_INVALID'));
    assert.equal(desk.costs.length, stretched, 'a stranger makes us work');
    await assert.rejects(accept(invitation, 'password1234'), failed('PASSWORD_WEAK'));
    await accept(invitation);
    await enter(desk, 'ana', context);
    await assert.rejects(accept(invitation), failed('INVITATION_INVALID'));
    const first = (await inviteUser(desk, root, 'ana', context)).invitation;
    const second = (await inviteUser(desk, root, 'ana', context)).invitation;
    await assert.rejects(accept(first, 'window seven pepper canal'), failed('INVITATION_INVALID'));
    await place.advance(3 * day);
    await assert.rejects(accept(second, 'window seven pepper canal'), failed('INVITATION_INVALID'));
  }));

test('a token does what it was made for, as long as it lasts and its person may', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const there = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'boss', 'admin', context);
    await person(desk, 'ana', 'operator', context);
    const ana = (await enter(desk, 'ana', context)).principal;
    const wish = { user: 'ana', name: 'ci', lastsMs: 30 * day } as const;
    const make = (more: object, by = ana) => createToken(desk, by, { ...wish, ...more }, context);
    const lives = (value: string) => authenticateToken(there.catalog, value, '192.0.2.3', there.context);
    const made = await make({ scopes: ['policy:run'] });
    const principal = await lives(made.secret);
    assert.match(made.secret, /^hf_[\w-]{43}$/);
    assert.equal(principal?.actor, 'ana/ci');
    assert.ok(can(principal!, 'policy:run') && !can(principal!, 'run:cancel') && !principal!.isFresh);
    for (const [more, code] of [
      [{ scopes: ['audit:read'] }, 'TOKEN_SCOPE'],
      [{ scopes: ['key:export'] }, 'TOKEN_SCOPE'],
      [{ name: '' }, 'TOKEN_INVALID'],
      [{ name: 'a\nb' }, 'TOKEN_INVALID'],
      [{ lastsMs: 367 * day }, 'TOKEN_INVALID'],
      [{ lastsMs: 0 }, 'TOKEN_INVALID'],
      [{ lastsMs: Number.NaN }, 'TOKEN_INVALID'],
      [{ isSensitive: true, lastsMs: 2 * day }, 'TOKEN_INVALID'],
      [{ user: 'boss' }, 'FORBIDDEN'],
    ] as const) {
      await assert.rejects(make(more), failed(code), JSON.stringify(more));
    }
    await assert.rejects(make({}, principal!), failed('FORBIDDEN'), 'a token makes a token');
    const boss = (await enter(desk, 'boss', context)).principal;
    const sharp = { user: 'boss', scopes: ['recovery-point:restore'] };
    await assert.rejects(make(sharp, boss), failed('TOKEN_SCOPE'), 'not sensitive');
    const asked = { ...sharp, isSensitive: true, lastsMs: day };
    await assert.rejects(make({}, { ...ana, isFresh: false }), failed('PROOF_NOT_FRESH'));
    assert.equal((await lives((await make(asked, boss)).secret))?.isFresh, true);
    // The role is today's.
    await setRole(desk, root, 'ana', 'viewer', context);
    assert.ok(!can((await lives(made.secret))!, 'policy:run'));
    await setRole(desk, root, 'ana', 'operator', context);
    const again = (await enter(desk, 'ana', context)).principal;
    assert.deepEqual(
      (await tokensOf(desk, again, 'ana', context)).map(({ name, lastUsedAt }) => [name, lastUsedAt]),
      [['ci', place.now()]],
    );
    await assert.rejects(tokensOf(desk, again, undefined, context), failed('FORBIDDEN'));
    const rows = await place.tamper('select hash from tokens');
    assert.ok(!JSON.stringify(rows).includes(made.secret.slice(3)));
    await revokeToken(desk, again, made.token.id, context);
    assert.equal(await lives(made.secret), undefined);
    const short = await make({ name: 'short', lastsMs: 1000 }, again);
    assert.ok(await lives(short.secret));
    await place.advance(1000);
    assert.equal(await lives(short.secret), undefined);
    const kept = await make({ name: 'kept' }, again);
    await disableUser(desk, root, 'ana', context);
    assert.equal(await lives(kept.secret), undefined);
    await enableUser(desk, root, 'ana', context);
    assert.equal(await lives(kept.secret), undefined, 'it comes back to life');
  }));

test('what destroys for good is done once, by who asked, exactly as another administrator approved it', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    for (const name of ['one', 'two', 'off']) await person(desk, name, 'admin', context);
    for (const name of ['ana', 'late']) await person(desk, name, 'operator', context);
    await place.advance(day - 60_000);
    await person(desk, 'early', 'admin', context);
    await place.advance(60_000);
    const one = (await enter(desk, 'one', context)).principal;
    const two = (await enter(desk, 'two', context, '192.0.2.2')).principal;
    const ana = (await enter(desk, 'ana', context, '192.0.2.3')).principal;
    assert.ok(needsSecondPerson(one, 'recovery-point:delete', { secondPerson: true }));
    assert.ok(!needsSecondPerson(one, 'policy:run', { secondPerson: true }));
    assert.ok(!needsSecondPerson(one, 'recovery-point:delete', { secondPerson: false }));
    const ordered: Ordered = {
      permission: 'recovery-point:delete',
      target: { policy: 'p' },
      object: 'recovery point 1',
      order: { recoveryPoint: '1' },
    };
    const words = { summary: 'delete the point of 1 May', reason: 'a person asked for it' };
    const ask = () => requestApproval(desk, one, ordered, words, context);
    const doIt = (id: string | undefined, by = one, what: Partial<Ordered> = {}) =>
      together(catalog, (unit) => requireApproval(unit, by, id, { ...ordered, ...what }, context), context);
    await assert.rejects(requestApproval(desk, ana, ordered, words, context), failed('FORBIDDEN'));
    const { id } = await ask();
    assert.equal((await ask()).id, id, 'asked twice is one request');
    await assert.rejects(doIt(undefined), failed('SECOND_PERSON_NEEDED'));
    await assert.rejects(doIt(id), failed('SECOND_PERSON_NEEDED'), 'nobody decided');
    await assert.rejects(decide(desk, one, id, true, context), failed('APPROVAL_OWN'));
    await assert.rejects(decide(desk, ana, id, true, context), failed('FORBIDDEN'));
    await assert.rejects(decide(desk, two, 'none', true, context), failed('APPROVAL_UNKNOWN'));
    // Neither a new name, nor a new account, nor a new password of another makes a second person.
    await renameUser(desk, one, 'one', 'uno', context);
    const renamed = (await enter(desk, 'uno', context)).principal;
    await assert.rejects(decide(desk, renamed, id, true, context), failed('APPROVAL_OWN'));
    // Nor does an old account that became an administrator, or was enabled again, afterwards.
    await setRole(desk, root, 'late', 'admin', context);
    await disableUser(desk, root, 'off', context);
    await enableUser(desk, root, 'off', context);
    for (const [at, name] of ['late', 'off'].entries()) {
      const other = (await enter(desk, name, context, `192.0.2.${10 + at}`)).principal;
      await assert.rejects(decide(desk, other, id, true, context), failed('APPROVAL_OWN'), name);
    }
    // Nor does one that was made shortly before.
    await person(desk, 'straw', 'admin', context);
    for (const name of ['straw', 'early']) {
      const straw = (await enter(desk, name, context)).principal;
      await assert.rejects(decide(desk, straw, id, true, context), failed('APPROVAL_OWN'), name);
    }
    await assert.rejects(
      requestApproval(desk, one, ordered, { ...words, summary: 'x'.repeat(30_000) }, context),
      failed('APPROVAL_TOO_LONG'),
      'nobody could read what they approve',
    );
    const token = { ...two, kind: 'token' as const };
    await assert.rejects(decide(desk, token, id, true, context), failed('APPROVAL_OWN'));
    await decide(desk, two, id, true, context);
    await assert.rejects(decide(desk, two, id, false, context), failed('APPROVAL_DECIDED'));
    await assert.rejects(doIt(id, two), failed('SECOND_PERSON_NEEDED'), 'by who did not ask');
    await assert.rejects(doIt(id, one, { order: { recoveryPoint: '2' } }), failed('SECOND_PERSON_NEEDED'));
    await assert.rejects(doIt(id, one, { permission: 'key:export' }), failed('SECOND_PERSON_NEEDED'));
    // Undone with the act, it is good still; done, it is not.
    const undone = together(
      catalog,
      async (unit) => {
        await requireApproval(unit, one, id, ordered, context);
        throw new Error('the act failed');
      },
      context,
    );
    await assert.rejects(undone, /the act failed/);
    await doIt(id);
    await assert.rejects(doIt(id), failed('SECOND_PERSON_NEEDED'), 'twice');
    const refused = await ask();
    await decide(desk, one, refused.id, false, context);
    await assert.rejects(doIt(refused.id), failed('SECOND_PERSON_NEEDED'));
    const late = await ask();
    await decide(desk, two, late.id, true, context);
    const forgotten = await ask();
    await place.advance(3_600_000);
    await assert.rejects(doIt(late.id), failed('SECOND_PERSON_NEEDED'));
    assert.equal((await approvals(desk, root, { isWaiting: true }, context)).items.length, 1);
    await place.advance(3 * day);
    await assert.rejects(decide(desk, two, forgotten.id, true, context), failed('APPROVAL_DECIDED'));
    assert.deepEqual(
      (await approvals(desk, root, {}, context)).items.map(({ state }) => state),
      ['expired', 'expired', 'refused', 'used'],
    );
  }));

test('the link for the first administrator is good once, and only while there is nobody', (t) =>
  onBoth(t, async (place) => {
    const here = await place.open();
    const there = await place.open();
    const { catalog, context } = here;
    const desk = deskOf(catalog);
    const first = await firstSetup(desk, context);
    const second = await firstSetup(deskOf(there.catalog), there.context);
    const complete = (value = '', name = 'boss', password = goodPassword) =>
      completeSetup(desk, { secret: value, name, password: secret(password) }, context);
    await assert.rejects(complete(`ho_${'A'.repeat(43)}`), failed('SETUP_INVALID'));
    await assert.rejects(complete(first?.secret, 'boss', 'password1234'), failed('PASSWORD_WEAK'));
    const both = await Promise.allSettled([
      complete(first?.secret),
      completeSetup(
        deskOf(there.catalog),
        { secret: second?.secret ?? '', name: 'thief', password: secret(goodPassword) },
        there.context,
      ),
    ]);
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
    await assert.rejects(complete(first?.secret), failed('SETUP_INVALID'));
    await assert.rejects(complete(second?.secret, 'late'), failed('SETUP_INVALID'));
    assert.equal(await firstSetup(desk, context), undefined);
    const made = both[0]?.status === 'fulfilled' ? 'boss' : 'thief';
    await login(desk, { name: made, password: secret(goodPassword) }, context);
  }));
