// Whether a policy's run may begin as far as those are concerned that it comes after.

import type { Context, Instant } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import type { Unit } from '../catalog/catalog.ts';
import { planOfPolicy } from '../catalog/plans.ts';
import { type Policy, policyNamed } from '../catalog/policies.ts';
import { taskByKey } from '../catalog/queue.ts';
import { listRuns } from '../catalog/runs.ts';
import {
  type LastRun,
  orderByDependencies,
  type Readiness,
  readinessOf,
} from '../model/schedule/dependencies.ts';
import { scheduleOf, timetableOf, type Zones, zoneNameOf } from './planning.ts';
import { rulesOf } from './tasks/orders.ts';

export interface DependencyWish {
  readonly policy: Policy;
  readonly after: readonly string[];
  readonly due: Instant;
  readonly configuredZone: string | undefined;
  readonly zones: Zones;
}

/** `cycle`: they wait for each other; nothing is waited for then, and somebody is to be told. */
export async function readiness(
  wish: DependencyWish,
  unit: Unit,
  context: Context,
): Promise<Readiness | { readonly state: 'cycle'; readonly message: string }> {
  if (wish.after.length === 0) return { state: 'ready' };
  const message = await cycleAround(wish.policy, unit, context);
  if (message !== undefined) return { state: 'cycle', message };
  const expected = new Map<string, Instant>();
  const last = new Map<string, LastRun>();
  for (const name of wish.after) {
    const found = await lookAtOther(name, wish, unit, context);
    if (found === undefined) continue;
    expected.set(name, found.expected);
    if (found.last !== undefined) last.set(name, found.last);
  }
  return readinessOf(
    wish.after.map((policy) => ({ policy, on: 'success' })),
    (policy) => expected.get(policy),
    (policy) => last.get(policy),
  );
}

/** Undefined: it was not due yet, or does not run by itself, and is not waited for. */
async function lookAtOther(
  name: string,
  { due, configuredZone, zones }: DependencyWish,
  unit: Unit,
  context: Context,
): Promise<{ readonly expected: Instant; readonly last?: LastRun } | undefined> {
  const policy = await policyNamed(unit, name, context);
  if (policy === undefined || !policy.enabled) return undefined;
  const rules = rulesOf(policy);
  const plan = await planOfPolicy(unit, policy.id, 'backup', context);
  const text = scheduleOf(rules, 'backup');
  if (plan === undefined || text === undefined) return undefined;
  const task = plan.taskKey === undefined ? undefined : await taskByKey(unit, plan.taskKey, context);
  const isOpen = task !== undefined && task.state !== 'done';
  const expected =
    text === 'adaptive'
      ? plan.handledAt
      : timetableOf(policy, text, zones(zoneNameOf(rules, configuredZone))).previous(due + 1);
  if (expected === undefined || expected <= policy.createdAt || expected > due) return undefined;
  const { items } = await listRuns(unit, { policyId: policy.id, limit: 10 }, context);
  const ended = items.find(({ state, outcome }) => state === 'ended' && outcome !== 'canceled');
  const isSettled = !isOpen && plan.handledAt >= expected;
  if (ended === undefined) {
    return isSettled ? { expected, last: { due: plan.handledAt, hasSucceeded: true } } : { expected };
  }
  const hasSucceeded = ended.outcome === 'succeeded' || ended.outcome === 'partial';
  // A failed attempt is not the last word while its task is still there to be tried again.
  const upTo = isSettled ? Math.max(ended.dueAt, plan.handledAt) : ended.dueAt;
  const isToCome = isOpen && !hasSucceeded && upTo >= expected;
  return { expected, last: { due: isToCome ? expected - 1 : upTo, hasSucceeded } };
}

/** Only those that can be reached from the policy are looked at. */
async function cycleAround(start: Policy, unit: Unit, context: Context): Promise<string | undefined> {
  const reached = new Map<string, { readonly policy: string }[]>();
  const open = [start.name];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    const policy = name === start.name ? start : await policyNamed(unit, name, context);
    const after = policy === undefined ? [] : rulesOf(policy).after;
    reached.set(
      name,
      after.map((other) => ({ policy: other })),
    );
    open.push(...after);
  }
  try {
    orderByDependencies(reached);
    return undefined;
  } catch (error) {
    if (isFailure(error, 'usage', 'DEPENDENCY_CYCLE')) return error.message;
    throw error;
  }
}
