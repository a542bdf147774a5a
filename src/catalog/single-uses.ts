// What is good for one use: links of setup and invitation, challenges of passkeys. Taking it is using it, whatever comes of it.

import type { Context } from '../base/context.ts';
import { type Catalog, read, type Unit, write } from './catalog.ts';

export interface SingleUse {
  readonly purpose: string;
  readonly userId?: string;
  readonly data: string;
}

export async function addSingleUse(
  at: Catalog | Unit,
  {
    hash,
    purpose,
    userId,
    data = '',
    lastsMs,
  }: {
    readonly hash: string;
    readonly purpose: string;
    readonly userId?: string | undefined;
    readonly data?: string;
    readonly lastsMs: number;
  },
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const now = await access.now();
      await access.db.deleteFrom('single_uses').where('expires_at', '<=', now).execute();
      await access.db
        .insertInto('single_uses')
        .values({
          hash,
          purpose,
          user_id: userId ?? null,
          data,
          created_at: now,
          expires_at: now + lastsMs,
        })
        .execute();
    },
    context,
  );
}

/** Undefined when there is none for this purpose, or its time is over. */
export async function takeSingleUse(
  at: Catalog | Unit,
  hash: string,
  purpose: string,
  context: Context,
): Promise<SingleUse | undefined> {
  return write(
    at,
    async (access) => {
      const row = await access.db
        .deleteFrom('single_uses')
        .where('hash', '=', hash)
        .where('purpose', '=', purpose)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined || row.expires_at <= (await access.now())) return undefined;
      return useOf(row);
    },
    context,
  );
}

/** Looks, and leaves it. */
export async function findSingleUse(
  at: Catalog | Unit,
  hash: string,
  purpose: string,
  context: Context,
): Promise<SingleUse | undefined> {
  return read(
    at,
    async (access) => {
      const row = await access.db
        .selectFrom('single_uses')
        .selectAll()
        .where('hash', '=', hash)
        .where('purpose', '=', purpose)
        .executeTakeFirst();
      if (row === undefined || row.expires_at <= (await access.now())) return undefined;
      return useOf(row);
    },
    context,
  );
}

export async function dropSingleUses(
  at: Catalog | Unit,
  purpose: string,
  userId: string | undefined,
  context: Context,
): Promise<void> {
  await write(
    at,
    ({ db }) =>
      db
        .deleteFrom('single_uses')
        .where('purpose', '=', purpose)
        .where('user_id', userId === undefined ? 'is' : '=', userId ?? null)
        .execute(),
    context,
  );
}

function useOf(row: {
  readonly purpose: string;
  readonly user_id: string | null;
  readonly data: string;
}): SingleUse {
  return {
    purpose: row.purpose,
    data: row.data,
    ...(row.user_id === null ? {} : { userId: row.user_id }),
  };
}
