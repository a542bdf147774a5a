// People with an account: what is remembered of them, their grants, and their earlier passwords. The rules are in identity/.

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Role } from '../model/permission.ts';
import { type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';

export interface User {
  readonly id: string;
  /** Lower case, unique. */
  readonly name: string;
  readonly role: Role;
  readonly hasPassword: boolean;
  /** Of the role that it has now; anew when the account was disabled and enabled again. */
  readonly rightsSince: Instant;
  readonly passwordSetAt?: Instant;
  readonly failedLogins: number;
  readonly lockedUntil?: Instant;
  readonly disabledAt?: Instant;
  readonly lastLoginAt?: Instant;
  readonly createdAt: Instant;
}

/** For the room of identity alone: nothing else may carry it. */
export interface UserWithHash extends User {
  readonly passwordHash?: string;
}

/** Fails with conflict/USER_EXISTS. */
export async function insertUser(
  at: Catalog | Unit,
  { name, role }: { readonly name: string; readonly role: Role },
  context: Context,
): Promise<User> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .insertInto('users')
        .values({
          id: access.newId(now),
          name,
          role,
          password_hash: null,
          second_factor: null,
          failed_logins: 0,
          locked_until: null,
          disabled_at: null,
          created_at: now,
          password_set_at: null,
          last_login_at: null,
          rights_since: now,
        })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw nameTaken(name);
      return userOf(row);
    },
    context,
  );
}

export async function userNamed(
  at: Catalog | Unit,
  name: string,
  context: Context,
): Promise<UserWithHash | undefined> {
  return select(at, 'name', name, context);
}

export async function userWithId(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<UserWithHash | undefined> {
  return select(at, 'id', id, context);
}

async function select(
  at: Catalog | Unit,
  column: 'id' | 'name',
  value: string,
  context: Context,
): Promise<UserWithHash | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('users')
        .selectAll()
        .where(column, '=', storable(value))
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        ...userOf(row),
        ...(row.password_hash === null ? {} : { passwordHash: row.password_hash }),
      };
    },
    context,
  );
}

/** By name. */
export async function listUsers(at: Catalog | Unit, filter: PageWish, context: Context): Promise<Page<User>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('users').selectAll();
      if (key !== undefined) query = query.where('name', '>', key[0]);
      const rows = await query
        .orderBy('name')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, userOf, ({ name }) => [name]);
    },
    context,
  );
}

export async function hasUsers(at: Catalog | Unit, context: Context): Promise<boolean> {
  return read(
    at,
    async ({ db }) => (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined,
    context,
  );
}

/** Admins who are not disabled, without this one. */
export async function otherAdmins(at: Catalog | Unit, id: string, context: Context): Promise<number> {
  return read(
    at,
    async ({ db }) => {
      const { count } = await db
        .selectFrom('users')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('role', '=', 'admin')
        .where('disabled_at', 'is', null)
        .where('id', '<>', id)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    context,
  );
}

export interface UserChanges {
  readonly name?: string;
  readonly role?: Role;
  readonly isDisabled?: boolean;
  readonly failedLogins?: number;
  readonly lockedUntil?: Instant | null;
  readonly hasLoggedIn?: true;
}

/** Fails with missing/USER_UNKNOWN, and conflict/USER_EXISTS when the new name is another's. */
export async function changeUser(
  at: Catalog | Unit,
  id: string,
  changes: UserChanges,
  context: Context,
): Promise<void> {
  const { name, role, isDisabled, failedLogins, lockedUntil, hasLoggedIn } = changes;
  await write(
    at,
    async (access) => {
      const { db } = access;
      const now = await access.now();
      if (name !== undefined) {
        const taken = await db
          .selectFrom('users')
          .select('id')
          .where('name', '=', name)
          .where('id', '<>', id)
          .executeTakeFirst();
        if (taken !== undefined) throw nameTaken(name);
      }
      const row = await db
        .updateTable('users')
        .set({
          id,
          ...(name === undefined ? {} : { name }),
          ...(role === undefined ? {} : { role }),
          ...(role === undefined && isDisabled !== false ? {} : { rights_since: now }),
          ...(isDisabled === undefined ? {} : { disabled_at: isDisabled ? now : null }),
          ...(failedLogins === undefined ? {} : { failed_logins: failedLogins }),
          ...(lockedUntil === undefined ? {} : { locked_until: lockedUntil }),
          ...(hasLoggedIn === undefined ? {} : { last_login_at: now }),
        })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) throw userUnknown(id);
    },
    context,
  );
}

/** The one before goes into the history, of which the last `keep` stay. */
export async function savePassword(
  at: Catalog | Unit,
  id: string,
  hash: string,
  keep: number,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const { db } = access;
      const now = await access.now();
      const row = await db
        .updateTable('users')
        .set({ password_hash: hash, password_set_at: now, failed_logins: 0, locked_until: null })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) throw userUnknown(id);
      const last = await db
        .selectFrom('user_passwords')
        .select(({ fn }) => fn.max('seq').as('seq'))
        .where('user_id', '=', id)
        .executeTakeFirst();
      const seq = (last?.seq ?? 0) + 1;
      await db.insertInto('user_passwords').values({ user_id: id, seq, hash, set_at: now }).execute();
      await db
        .deleteFrom('user_passwords')
        .where('user_id', '=', id)
        .where('seq', '<=', seq - keep)
        .execute();
    },
    context,
  );
}

/** Nothing opens the account by password until there is a new one. */
export async function clearPassword(at: Catalog | Unit, id: string, context: Context): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      const row = await db
        .updateTable('users')
        .set({ password_hash: null })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) throw userUnknown(id);
    },
    context,
  );
}

/** The same password in newer parameters: nothing that anybody did. */
export async function refreshHash(
  at: Catalog | Unit,
  id: string,
  { from, to }: { readonly from: string; readonly to: string },
  context: Context,
): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      await db
        .updateTable('users')
        .set({ password_hash: to })
        .where('id', '=', id)
        .where('password_hash', '=', from)
        .execute();
      await db
        .updateTable('user_passwords')
        .set({ hash: to })
        .where('user_id', '=', id)
        .where('hash', '=', from)
        .execute();
    },
    context,
  );
}

/** Newest first, the current one among them. */
export async function earlierPasswords(
  at: Catalog | Unit,
  id: string,
  limit: number,
  context: Context,
): Promise<string[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('user_passwords')
        .select('hash')
        .where('user_id', '=', id)
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ hash }) => hash);
    },
    context,
  );
}

/** With all that is theirs; the audit trail keeps what they did. */
export async function deleteUser(at: Catalog | Unit, id: string, context: Context): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      await db.deleteFrom('tokens').where('user_id', '=', id).execute();
      await db.deleteFrom('users').where('id', '=', id).execute();
    },
    context,
  );
}

export async function rememberAddress(
  at: Catalog | Unit,
  userId: string,
  address: string,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const seen = { last_login_at: await access.now() };
      await access.db
        .insertInto('user_addresses')
        .values({ user_id: userId, address, ...seen })
        .onConflict((conflict) => conflict.columns(['user_id', 'address']).doUpdateSet(seen))
        .execute();
    },
    context,
  );
}

export async function isKnownAddress(
  at: Catalog | Unit,
  userId: string,
  address: string,
  since: Instant,
  context: Context,
): Promise<boolean> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('user_addresses')
        .select('user_id')
        .where('user_id', '=', userId)
        .where('address', '=', address)
        .where('last_login_at', '>=', since)
        .executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}

/** Addresses from which nobody logged in since. */
export async function sweepAddresses(at: Catalog | Unit, before: Instant, context: Context): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const gone = await db
        .deleteFrom('user_addresses')
        .where('last_login_at', '<', before)
        .returning('address')
        .execute();
      return gone.length;
    },
    context,
  );
}

export interface UserFields {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly password_hash: string | null;
  readonly failed_logins: number;
  readonly locked_until: number | null;
  readonly disabled_at: number | null;
  readonly created_at: number;
  readonly password_set_at: number | null;
  readonly last_login_at: number | null;
  readonly rights_since: number | null;
}

export function userOf(row: UserFields): User {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    hasPassword: row.password_hash !== null,
    failedLogins: row.failed_logins,
    createdAt: row.created_at,
    rightsSince: row.rights_since ?? row.created_at,
    ...(row.password_set_at === null ? {} : { passwordSetAt: row.password_set_at }),
    ...(row.locked_until === null ? {} : { lockedUntil: row.locked_until }),
    ...(row.disabled_at === null ? {} : { disabledAt: row.disabled_at }),
    ...(row.last_login_at === null ? {} : { lastLoginAt: row.last_login_at }),
  };
}

export function userUnknown(name: string): Failure {
  return new Failure('missing', 'USER_UNKNOWN', `there is no user "${name}"`, {
    hint: 'Look at the list of users.',
  });
}

function nameTaken(name: string): Failure {
  return new Failure('conflict', 'USER_EXISTS', `there is a user "${name}" already`, {
    hint: 'Take another name.',
  });
}
