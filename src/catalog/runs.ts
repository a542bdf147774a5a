// Runs: one attempt each of what a policy wants at a due time. A due time takes effect once: the tables refuse a second effective or a second
// running attempt, and only who still holds the task or lease may end one.

import type { Context, Instant, Problem } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Outcome } from '../model/outcome.ts';
import {
  type Access,
  type Catalog,
  read,
  storable,
  type Unit,
  unitOf,
  write,
  writeFleeting,
} from './catalog.ts';
import { type Holding, requireHolding } from './leases.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf, type Within } from './page.ts';

export interface Run {
  readonly id: string;
  readonly policyId: string;
  readonly dueAt: Instant;
  /** From 1. */
  readonly attempt: number;
  readonly state: 'running' | 'ended';
  readonly outcome?: Outcome;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly node: string;
  readonly fence: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly problemCount: number;
  readonly failure?: { readonly code: string; readonly message: string };
}

export interface RunStart {
  readonly policyId: string;
  readonly dueAt: Instant;
  readonly node: string;
  readonly holding: Holding;
}

export interface RunEnd {
  readonly outcome: Outcome;
  readonly counts: Readonly<Record<string, number>>;
  readonly failure?: { readonly code: string; readonly message: string };
}

const problemsAtOnce = 500;

/** An attempt that lost its holder ends as failed. Fails with conflict/RUN_DONE when the due time has taken effect. */
export async function startRun(at: Catalog | Unit, start: RunStart, context: Context): Promise<Run> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const { policyId, dueAt, node, holding } = start;
      await requireHolding(unitOf(access), holding, context);
      const now = await access.now();
      const others = await db
        .selectFrom('runs')
        .select(['id', 'attempt', 'state', 'outcome', 'fence'])
        .where('policy_id', '=', policyId)
        .where('due_at', '=', dueAt)
        .execute();
      if (others.some(({ outcome }) => outcome === 'succeeded' || outcome === 'partial')) {
        throw new Failure('conflict', 'RUN_DONE', 'what was due has been done', {
          hint: 'Complete the task; there is nothing left to do.',
        });
      }
      for (const other of others.filter(({ state }) => state === 'running')) {
        if (other.fence >= holding.fence) {
          throw new Failure('conflict', 'RUN_RUNNING', 'what is due is being done by another', {
            hint: 'Wait for it to end.',
          });
        }
        await finish(access, other.id, policyId, now, {
          outcome: 'failed',
          counts: {},
          failure: { code: 'RUN_ABANDONED', message: 'the node that did it was lost' },
        });
      }
      const run = {
        id: access.newId(now),
        policyId,
        dueAt,
        attempt: 1 + Math.max(0, ...others.map(({ attempt }) => attempt)),
        state: 'running' as const,
        startedAt: now,
        node,
        fence: holding.fence,
        counts: {},
        problemCount: 0,
      };
      await db
        .insertInto('runs')
        .values({
          id: run.id,
          policy_id: policyId,
          due_at: dueAt,
          attempt: run.attempt,
          state: run.state,
          outcome: null,
          started_at: now,
          ended_at: null,
          node,
          fence: run.fence,
          task_id: holding.kind === 'task' ? holding.id : null,
          lease_name: holding.kind === 'lease' ? holding.name : null,
          counts: '{}',
          failure_code: null,
          failure_message: null,
        })
        .execute();
      return run;
    },
    context,
  );
}

/** Problems as they come; counted at once, so that a run that dies has told what it had seen. */
export async function addProblems(
  at: Catalog | Unit,
  runId: string,
  problems: readonly Problem[],
  context: Context,
): Promise<void> {
  for (let from = 0; from < problems.length; from += problemsAtOnce) {
    const some = problems.slice(from, from + problemsAtOnce);
    await write(
      at,
      async ({ db }) => {
        const row = await db
          .updateTable('runs')
          .set(({ eb }) => ({ problem_count: eb('problem_count', '+', some.length) }))
          .where('id', '=', runId)
          .where('state', '=', 'running')
          .returning('problem_count')
          .executeTakeFirst();
        if (row === undefined) throw runOver(runId);
        const first = row.problem_count - some.length;
        await db
          .insertInto('run_problems')
          .values(
            some.map(({ path, code, message }, index) => ({
              run_id: runId,
              seq: first + index,
              path: storable(path),
              code,
              message: storable(message),
            })),
          )
          .execute();
      },
      context,
    );
  }
}

/** What a dashboard shows of a run on its way. */
export async function noteCounts(
  at: Catalog | Unit,
  runId: string,
  fence: number,
  counts: Readonly<Record<string, number>>,
  context: Context,
): Promise<void> {
  await writeFleeting(
    at,
    async ({ db }) => {
      const row = await db
        .updateTable('runs')
        .set({ counts: JSON.stringify(counts) })
        .where('id', '=', runId)
        .where('fence', '=', fence)
        .where('state', '=', 'running')
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) throw runOver(runId);
    },
    context,
  );
}

/** May be said again. Fails with a conflict when the holder of `run` was replaced: nothing of it is then written. */
export async function endRun(at: Catalog | Unit, run: Run, end: RunEnd, context: Context): Promise<void> {
  await write(
    at,
    async (access) => {
      const row = await access.db
        .selectFrom('runs')
        .select(['state', 'outcome', 'fence', 'task_id', 'lease_name'])
        .where('id', '=', run.id)
        .executeTakeFirst();
      if (row === undefined || row.fence !== run.fence) throw runOver(run.id);
      if (row.state === 'ended') {
        if (row.outcome === end.outcome) return;
        throw runOver(run.id);
      }
      const holding: Holding =
        row.task_id === null
          ? { kind: 'lease', name: row.lease_name ?? '', fence: row.fence }
          : { kind: 'task', id: row.task_id, fence: row.fence };
      await requireHolding(unitOf(access), holding, context);
      await finish(access, run.id, run.policyId, await access.now(), end);
    },
    context,
  );
}

/** Of a task that ends without a word of its own. Part of the unit in which the task ends. */
export async function endRunsOfTask(
  unit: Unit,
  taskId: string,
  end: RunEnd,
  context: Context,
): Promise<readonly string[]> {
  return write(
    unit,
    async (access) => {
      const now = await access.now();
      const rows = await access.db
        .selectFrom('runs')
        .select(['id', 'policy_id'])
        .where('task_id', '=', taskId)
        .where('state', '=', 'running')
        .execute();
      for (const { id, policy_id: policyId } of rows) await finish(access, id, policyId, now, end);
      return rows.map(({ id }) => id);
    },
    context,
  );
}

async function finish(
  { db }: Access,
  runId: string,
  policyId: string,
  now: Instant,
  end: RunEnd,
): Promise<void> {
  await db
    .updateTable('runs')
    .set({
      state: 'ended',
      outcome: end.outcome,
      ended_at: now,
      ...(Object.keys(end.counts).length === 0 ? {} : { counts: JSON.stringify(end.counts) }),
      failure_code: end.failure?.code ?? null,
      failure_message: end.failure === undefined ? null : storable(end.failure.message),
    })
    .where('id', '=', runId)
    .execute();
  const isEffective = end.outcome === 'succeeded' || end.outcome === 'partial';
  await db
    .updateTable('policy_states')
    .set({
      last_run_id: runId,
      last_outcome: end.outcome,
      last_ended_at: now,
      ...(isEffective ? { last_succeeded_at: now } : {}),
    })
    .where('policy_id', '=', policyId)
    .execute();
}

export interface RunFilter extends PageWish {
  readonly policyId?: string;
  readonly outcome?: Outcome;
  readonly within?: Within;
}

/** Newest first. */
export async function listRuns(at: Catalog | Unit, filter: RunFilter, context: Context): Promise<Page<Run>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('runs').selectAll();
      if (filter.policyId !== undefined) query = query.where('policy_id', '=', filter.policyId);
      if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
      if (filter.within !== undefined) {
        query = query.where('policy_id', 'in', [...filter.within.policies, '']);
      }
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, runOf, ({ id }) => [id]);
    },
    context,
  );
}

export async function runById(at: Catalog | Unit, id: string, context: Context): Promise<Run | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : runOf(row);
    },
    context,
  );
}

/** Which task does it; undefined for one that a lease does, or that never was. */
export async function taskOfRun(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<string | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('runs').select('task_id').where('id', '=', id).executeTakeFirst();
      return row?.task_id ?? undefined;
    },
    context,
  );
}

/** All attempts at one due time, the first one first. */
export async function attemptsAt(
  at: Catalog | Unit,
  policyId: string,
  dueAt: Instant,
  context: Context,
): Promise<readonly Run[]> {
  return read(
    at,
    async ({ db }) =>
      (
        await db
          .selectFrom('runs')
          .selectAll()
          .where('policy_id', '=', policyId)
          .where('due_at', '=', dueAt)
          .orderBy('attempt')
          .execute()
      ).map(runOf),
    context,
  );
}

/** What has not ended, oldest first: at most 500, for who looks whether they live. */
export async function runningRuns(at: Catalog | Unit, context: Context): Promise<readonly Run[]> {
  return read(
    at,
    async ({ db }) =>
      (
        await db
          .selectFrom('runs')
          .selectAll()
          .where('state', '=', 'running')
          .orderBy('id')
          .limit(500)
          .execute()
      ).map(runOf),
    context,
  );
}

/** In the order in which they came. */
export async function listProblems(
  at: Catalog | Unit,
  runId: string,
  wish: PageWish,
  context: Context,
): Promise<Page<Problem>> {
  const limit = limitOf(wish);
  const key = keyAfter(wish, 'number');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('run_problems').selectAll().where('run_id', '=', runId);
      if (key !== undefined) query = query.where('seq', '>', key[0]);
      const rows = await query
        .orderBy('seq')
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        ({ path, code, message }) => ({ path, code, message }),
        ({ seq }) => [seq],
      );
    },
    context,
  );
}

interface RunFields {
  readonly id: string;
  readonly policy_id: string;
  readonly due_at: number;
  readonly attempt: number;
  readonly state: string;
  readonly outcome: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly node: string;
  readonly fence: number;
  readonly counts: string;
  readonly problem_count: number;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
}

export function runOf(row: RunFields): Run {
  return {
    id: row.id,
    policyId: row.policy_id,
    dueAt: row.due_at,
    attempt: row.attempt,
    state: row.state as Run['state'],
    startedAt: row.started_at,
    node: row.node,
    fence: row.fence,
    counts: JSON.parse(row.counts),
    problemCount: row.problem_count,
    ...(row.outcome === null ? {} : { outcome: row.outcome as Outcome }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.failure_code === null
      ? {}
      : { failure: { code: row.failure_code, message: row.failure_message ?? '' } }),
  };
}

function runOver(id: string): Failure {
  return new Failure('conflict', 'RUN_OVER', `the run "${id}" has ended or was taken over`, {
    hint: 'Stop what was done for it; its result is what the catalog says.',
  });
}
