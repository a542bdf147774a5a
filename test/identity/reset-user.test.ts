// An account that is taken back: the password before, the sessions and, where wanted, the factors open nothing; its person comes in again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import { insertFactor, listFactors } from '../../src/catalog/factors.ts';
import { acceptInvitation } from '../../src/identity/accounts.ts';
import { authenticateSession } from '../../src/identity/authenticate.ts';
import { login } from '../../src/identity/login.ts';
import { resetUser } from '../../src/identity/reset-user.ts';
import { onBoth } from '../catalog/catalog-world.ts';
import { deskOf, enter, failed, goodPassword, person, root, secret } from './identity-world.ts';

const address = '192.0.2.1';
const nextPassword = 'walnut harbour 9 south kettle';

test('after a reset nothing that opened the account before does, and the invitation does once', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ada', 'admin', context);
    await person(desk, 'ana', 'viewer', context);
    const { secret: session } = await enter(desk, 'ana', context);
    const { invitation, endedSessions } = await resetUser(desk, root, 'ana', { factors: false }, context);
    assert.equal(endedSessions, 1);
    assert.equal(await authenticateSession(catalog, session, address, context), undefined);
    const old = { name: 'ana', password: secret(goodPassword), address };
    await assert.rejects(login(desk, old, context), failed('LOGIN_REFUSED'));
    const accepting = { invitation, password: secret(nextPassword) };
    await acceptInvitation(desk, accepting, context);
    await login(desk, { ...old, password: secret(nextPassword) }, context);
    await assert.rejects(acceptInvitation(desk, accepting, context), failed('INVITATION_INVALID'));
    const { items } = await listAudit(catalog, { action: 'user:reset' }, context);
    assert.deepEqual(
      items.map(({ act }) => [act.actor, act.object, act.outcome]),
      [['root', 'user ana', 'succeeded']],
    );
    assert.ok(!JSON.stringify(items).includes(invitation));
  }));

test('passkeys stay unless they are to go, and only an administrator with a fresh proof resets', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ada', 'admin', context);
    const userId = await person(desk, 'ana', 'viewer', context);
    const kinds = async () => (await listFactors(catalog, userId, context)).map(({ kind }) => kind);
    const factor = { userId, name: 'x', data: '{}', counter: 0, isConfirmed: true };
    await insertFactor(catalog, { ...factor, kind: 'passkey', credential: 'c1' }, context);
    await insertFactor(catalog, { ...factor, kind: 'totp' }, context);
    const { principal } = await enter(desk, 'ada', context);
    await resetUser(desk, { ...principal, isFresh: true }, 'ana', { factors: false }, context);
    assert.deepEqual(await kinds(), ['passkey']);
    const stale = { ...principal, isFresh: false };
    const all = { factors: true };
    await assert.rejects(resetUser(desk, stale, 'ana', all, context), failed('PROOF_NOT_FRESH'));
    const operator = { ...principal, role: 'operator', isFresh: true } as const;
    await assert.rejects(resetUser(desk, operator, 'ana', all, context), failed('FORBIDDEN'));
    assert.deepEqual(await kinds(), ['passkey']);
    await resetUser(desk, root, 'ana', all, context);
    assert.deepEqual(await kinds(), []);
    await assert.rejects(resetUser(desk, root, 'nobody', all, context), failed('USER_UNKNOWN'));
  }));
