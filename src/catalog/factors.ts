// Second ways to prove who one is: codes by time, passkeys, and codes on paper. Each counter only grows, so that nothing is used twice.

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import { type Catalog, read, storable, type Unit, write } from './catalog.ts';

export type FactorKind = 'totp' | 'passkey' | 'recovery';

export interface Factor {
  readonly id: string;
  readonly userId: string;
  readonly kind: FactorKind;
  readonly name: string;
  /** How the browser names a passkey; the hash of a code on paper. */
  readonly credential?: string;
  /** Of the kind: a public key; a secret that is sealed. */
  readonly data: string;
  /** The last step of time, or the signature counter. */
  readonly counter: number;
  readonly confirmedAt?: Instant;
  readonly createdAt: Instant;
  readonly lastUsedAt?: Instant;
}

export type FactorWish = Pick<Factor, 'userId' | 'kind' | 'name' | 'credential' | 'data' | 'counter'> & {
  readonly isConfirmed: boolean;
};

export async function insertFactor(at: Catalog | Unit, wish: FactorWish, context: Context): Promise<Factor> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = {
        id: access.newId(now),
        user_id: wish.userId,
        kind: wish.kind,
        name: storable(wish.name),
        credential: wish.credential ?? null,
        data: wish.data,
        counter: wish.counter,
        confirmed_at: wish.isConfirmed ? now : null,
        created_at: now,
        last_used_at: null,
      };
      await access.db.insertInto('factors').values(row).execute();
      return factorOf(row);
    },
    context,
  );
}

export async function listFactors(at: Catalog | Unit, userId: string, context: Context): Promise<Factor[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('factors')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('id')
        .execute();
      return rows.map(factorOf);
    },
    context,
  );
}

export async function factorWithCredential(
  at: Catalog | Unit,
  credential: string,
  context: Context,
): Promise<Factor | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('factors')
        .selectAll()
        .where('credential', '=', storable(credential))
        .executeTakeFirst();
      return row === undefined ? undefined : factorOf(row);
    },
    context,
  );
}

/** False when the counter has been there already: somebody uses again what was used. */
export async function advanceFactor(
  at: Catalog | Unit,
  id: string,
  counter: number,
  context: Context,
): Promise<boolean> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .updateTable('factors')
        .set({ counter, last_used_at: now, confirmed_at: sql`coalesce(confirmed_at, ${now})` })
        .where('id', '=', id)
        .where('counter', '<', counter)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}

/** A passkey that counts nothing. */
export async function touchFactor(at: Catalog | Unit, id: string, context: Context): Promise<void> {
  await write(
    at,
    async (access) => {
      const used = { last_used_at: await access.now() };
      await access.db.updateTable('factors').set(used).where('id', '=', id).execute();
    },
    context,
  );
}

export async function saveFactorData(
  at: Catalog | Unit,
  id: string,
  data: string,
  context: Context,
): Promise<void> {
  await write(
    at,
    ({ db }) => db.updateTable('factors').set({ data }).where('id', '=', id).execute(),
    context,
  );
}

/** One, or those of a kind, or all of a person. How many there were. */
export async function deleteFactors(
  at: Catalog | Unit,
  userId: string,
  { id, kinds, credential }: { id?: string; kinds?: readonly FactorKind[]; credential?: string },
  context: Context,
): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      let query = db.deleteFrom('factors').where('user_id', '=', userId);
      if (id !== undefined) query = query.where('id', '=', id);
      if (kinds !== undefined) query = query.where('kind', 'in', kinds);
      if (credential !== undefined) query = query.where('credential', '=', credential);
      return (await query.returning('id').execute()).length;
    },
    context,
  );
}

function factorOf(row: {
  readonly id: string;
  readonly user_id: string;
  readonly kind: string;
  readonly name: string;
  readonly credential: string | null;
  readonly data: string;
  readonly counter: number;
  readonly confirmed_at: number | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
}): Factor {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind as FactorKind,
    name: row.name,
    ...(row.credential === null ? {} : { credential: row.credential }),
    data: row.data,
    counter: row.counter,
    ...(row.confirmed_at === null ? {} : { confirmedAt: row.confirmed_at }),
    createdAt: row.created_at,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}
