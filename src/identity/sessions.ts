// Sessions: begun by a proof of who one is, given a new secret at every further proof, ended by their person, an administrator, idleness or age.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Unit } from '../catalog/catalog.ts';
import {
  endLoginSessions,
  insertLoginSession,
  type LoginSession,
  listLoginSessions,
} from '../catalog/login-sessions.ts';
import type { Principal } from './access.ts';
import { requireUser } from './accounts.ts';
import { act, allow } from './acts.ts';
import type { Desk } from './desk.ts';
import { makeOpaque } from './opaque.ts';
import { passwordRules } from './passwords/rules.ts';

const minute = 60_000;
export const sessionLastsMs = 12 * 60 * minute;
export const freshForMs = 5 * minute;

export interface Started {
  /** For the cookie, once; the catalog holds its hash. */
  readonly secret: string;
  readonly session: LoginSession;
}

export interface SessionWish {
  readonly userId: string;
  readonly proof: string;
  readonly address?: string | undefined;
  readonly agent?: string | undefined;
  readonly instead?: Instead | undefined;
}

/** The session in whose place this one comes: its secret is worth nothing from now on. */
export interface Instead {
  readonly id: string;
  readonly userId: string;
  /** Where the new one goes on from it: it lasts no longer. */
  readonly endsAt?: number;
}

/** The secret is always new, so that nobody can have put it into the browser beforehand. */
export async function startSession(
  unit: Unit,
  { profile }: Desk,
  { instead, ...wish }: SessionWish,
  context: Context,
): Promise<Started> {
  const { secret, hash } = makeOpaque('session');
  if (instead !== undefined) await endLoginSessions(unit, instead.userId, { id: instead.id }, context);
  const session = await insertLoginSession(
    unit,
    {
      ...wish,
      hash,
      idleMs: passwordRules[profile].idleMs,
      lastsMs: sessionLastsMs,
      freshMs: freshForMs,
      ...(instead?.endsAt === undefined ? {} : { endsAt: instead.endsAt }),
    },
    context,
  );
  return { secret, session };
}

/** Of oneself, or of somebody else by an administrator. */
export async function sessionsOf(
  desk: Desk,
  by: Principal,
  name: string,
  context: Context,
): Promise<LoginSession[]> {
  const user = await requireUser(desk.catalog, name, context);
  const isOwn = by.userId === user.id;
  await allow(desk, by, isOwn ? 'self:read' : 'user:read', `user ${user.name}`, context);
  return listLoginSessions(desk.catalog, user.id, context);
}

/** One, or all but the own. Fails with missing/LOGIN_SESSION_UNKNOWN when the one named does not live. */
export async function endSessions(
  desk: Desk,
  by: Principal,
  name: string,
  id: string | undefined,
  context: Context,
): Promise<number> {
  const user = await requireUser(desk.catalog, name, context);
  const isOwn = by.userId === user.id;
  const except = isOwn && by.sessionId !== undefined ? { except: by.sessionId } : {};
  return act(
    desk,
    by,
    isOwn ? 'self:write' : 'user:write',
    {
      action: 'user:end-sessions',
      object: `user ${user.name}`,
      ...(id === undefined ? {} : { facts: { id } }),
    },
    async (unit) => {
      const ended = await endLoginSessions(unit, user.id, id === undefined ? except : { id }, context);
      if (ended > 0 || id === undefined) return ended;
      throw new Failure('missing', 'LOGIN_SESSION_UNKNOWN', `"${user.name}" has no session "${id}"`, {
        hint: 'Look at the list of sessions; it may have ended.',
      });
    },
    context,
  );
}

export async function logout(desk: Desk, by: Principal, context: Context): Promise<void> {
  const { userId, sessionId, actor } = by;
  if (userId === undefined || sessionId === undefined) return;
  await act(
    desk,
    by,
    'self:write',
    { action: 'user:logout', object: `user ${actor}` },
    (unit) => endLoginSessions(unit, userId, { id: sessionId }, context),
    context,
  );
}
