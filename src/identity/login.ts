// Logging in, and proving it anew. Whatever was wrong, the answer is the same and takes the same work; only a lack of tries of the address and,
// after the right password, of a second factor is told.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { appendAudit } from '../catalog/audit.ts';
import { markAudited } from '../catalog/audited.ts';
import { together, type Unit } from '../catalog/catalog.ts';
import { catalogTime } from '../catalog/clock.ts';
import { type Factor, listFactors } from '../catalog/factors.ts';
import { liveSession } from '../catalog/login-sessions.ts';
import {
  changeUser,
  isKnownAddress,
  otherAdmins,
  refreshHash,
  rememberAddress,
  type User,
  userNamed,
  userWithId,
} from '../catalog/users.ts';
import type { Desk } from './desk.ts';
import { resealTotp, useRecoveryCode, useTotp } from './factors/totp.ts';
import { hashOpaque } from './opaque.ts';
import { passwordRules } from './passwords/rules.ts';
import { type ProvenIdentity, providers } from './provider.ts';
import { type Instead, type Started, startSession } from './sessions.ts';
import { tooManyTries } from './too-many-tries.ts';
import { addressKey, forgiveTries, knownForMs, returnTry, spendTry } from './tries.ts';

export interface LoginWish {
  readonly name: string;
  readonly password: Secret;
  /** Of the app, or one on paper. */
  readonly code?: string | undefined;
  readonly address?: string | undefined;
  readonly agent?: string | undefined;
  /** What the browser showed as its session: it ends, and nothing of it goes on. */
  readonly presented?: string | undefined;
}

/** Fails with denied/LOGIN_REFUSED, denied/SECOND_FACTOR_NEEDED and denied/TOO_MANY_TRIES. */
export async function login(desk: Desk, wish: LoginWish, context: Context): Promise<Started> {
  const name = wish.name.trim().toLowerCase().slice(0, 64);
  const user = await admit(desk, name, wish, context);
  const found = await (await providers['local']!()).password?.(
    desk,
    { name, password: wish.password },
    context,
  );
  const isLocked = await lockedNow(desk, user.record, context);
  if (found === undefined || user.isSpent || isLocked) {
    throw await refuse(desk, name, user.record, wish.address, context);
  }
  const { presented } = wish;
  const old = presented && (await liveSession(desk.catalog, hashOpaque(presented), context));
  const instead = old ? { id: old.session.id, userId: old.user.id } : undefined;
  const started = await enter(desk, found, wish, instead, context);
  await user.takeBack();
  return started;
}

/** The budgets, before any work. Who exists is found out here, but nothing that is seen from outside depends on it. */
async function admit(
  desk: Desk,
  name: string,
  { address }: LoginWish,
  context: Context,
): Promise<{
  readonly record: User | undefined;
  readonly isSpent: boolean;
  /** What this try has cost. */
  takeBack(): Promise<void>;
}> {
  const { catalog } = desk;
  const from = addressKey(address);
  const record = await userNamed(catalog, name, context);
  const since = (await catalogTime(catalog, context)) - knownForMs;
  const isKnown = await isKnownAddress(catalog, record?.id ?? '', from, since, context);
  if (isKnown) {
    const whose = `${record?.id}@${from}`;
    const { isAllowed, waitMs } = await spendTry(catalog, 'known', whose, context);
    if (!isAllowed) throw await tooManyTries(desk, { whose: from, address, waitMs }, context);
    return { record, isSpent: false, takeBack: () => returnTry(catalog, 'known', whose, context) };
  }
  const ofAddress = await spendTry(catalog, 'address', from, context);
  if (!ofAddress.isAllowed) {
    throw await tooManyTries(desk, { whose: from, address, waitMs: ofAddress.waitMs }, context);
  }
  const account = hashOpaque(name);
  const ofAccount = await spendTry(catalog, 'account', account, context);
  const others = await otherAdmins(catalog, record?.id ?? '', context);
  const isLastAdmin = record?.role === 'admin' && others === 0;
  return {
    record,
    isSpent: !ofAccount.isAllowed && !isLastAdmin,
    async takeBack() {
      await returnTry(catalog, 'address', from, context);
      if (ofAccount.isAllowed) await returnTry(catalog, 'account', account, context);
    },
  };
}

async function lockedNow(desk: Desk, user: User | undefined, context: Context): Promise<boolean> {
  if (user?.lockedUntil === undefined) return false;
  return (await catalogTime(desk.catalog, context)) < user.lockedUntil;
}

/** Counts, locks where the profile says so, and writes it down. What was typed as a name is not: it may be a password. */
async function refuse(
  desk: Desk,
  name: string,
  user: User | undefined,
  address: string | undefined,
  context: Context,
): Promise<Failure> {
  await together(
    desk.catalog,
    async (unit) => {
      const current = await userNamed(unit, name, context);
      if (current !== undefined) await countFailure(unit, desk, current, context);
      await auditLogin(desk, unit, user?.name ?? '', address, 'refused', {}, context);
    },
    context,
    'audit',
  );
  return markAudited(loginRefused());
}

/** A lock is never made longer by tries while it holds, and never shuts out the last administrator. */
async function countFailure(unit: Unit, desk: Desk, user: User, context: Context): Promise<void> {
  const { lockAfter, lockMs } = passwordRules[desk.profile];
  const now = await catalogTime(unit, context);
  const { lockedUntil = 0 } = user;
  if (now < lockedUntil) return;
  const failedLogins = (lockedUntil > 0 ? 0 : user.failedLogins) + 1;
  const isLast = user.role === 'admin' && (await otherAdmins(unit, user.id, context)) === 0;
  const locks = lockAfter !== undefined && failedLogins >= lockAfter && !isLast;
  await changeUser(unit, user.id, { failedLogins, lockedUntil: locks ? now + lockMs : null }, context);
}

function loginRefused(): Failure {
  return new Failure(
    'denied',
    'LOGIN_REFUSED',
    'name, password or code are wrong, or there were too many tries',
    {
      hint: 'Check what you typed; after many tries wait half an hour, or ask an administrator.',
    },
  );
}

/** The person is known: now the second factor, then everything that a login changes, as one. */
async function enter(
  desk: Desk,
  found: ProvenIdentity,
  { code, address, agent, password }: LoginWish,
  instead: Instead | undefined,
  context: Context,
): Promise<Started> {
  const { catalog, hasher } = desk;
  const { userId, sealKey, dated } = found;
  const factors = (await listFactors(catalog, userId, context)).filter(({ confirmedAt }) => confirmedAt);
  const usable = factors.filter(({ kind }) => kind !== 'recovery');
  if (usable.length > 0 && code === undefined) {
    throw new Failure('denied', 'SECOND_FACTOR_NEEDED', 'the password alone does not do', {
      facts: { kinds: [...new Set(usable.map(({ kind }) => kind))].join(' ') },
      hint: 'Give a code of your app or a code on paper, or use a passkey.',
    });
  }
  if (usable.length > 0) {
    const { isAllowed, waitMs } = await spendTry(catalog, 'code', userId, context);
    if (!isAllowed) throw await tooManyTries(desk, { whose: userId, address, waitMs }, context);
  }
  const renewed = dated === undefined ? undefined : await hasher.make(password);
  const started = await together(
    catalog,
    async (unit) => {
      const user = await userWithId(unit, userId, context);
      // Disabled since we looked.
      if (user === undefined || user.disabledAt !== undefined) return undefined;
      let proof = 'password';
      if (usable.length > 0) {
        const used = await useCode(unit, usable, userId, code ?? '', sealKey, context);
        if (used === undefined) return undefined;
        proof = `password+${used}`;
      }
      if (renewed !== undefined && dated !== undefined && sealKey !== undefined) {
        await refreshHash(unit, userId, { from: dated.hash, to: renewed.hash }, context);
        await resealTotp(unit, userId, sealKey, renewed.sealKey, context);
      }
      return begin(unit, desk, user, { proof, address, agent, instead }, context);
    },
    context,
    'audit',
  );
  if (started === undefined) {
    const user = await userWithId(catalog, userId, context);
    throw await refuse(desk, user?.name ?? '', user, address, context);
  }
  if (usable.length > 0) await forgiveTries(catalog, 'code', userId, context);
  return started;
}

/** The session with all that a success changes; also for other proofs than a password. */
export async function begin(
  unit: Unit,
  desk: Desk,
  user: User,
  wish: {
    readonly proof: string;
    readonly address?: string | undefined;
    readonly agent?: string | undefined;
    readonly instead?: Instead | undefined;
  },
  context: Context,
): Promise<Started> {
  await changeUser(unit, user.id, { failedLogins: 0, lockedUntil: null, hasLoggedIn: true }, context);
  await rememberAddress(unit, user.id, addressKey(wish.address), context);
  const started = await startSession(unit, desk, { userId: user.id, ...wish }, context);
  await auditLogin(desk, unit, user.name, wish.address, 'succeeded', { proof: wish.proof }, context);
  return started;
}

async function useCode(
  unit: Unit,
  factors: readonly Factor[],
  userId: string,
  code: string,
  sealKey: Buffer | undefined,
  context: Context,
): Promise<string | undefined> {
  for (const factor of factors) {
    if (factor.kind !== 'totp' || sealKey === undefined) continue;
    if (await useTotp(unit, factor, code, sealKey, context)) return 'totp';
  }
  return (await useRecoveryCode(unit, userId, code, context)) ? 'recovery' : undefined;
}

async function auditLogin(
  { node }: Desk,
  at: Unit,
  actor: string,
  address: string | undefined,
  outcome: 'succeeded' | 'refused',
  facts: Readonly<Record<string, string>>,
  context: Context,
): Promise<void> {
  await appendAudit(
    at,
    {
      node,
      actor: actor === '' ? 'unknown' : actor,
      method: 'session',
      action: 'user:login',
      outcome,
      ...(address === undefined ? {} : { address }),
      ...(Object.keys(facts).length === 0 ? {} : { facts }),
    },
    context,
  );
}

/**
 * Password (and code) once more: acts that ask for a fresh proof are open for five minutes, in a session with a new secret. Fails like `login`.
 */
export async function stepUp(
  desk: Desk,
  presented: string,
  wish: Pick<LoginWish, 'password' | 'code' | 'address' | 'agent'>,
  context: Context,
): Promise<Started> {
  const { catalog } = desk;
  const live = await liveSession(catalog, hashOpaque(presented), context);
  if (live === undefined) throw loginRefused();
  const { user, session } = live;
  const tries = await spendTry(catalog, 'proof', user.id, context);
  if (!tries.isAllowed) {
    const { address } = wish;
    const toldOff = { whose: user.id, actor: user.name, address, waitMs: tries.waitMs };
    throw await tooManyTries(desk, toldOff, context);
  }
  const found = await (await providers['local']!()).password?.(
    desk,
    { name: user.name, password: wish.password },
    context,
  );
  if (found?.userId !== user.id || (await lockedNow(desk, user, context))) {
    throw await refuse(desk, user.name, user, wish.address, context);
  }
  const instead = { id: session.id, userId: user.id, endsAt: session.endsAt };
  const started = await enter(desk, found, { ...wish, name: user.name }, instead, context);
  await forgiveTries(catalog, 'proof', user.id, context);
  return started;
}
