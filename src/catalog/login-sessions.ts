// Sessions of people who have proven who they are. They live here and nowhere else, so that what ends one ends it on all nodes.

import type { Context, Instant } from '../base/context.ts';
import { type Catalog, read, storable, type Unit, write, writeFleeting } from './catalog.ts';
import { type Grant, grantsOfUser } from './grants.ts';
import { type User, userOf } from './users.ts';

export interface LoginSession {
  /** Public: names it in lists. The secret is known to the browser alone. */
  readonly id: string;
  readonly userId: string;
  /** "password", "password+totp", "passkey" … */
  readonly proof: string;
  readonly address?: string;
  readonly agent?: string;
  readonly createdAt: Instant;
  readonly seenAt: Instant;
  readonly endsAt: Instant;
  readonly freshUntil: Instant;
}

export interface NewLoginSession {
  readonly hash: string;
  readonly userId: string;
  readonly proof: string;
  readonly address?: string | undefined;
  readonly agent?: string | undefined;
  readonly idleMs: number;
  readonly lastsMs: number;
  readonly freshMs: number;
  /** Of the session that this one goes on from: lasts no longer. */
  readonly endsAt?: Instant;
}

const agentMax = 200;

export async function insertLoginSession(
  at: Catalog | Unit,
  wish: NewLoginSession,
  context: Context,
): Promise<LoginSession> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = {
        id: access.newId(now),
        user_id: wish.userId,
        proof: wish.proof,
        address: wish.address ?? null,
        agent: wish.agent === undefined ? null : storable(wish.agent.slice(0, agentMax)),
        created_at: now,
        seen_at: now,
        ends_at: wish.endsAt ?? now + wish.lastsMs,
        fresh_until: now + wish.freshMs,
      };
      await access.db
        .insertInto('login_sessions')
        .values({ ...row, hash: wish.hash, idle_ms: wish.idleMs })
        .execute();
      return sessionOf(row);
    },
    context,
  );
}

/** Being seen is written down once in so long. */
const seenPrecisionMs = 30_000;

export interface LiveSession {
  readonly session: LoginSession;
  readonly user: User;
  readonly grants: readonly Grant[];
  /** The proof of who it is is not old yet. */
  readonly isFresh: boolean;
}

/** When it lives: the person is not disabled, and neither idleness nor age has ended it. */
export async function liveSession(
  at: Catalog | Unit,
  hash: string,
  context: Context,
): Promise<LiveSession | undefined> {
  const found = await read(
    at,
    async (access) => {
      const { db } = access;
      const row = await db
        .selectFrom('login_sessions')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const now = await access.now();
      if (now >= row.ends_at || now >= row.seen_at + row.idle_ms) return undefined;
      const user = await db.selectFrom('users').selectAll().where('id', '=', row.user_id).executeTakeFirst();
      if (user === undefined || user.disabled_at !== null) return undefined;
      return { row, now, user: userOf(user), grants: await grantsOfUser(access, user.id) };
    },
    context,
  );
  if (found === undefined) return undefined;
  const { row, now, user, grants } = found;
  // Late by as much, so nobody who works is ended early.
  if (now - row.seen_at >= Math.min(seenPrecisionMs, row.idle_ms / 10)) {
    await writeFleeting(
      at,
      ({ db }) =>
        db
          .updateTable('login_sessions')
          .set({ seen_at: now })
          .where('id', '=', row.id)
          .where('seen_at', '<', now)
          .execute(),
      context,
    );
  }
  return { session: sessionOf({ ...row, seen_at: now }), user, grants, isFresh: now < row.fresh_until };
}

/** Newest first; those that have ended by themselves are left out. */
export async function listLoginSessions(
  at: Catalog | Unit,
  userId: string,
  context: Context,
): Promise<LoginSession[]> {
  return read(
    at,
    async (access) => {
      const now = await access.now();
      const rows = await access.db
        .selectFrom('login_sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .where('ends_at', '>', now)
        .orderBy('id', 'desc')
        .limit(500)
        .execute();
      return rows.filter((row) => now < row.seen_at + row.idle_ms).map(sessionOf);
    },
    context,
  );
}

/** One of theirs, or all but one. How many ended. */
export async function endLoginSessions(
  at: Catalog | Unit,
  userId: string,
  { id, except }: { readonly id?: string; readonly except?: string },
  context: Context,
): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      let query = db.deleteFrom('login_sessions').where('user_id', '=', userId);
      if (id !== undefined) query = query.where('id', '=', id);
      if (except !== undefined) query = query.where('id', '<>', except);
      return (await query.returning('id').execute()).length;
    },
    context,
  );
}

/** Rows of sessions that have ended by themselves. */
export async function sweepLoginSessions(at: Catalog | Unit, context: Context): Promise<number> {
  return write(
    at,
    async (access) => {
      const gone = await access.db
        .deleteFrom('login_sessions')
        .where('ends_at', '<=', await access.now())
        .returning('id')
        .execute();
      return gone.length;
    },
    context,
  );
}

function sessionOf(row: {
  readonly id: string;
  readonly user_id: string;
  readonly proof: string;
  readonly address: string | null;
  readonly agent: string | null;
  readonly created_at: number;
  readonly seen_at: number;
  readonly ends_at: number;
  readonly fresh_until: number;
}): LoginSession {
  return {
    id: row.id,
    userId: row.user_id,
    proof: row.proof,
    ...(row.address === null ? {} : { address: row.address }),
    ...(row.agent === null ? {} : { agent: row.agent }),
    createdAt: row.created_at,
    seenAt: row.seen_at,
    endsAt: row.ends_at,
    freshUntil: row.fresh_until,
  };
}
