// What the checks of health ask the catalog, each answered by an index or a small table.

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import { type Catalog, read, type Unit } from './catalog.ts';

export interface PolicyAge {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Instant;
  /** Of the newest recovery point; absent where there is none. */
  readonly newestAt?: Instant;
}

/** Of enabled policies. */
export async function policyAges(at: Catalog | Unit, context: Context): Promise<readonly PolicyAge[]> {
  return read(
    at,
    async ({ db }) => {
      const { rows } = await sql<{ id: string; name: string; created_at: number; newest: number | null }>`
        select p.id, p.name, p.created_at,
          (select max(r.taken_at) from recovery_points r where r.policy_id = p.id) as newest
        from policies p where p.deleted_at is null and p.enabled = 1 order by p.name`.execute(db);
      return rows.map(({ id, name, created_at, newest }) => ({
        id,
        name,
        createdAt: created_at,
        ...(newest === null ? {} : { newestAt: newest }),
      }));
    },
    context,
  );
}

/** When the newest moment was taken that each repository holds of a policy, of those since `since`. */
export async function newestCopies(
  at: Catalog | Unit,
  { policyId, since }: { readonly policyId: string; readonly since: Instant },
  context: Context,
): Promise<ReadonlyMap<string, Instant>> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('recovery_points')
        .innerJoin('copies', 'copies.recovery_point_id', 'recovery_points.id')
        .select(({ fn }) => ['copies.repository', fn.max('recovery_points.taken_at').as('newest')])
        .where('recovery_points.policy_id', '=', policyId)
        .where('recovery_points.taken_at', '>=', since)
        .where('copies.removed_at', 'is', null)
        .groupBy('copies.repository')
        .execute();
      return new Map(rows.map(({ repository, newest }) => [repository, Number(newest)]));
    },
    context,
  );
}

export interface LateTasks {
  readonly kind: string;
  readonly count: number;
  /** Of the one that waits longest. */
  readonly dueAt: Instant;
}

/** Tasks that were due before and that nobody has claimed. */
export async function lateTasks(
  at: Catalog | Unit,
  before: Instant,
  context: Context,
): Promise<readonly LateTasks[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('tasks')
        .select(({ fn }) => ['kind', fn.countAll().as('count'), fn.min('due_at').as('due')])
        .where('state', '=', 'waiting')
        .where('due_at', '<', before)
        .groupBy('kind')
        .orderBy('kind')
        .execute();
      return rows.map(({ kind, count, due }) => ({ kind, count: Number(count), dueAt: Number(due) }));
    },
    context,
  );
}

/** Of these tasks that were claimed so often, the one that was most. */
export async function mostClaimed(
  at: Catalog | Unit,
  claimsMin: number,
  context: Context,
): Promise<{ readonly kind: string; readonly key: string; readonly claims: number } | undefined> {
  return read(
    at,
    ({ db }) =>
      db
        .selectFrom('tasks')
        .select(['kind', 'key', 'claims'])
        .where('state', '<>', 'done')
        .where('claims', '>=', claimsMin)
        .orderBy('claims', 'desc')
        .limit(1)
        .executeTakeFirst(),
    context,
  );
}

/** Leases of this prefix that were held and ran out before, and that nobody has taken since. */
export async function abandonedLeases(
  at: Catalog | Unit,
  { prefix, before }: { readonly prefix: string; readonly before: Instant },
  context: Context,
): Promise<readonly { readonly name: string; readonly heldUntil: Instant }[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('leases')
        .select(['name', 'held_until'])
        .where('name', 'like', `${prefix}%`)
        .where('holder', 'is not', null)
        .where('held_until', '<', before)
        .orderBy('name')
        .execute();
      return rows.map(({ name, held_until }) => ({ name, heldUntil: held_until }));
    },
    context,
  );
}

export interface EndingToken {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly expiresAt: Instant;
}

/** Tokens that work and will end before that, soonest first. */
export async function endingTokens(
  at: Catalog | Unit,
  before: Instant,
  context: Context,
): Promise<readonly EndingToken[]> {
  return read(
    at,
    async (access) => {
      const now = await access.now();
      const rows = await access.db
        .selectFrom('tokens')
        .innerJoin('users', 'users.id', 'tokens.user_id')
        .select(['tokens.id', 'tokens.name', 'users.name as user', 'tokens.expires_at'])
        .where('tokens.purpose', '=', 'api')
        .where('tokens.revoked_at', 'is', null)
        .where('tokens.expires_at', '>', now)
        .where('tokens.expires_at', '<', before)
        .orderBy('tokens.expires_at')
        .limit(50)
        .execute();
      return rows.map(({ id, name, user, expires_at }) => ({ id, name, user, expiresAt: expires_at }));
    },
    context,
  );
}

/** The clock that all nodes go by. */
export async function catalogClock(at: Catalog | Unit, context: Context): Promise<Instant> {
  return read(at, (access) => access.now(), context);
}
