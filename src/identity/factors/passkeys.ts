// Passkeys (WebAuthn level 2): a key in a device that asks its owner for a finger or a PIN. One alone says who somebody is; nothing of it that
// the catalog holds helps a thief. Every challenge is ours, and good once.

import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { appendAudit } from '../../catalog/audit.ts';
import { markAudited } from '../../catalog/audited.ts';
import { type Catalog, together } from '../../catalog/catalog.ts';
import {
  advanceFactor,
  deleteFactors,
  type Factor,
  factorWithCredential,
  insertFactor,
  listFactors,
  touchFactor,
} from '../../catalog/factors.ts';
import { liveSession } from '../../catalog/login-sessions.ts';
import { addSingleUse, takeSingleUse } from '../../catalog/single-uses.ts';
import { userWithId } from '../../catalog/users.ts';
import type { Principal } from '../access.ts';
import { requireOwnUser } from '../accounts.ts';
import { act } from '../acts.ts';
import type { Desk } from '../desk.ts';
import { requireFreshPerson } from '../fresh-person.ts';
import { begin } from '../login.ts';
import { hashOpaque } from '../opaque.ts';
import type { Started } from '../sessions.ts';
import { tooManyTries } from '../too-many-tries.ts';
import { addressKey, returnTry, spendTry } from '../tries.ts';

/** Where people meet us: a passkey is good for this site alone. */
export interface Site {
  /** The domain, without scheme and port. */
  readonly domain: string;
  /** As the browser sees it: https://backup.example.org, or http://localhost:8420. */
  readonly origin: string;
}

const challengeMs = 5 * 60_000;

/** For the browser, in a session whose proof is fresh. */
export async function beginPasskey(
  desk: Desk,
  by: Principal,
  site: Site,
  context: Context,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  requireFreshPerson(by);
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  const user = await requireOwnUser(desk.catalog, by, context);
  const known = (await listFactors(desk.catalog, user.id, context)).filter(({ kind }) => kind === 'passkey');
  const options = await generateRegistrationOptions({
    rpName: 'Holdfast',
    rpID: site.domain,
    userName: user.name,
    userID: new Uint8Array(Buffer.from(user.id)),
    attestationType: 'none',
    excludeCredentials: known.flatMap(({ credential }) => (credential ? [{ id: credential }] : [])),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  await remember(desk.catalog, 'passkey-new', options.challenge, user.id, context);
  return options;
}

/** Fails with denied/PASSKEY_REFUSED. */
export async function addPasskey(
  desk: Desk,
  by: Principal,
  site: Site,
  given: { readonly response: RegistrationResponseJSON; readonly name: string },
  context: Context,
): Promise<{ readonly id: string }> {
  requireFreshPerson(by);
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const user = await requireOwnUser(desk.catalog, by, context);
  const { response } = given;
  const challenge = await takeChallenge(desk.catalog, 'passkey-new', response, user.id, context);
  const { verified, registrationInfo } = await refusing(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.domain,
      requireUserVerification: true,
    }),
  );
  if (!verified || registrationInfo === undefined) throw passkeyRefused();
  const { credential } = registrationInfo;
  const name = given.name.slice(0, 64) || 'passkey';
  const { id } = await act(
    desk,
    by,
    'self:write',
    { action: 'user:add-passkey', object: `user ${user.name}`, facts: { name } },
    async (unit) => {
      // Somebody else's key must not become a way into this account, nor the other way round.
      if ((await factorWithCredential(unit, credential.id, context)) !== undefined) throw passkeyRefused();
      return insertFactor(
        unit,
        {
          userId: user.id,
          kind: 'passkey',
          name,
          credential: credential.id,
          data: Buffer.from(credential.publicKey).toString('base64url'),
          counter: credential.counter,
          isConfirmed: true,
        },
        context,
      );
    },
    context,
  );
  return { id };
}

/** One of the own second factors. Fails with missing/FACTOR_UNKNOWN. */
export async function removeFactor(desk: Desk, by: Principal, id: string, context: Context): Promise<void> {
  requireFreshPerson(by);
  const user = await requireOwnUser(desk.catalog, by, context);
  await act(
    desk,
    by,
    'self:write',
    { action: 'user:remove-factor', object: `user ${user.name}`, facts: { id } },
    async (unit) => {
      const removed = (await listFactors(unit, user.id, context)).find((factor) => factor.id === id);
      if (removed === undefined) {
        throw new Failure('missing', 'FACTOR_UNKNOWN', `there is no second factor "${id}"`, {
          hint: 'Look at the list of your second factors.',
        });
      }
      await deleteFactors(unit, user.id, { id }, context);
      // Codes on paper stand in for the app alone.
      if (removed.kind === 'totp') await deleteFactors(unit, user.id, { kinds: ['recovery'] }, context);
    },
    context,
  );
}

/** For the browser, before anybody said who they are: the device knows. */
export async function beginPasskeyLogin(
  { catalog }: Desk,
  site: Site,
  context: Context,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  const options = await generateAuthenticationOptions({ rpID: site.domain, userVerification: 'required' });
  await remember(catalog, 'passkey-login', options.challenge, undefined, context);
  return options;
}

/**
 * A login, or with `presented` the fresh proof of the person whose session it is. Fails with denied/PASSKEY_REFUSED and
 * denied/TOO_MANY_TRIES.
 */
export async function passkeyLogin(
  desk: Desk,
  site: Site,
  wish: {
    readonly response: AuthenticationResponseJSON;
    readonly address?: string | undefined;
    readonly agent?: string | undefined;
    readonly presented?: string | undefined;
  },
  context: Context,
): Promise<Started> {
  const { catalog } = desk;
  const { response, address, agent, presented } = wish;
  const whose = addressKey(address);
  const { isAllowed, waitMs } = await spendTry(catalog, 'address', whose, context);
  if (!isAllowed) throw await tooManyTries(desk, { whose, address, waitMs }, context);
  const live = presented && (await liveSession(catalog, hashOpaque(presented), context));
  try {
    const challenge = await takeChallenge(catalog, 'passkey-login', response, undefined, context);
    const factor = await factorWithCredential(catalog, response.id, context);
    if (factor?.kind !== 'passkey' || (live && live.user.id !== factor.userId)) throw passkeyRefused();
    const counter = await verified(factor, response, challenge, site);
    const started = await together(
      catalog,
      async (unit) => {
        const user = await userWithId(unit, factor.userId, context);
        const isGood =
          counter === 0 ? factor.counter === 0 : await advanceFactor(unit, factor.id, counter, context);
        if (user === undefined || user.disabledAt !== undefined || !isGood) throw passkeyRefused();
        if (counter === 0) await touchFactor(unit, factor.id, context);
        const instead = live
          ? { id: live.session.id, userId: user.id, endsAt: live.session.endsAt }
          : undefined;
        return begin(unit, desk, user, { proof: 'passkey', address, agent, instead }, context);
      },
      context,
      'audit',
    );
    await returnTry(catalog, 'address', addressKey(address), context);
    return started;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'PASSKEY_REFUSED') throw error;
    await auditRefusal(desk, address, context);
    throw markAudited(error);
  }
}

async function verified(
  factor: Factor,
  response: AuthenticationResponseJSON,
  challenge: string,
  site: Site,
): Promise<number> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { verified, authenticationInfo } = await refusing(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.domain,
      requireUserVerification: true,
      credential: {
        id: factor.credential ?? '',
        publicKey: new Uint8Array(Buffer.from(factor.data, 'base64url')),
        counter: factor.counter,
      },
    }),
  );
  if (!verified) throw passkeyRefused();
  return authenticationInfo.newCounter;
}

async function auditRefusal({ catalog, node }: Desk, address: string | undefined, context: Context) {
  await appendAudit(
    catalog,
    {
      node,
      actor: 'unknown',
      method: 'session',
      action: 'user:login',
      outcome: 'refused',
      ...(address === undefined ? {} : { address }),
      facts: { code: 'PASSKEY_REFUSED' },
    },
    context,
  );
}

async function remember(
  catalog: Catalog,
  purpose: string,
  challenge: string,
  userId: string | undefined,
  context: Context,
): Promise<void> {
  await addSingleUse(
    catalog,
    { hash: hashOpaque(challenge), purpose, userId, lastsMs: challengeMs },
    context,
  );
}

/** The challenge that the answer names, when it was ours, for this person and purpose, and not used before. */
async function takeChallenge(
  catalog: Catalog,
  purpose: string,
  { response }: { readonly response: { readonly clientDataJSON: string } },
  userId: string | undefined,
  context: Context,
): Promise<string> {
  let challenge: unknown;
  try {
    const said: unknown = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString());
    challenge = said !== null && typeof said === 'object' && 'challenge' in said ? said.challenge : undefined;
  } catch {
    challenge = undefined;
  }
  if (typeof challenge !== 'string') throw passkeyRefused();
  const use = await takeSingleUse(catalog, hashOpaque(challenge), purpose, context);
  if (use === undefined || use.userId !== userId) throw passkeyRefused();
  return challenge;
}

/** What the library throws at a wrong answer is a refusal, and its words are for nobody outside. */
async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw passkeyRefused(cause);
  }
}

function passkeyRefused(cause?: unknown): Failure {
  return new Failure('denied', 'PASSKEY_REFUSED', 'the passkey was refused', {
    hint: 'Try again, or use your password.',
    ...(cause === undefined ? {} : { cause }),
  });
}
