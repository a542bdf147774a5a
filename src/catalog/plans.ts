// Plans: when each policy's work is looked at next, up to where its due times are taken care of, and why it is planned as it is.
// A policy that is new or changed is looked at at once (policies.ts sees to it), so that nobody has to compare all of them.

import type { Context, Instant } from '../base/context.ts';
import type { IntervalReason } from '../model/schedule/interval.ts';
import { type Catalog, read, type Unit, write } from './catalog.ts';

export const works = ['backup', 'retention'] as const;
export type Work = (typeof works)[number];

export interface Plan {
  readonly policyId: string;
  readonly work: Work;
  /** What it was planned from; empty before the first look and while the policy is off. */
  readonly basis: string;
  /** Due times up to here are taken care of. */
  readonly handledAt: Instant;
  readonly dueAt?: Instant;
  /** When a scheduler looks at it again; absent: not before the policy is changed. */
  readonly startAt?: Instant;
  /** Of the task that was added last. */
  readonly taskKey?: string;
  /** The policy whose run it waits for. */
  readonly waitsFor?: string;
  /** Of an adaptive schedule: what was decided, step by step. */
  readonly interval?: { readonly intervalMs: number; readonly because: readonly IntervalReason[] };
}

/** Plans that are to be looked at, the most urgent first. */
export async function duePlans(
  at: Catalog | Unit,
  { limit }: { readonly limit: number },
  context: Context,
): Promise<readonly Plan[]> {
  return read(
    at,
    async (access) => {
      const now = await access.now();
      const due = await access.db
        .selectFrom('plans')
        .selectAll()
        .where('start_at', '<=', now)
        .orderBy('start_at')
        .limit(limit)
        .execute();
      if (due.length > 0) return due.map(planOf);
      // The clock was ahead when these were planned, and has been set back since.
      const ahead = await access.db
        .selectFrom('plans')
        .selectAll()
        .where('handled_at', '>', now)
        .orderBy('handled_at', 'desc')
        .limit(limit)
        .execute();
      return ahead.map(planOf);
    },
    context,
  );
}

/** When the next plan is to be looked at; undefined where none is. */
export async function nextLook(at: Catalog | Unit, context: Context): Promise<Instant | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('plans')
        .select(({ fn }) => fn.min('start_at').as('at'))
        .executeTakeFirst();
      return row?.at ?? undefined;
    },
    context,
  );
}

export async function planOfPolicy(
  at: Catalog | Unit,
  policyId: string,
  work: Work,
  context: Context,
): Promise<Plan | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('plans')
        .selectAll()
        .where('policy_id', '=', policyId)
        .where('work', '=', work)
        .executeTakeFirst();
      return row === undefined ? undefined : planOf(row);
    },
    context,
  );
}

/**
 * Writes down what was decided about `before`. False, and nothing is written, when somebody else has decided or the policy was changed
 * meanwhile.
 */
export async function savePlan(
  at: Catalog | Unit,
  before: Plan,
  after: Plan,
  context: Context,
): Promise<boolean> {
  return write(
    at,
    async ({ db }) => {
      const row = await db
        .updateTable('plans')
        .set({
          basis: after.basis,
          handled_at: after.handledAt,
          due_at: after.dueAt ?? null,
          start_at: after.startAt ?? null,
          task_key: after.taskKey ?? null,
          waits_for: after.waitsFor ?? null,
          interval_ms: after.interval?.intervalMs ?? null,
          reasons: after.interval === undefined ? null : JSON.stringify(after.interval.because),
        })
        .where('policy_id', '=', before.policyId)
        .where('work', '=', before.work)
        .where('handled_at', '=', before.handledAt)
        .where('basis', '=', before.basis)
        .where(({ eb }) =>
          before.startAt === undefined ? eb('start_at', 'is', null) : eb('start_at', '=', before.startAt),
        )
        .returning('policy_id')
        .executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}

/** Has both plans of a policy looked at by the next scheduler that looks. */
export async function lookAtPlans(
  at: Catalog | Unit,
  policyId: string,
  madeAt: Instant,
  context: Context,
): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      for (const work of works) {
        await db
          .insertInto('plans')
          .values({
            policy_id: policyId,
            work,
            basis: '',
            handled_at: madeAt,
            due_at: null,
            start_at: 0,
            task_key: null,
            waits_for: null,
            interval_ms: null,
            reasons: null,
          })
          .onConflict((conflict) => conflict.columns(['policy_id', 'work']).doUpdateSet({ start_at: 0 }))
          .execute();
      }
    },
    context,
  );
}

interface PlanFields {
  readonly policy_id: string;
  readonly work: string;
  readonly basis: string;
  readonly handled_at: number;
  readonly due_at: number | null;
  readonly start_at: number | null;
  readonly task_key: string | null;
  readonly waits_for: string | null;
  readonly interval_ms: number | null;
  readonly reasons: string | null;
}

function planOf(row: PlanFields): Plan {
  return {
    policyId: row.policy_id,
    work: row.work as Work,
    basis: row.basis,
    handledAt: row.handled_at,
    ...(row.due_at === null ? {} : { dueAt: row.due_at }),
    ...(row.start_at === null ? {} : { startAt: row.start_at }),
    ...(row.task_key === null ? {} : { taskKey: row.task_key }),
    ...(row.waits_for === null ? {} : { waitsFor: row.waits_for }),
    ...(row.interval_ms === null || row.reasons === null
      ? {}
      : { interval: { intervalMs: row.interval_ms, because: JSON.parse(row.reasons) } }),
  };
}
