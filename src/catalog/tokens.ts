// Tokens with which programs act for a person. Only the hash of a token is kept.

import type { Context, Instant } from '../base/context.ts';
import type { Permission } from '../model/permission.ts';
import { type Catalog, read, storable, type Unit, write, writeFleeting } from './catalog.ts';
import { type Grant, grantsOfUser } from './grants.ts';
import { type User, userOf } from './users.ts';

export interface Token {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  /** Made for acts that ask for a fresh proof. */
  readonly isSensitive: boolean;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly lastUsedAt?: Instant;
  readonly revokedAt?: Instant;
}

export interface NewToken {
  readonly hash: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly isSensitive: boolean;
  readonly lastsMs: number;
}

const purpose = 'api';

export async function insertToken(at: Catalog | Unit, wish: NewToken, context: Context): Promise<Token> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = {
        id: access.newId(now),
        user_id: wish.userId,
        name: storable(wish.name),
        scopes: JSON.stringify(wish.scopes),
        is_sensitive: wish.isSensitive ? 1 : 0,
        created_at: now,
        expires_at: now + wish.lastsMs,
        last_used_at: null,
        revoked_at: null,
      };
      await access.db
        .insertInto('tokens')
        .values({ ...row, hash: wish.hash, purpose })
        .execute();
      return tokenOf(row);
    },
    context,
  );
}

/** Being used is written down once in so long. */
const usedPrecisionMs = 60_000;

export interface LiveToken {
  readonly token: Token;
  readonly user: User;
  readonly grants: readonly Grant[];
}

/** When it is neither revoked nor over, and its person is not disabled. */
export async function liveToken(
  at: Catalog | Unit,
  hash: string,
  context: Context,
): Promise<LiveToken | undefined> {
  const found = await read(
    at,
    async (access) => {
      const { db } = access;
      const row = await db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      if (row === undefined || row.purpose !== purpose || row.revoked_at !== null) return undefined;
      const now = await access.now();
      if (now >= row.expires_at) return undefined;
      const user = await db.selectFrom('users').selectAll().where('id', '=', row.user_id).executeTakeFirst();
      if (user === undefined || user.disabled_at !== null) return undefined;
      return { row, now, user: userOf(user), grants: await grantsOfUser(access, user.id) };
    },
    context,
  );
  if (found === undefined) return undefined;
  const { row, now, user, grants } = found;
  if (row.last_used_at === null || now - row.last_used_at >= usedPrecisionMs) {
    await writeFleeting(
      at,
      ({ db }) => db.updateTable('tokens').set({ last_used_at: now }).where('id', '=', row.id).execute(),
      context,
    );
  }
  return { token: tokenOf({ ...row, last_used_at: now }), user, grants };
}

/** Of one person, or of all; the newest first, those that are revoked or over among them. */
export async function listTokens(
  at: Catalog | Unit,
  { userId, limit = 500 }: { readonly userId?: string; readonly limit?: number },
  context: Context,
): Promise<Token[]> {
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('tokens').selectAll().where('purpose', '=', purpose);
      if (userId !== undefined) query = query.where('user_id', '=', userId);
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(tokenOf);
    },
    context,
  );
}

export async function tokenWithId(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<Token | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined || row.purpose !== purpose ? undefined : tokenOf(row);
    },
    context,
  );
}

/** Those of a person, or one. How many lived until now. */
export async function revokeTokens(
  at: Catalog | Unit,
  which: { readonly userId: string } | { readonly id: string },
  context: Context,
): Promise<number> {
  return write(
    at,
    async (access) => {
      let query = access.db
        .updateTable('tokens')
        .set({ revoked_at: await access.now() })
        .where('purpose', '=', purpose)
        .where('revoked_at', 'is', null);
      query = 'id' in which ? query.where('id', '=', which.id) : query.where('user_id', '=', which.userId);
      return (await query.returning('id').execute()).length;
    },
    context,
  );
}

/** Those that were revoked, or over, before. The audit trail remembers them. */
export async function sweepTokens(at: Catalog | Unit, before: Instant, context: Context): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const gone = await db
        .deleteFrom('tokens')
        .where('purpose', '=', purpose)
        .where(({ fn }) => fn.coalesce('revoked_at', 'expires_at'), '<', before)
        .returning('id')
        .execute();
      return gone.length;
    },
    context,
  );
}

function tokenOf(row: {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly scopes: string;
  readonly is_sensitive: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}): Token {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    isSensitive: row.is_sensitive === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}
