// What waits for a second person, and how they decided. An approval is for exactly one order, by its hash, and good for one use.

import type { Context, Instant } from '../base/context.ts';
import type { Permission } from '../model/permission.ts';
import { type Access, type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';

export type ApprovalState = 'waiting' | 'approved' | 'refused' | 'used' | 'expired';

export interface Approval {
  readonly id: string;
  readonly permission: Permission;
  /** What it is about, for people. */
  readonly object: string;
  /** SHA-256 of what exactly is to be done. */
  readonly orderHash: string;
  readonly summary: string;
  readonly reason: string;
  readonly state: ApprovalState;
  /** Names as in the audit trail. */
  readonly requestedBy: string;
  /** Who that is, whatever their name has become. */
  readonly requestedId: string;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  readonly decidedBy?: string;
  readonly decidedAt?: Instant;
  readonly usedAt?: Instant;
}

export type ApprovalWish = Pick<
  Approval,
  'permission' | 'object' | 'orderHash' | 'summary' | 'reason' | 'requestedBy' | 'requestedId'
> & { readonly lastsMs: number };

export async function insertApproval(
  at: Catalog | Unit,
  wish: ApprovalWish,
  context: Context,
): Promise<Approval> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = {
        id: access.newId(now),
        permission: wish.permission,
        object: storable(wish.object),
        order_hash: wish.orderHash,
        summary: storable(wish.summary),
        reason: storable(wish.reason),
        state: 'waiting',
        requested_by: wish.requestedBy,
        requested_id: wish.requestedId,
        requested_at: now,
        expires_at: now + wish.lastsMs,
        decided_by: null,
        decided_at: null,
        used_at: null,
      };
      await access.db.insertInto('approvals').values(row).execute();
      return approvalOf(row, now);
    },
    context,
  );
}

export async function approvalWithId(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<Approval | undefined> {
  return read(at, (access) => find(access, id), context);
}

/** The one that waits for exactly this, asked for by this person. */
export async function waitingApproval(
  at: Catalog | Unit,
  { permission, orderHash, requestedId }: Pick<ApprovalWish, 'permission' | 'orderHash' | 'requestedId'>,
  context: Context,
): Promise<Approval | undefined> {
  return read(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .selectFrom('approvals')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('requested_id', '=', requestedId)
        .where('order_hash', '=', orderHash)
        .where('permission', '=', permission)
        .where('expires_at', '>', now)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : approvalOf(row, now);
    },
    context,
  );
}

/** Undefined when it does not wait any more. */
export async function decideApproval(
  at: Catalog | Unit,
  id: string,
  { isApproved, actor, lastsMs }: { isApproved: boolean; actor: string; lastsMs: number },
  context: Context,
): Promise<Approval | undefined> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .updateTable('approvals')
        .set({
          state: isApproved ? 'approved' : 'refused',
          decided_by: actor,
          decided_at: now,
          expires_at: now + lastsMs,
        })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .where('expires_at', '>', now)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : approvalOf(row, now);
    },
    context,
  );
}

/** True once, and only for what was approved and asked for by this person. Put into the unit of the act itself. */
export async function useApproval(
  at: Catalog | Unit,
  id: string,
  of: { readonly permission: Permission; readonly orderHash: string; readonly requestedId: string },
  context: Context,
): Promise<boolean> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .updateTable('approvals')
        .set({ state: 'used', used_at: now })
        .where('id', '=', id)
        .where('state', '=', 'approved')
        .where('permission', '=', of.permission)
        .where('order_hash', '=', of.orderHash)
        .where('requested_id', '=', of.requestedId)
        .where('expires_at', '>', now)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}

/** Those whose time is over, now also by their state: their ids. */
export async function expireApprovals(at: Catalog | Unit, context: Context): Promise<string[]> {
  return write(
    at,
    async (access) => {
      const rows = await access.db
        .updateTable('approvals')
        .set({ state: 'expired' })
        .where('state', 'in', ['waiting', 'approved'])
        .where('expires_at', '<=', await access.now())
        .returning('id')
        .execute();
      return rows.map(({ id }) => id);
    },
    context,
  );
}

/** Newest first. */
export async function listApprovals(
  at: Catalog | Unit,
  filter: PageWish & { readonly isWaiting?: boolean },
  context: Context,
): Promise<Page<Approval>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'string');
  return read(
    at,
    async (access) => {
      const now = await access.now();
      let query = access.db.selectFrom('approvals').selectAll();
      if (filter.isWaiting === true)
        query = query.where('state', '=', 'waiting').where('expires_at', '>', now);
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        (row) => approvalOf(row, now),
        ({ id }) => [id],
      );
    },
    context,
  );
}

async function find(access: Access, id: string): Promise<Approval | undefined> {
  const row = await access.db.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : approvalOf(row, await access.now());
}

function approvalOf(
  row: {
    readonly id: string;
    readonly permission: string;
    readonly object: string;
    readonly order_hash: string;
    readonly summary: string;
    readonly reason: string;
    readonly state: string;
    readonly requested_by: string;
    readonly requested_id: string;
    readonly requested_at: number;
    readonly expires_at: number;
    readonly decided_by: string | null;
    readonly decided_at: number | null;
    readonly used_at: number | null;
  },
  now: Instant,
): Approval {
  const isOver = (row.state === 'waiting' || row.state === 'approved') && now >= row.expires_at;
  return {
    id: row.id,
    permission: row.permission as Permission,
    object: row.object,
    orderHash: row.order_hash,
    summary: row.summary,
    reason: row.reason,
    state: isOver ? 'expired' : (row.state as ApprovalState),
    requestedBy: row.requested_by,
    requestedId: row.requested_id,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
    ...(row.used_at === null ? {} : { usedAt: row.used_at }),
  };
}
