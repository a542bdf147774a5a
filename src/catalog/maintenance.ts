// What shows that the recurring work was done: written by the program for what it witnesses itself, by people for the rest.

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import { appendAudit } from './audit.ts';
import { type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';

export interface Evidence {
  readonly id: string;
  readonly task: string;
  readonly at: Instant;
  /** "holdfast" for what the program witnessed. */
  readonly actor: string;
  readonly note: string;
}

export const ownActor = 'holdfast';

export interface PlanTimes {
  readonly since: Instant;
  /** When this version of the program was first seen with this catalog. */
  readonly updatedAt: Instant;
}

/** Begins the plan at the first call, and notes an update of the program where its version is told. */
export async function beginPlan(
  at: Catalog | Unit,
  version: string | undefined,
  context: Context,
): Promise<PlanTimes & { readonly now: Instant }> {
  return write(
    at,
    async ({ db, now: clock }) => {
      const now = await clock();
      const known = await db.selectFrom('maintenance_plan').selectAll().executeTakeFirst();
      if (known === undefined) {
        await db
          .insertInto('maintenance_plan')
          .values({ one: 1, since: now, version: version ?? '', updated_at: now })
          .execute();
        return { since: now, updatedAt: now, now };
      }
      if (version === undefined || known.version === version)
        return { since: known.since, updatedAt: known.updated_at, now };
      await db.updateTable('maintenance_plan').set({ version, updated_at: now }).execute();
      return { since: known.since, updatedAt: now, now };
    },
    context,
  );
}

/** By a person: always kept. */
export async function addEvidence(
  at: Catalog | Unit,
  wish: {
    readonly task: string;
    readonly periodFrom: Instant;
    readonly actor: string;
    readonly note: string;
    /** For the audit trail. */
    readonly node: string;
  },
  context: Context,
): Promise<Evidence> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const evidence = {
        id: access.newId(now),
        task: wish.task,
        at: now,
        actor: storable(wish.actor),
        note: storable(wish.note),
      };
      await access.db
        .insertInto('maintenance_evidence')
        .values({ ...evidence, period_from: wish.periodFrom })
        .execute();
      await appendAudit(
        unitOf(access),
        {
          node: wish.node,
          actor: wish.actor,
          method: 'local',
          action: 'maintenance:done',
          object: wish.task,
          outcome: 'succeeded',
        },
        context,
      );
      return evidence;
    },
    context,
    'audit',
  );
}

/** By the program: once for each task and period. Tells whether it is new. */
export async function noteWitnessed(
  at: Catalog | Unit,
  wish: { readonly task: string; readonly periodFrom: Instant; readonly note: string },
  context: Context,
): Promise<boolean> {
  return write(
    at,
    async (access) => {
      const known = await access.db
        .selectFrom('maintenance_evidence')
        .select('id')
        .where('task', '=', wish.task)
        .where('period_from', '=', wish.periodFrom)
        .where('actor', '=', ownActor)
        .executeTakeFirst();
      if (known !== undefined) return false;
      const now = await access.now();
      await access.db
        .insertInto('maintenance_evidence')
        .values({
          id: access.newId(now),
          task: wish.task,
          at: now,
          period_from: wish.periodFrom,
          actor: ownActor,
          note: storable(wish.note),
        })
        .execute();
      return true;
    },
    context,
  );
}

/** Newest first. */
export async function listEvidence(
  at: Catalog | Unit,
  filter: { readonly task?: string; readonly since?: Instant; readonly limit: number },
  context: Context,
): Promise<readonly Evidence[]> {
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('maintenance_evidence').select(['id', 'task', 'at', 'actor', 'note']);
      if (filter.task !== undefined) query = query.where('task', '=', filter.task);
      if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
      return query.orderBy('at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute();
    },
    context,
  );
}

export interface Witnessed {
  /** Enabled policies, and how many of them had a good last run that ended since then. */
  readonly policies: number;
  readonly succeeded: number;
  /** Of the copies that are kept and arrived before: all, and those verified since then. */
  readonly copies: number;
  readonly verified: number;
  /** Copies, and policies with a copy, that were restored and proven since then. */
  readonly proven: number;
  readonly provenPolicies: number;
  /** Rotations of keys in the audit trail since then. */
  readonly rotations: number;
}

/** What the catalog itself can show for the time since `from`. */
export async function witnessedSince(
  at: Catalog | Unit,
  from: Instant,
  context: Context,
): Promise<Witnessed> {
  return read(
    at,
    async ({ db }) => {
      const runs = await sql<{ policies: number; succeeded: number }>`
        select count(*) as policies,
          coalesce(sum(case when s.last_outcome = 'succeeded' and s.last_ended_at >= ${from} then 1 else 0 end), 0) as succeeded
        from policies p join policy_states s on s.policy_id = p.id
        where p.deleted_at is null and p.enabled = 1`.execute(db);
      const copies = await sql<{ copies: number; verified: number; proven: number }>`
        select coalesce(sum(case when arrived_at < ${from} then 1 else 0 end), 0) as copies,
          coalesce(sum(case when arrived_at < ${from} and verified_at >= ${from} then 1 else 0 end), 0) as verified,
          coalesce(sum(case when proven_at >= ${from} then 1 else 0 end), 0) as proven
        from copies where removed_at is null`.execute(db);
      const proven = await sql<{ policies: number }>`
        select count(distinct r.policy_id) as policies
        from copies c join recovery_points r on r.id = c.recovery_point_id
        join policies p on p.id = r.policy_id
        where c.proven_at >= ${from} and p.deleted_at is null and p.enabled = 1`.execute(db);
      const rotations = await db
        .selectFrom('audit_entries')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('action', '=', 'key:rotate')
        // A refused or failed one and a plan show nothing; in canonical JSON no value can look like this.
        .where('entry', 'like', '%"outcome":"succeeded"%')
        .where('entry', 'not like', '%"dryRun":true%')
        .where('at', '>=', from)
        .executeTakeFirst();
      return {
        policies: Number(runs.rows[0]?.policies ?? 0),
        succeeded: Number(runs.rows[0]?.succeeded ?? 0),
        copies: Number(copies.rows[0]?.copies ?? 0),
        verified: Number(copies.rows[0]?.verified ?? 0),
        proven: Number(copies.rows[0]?.proven ?? 0),
        provenPolicies: Number(proven.rows[0]?.policies ?? 0),
        rotations: Number(rotations?.count ?? 0),
      };
    },
    context,
  );
}
