// Grants: a role for one policy or repository, perhaps for one folder of it.

import type { Context, Instant } from '../base/context.ts';
import type { Role } from '../model/permission.ts';
import { type Access, type Catalog, read, type Unit, write } from './catalog.ts';

export interface Grant {
  readonly id: string;
  readonly role: Role;
  /** The policy's id. */
  readonly policy?: string;
  readonly repository?: string;
  readonly folder?: string;
  readonly createdAt: Instant;
}

export type GrantWish = Pick<Grant, 'role' | 'policy' | 'repository' | 'folder'>;

/** Succeeds also where it was granted already. */
export async function insertGrant(
  at: Catalog | Unit,
  userId: string,
  { role, policy, repository, folder }: GrantWish,
  context: Context,
): Promise<Grant> {
  return write(
    at,
    async (access) => {
      const known = (await grantsOfUser(access, userId)).find(
        (grant) =>
          grant.role === role &&
          grant.policy === policy &&
          grant.repository === repository &&
          grant.folder === folder,
      );
      if (known !== undefined) return known;
      const now = await access.now();
      const row = {
        id: access.newId(now),
        role,
        policy_id: policy ?? null,
        repository: repository ?? null,
        folder: folder ?? null,
        created_at: now,
      };
      await access.db
        .insertInto('grants')
        .values({ ...row, user_id: userId })
        .execute();
      return grantOf(row);
    },
    context,
  );
}

export async function listGrants(at: Catalog | Unit, userId: string, context: Context): Promise<Grant[]> {
  return read(at, (access) => grantsOfUser(access, userId), context);
}

/** The grant that is gone; undefined when there was none. */
export async function deleteGrant(
  at: Catalog | Unit,
  userId: string,
  id: string,
  context: Context,
): Promise<Grant | undefined> {
  return write(
    at,
    async ({ db }) => {
      const row = await db
        .deleteFrom('grants')
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : grantOf(row);
    },
    context,
  );
}

export async function grantsOfUser({ db }: Access, userId: string): Promise<Grant[]> {
  const rows = await db
    .selectFrom('grants')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  return rows.map(grantOf);
}

function grantOf(row: {
  readonly id: string;
  readonly role: string;
  readonly policy_id: string | null;
  readonly repository: string | null;
  readonly folder: string | null;
  readonly created_at: number;
}): Grant {
  return {
    id: row.id,
    role: row.role as Role,
    ...(row.policy_id === null ? {} : { policy: row.policy_id }),
    ...(row.repository === null ? {} : { repository: row.repository }),
    ...(row.folder === null ? {} : { folder: row.folder }),
    createdAt: row.created_at,
  };
}
