// Recovery points and where their copies are. What is told here twice is one: a catalog is rebuilt by telling it all again.

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';
import { refuseLeaving } from './leaving.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf, type Within } from './page.ts';

export interface RecoveryPoint {
  readonly id: string;
  readonly policyId?: string;
  readonly source: string;
  readonly takenAt: Instant;
  readonly outcome: 'succeeded' | 'partial';
  readonly entries: number;
  readonly bytes: number;
  /** Until when retention wants it. */
  readonly keptUntil?: Instant;
  /** Nothing deletes it while it is held. */
  readonly hold?: { readonly reason: string; readonly actor: string; readonly since: Instant };
  readonly copies: readonly Copy[];
}

/** A snapshot in a repository. */
export interface Copy {
  readonly repository: string;
  readonly snapshot: string;
  readonly storage: string;
  readonly arrivedAt: Instant;
  readonly verifiedAt?: Instant;
  /** L1–L4 as 1–4. */
  readonly verifiedLevel?: number;
  /** A drill has restored it. */
  readonly provenAt?: Instant;
  /** The storage itself refuses to delete it until then. */
  readonly lockedUntil?: Instant;
  readonly removedAt?: Instant;
}

export interface NewRecoveryPoint {
  readonly policyId?: string;
  readonly source: string;
  readonly takenAt: Instant;
  readonly outcome: 'succeeded' | 'partial';
  readonly entries: number;
  readonly bytes: number;
  readonly copy: NewCopy;
}

export type NewCopy = Pick<Copy, 'repository' | 'snapshot' | 'storage' | 'arrivedAt'>;

/** The id of the point that has this copy, new or known. */
export async function addRecoveryPoint(
  at: Catalog | Unit,
  point: NewRecoveryPoint,
  context: Context,
): Promise<string> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const known = await db
        .selectFrom('copies')
        .select('recovery_point_id')
        .where('repository', '=', point.copy.repository)
        .where('snapshot', '=', point.copy.snapshot)
        .executeTakeFirst();
      if (known !== undefined) return known.recovery_point_id;
      const now = await access.now();
      const id = access.newId(now);
      await db
        .insertInto('recovery_points')
        .values({
          id,
          policy_id: point.policyId ?? null,
          source: storable(point.source),
          taken_at: point.takenAt,
          outcome: point.outcome,
          entries: point.entries,
          bytes: point.bytes,
          kept_until: null,
          hold_reason: null,
          hold_actor: null,
          held_at: null,
          created_at: now,
        })
        .execute();
      await db.insertInto('copies').values(copyRow(id, point.copy)).execute();
      return id;
    },
    context,
  );
}

/** The same moment in one more repository. Telling it again changes nothing. */
export async function addCopy(
  at: Catalog | Unit,
  recoveryPointId: string,
  copy: NewCopy,
  context: Context,
): Promise<void> {
  await write(
    at,
    ({ db }) =>
      db
        .insertInto('copies')
        .values(copyRow(recoveryPointId, copy))
        .onConflict((conflict) => conflict.columns(['repository', 'snapshot']).doNothing())
        .execute(),
    context,
  );
}

/** Undefined for a copy that the catalog does not know. */
export async function pointOfCopy(
  at: Catalog | Unit,
  { repository, snapshot }: { readonly repository: string; readonly snapshot: string },
  context: Context,
): Promise<string | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('copies')
        .select('recovery_point_id')
        .where('repository', '=', repository)
        .where('snapshot', '=', snapshot)
        .executeTakeFirst();
      return row?.recovery_point_id;
    },
    context,
  );
}

/** The point that has a copy of this id, in whichever repository. */
export async function pointOfSnapshot(
  at: Catalog | Unit,
  snapshot: string,
  context: Context,
): Promise<string | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('copies')
        .select('recovery_point_id')
        .where('snapshot', '=', snapshot)
        .executeTakeFirst();
      return row?.recovery_point_id;
    },
    context,
  );
}

/** Copies that had arrived by `askedAt` and are not among those that are there. Tells how many. */
export async function noteCopiesGone(
  at: Catalog | Unit,
  repository: string,
  present: readonly string[],
  askedAt: Instant,
  context: Context,
): Promise<number> {
  return write(
    at,
    async (access) => {
      const known = await access.db
        .selectFrom('copies')
        .select('snapshot')
        .where('repository', '=', repository)
        .where('removed_at', 'is', null)
        .where('arrived_at', '<', askedAt)
        .execute();
      const there = new Set(present);
      const gone = known.map(({ snapshot }) => snapshot).filter((snapshot) => !there.has(snapshot));
      const now = await access.now();
      for (const snapshot of gone) {
        await access.db
          .updateTable('copies')
          .set({ removed_at: now })
          .where('repository', '=', repository)
          .where('snapshot', '=', snapshot)
          .execute();
      }
      return gone.length;
    },
    context,
  );
}

/** Snapshots of this repository that nothing may delete, because their point is held. */
export async function heldSnapshots(
  at: Catalog | Unit,
  repository: string,
  context: Context,
): Promise<readonly string[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('copies')
        .innerJoin('recovery_points', 'recovery_points.id', 'copies.recovery_point_id')
        .select('snapshot')
        .where('repository', '=', repository)
        .where('held_at', 'is not', null)
        .execute();
      return rows.map(({ snapshot }) => snapshot);
    },
    context,
  );
}

/** Of these snapshots; where nobody could tell their ids, of all that had arrived before. */
export async function noteVerified(
  at: Catalog | Unit,
  repository: string,
  {
    verifiedAt,
    level,
    of,
  }: {
    readonly verifiedAt: Instant;
    readonly level: number;
    readonly of: readonly string[] | { readonly arrivedBefore: Instant };
  },
  context: Context,
): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      const query = db
        .updateTable('copies')
        .set({ verified_at: verifiedAt, verified_level: level })
        .where('repository', '=', repository)
        .where('removed_at', 'is', null);
      if ('arrivedBefore' in of) {
        await query.where('arrived_at', '<', of.arrivedBefore).execute();
        return;
      }
      for (let from = 0; from < of.length; from += snapshotsAtOnce) {
        await query.where('snapshot', 'in', of.slice(from, from + snapshotsAtOnce)).execute();
      }
    },
    context,
  );
}

const snapshotsAtOnce = 500;

function copyRow(recovery_point_id: string, { repository, snapshot, storage, arrivedAt }: NewCopy) {
  return {
    recovery_point_id,
    repository,
    snapshot,
    storage,
    arrived_at: arrivedAt,
    verified_at: null,
    verified_level: null,
    proven_at: null,
    locked_until: null,
    removed_at: null,
    leaving_task: null,
  };
}

export type CopyNews = Pick<Copy, 'verifiedAt' | 'verifiedLevel' | 'provenAt' | 'lockedUntil' | 'removedAt'>;

/** Fails with missing/COPY_UNKNOWN. */
export async function noteCopy(
  at: Catalog | Unit,
  { repository, snapshot }: { readonly repository: string; readonly snapshot: string },
  news: CopyNews,
  context: Context,
): Promise<void> {
  const columns = {
    ...(news.verifiedAt === undefined ? {} : { verified_at: news.verifiedAt }),
    ...(news.verifiedLevel === undefined ? {} : { verified_level: news.verifiedLevel }),
    ...(news.provenAt === undefined ? {} : { proven_at: news.provenAt }),
    ...(news.lockedUntil === undefined ? {} : { locked_until: news.lockedUntil }),
    ...(news.removedAt === undefined ? {} : { removed_at: news.removedAt }),
  };
  if (Object.keys(columns).length === 0) return;
  await write(
    at,
    async ({ db }) => {
      const row = await db
        .updateTable('copies')
        .set(columns)
        .where('repository', '=', repository)
        .where('snapshot', '=', snapshot)
        .returning('snapshot')
        .executeTakeFirst();
      if (row !== undefined) return;
      throw new Failure(
        'missing',
        'COPY_UNKNOWN',
        `the catalog knows no copy "${snapshot}" in "${repository}"`,
        {
          hint: 'Rebuild the catalog from the repositories.',
        },
      );
    },
    context,
  );
}

export async function keepUntil(
  at: Catalog | Unit,
  id: string,
  keptUntil: Instant | undefined,
  context: Context,
): Promise<void> {
  await changePoint(at, id, { kept_until: keptUntil ?? null }, context);
}

/** A later hold replaces the reason. Fails with conflict/RECOVERY_POINT_LEAVING where every copy is being deleted already. */
export async function holdPoint(
  at: Catalog | Unit,
  id: string,
  { reason, actor }: { readonly reason: string; readonly actor: string },
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const held = { hold_reason: storable(reason), hold_actor: actor, held_at: await access.now() };
      await changePoint(unitOf(access), id, held, context);
      await refuseLeaving(access, id);
    },
    context,
  );
}

export async function releasePoint(at: Catalog | Unit, id: string, context: Context): Promise<void> {
  await changePoint(at, id, { hold_reason: null, hold_actor: null, held_at: null }, context);
}

export interface RecoveryPointFilter extends PageWish {
  readonly policyId?: string;
  readonly source?: string;
  readonly takenFrom?: Instant;
  readonly takenBefore?: Instant;
  readonly id?: string;
  readonly within?: Within;
}

/** Newest first. */
export async function listRecoveryPoints(
  at: Catalog | Unit,
  filter: RecoveryPointFilter,
  context: Context,
): Promise<Page<RecoveryPoint>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'number', 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('recovery_points').selectAll();
      if (filter.policyId !== undefined) query = query.where('policy_id', '=', filter.policyId);
      if (filter.id !== undefined) query = query.where('id', '=', filter.id);
      if (filter.within !== undefined) {
        const { policies, repositories } = filter.within;
        query = query.where(({ or, eb, exists, selectFrom }) =>
          or([
            eb('policy_id', 'in', [...policies, '']),
            exists(
              selectFrom('copies')
                .select('snapshot')
                .whereRef('recovery_point_id', '=', 'recovery_points.id')
                .where('repository', 'in', [...repositories, '']),
            ),
          ]),
        );
      }
      if (filter.source !== undefined) query = query.where('source', '=', filter.source);
      if (filter.takenFrom !== undefined) query = query.where('taken_at', '>=', filter.takenFrom);
      if (filter.takenBefore !== undefined) query = query.where('taken_at', '<', filter.takenBefore);
      if (key !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('taken_at', 'id'), '<', tuple(key[0], key[1])),
        );
      }
      const rows = await query
        .orderBy('taken_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const ids = rows.map(({ id }) => id);
      const copies =
        ids.length === 0
          ? []
          : await db
              .selectFrom('copies')
              .selectAll()
              .where('recovery_point_id', 'in', ids)
              .orderBy('arrived_at')
              .execute();
      const copiesOf = Map.groupBy(copies, (copy) => copy.recovery_point_id);
      return pageOf(
        rows,
        limit,
        (row): RecoveryPoint => ({
          id: row.id,
          source: row.source,
          takenAt: row.taken_at,
          outcome: row.outcome as RecoveryPoint['outcome'],
          entries: row.entries,
          bytes: row.bytes,
          copies: (copiesOf.get(row.id) ?? []).map(copyOf),
          ...(row.policy_id === null ? {} : { policyId: row.policy_id }),
          ...(row.kept_until === null ? {} : { keptUntil: row.kept_until }),
          ...(row.held_at === null
            ? {}
            : { hold: { reason: row.hold_reason ?? '', actor: row.hold_actor ?? '', since: row.held_at } }),
        }),
        ({ taken_at, id }) => [taken_at, id],
      );
    },
    context,
  );
}

export async function recoveryPointById(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<RecoveryPoint | undefined> {
  return (await listRecoveryPoints(at, { id, limit: 1 }, context)).items[0];
}

interface CopyFields {
  readonly repository: string;
  readonly snapshot: string;
  readonly storage: string;
  readonly arrived_at: number;
  readonly verified_at: number | null;
  readonly verified_level: number | null;
  readonly proven_at: number | null;
  readonly locked_until: number | null;
  readonly removed_at: number | null;
}

function copyOf(row: CopyFields): Copy {
  return {
    repository: row.repository,
    snapshot: row.snapshot,
    storage: row.storage,
    arrivedAt: row.arrived_at,
    ...(row.verified_at === null ? {} : { verifiedAt: row.verified_at }),
    ...(row.verified_level === null ? {} : { verifiedLevel: row.verified_level }),
    ...(row.proven_at === null ? {} : { provenAt: row.proven_at }),
    ...(row.locked_until === null ? {} : { lockedUntil: row.locked_until }),
    ...(row.removed_at === null ? {} : { removedAt: row.removed_at }),
  };
}

interface PointChange {
  readonly kept_until?: number | null;
  readonly hold_reason?: string | null;
  readonly hold_actor?: string | null;
  readonly held_at?: number | null;
}

async function changePoint(
  at: Catalog | Unit,
  id: string,
  change: PointChange,
  context: Context,
): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      const row = await db
        .updateTable('recovery_points')
        .set(change)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (row !== undefined) return;
      throw new Failure('missing', 'RECOVERY_POINT_UNKNOWN', `the catalog knows no recovery point "${id}"`, {
        hint: 'Look at the list of recovery points, or rebuild the catalog from the repositories.',
      });
    },
    context,
  );
}
