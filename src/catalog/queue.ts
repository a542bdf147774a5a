// The queue inside the catalog: what is added is done once, by one worker at a time, also when workers, nodes or the power go at any moment.
// A claim is a lease: while its worker beats, nobody else gets the task; when beats stop, the next who asks takes it over with a new fence.

import { sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import type { JsonValue } from '../base/jcs.ts';
import {
  type Access,
  type Catalog,
  read,
  storable,
  type Unit,
  write,
  writeAtOnce,
  writeFleeting,
} from './catalog.ts';
import { nextFence, taskLost } from './leases.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';
import { fromStored, toStored } from './stored-json.ts';

export interface NewTask {
  readonly kind: string;
  /** What is wanted, told so that wanting it twice is one task: "policy@due". Known as long as the task is kept. */
  readonly key: string;
  readonly payload: JsonValue;
  /** Higher goes first; 0 when left out. */
  readonly priority?: number;
  /** Not claimed before; at once when left out. */
  readonly dueAt?: Instant;
  /** At most `sourceLimit` (1 when left out) tasks of one source are claimed at a time. */
  readonly source?: string;
  readonly sourceLimit?: number;
}

export interface Task {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly payload: JsonValue;
  readonly priority: number;
  readonly dueAt: Instant;
  readonly source?: string;
  readonly state: 'waiting' | 'claimed' | 'done';
  /** How often it was claimed: more than once after a crash or a release. */
  readonly claims: number;
  readonly node?: string;
  readonly result?: JsonValue;
  /** Somebody wants it to stop; it may still be on its way. */
  readonly canceled?: { readonly actor: string; readonly at: Instant };
}

export interface Claim {
  readonly task: Task;
  readonly node: string;
  readonly fence: number;
  readonly heldUntil: Instant;
}

export interface ClaimWish {
  readonly node: string;
  readonly holdMs: number;
  /** All kinds when left out. */
  readonly kinds?: readonly string[];
}

export async function addTask(
  at: Catalog | Unit,
  task: NewTask,
  context: Context,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const key = storable(task.key);
      const known = await db.selectFrom('tasks').select('id').where('key', '=', key).executeTakeFirst();
      if (known !== undefined) return { id: known.id, isNew: false };
      const now = await access.now();
      const id = access.newId(now);
      await db
        .insertInto('tasks')
        .values({
          id,
          kind: task.kind,
          key,
          payload: toStored(task.payload),
          priority: task.priority ?? 0,
          due_at: task.dueAt ?? now,
          source: task.source === undefined ? null : storable(task.source),
          source_limit: task.sourceLimit ?? 1,
          state: 'waiting',
          node: null,
          fence: 0,
          held_until: 0,
          claims: 0,
          created_at: now,
          done_at: null,
          result: null,
          canceled_at: null,
          canceled_by: null,
        })
        .execute();
      return { id, isNew: true };
    },
    context,
  );
}

/** The most urgent task that may be done now; undefined when there is none. */
export async function claimTask(
  at: Catalog | Unit,
  { node, holdMs, kinds }: ClaimWish,
  context: Context,
): Promise<Claim | undefined> {
  return write(
    at,
    async (access) => {
      if (kinds?.length === 0) return undefined;
      const next = nextTask(access, kinds);
      // PostgreSQL is asked once for all of it. SQLite keeps its fences in a table, which an empty queue must not write.
      const isOneStep = access.kind === 'postgres';
      const id = isOneStep ? next : (await next.executeTakeFirst())?.id;
      if (id === undefined) return undefined;
      const fence = isOneStep ? sql<number>`nextval('fences')` : await nextFence(access);
      const row = await access.db
        .updateTable('tasks')
        .set(({ eb }) => ({
          state: 'claimed',
          node,
          fence,
          held_until: sql<number>`${access.nowWithin} + ${holdMs}`,
          claims: eb('claims', '+', 1),
        }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return { task: taskOf(row), node, fence: row.fence, heldUntil: row.held_until };
    },
    context,
    'tasks',
  );
}

/**
 * When somebody may take it. As one expression, for no index knows it: PostgreSQL then walks the open tasks in their order and stops at the
 * first, where it would otherwise collect and sort all that are due.
 */
const openFrom = sql<Instant>`case when state = 'waiting' then due_at else held_until + 1 end`;

function nextTask({ db, nowWithin: now }: Access, kinds: readonly string[] | undefined) {
  let query = db
    .selectFrom('tasks as task')
    .select('task.id')
    .where('task.state', '<>', 'done')
    .where(openFrom, '<=', now)
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('task.source', 'is', null),
        eb(
          selectFrom('tasks as other')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .whereRef('other.source', '=', 'task.source')
            .whereRef('other.id', '<>', 'task.id')
            .where('other.state', '=', 'claimed')
            .where('other.held_until', '>=', now),
          '<',
          sql<number>`${sql.ref('task.source_limit')}`,
        ),
      ]),
    );
  if (kinds !== undefined) query = query.where('task.kind', 'in', kinds);
  return query.orderBy('task.priority', 'desc').orderBy('task.due_at').orderBy('task.id').limit(1);
}

/** Whether a claim might find something. It may be too hopeful, never too gloomy. */
export async function hasDueTask(
  at: Catalog | Unit,
  context: Context,
  kinds?: readonly string[],
): Promise<boolean> {
  return read(
    at,
    async ({ db, nowWithin: now }) => {
      let query = db
        .selectFrom('tasks')
        .select('id')
        .where('state', '<>', 'done')
        .where(openFrom, '<=', now)
        .limit(1);
      if (kinds !== undefined) query = query.where('kind', 'in', kinds);
      const row = await query.executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}

/** "Still at it": holds the claim for longer. Fails with conflict/TASK_LOST when another has taken over. */
export async function beatTask(
  at: Catalog | Unit,
  claim: Claim,
  holdMs: number,
  context: Context,
): Promise<Claim> {
  return writeFleeting(
    at,
    async ({ db, nowWithin: now }) => {
      const row = await db
        .updateTable('tasks')
        .set({ held_until: sql<number>`${now} + ${holdMs}` })
        .where('id', '=', claim.task.id)
        .where('state', '=', 'claimed')
        .where('fence', '=', claim.fence)
        .returning('held_until')
        .executeTakeFirst();
      if (row === undefined) throw taskLost(claim.task.id);
      return { ...claim, heldUntil: row.held_until };
    },
    context,
  );
}

/** May be said again, as after an answer that was lost. Fails with conflict/TASK_LOST when another has taken over. */
export async function completeTask(
  at: Catalog | Unit,
  claim: Claim,
  result: JsonValue,
  context: Context,
): Promise<void> {
  await writeAtOnce(
    at,
    async (access) => {
      const row = await access.db
        .updateTable('tasks')
        .set({ state: 'done', done_at: access.nowWithin, result: toStored(result) })
        .where('id', '=', claim.task.id)
        .where('state', '=', 'claimed')
        .where('fence', '=', claim.fence)
        .returning('id')
        .executeTakeFirst();
      if (row !== undefined) return;
      const known = await access.db
        .selectFrom('tasks')
        .select('id')
        .where('id', '=', claim.task.id)
        .where('state', '=', 'done')
        .where('fence', '=', claim.fence)
        .executeTakeFirst();
      if (known === undefined) throw taskLost(claim.task.id);
    },
    context,
  );
}

/** Gives it back, for at once or for later. Succeeds also where another has taken over. */
export async function releaseTask(
  at: Catalog | Unit,
  claim: Claim,
  dueAt: Instant | undefined,
  context: Context,
): Promise<void> {
  await writeAtOnce(
    at,
    ({ db }) =>
      db
        .updateTable('tasks')
        .set({
          state: 'waiting',
          node: null,
          held_until: 0,
          // One that is to stop does not wait for its next try.
          ...(dueAt === undefined
            ? {}
            : { due_at: sql<number>`case when canceled_at is null then ${dueAt} else due_at end` }),
        })
        .where('id', '=', claim.task.id)
        .where('state', '=', 'claimed')
        .where('fence', '=', claim.fence)
        .execute(),
    context,
  );
}

/** Gives back all that a node holds: its process was restarted. Tells how many. */
export async function releaseTasksOf(at: Catalog | Unit, node: string, context: Context): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const { numUpdatedRows } = await db
        .updateTable('tasks')
        .set({ state: 'waiting', node: null, held_until: 0 })
        .where('state', '=', 'claimed')
        .where('node', '=', node)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
    context,
  );
}

/** Its state and, once done, its result; undefined for one that was swept or never was. */
export async function taskById(at: Catalog | Unit, id: string, context: Context): Promise<Task | undefined> {
  return taskWhere(at, 'id', id, context);
}

export async function taskByKey(
  at: Catalog | Unit,
  key: string,
  context: Context,
): Promise<Task | undefined> {
  return taskWhere(at, 'key', key, context);
}

async function taskWhere(
  at: Catalog | Unit,
  column: 'id' | 'key',
  value: string,
  context: Context,
): Promise<Task | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('tasks').selectAll().where(column, '=', value).executeTakeFirst();
      return row === undefined ? undefined : taskOf(row);
    },
    context,
  );
}

export interface QueueCounts {
  /** Due and not claimed. */
  readonly due: number;
  /** Wait for their time. */
  readonly delayed: number;
  readonly claimed: number;
  /** Claimed by somebody who beats no more. */
  readonly orphaned: number;
}

export interface QueueOutlook {
  readonly counts: QueueCounts;
  /** After so long they are others, though nobody writes; absent where they stay. */
  readonly changesInMs?: number;
}

export async function countTasks(at: Catalog | Unit, context: Context): Promise<QueueCounts> {
  return (await queueOutlook(at, context)).counts;
}

export async function queueOutlook(at: Catalog | Unit, context: Context): Promise<QueueOutlook> {
  return read(
    at,
    async (access) => {
      const now = await access.now();
      const { rows } = await sql<{ state: string; early: number; count: number; next: number }>`
        select state, case when state = 'waiting' then (case when due_at > ${now} then 1 else 0 end)
          else (case when held_until < ${now} then 1 else 0 end) end as early, count(*) as count,
          min(case when state = 'waiting' then due_at else held_until + 1 end) as next
        from tasks where state <> 'done' group by 1, 2`.execute(access.db);
      const of = (state: string, early: number) =>
        rows.find((row) => row.state === state && row.early === early)?.count ?? 0;
      const counts = {
        due: of('waiting', 0),
        delayed: of('waiting', 1),
        claimed: of('claimed', 0),
        orphaned: of('claimed', 1),
      };
      const ahead = rows.map(({ next }) => next - now).filter((wait) => wait > 0);
      return ahead.length === 0 ? { counts } : { counts, changesInMs: Math.min(...ahead) };
    },
    context,
  );
}

/** Newest first. */
export async function listTasks(
  at: Catalog | Unit,
  wish: PageWish & {
    readonly state?: Task['state'];
    /** Only what is about one of these policies, by their ids. */
    readonly policies?: readonly string[];
  },
  context: Context,
): Promise<Page<Task>> {
  const limit = limitOf(wish);
  const key = keyAfter(wish, 'string');
  return read(
    at,
    async ({ db, kind }) => {
      let query = db.selectFrom('tasks').selectAll();
      if (wish.policies !== undefined) {
        const policyId =
          kind === 'sqlite'
            ? sql<string>`json_extract(payload, '$.policyId')`
            : sql<string>`payload::json ->> 'policyId'`;
        query = query.where(policyId, 'in', [...wish.policies, '']);
      }
      if (wish.state !== undefined) query = query.where('state', '=', wish.state);
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, taskOf, ({ id }) => [id]);
    },
    context,
  );
}

/** Forgets what was done before: from then on the same key is a new task. Tells how many. */
export async function sweepTasks(at: Catalog | Unit, doneBefore: Instant, context: Context): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const { numDeletedRows } = await db
        .deleteFrom('tasks')
        .where('state', '=', 'done')
        .where('done_at', '<', doneBefore)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
    context,
  );
}

interface TaskFields {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly payload: string;
  readonly priority: number;
  readonly due_at: number;
  readonly source: string | null;
  readonly state: string;
  readonly node: string | null;
  readonly claims: number;
  readonly result: string | null;
  readonly canceled_at: number | null;
  readonly canceled_by: string | null;
}

function taskOf(row: TaskFields): Task {
  return {
    id: row.id,
    kind: row.kind,
    key: row.key,
    payload: fromStored(row.payload),
    priority: row.priority,
    dueAt: row.due_at,
    state: row.state as Task['state'],
    claims: row.claims,
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.node === null ? {} : { node: row.node }),
    ...(row.result === null ? {} : { result: fromStored(row.result) }),
    ...(row.canceled_at === null ? {} : { canceled: { actor: row.canceled_by ?? '', at: row.canceled_at } }),
  };
}
