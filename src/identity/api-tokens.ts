// API tokens: programs act for a person with less than the person may do. The value is shown once.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { listGrants } from '../catalog/grants.ts';
import { insertToken, listTokens, revokeTokens, type Token, tokenWithId } from '../catalog/tokens.ts';
import { freshPermissions, type Permission, permissions } from '../model/permission.ts';
import { can, type Principal, sightOf } from './access.ts';
import { requireUser } from './accounts.ts';
import { act, allow } from './acts.ts';
import type { Desk } from './desk.ts';
import { makeOpaque } from './opaque.ts';

const day = 24 * 3_600_000;
export const tokenLastsMaxMs = 366 * day;
/** A token for acts that ask a person for a fresh proof lives a day at most. */
export const sensitiveLastsMaxMs = day;

export interface TokenWish {
  /** The person for whom it acts. */
  readonly user: string;
  readonly name: string;
  /** At most what the person may do; `undefined`: what the person may look at. */
  readonly scopes?: readonly Permission[];
  readonly lastsMs: number;
  readonly isSensitive?: boolean;
}

/** Oneself, or an administrator for somebody. Fails with usage/TOKEN_INVALID and usage/TOKEN_SCOPE. */
export async function createToken(
  desk: Desk,
  by: Principal,
  wish: TokenWish,
  context: Context,
): Promise<{ readonly token: Token; readonly secret: string }> {
  const user = await requireUser(desk.catalog, wish.user, context);
  const isOwn = by.userId === user.id;
  await allow(desk, by, isOwn ? 'self:write' : 'token:write', `user ${user.name}`, context);
  // A token outlives the session: whoever found one open must not get away with more than that.
  if (by.kind === 'user' && !by.isFresh) throw staleProof();
  const name = wish.name.trim();
  if (!/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(name)) throw invalid(`"${name}" is no name for a token`);
  const { isSensitive = false, lastsMs } = wish;
  const most = isSensitive ? sensitiveLastsMaxMs : tokenLastsMaxMs;
  if (!(lastsMs > 0 && lastsMs <= most)) throw invalid(`it may last ${most / day} days at most`);
  if (by.kind === 'token') throw invalid('a token makes no tokens');
  // By their role today, or by any grant: at every use it is asked again.
  const grants = await listGrants(desk.catalog, user.id, context);
  const person: Principal = {
    kind: 'user',
    actor: user.name,
    method: 'session',
    role: user.role,
    grants,
    isFresh: false,
  };
  const may = (one: Permission) => can(person, one) || !isBlind(person, one);
  const scopes = wish.scopes ?? permissions.filter((one) => one.endsWith(':read') && may(one));
  for (const scope of scopes) {
    if (!may(scope)) throw badScope(`"${user.name}" may not do "${scope}"`);
    if (freshPermissions.has(scope) && !isSensitive) {
      throw badScope(`"${scope}" asks for a fresh proof, which only a sensitive token stands for`);
    }
    // Whoever makes a token for another gets no more by it than they have.
    if (!can(by, scope) && isBlind(by, scope)) throw badScope(`"${by.actor}" may not do "${scope}"`);
  }
  const { secret, hash } = makeOpaque('token');
  const token = await act(
    desk,
    by,
    isOwn ? 'self:write' : 'token:write',
    {
      action: 'token:create',
      object: `user ${user.name}`,
      facts: { name, scopes: scopes.join(' '), days: Math.ceil(lastsMs / day), isSensitive },
    },
    (unit) => insertToken(unit, { hash, userId: user.id, name, scopes, isSensitive, lastsMs }, context),
    context,
  );
  return { token, secret };
}

/** No grant gives it for anything. */
function isBlind(principal: Principal, permission: Permission): boolean {
  const sight = sightOf(principal, permission);
  return !sight.all && sight.policies.length === 0 && sight.repositories.length === 0;
}

/** Of one person, or of all. */
export async function tokensOf(
  desk: Desk,
  by: Principal,
  name: string | undefined,
  context: Context,
): Promise<Token[]> {
  const user = name === undefined ? undefined : await requireUser(desk.catalog, name, context);
  const isOwn = user !== undefined && by.userId === user.id;
  await allow(desk, by, isOwn ? 'self:read' : 'token:read', user && `user ${user.name}`, context);
  return listTokens(desk.catalog, user === undefined ? {} : { userId: user.id }, context);
}

/** Fails with missing/TOKEN_UNKNOWN. One that is revoked already stays so. */
export async function revokeToken(desk: Desk, by: Principal, id: string, context: Context): Promise<void> {
  const token = await tokenWithId(desk.catalog, id, context);
  const isOwn = token !== undefined && by.userId === token.userId;
  await act(
    desk,
    by,
    isOwn ? 'self:write' : 'token:write',
    { action: 'token:revoke', object: `token ${id}` },
    async (unit) => {
      if (token === undefined) {
        throw new Failure('missing', 'TOKEN_UNKNOWN', `there is no token "${id}"`, {
          hint: 'Look at the list of tokens.',
        });
      }
      return revokeTokens(unit, { id }, context);
    },
    context,
  );
}

function staleProof(): Failure {
  return new Failure('denied', 'PROOF_NOT_FRESH', 'making a token asks for a fresh proof of who you are', {
    hint: 'Give your password, code or passkey once more, then repeat it within five minutes.',
  });
}

function invalid(why: string): Failure {
  return new Failure('usage', 'TOKEN_INVALID', `this token cannot be made: ${why}`, {
    hint: 'Give it a short name and a time after which it ends.',
  });
}

function badScope(why: string): Failure {
  return new Failure('usage', 'TOKEN_SCOPE', `this token cannot be made: ${why}`, {
    hint: 'A token may do at most what its person may.',
  });
}
