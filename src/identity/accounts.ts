// Accounts: made, renamed, given a role, disabled, removed. What takes rights away ends the sessions; the last administrator stays one.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { Catalog, Unit } from '../catalog/catalog.ts';
import { deleteFactors, listFactors } from '../catalog/factors.ts';
import { deleteGrant, type Grant, type GrantWish, insertGrant, listGrants } from '../catalog/grants.ts';
import { endLoginSessions } from '../catalog/login-sessions.ts';
import type { Page, PageWish } from '../catalog/page.ts';
import { addSingleUse, dropSingleUses, findSingleUse, takeSingleUse } from '../catalog/single-uses.ts';
import { revokeTokens } from '../catalog/tokens.ts';
import {
  changeUser,
  deleteUser,
  insertUser,
  listUsers,
  otherAdmins,
  savePassword,
  type User,
  type UserWithHash,
  userNamed,
  userUnknown,
  userWithId,
} from '../catalog/users.ts';
import type { Role } from '../model/permission.ts';
import { isPlainPath, type Principal } from './access.ts';
import { act, allow } from './acts.ts';
import type { Desk } from './desk.ts';
import { hashOpaque, looksOpaque, makeOpaque } from './opaque.ts';
import { requireNewPassword } from './passwords/change.ts';
import { passwordRules } from './passwords/rules.ts';

/** Names are ASCII, so that no two look alike. Fails with usage/USER_NAME. */
export function userName(text: string): string {
  const name = text.trim().toLowerCase();
  if (/^[a-z0-9][a-z0-9._@-]{0,63}$/.test(name)) return name;
  throw new Failure('usage', 'USER_NAME', `"${text.slice(0, 64)}" is no name for a user`, {
    hint: 'Use letters a to z, digits, and . _ @ - between them; 64 at most.',
  });
}

const invitationMs = 3 * 24 * 3_600_000;

/** Without a password there is an invitation, shown once: whoever has it sets the password. */
export async function addUser(
  desk: Desk,
  by: Principal,
  wish: { readonly name: string; readonly role: Role; readonly password?: Secret },
  context: Context,
): Promise<{ readonly user: User; readonly invitation?: string }> {
  const name = userName(wish.name);
  await allow(desk, by, 'user:write', `user ${name}`, context);
  const { password } = wish;
  const made =
    password === undefined ? undefined : await requireNewPassword(desk, { name }, password, context);
  const once = password === undefined ? makeOpaque('once') : undefined;
  const user = await act(
    desk,
    by,
    'user:write',
    { action: 'user:add', object: `user ${name}`, facts: { role: wish.role } },
    async (unit) => {
      const user = await insertUser(unit, { name, role: wish.role }, context);
      if (made !== undefined) await savePassword(unit, user.id, made.hash, historyOf(desk), context);
      if (once !== undefined) await invite(unit, user.id, once.hash, context);
      return user;
    },
    context,
  );
  return { user, ...(once === undefined ? {} : { invitation: once.secret }) };
}

/** A link for who forgot the password: the one before is good no longer. */
export async function inviteUser(
  desk: Desk,
  by: Principal,
  name: string,
  context: Context,
): Promise<{ readonly invitation: string }> {
  const user = await requireUser(desk.catalog, name, context);
  const once = makeOpaque('once');
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:invite', object: `user ${user.name}` },
    (unit) => invite(unit, user.id, once.hash, context),
    context,
  );
  return { invitation: once.secret };
}

/** The one before is good no longer. Part of the unit. */
export async function invite(unit: Unit, userId: string, hash: string, context: Context): Promise<void> {
  await dropSingleUses(unit, 'invitation', userId, context);
  await addSingleUse(unit, { hash, purpose: 'invitation', userId, lastsMs: invitationMs }, context);
}

/** Fails with denied/INVITATION_INVALID. The invitation is used up only when the password is taken. */
export async function acceptInvitation(
  desk: Desk,
  wish: { readonly invitation: string; readonly password: Secret; readonly address?: string },
  context: Context,
): Promise<User> {
  const invalid = () =>
    new Failure('denied', 'INVITATION_INVALID', 'the invitation is not, or no longer, good', {
      hint: 'Ask an administrator for a new one.',
    });
  // The invitation first: nobody learns from the time whether a name is taken.
  const hash = looksOpaque('once', wish.invitation) ? hashOpaque(wish.invitation) : '';
  const found = await findSingleUse(desk.catalog, hash, 'invitation', context);
  const user = found?.userId && (await userWithId(desk.catalog, found.userId, context));
  if (!user || user.disabledAt !== undefined) throw invalid();
  const made = await requireNewPassword(desk, user, wish.password, context);
  return act(
    desk,
    ownPrincipal(user, wish.address),
    'self:write',
    { action: 'user:accept-invitation', object: `user ${user.name}` },
    async (unit) => {
      const use = await takeSingleUse(unit, hash, 'invitation', context);
      if (use?.userId !== user.id) throw invalid();
      await replacePassword(unit, desk, user.id, made.hash, context);
      return user;
    },
    context,
  );
}

/** By an administrator, who does not know the one before. Codes by time hang on that password and are to be set up again; passkeys stay. */
export async function resetPassword(
  desk: Desk,
  by: Principal,
  name: string,
  password: Secret,
  context: Context,
): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  await allow(desk, by, 'user:write', `user ${user.name}`, context);
  const made = await requireNewPassword(desk, user, password, context);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:reset-password', object: `user ${user.name}` },
    (unit) => replacePassword(unit, desk, user.id, made.hash, context),
    context,
  );
}

async function replacePassword(
  unit: Unit,
  desk: Desk,
  userId: string,
  hash: string,
  context: Context,
): Promise<void> {
  await savePassword(unit, userId, hash, historyOf(desk), context);
  await deleteFactors(unit, userId, { kinds: ['totp', 'recovery'] }, context);
  await endLoginSessions(unit, userId, {}, context);
}

/** For who lost the phone: all second factors go, and the sessions with them. How many there were. */
export async function resetFactors(
  desk: Desk,
  by: Principal,
  name: string,
  context: Context,
): Promise<number> {
  const user = await requireUser(desk.catalog, name, context);
  return act(
    desk,
    by,
    'user:write',
    { action: 'user:reset-factors', object: `user ${user.name}` },
    async (unit) => {
      await endLoginSessions(unit, user.id, {}, context);
      return deleteFactors(unit, user.id, {}, context);
    },
    context,
  );
}

export async function renameUser(
  desk: Desk,
  by: Principal,
  name: string,
  to: string,
  context: Context,
): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  const wanted = userName(to);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:rename', object: `user ${user.name}`, facts: { to: wanted, id: user.id } },
    (unit) => changeUser(unit, user.id, { name: wanted }, context),
    context,
  );
}

/** Ends all sessions: who signs in again has the new role. */
export async function setRole(
  desk: Desk,
  by: Principal,
  name: string,
  role: Role,
  context: Context,
): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:set-role', object: `user ${user.name}`, facts: { from: user.role, to: role } },
    async (unit) => {
      if (role !== 'admin') await requireOtherAdmin(unit, user, context);
      await changeUser(unit, user.id, { role }, context);
      await endLoginSessions(unit, user.id, {}, context);
    },
    context,
  );
}

/** Sessions end and tokens are revoked, at once and on all nodes. */
export async function disableUser(desk: Desk, by: Principal, name: string, context: Context): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:disable', object: `user ${user.name}` },
    async (unit) => {
      await requireOtherAdmin(unit, user, context);
      await changeUser(unit, user.id, { isDisabled: true }, context);
      await endLoginSessions(unit, user.id, {}, context);
      await revokeTokens(unit, { userId: user.id }, context);
      await dropSingleUses(unit, 'invitation', user.id, context);
    },
    context,
  );
}

/** Also for who was locked out by wrong tries. */
export async function enableUser(desk: Desk, by: Principal, name: string, context: Context): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:enable', object: `user ${user.name}` },
    (unit) => changeUser(unit, user.id, { isDisabled: false, failedLogins: 0, lockedUntil: null }, context),
    context,
  );
}

export async function removeUser(desk: Desk, by: Principal, name: string, context: Context): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:remove', object: `user ${user.name}`, facts: { id: user.id } },
    async (unit) => {
      await requireOtherAdmin(unit, user, context);
      await deleteUser(unit, user.id, context);
    },
    context,
  );
}

/** Fails with usage/GRANT_INVALID for what a grant cannot give. */
export async function grantRole(
  desk: Desk,
  by: Principal,
  name: string,
  wish: GrantWish,
  context: Context,
): Promise<Grant> {
  const { role, policy, repository, folder } = wish;
  const user = await requireUser(desk.catalog, name, context);
  if (role === 'admin' || role === 'none') throw badGrant(`the role "${role}" is for everything or nothing`);
  if (policy === undefined && repository === undefined)
    throw badGrant('it names no policy and no repository');
  if (folder !== undefined && !isPlainPath(folder)) throw badGrant(`"${folder}" is no absolute path`);
  return act(
    desk,
    by,
    'user:write',
    { action: 'user:grant', object: `user ${user.name}`, facts: { ...wish } },
    (unit) => insertGrant(unit, user.id, wish, context),
    context,
  );
}

function badGrant(why: string): Failure {
  return new Failure('usage', 'GRANT_INVALID', `this cannot be granted: ${why}`, {
    hint: 'Grant viewer, auditor, operator or restorer for a policy or a repository, with an absolute folder or without.',
  });
}

export async function revokeGrant(
  desk: Desk,
  by: Principal,
  name: string,
  id: string,
  context: Context,
): Promise<void> {
  const user = await requireUser(desk.catalog, name, context);
  await act(
    desk,
    by,
    'user:write',
    { action: 'user:revoke-grant', object: `user ${user.name}`, facts: { id } },
    async (unit) => {
      if ((await deleteGrant(unit, user.id, id, context)) !== undefined) return;
      throw new Failure('missing', 'GRANT_UNKNOWN', `"${user.name}" has no grant "${id}"`, {
        hint: 'Look at the grants of this user.',
      });
    },
    context,
  );
}

export interface Account {
  readonly user: User;
  readonly grants: readonly Grant[];
  /** Names and kinds, no secrets. */
  readonly factors: readonly { readonly id: string; readonly kind: string; readonly name: string }[];
}

/** By name. */
export async function users(
  desk: Desk,
  by: Principal,
  filter: PageWish,
  context: Context,
): Promise<Page<User>> {
  await allow(desk, by, 'user:read', undefined, context);
  return listUsers(desk.catalog, filter, context);
}

export async function showUser(desk: Desk, by: Principal, name: string, context: Context): Promise<Account> {
  const wanted = userName(name);
  const isOwn = by.userId !== undefined && by.actor === wanted;
  await allow(desk, by, isOwn ? 'self:read' : 'user:read', `user ${wanted}`, context);
  const { passwordHash: _hidden, ...user } = await requireUser(desk.catalog, wanted, context);
  const factors = await listFactors(desk.catalog, user.id, context);
  return {
    user,
    grants: await listGrants(desk.catalog, user.id, context),
    factors: factors
      .filter(({ confirmedAt, kind }) => confirmedAt !== undefined && kind !== 'recovery')
      .map(({ id, kind, name }) => ({ id, kind, name })),
  };
}

/** Fails with missing/USER_UNKNOWN. */
export async function requireUser(at: Catalog | Unit, name: string, context: Context): Promise<UserWithHash> {
  const wanted = userName(name);
  const user = await userNamed(at, wanted, context);
  if (user === undefined) throw userUnknown(wanted);
  return user;
}

export async function requireOwnUser(
  at: Catalog | Unit,
  { userId, actor }: Principal,
  context: Context,
): Promise<UserWithHash> {
  const user = userId === undefined ? undefined : await userWithId(at, userId, context);
  if (user === undefined) throw userUnknown(actor);
  return user;
}

/** Looked at in the unit of the change, so that two cannot take away each other. Fails with conflict/LAST_ADMIN. */
async function requireOtherAdmin(unit: Unit, user: User, context: Context): Promise<void> {
  // Whoever was made an administrator, or none, since we looked.
  const current = await userWithId(unit, user.id, context);
  if (current?.role !== 'admin' || current.disabledAt !== undefined) return;
  if ((await otherAdmins(unit, user.id, context)) > 0) return;
  throw new Failure('conflict', 'LAST_ADMIN', `"${user.name}" is the last administrator`, {
    hint: 'Make another administrator first.',
  });
}

/** Somebody who has just proven to be this user, by other means than a session. */
export function ownPrincipal(user: User, address: string | undefined): Principal {
  return {
    kind: 'user',
    actor: user.name,
    method: 'session',
    userId: user.id,
    ...(address === undefined ? {} : { address }),
    role: user.role,
    grants: [],
    isFresh: true,
  };
}

export function historyOf({ profile }: Desk): number {
  return passwordRules[profile].history;
}
