// Second factors: codes that are good once, codes on paper, and passkeys for one site, one challenge and one person.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { setRole } from '../../src/identity/accounts.ts';
import { createToken } from '../../src/identity/api-tokens.ts';
import { authenticateSession, authenticateToken } from '../../src/identity/authenticate.ts';
import { changeOwnPassword } from '../../src/identity/change-password.ts';
import {
  addPasskey,
  beginPasskey,
  beginPasskeyLogin,
  passkeyLogin,
  removeFactor,
  type Site,
} from '../../src/identity/factors/passkeys.ts';
import { confirmTotp, enrolTotp } from '../../src/identity/factors/totp.ts';
import { login, stepUp } from '../../src/identity/login.ts';
import { createHasher } from '../../src/identity/passwords/hasher.ts';
import { onBoth } from '../catalog/catalog-world.ts';
import { Authenticator } from './authenticator.ts';
import { deskOf, enter, failed, goodPassword, person, root, secret } from './identity-world.ts';

const step = 30_000;
const site: Site = { domain: 'backup.example.org', origin: 'https://backup.example.org' };

function codeAt(base32: string, timestamp: number): string {
  return new TOTP({ secret: OtpSecret.fromBase32(base32), digits: 6, period: 30 }).generate({ timestamp });
}

test('a code is good once, one step early or late, and never again nor backwards', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const { principal } = await enter(desk, 'ana', context);
    const password = secret(goodPassword);
    await assert.rejects(enrolTotp(desk, principal, secret('wrong'), context), failed('PASSWORD_WRONG'));
    const { secret: base32, uri } = await enrolTotp(desk, principal, password, context);
    assert.match(uri, /^otpauth:\/\/totp\/Holdfast:ana\?/);
    const at = (steps: number) => codeAt(base32, place.now() + steps * step);
    // Until it is confirmed it asks for nothing.
    await enter(desk, 'ana', context);
    await assert.rejects(
      confirmTotp(desk, principal, { password, code: at(-2) }, context),
      failed('CODE_REFUSED'),
    );
    const { recoveryCodes } = await confirmTotp(desk, principal, { password, code: at(0) }, context);
    const tried = (code: string) => login(desk, { name: 'ana', password, code }, context);
    await assert.rejects(enter(desk, 'ana', context), failed('SECOND_FACTOR_NEEDED'));
    await assert.rejects(tried(at(0)), failed('LOGIN_REFUSED'), 'used to confirm it');
    await assert.rejects(tried(at(-1)), failed('LOGIN_REFUSED'), 'older than one that was used');
    await tried(at(1));
    await assert.rejects(tried(at(1)), failed('LOGIN_REFUSED'), 'replayed');
    await place.advance(10 * step);
    await assert.rejects(tried(at(2)), failed('LOGIN_REFUSED'), 'too early');
    await assert.rejects(tried(at(-2)), failed('LOGIN_REFUSED'), 'too late');
    await tried(` ${at(-1).slice(0, 3)} ${at(-1).slice(3)}`);
    const [paper = ''] = recoveryCodes;
    assert.equal((await tried(paper.toUpperCase())).session.proof, 'password+recovery');
    await assert.rejects(tried(paper), failed('LOGIN_REFUSED'), 'paper used twice');
    const rows = JSON.stringify(
      await place.tamper(
        'select data, credential from factors union all select entry, actor from audit_entries',
      ),
    );
    const bytes = Buffer.from(OtpSecret.fromBase32(base32).bytes);
    for (const form of [base32, bytes.toString('base64url'), bytes.toString('hex'), recoveryCodes[1]!]) {
      assert.ok(!rows.includes(form), 'the catalog tells the secret');
    }
  }));

test('who knows the password cannot try codes for long, and the person gets in again', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const { principal } = await enter(desk, 'ana', context);
    const password = secret(goodPassword);
    const { secret: base32 } = await enrolTotp(desk, principal, password, context);
    await confirmTotp(desk, principal, { password, code: codeAt(base32, place.now()) }, context);
    await place.advance(step);
    for (let n = 0; n < 5; n += 1) {
      const wish = { name: 'ana', password, code: '000000', address: `198.51.100.${n}` };
      await assert.rejects(login(desk, wish, context), failed('LOGIN_REFUSED'));
    }
    const wish = () => ({
      name: 'ana',
      password,
      code: codeAt(base32, place.now()),
      address: '198.51.100.9',
    });
    await assert.rejects(login(desk, wish(), context), failed('TOO_MANY_TRIES'));
    await place.advance(120_000);
    await login(desk, wish(), context);
  }));

test('the app goes on after a change of the password or of its parameters', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = { ...deskOf(catalog), hasher: createHasher({ memoryKiB: 8, passes: 1 }) };
    await person(desk, 'ana', 'admin', context);
    const { principal } = await enter(desk, 'ana', context);
    const password = secret(goodPassword);
    const { secret: base32 } = await enrolTotp(desk, principal, password, context);
    await confirmTotp(desk, principal, { password, code: codeAt(base32, place.now()) }, context);
    const next = secret('window seven pepper canal');
    await changeOwnPassword(desk, principal, { current: password, next }, context);
    const later = { ...desk, hasher: createHasher({ memoryKiB: 16, passes: 1 }) };
    for (let n = 0; n < 2; n += 1) {
      await place.advance(step);
      const code = codeAt(base32, place.now());
      assert.equal(
        (await login(later, { name: 'ana', password: next, code }, context)).session.proof,
        'password+totp',
      );
    }
  }));

test('a fresh proof asks for the second factor as well', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const { principal, secret: value } = await enter(desk, 'ana', context);
    const password = secret(goodPassword);
    const { secret: base32 } = await enrolTotp(desk, principal, password, context);
    await confirmTotp(desk, principal, { password, code: codeAt(base32, place.now()) }, context);
    await place.advance(6 * 60_000);
    await assert.rejects(stepUp(desk, value, { password }, context), failed('SECOND_FACTOR_NEEDED'));
    const { secret: fresh } = await stepUp(
      desk,
      value,
      { password, code: codeAt(base32, place.now()) },
      context,
    );
    assert.equal((await authenticateSession(catalog, fresh, undefined, context))?.isFresh, true);
  }));

test('how somebody gets in is changed in a fresh session alone: by no token, and by no password without the second factor', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const { principal } = await enter(desk, 'ana', context);
    const wish = {
      user: 'ana',
      name: 'day',
      scopes: ['self:write'] as const,
      lastsMs: 60_000,
      isSensitive: true,
    };
    const { secret: value } = await createToken(desk, principal, wish, context);
    const token = (await authenticateToken(catalog, value, undefined, context))!;
    assert.equal(token.isFresh, true);
    await assert.rejects(beginPasskey(desk, token, site, context), failed('PROOF_NOT_FRESH'));
    await assert.rejects(removeFactor(desk, token, 'any', context), failed('PROOF_NOT_FRESH'));
    const password = secret(goodPassword);
    const stale = { ...principal, isFresh: false };
    const { secret: base32 } = await enrolTotp(desk, stale, password, context);
    await confirmTotp(desk, stale, { password, code: codeAt(base32, place.now()) }, context);
    await assert.rejects(enrolTotp(desk, stale, password, context), failed('PROOF_NOT_FRESH'));
    await assert.rejects(enrolTotp(desk, token, password, context), failed('PROOF_NOT_FRESH'));
    await enrolTotp(desk, principal, password, context);
  }));

test('a passkey opens its own account with its own challenge at its own site, and nothing else', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'boss', 'admin', context);
    await person(desk, 'ana', 'operator', context);
    const ana = await enter(desk, 'ana', context);
    const device = new Authenticator(7);
    const options = await beginPasskey(desk, ana.principal, site, context);
    const made = device.register(options, site.origin);
    const boss = await enter(desk, 'boss', context);
    const given = { response: made, name: 'phone' };
    await assert.rejects(addPasskey(desk, boss.principal, site, given, context), failed('PASSKEY_REFUSED'));
    await assert.rejects(
      addPasskey(desk, ana.principal, site, given, context),
      failed('PASSKEY_REFUSED'),
      'the challenge was used up by somebody else',
    );
    const again = device.register(await beginPasskey(desk, ana.principal, site, context), site.origin);
    const { id } = await addPasskey(desk, ana.principal, site, { response: again, name: 'phone' }, context);
    await assert.rejects(
      beginPasskey(desk, { ...ana.principal, isFresh: false }, site, context),
      failed('PROOF_NOT_FRESH'),
    );

    const begin = () => beginPasskeyLogin(desk, site, context);
    let n = 0;
    const enterWith = (response: ReturnType<Authenticator['answer']>, presented?: string) => {
      n += 1;
      return passkeyLogin(desk, site, { response, presented, address: `198.51.100.${n}` }, context);
    };
    device.counter = 8;
    const first = device.answer(await begin(), site.origin);
    assert.equal((await enterWith(first)).session.proof, 'passkey');
    await assert.rejects(enterWith(first), failed('PASSKEY_REFUSED'), 'replayed');
    device.counter = 9;
    const wrong: readonly [string, ReturnType<Authenticator['answer']>][] = [
      ['another site', device.answer(await begin(), 'https://backup.example.net')],
      ['another domain', device.answer({ ...(await begin()), rpId: 'example.org' }, site.origin)],
      ['a challenge of nobody', device.answer({ ...(await begin()), challenge: 'abcd' }, site.origin)],
      [
        'a challenge for a new key',
        device.answer(
          await beginPasskey(desk, ana.principal, site, context).then(({ challenge }) => ({
            challenge,
            rpId: site.domain,
          })),
          site.origin,
        ),
      ],
      [
        'another key',
        { ...new Authenticator(9).answer(await begin(), site.origin), id: first.id, rawId: first.rawId },
      ],
      ['an unknown key', new Authenticator(9).answer(await begin(), site.origin)],
    ];
    for (const [name, response] of wrong) {
      await assert.rejects(enterWith(response), failed('PASSKEY_REFUSED'), name);
    }
    const broken = device.answer(await begin(), site.origin);
    broken.response.clientDataJSON = 'bm90IGpzb24';
    await assert.rejects(enterWith(broken), failed('PASSKEY_REFUSED'));
    device.isVerifying = false;
    await assert.rejects(enterWith(device.answer(await begin(), site.origin)), failed('PASSKEY_REFUSED'));
    device.isVerifying = true;
    device.counter = 8;
    await assert.rejects(
      enterWith(device.answer(await begin(), site.origin)),
      failed('PASSKEY_REFUSED'),
      'a copy of the device counts backwards',
    );
    device.counter = 10;
    const late = device.answer(await begin(), site.origin);
    await place.advance(6 * 60_000);
    await assert.rejects(enterWith(late), failed('PASSKEY_REFUSED'), 'too late');

    // A fresh proof: in the own session, not in another's.
    const stale = await enter(desk, 'boss', context).then(({ secret: value }) => value);
    await assert.rejects(
      enterWith(device.answer(await begin(), site.origin), stale),
      failed('PASSKEY_REFUSED'),
    );
    device.counter = 11;
    const mine = await enterWith(device.answer(await begin(), site.origin));
    device.counter = 12;
    const stepped = await enterWith(device.answer(await begin(), site.origin), mine.secret);
    assert.equal(stepped.session.endsAt, mine.session.endsAt);
    assert.equal(await authenticateSession(catalog, mine.secret, undefined, context), undefined);

    // The password alone does no longer, until the key is gone.
    await assert.rejects(enter(desk, 'ana', context), failed('SECOND_FACTOR_NEEDED'));
    const now = await authenticateSession(catalog, stepped.secret, undefined, context);
    await removeFactor(desk, now!, id, context);
    device.counter = 13;
    await assert.rejects(enterWith(device.answer(await begin(), site.origin)), failed('PASSKEY_REFUSED'));
    await enter(desk, 'ana', context);
    await setRole(desk, root, 'ana', 'viewer', context);
  }));

test('a device that counts nothing opens its account, and its challenge is good once', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    const { principal } = await enter(desk, 'ana', context);
    const device = new Authenticator(0);
    const response = device.register(await beginPasskey(desk, principal, site, context), site.origin);
    await addPasskey(desk, principal, site, { response, name: '' }, context);
    for (let n = 0; n < 2; n += 1) {
      const answer = device.answer(await beginPasskeyLogin(desk, site, context), site.origin);
      await passkeyLogin(desk, site, { response: answer }, context);
      await assert.rejects(
        passkeyLogin(desk, site, { response: answer }, context),
        failed('PASSKEY_REFUSED'),
      );
    }
  }));
