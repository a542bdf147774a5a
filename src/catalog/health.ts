// What the checks of health found: the latest of each thing that is watched, and each change of its state.

import type { Context, Instant } from '../base/context.ts';
import type { Facts } from '../base/failure.ts';
import { type HealthState, type Patience, type Settled, settle } from '../model/health.ts';
import { type Access, type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';

export interface HealthResult {
  /** Of the check: "disk". */
  readonly name: string;
  /** What was looked at, such as a repository; empty where the check has but one. */
  readonly object: string;
  readonly state: HealthState;
  /** Names the text for people. */
  readonly reason: string;
  readonly facts: Facts;
}

export interface HealthRecord extends HealthResult, Settled {
  /** Of which machine; empty for what all of them share. */
  readonly node: string;
  readonly since: Instant;
  readonly checkedAt: Instant;
}

export interface HealthChange extends HealthResult {
  readonly node: string;
  /** Undefined: seen for the first time. */
  readonly before?: HealthState;
  readonly at: Instant;
}

/** What one check found on one machine at one time. An object that it does not name any more is well or gone, and forgotten. */
export interface HealthRound {
  readonly node: string;
  readonly name: string;
  readonly results: readonly Omit<HealthResult, 'name'>[];
  readonly patience: Patience;
  /** Only some of the objects were looked at: what is known of the others stays. */
  readonly isPartial?: true;
}

export interface HealthNote {
  readonly records: readonly HealthRecord[];
  readonly gone: readonly HealthRecord[];
}

export async function noteHealth(
  at: Catalog | Unit,
  { node, name, results, patience, isPartial }: HealthRound,
  context: Context,
): Promise<HealthNote> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const now = await access.now();
      const rows = await db
        .selectFrom('health_states')
        .selectAll()
        .where('node', '=', node)
        .where('name', '=', name)
        .execute();
      const known = new Map(rows.map((row) => [row.object, recordOf(row)]));
      const records: HealthRecord[] = [];
      for (const result of results) {
        const object = storable(result.object);
        const before = known.get(object);
        known.delete(object);
        const settled = settle(before, result.state, patience);
        const hasChanged = before?.state !== settled.state;
        // While a state holds against what was seen, its words stay those of the state.
        const told = settled.state === result.state || before === undefined ? result : before;
        const record: HealthRecord = {
          ...settled,
          node,
          name,
          object,
          reason: told.reason,
          facts: told.facts,
          since: hasChanged || before === undefined ? now : before.since,
          checkedAt: now,
        };
        records.push(record);
        await save(access, record);
        if (hasChanged) await noteChange(access, record, before?.state, now);
      }
      const gone = isPartial ? [] : [...known.values()];
      for (const record of gone) {
        await db
          .deleteFrom('health_states')
          .where('node', '=', node)
          .where('name', '=', name)
          .where('object', '=', record.object)
          .execute();
        const last = { ...record, state: 'ok' as const, reason: 'gone', facts: {} };
        if (record.state !== 'ok') await noteChange(access, last, record.state, now);
      }
      return { records, gone };
    },
    context,
  );
}

async function save({ db }: Access, record: HealthRecord): Promise<void> {
  const { node, name, object, state, since, heading, headingCount, checkedAt, reason } = record;
  const columns = {
    state,
    since,
    heading,
    heading_count: headingCount,
    checked_at: checkedAt,
    reason,
    facts: storable(JSON.stringify(record.facts)),
  };
  await db
    .insertInto('health_states')
    .values({ node, name, object, ...columns })
    .onConflict((conflict) => conflict.columns(['node', 'name', 'object']).doUpdateSet(columns))
    .execute();
}

async function noteChange(
  access: Access,
  { node, name, object, state, reason, facts }: HealthRecord,
  before: HealthState | undefined,
  at: Instant,
): Promise<void> {
  await access.db
    .insertInto('health_changes')
    .values({
      id: access.newId(at),
      node,
      name,
      object,
      before: before ?? null,
      state,
      at,
      reason,
      facts: storable(JSON.stringify(facts)),
    })
    .execute();
}

/** Of what was looked at only in parts, the objects that are no more: those not among `objects`. */
export async function forgetHealth(
  at: Catalog | Unit,
  {
    node,
    name,
    objects,
  }: { readonly node: string; readonly name: string; readonly objects: readonly string[] },
  context: Context,
): Promise<readonly HealthRecord[]> {
  const kept = (await listHealth(at, context)).filter(
    (one) => one.node === node && one.name === name && !objects.includes(one.object),
  );
  for (const { object } of kept) {
    await write(
      at,
      ({ db }) =>
        db
          .deleteFrom('health_states')
          .where('node', '=', node)
          .where('name', '=', name)
          .where('object', '=', object)
          .execute(),
      context,
    );
  }
  return kept;
}

/** By check, object and machine. */
export async function listHealth(at: Catalog | Unit, context: Context): Promise<readonly HealthRecord[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('health_states')
        .selectAll()
        .orderBy('name')
        .orderBy('object')
        .orderBy('node')
        .execute();
      return rows.map(recordOf);
    },
    context,
  );
}

/** Newest first. */
export async function listHealthChanges(
  at: Catalog | Unit,
  wish: PageWish & { readonly name?: string },
  context: Context,
): Promise<Page<HealthChange>> {
  const limit = limitOf(wish);
  const key = keyAfter(wish, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('health_changes').selectAll();
      if (wish.name !== undefined) query = query.where('name', '=', wish.name);
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        (row): HealthChange => ({
          node: row.node,
          name: row.name,
          object: row.object,
          state: row.state as HealthState,
          at: row.at,
          reason: row.reason,
          facts: JSON.parse(row.facts),
          ...(row.before === null ? {} : { before: row.before as HealthState }),
        }),
        ({ id }) => [id],
      );
    },
    context,
  );
}

/** Forgets changes from before, and machines that were not heard of since. */
export async function trimHealth(at: Catalog | Unit, before: Instant, context: Context): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      await db.deleteFrom('health_changes').where('at', '<', before).execute();
      await db.deleteFrom('health_states').where('checked_at', '<', before).execute();
    },
    context,
  );
}

interface HealthFields {
  readonly node: string;
  readonly name: string;
  readonly object: string;
  readonly state: string;
  readonly since: number;
  readonly heading: string;
  readonly heading_count: number;
  readonly checked_at: number;
  readonly reason: string;
  readonly facts: string;
}

function recordOf(row: HealthFields): HealthRecord {
  return {
    node: row.node,
    name: row.name,
    object: row.object,
    state: row.state as HealthState,
    since: row.since,
    heading: row.heading as HealthState,
    headingCount: row.heading_count,
    checkedAt: row.checked_at,
    reason: row.reason,
    facts: JSON.parse(row.facts),
  };
}
