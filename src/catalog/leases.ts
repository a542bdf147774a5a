// Leases: one holder at a time, told apart by a fence that only grows. A lease alone excludes nobody who was stopped and woke up again; what a
// holder writes therefore names its fence, and is refused in the same transaction when somebody else has taken over (requireHolding).

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type Access, type Catalog, read, type Unit, write, writeFleeting } from './catalog.ts';

export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: number;
  /** By the catalog's clock. The holder itself stops at ⅔ of the duration by its own monotonic clock. */
  readonly heldUntil: Instant;
}

/** What a writer holds: a lease, or a claimed task. */
export type Holding =
  | { readonly kind: 'lease'; readonly name: string; readonly fence: number }
  | { readonly kind: 'task'; readonly id: string; readonly fence: number };

/** Undefined while another holds it. Who holds it already gets it anew, with a new fence: it may have been restarted. */
export async function acquireLease(
  at: Catalog | Unit,
  {
    name,
    holder,
    durationMs,
  }: { readonly name: string; readonly holder: string; readonly durationMs: number },
  context: Context,
): Promise<Lease | undefined> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .selectFrom('leases')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirst();
      if (row?.holder != null && row.holder !== holder && row.held_until >= now) return undefined;
      const fence = await nextFence(access);
      const heldUntil = now + durationMs;
      const taken = { holder, fence, held_until: heldUntil };
      await access.db
        .insertInto('leases')
        .values({ name, ...taken })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(taken))
        .execute();
      return { name, holder, fence, heldUntil };
    },
    context,
  );
}

/** Fails with conflict/LEASE_LOST when another has it; one that ran out and was not taken goes on. */
export async function renewLease(
  at: Catalog | Unit,
  lease: Lease,
  durationMs: number,
  context: Context,
): Promise<Lease> {
  return writeFleeting(
    at,
    async (access) => {
      const heldUntil = (await access.now()) + durationMs;
      const row = await access.db
        .updateTable('leases')
        .set({ held_until: heldUntil })
        .where('name', '=', lease.name)
        .where('fence', '=', lease.fence)
        .where('holder', 'is not', null)
        .returning('name')
        .executeTakeFirst();
      if (row === undefined) throw leaseLost(lease.name);
      return { ...lease, heldUntil };
    },
    context,
  );
}

/** Succeeds also where it was lost already. */
export async function releaseLease(at: Catalog | Unit, lease: Lease, context: Context): Promise<void> {
  await write(
    at,
    ({ db }) =>
      db
        .updateTable('leases')
        .set({ holder: null, held_until: 0 })
        .where('name', '=', lease.name)
        .where('fence', '=', lease.fence)
        .execute(),
    context,
  );
}

/** Undefined when nobody ever took it, or it was released. */
export async function leaseNamed(
  at: Catalog | Unit,
  name: string,
  context: Context,
): Promise<Lease | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
      if (row === undefined || row.holder === null) return undefined;
      return { name, holder: row.holder, fence: row.fence, heldUntil: row.held_until };
    },
    context,
  );
}

/** Held now, by name: those whose names begin so. */
/** Each node that is at work holds the one of its name. */
export const nodePrefix = 'node:';

export async function heldLeases(
  at: Catalog | Unit,
  prefix: string,
  context: Context,
): Promise<readonly Lease[]> {
  return read(
    at,
    async (access) => {
      const now = await access.now();
      const rows = await access.db
        .selectFrom('leases')
        .selectAll()
        .where('name', '>=', prefix)
        .where('name', '<', `${prefix}\u{10ffff}`)
        .where('holder', 'is not', null)
        .where('held_until', '>=', now)
        .orderBy('name')
        .execute();
      return rows.map(({ name, holder, fence, held_until }) => ({
        name,
        holder: holder ?? '',
        fence,
        heldUntil: held_until,
      }));
    },
    context,
  );
}

/** Put into a unit beside what only the holder may write. Fails with conflict/LEASE_LOST or conflict/TASK_LOST. */
export async function requireHolding(at: Catalog | Unit, holding: Holding, context: Context): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      if (holding.kind === 'lease') {
        const row = await db
          .selectFrom('leases')
          .select('fence')
          .where('name', '=', holding.name)
          .where('fence', '=', holding.fence)
          .where('holder', 'is not', null)
          .executeTakeFirst();
        if (row === undefined) throw leaseLost(holding.name);
        return;
      }
      const row = await db
        .selectFrom('tasks')
        .select('fence')
        .where('id', '=', holding.id)
        .where('fence', '=', holding.fence)
        .where('state', '=', 'claimed')
        .executeTakeFirst();
      if (row === undefined) throw taskLost(holding.id);
    },
    context,
  );
}

/** Grows over all leases and tasks, and never comes back, not even of a transaction that was undone. */
export async function nextFence({ db, kind }: Access): Promise<number> {
  if (kind === 'postgres') {
    const { rows } = await sql<{ fence: number }>`select nextval('fences') as fence`.execute(db);
    return rows[0]!.fence;
  }
  const row = await db
    .updateTable('counters')
    .set(({ eb }) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', 'fence')
    .returning('value')
    .executeTakeFirstOrThrow();
  return row.value;
}

function leaseLost(name: string): Failure {
  return new Failure('conflict', 'LEASE_LOST', `the lease "${name}" was taken over by another`, {
    hint: 'Stop what was done under it; the other does it now.',
  });
}

export function taskLost(id: string): Failure {
  return new Failure('conflict', 'TASK_LOST', `the task "${id}" was taken over by another`, {
    hint: 'Stop what was done for it; the other does it now.',
  });
}
