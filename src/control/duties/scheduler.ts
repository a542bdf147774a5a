// The scheduler: what is due becomes a task, once. It asks the catalog for the plans whose time has come and for nothing else, decides each from its
// policy and what was written down before, and writes the decision beside its effect: a crash leaves both or none.

import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { read, together, type Unit } from '../../catalog/catalog.ts';
import { duePlans, nextLook, type Plan, savePlan } from '../../catalog/plans.ts';
import { type Policy, policyById } from '../../catalog/policies.ts';
import { addTask, taskByKey } from '../../catalog/queue.ts';
import type { PolicyRules } from '../../model/configuration/policy.ts';
import { readiness } from '../dependencies.ts';
import type { Duty } from '../duty.ts';
import { failureOf } from '../jobs/failure.ts';
import {
  decideInterval,
  nextOf,
  type PlannedPolicy,
  scheduleOf,
  type Zones,
  zoneNameOf,
  zonesOnce,
} from '../planning.ts';
import { backupKey, backupTask, retentionKey, retentionTask, rulesOf } from '../tasks/orders.ts';

const plansAtOnce = 100;
const roundsMax = 200;
/** A policy that somebody changes is looked at so soon. */
const reactionMs = 5000;
const minuteMs = 60_000;

export const duty: Duty = {
  scope: 'cluster',
  async run(tools, context) {
    const { catalog } = tools;
    let configured: { readonly zone: string | undefined; readonly zones: Zones } | undefined;
    // So many at most in one go: the lease wants to be kept, and who stops us to be heard.
    for (let round = 0; round < roundsMax; round += 1) {
      context.signal.throwIfAborted();
      const plans = await duePlans(catalog, { limit: plansAtOnce }, context);
      if (plans.length === 0) break;
      configured ??= { zone: (await tools.configuration(context)).zone, zones: zonesOnce() };
      const rules = configured;
      await together(
        catalog,
        async (unit) => {
          const now = await read(unit, (access) => access.now(), context);
          for (const plan of plans) await lookAt(plan, now, rules, unit, context);
        },
        context,
        'tasks',
      );
    }
    const now = context.clock.now();
    return Math.min((await nextLook(catalog, context)) ?? Number.POSITIVE_INFINITY, now + reactionMs);
  },
};

interface Configured {
  readonly zone: string | undefined;
  readonly zones: Zones;
}

/** `before`: as it was read. */
async function lookAt(
  before: Plan,
  now: Instant,
  configured: Configured,
  unit: Unit,
  context: Context,
): Promise<void> {
  const policy = await policyById(unit, before.policyId, context);
  // Where the clock was set back: nothing is taken care of in the future.
  const plan = { ...before, handledAt: Math.min(before.handledAt, now) };
  if (policy?.enabled !== true) {
    await savePlan(unit, before, asOff(plan), context);
    return;
  }
  try {
    const rules = rulesOf(policy);
    const text = rules.enabled ? scheduleOf(rules, plan.work) : undefined;
    if (text === undefined) await savePlan(unit, before, asOff(plan), context);
    else await lookAtPolicy({ before, plan, policy, rules, text, now }, configured, unit, context);
  } catch (error) {
    if (context.signal.aborted || (isFailure(error) && error.kind !== 'usage')) throw error;
    // One that nobody can read holds up none of the others. Where it is the database that broke, it refuses what follows, too.
    const { code, message } = failureOf(error);
    const facts = { policy: policy.name, code, message };
    await tellOfSchedule(policy, `The schedule of "${policy.name}" cannot be used`, facts, unit, context);
    await savePlan(unit, before, { ...plan, startAt: now + 10 * minuteMs }, context);
  }
}

interface Look {
  readonly before: Plan;
  readonly plan: Plan;
  readonly policy: Policy;
  readonly rules: PolicyRules;
  readonly text: string;
  readonly now: Instant;
}

async function lookAtPolicy(
  { before, plan, policy, rules, text, now }: Look,
  configured: Configured,
  unit: Unit,
  context: Context,
): Promise<void> {
  const task = plan.taskKey === undefined ? undefined : await taskByKey(unit, plan.taskKey, context);
  if (task !== undefined && task.state !== 'done') {
    // What is due while the run before goes on is one run after it.
    const waitMs = task.state === 'claimed' ? minuteMs / 4 : 5 * minuteMs;
    await savePlan(unit, before, { ...plan, startAt: now + waitMs }, context);
    return;
  }
  const zoneName = zoneNameOf(rules, configured.zone);
  const zone = configured.zones(zoneName);
  const basis = JSON.stringify([text, zoneName]);
  const isAsBefore = plan.basis === basis;
  // A new schedule makes nothing due that lies before it. A clock that was set back makes nothing due twice: tasks and runs see to that.
  const handledAt = Math.min(isAsBefore ? plan.handledAt : Math.max(plan.handledAt, policy.updatedAt), now);
  const { waitsFor: _waitsFor, dueAt: _dueAt, startAt: _startAt, ...kept } = plan;
  let base: Plan = { ...kept, basis, handledAt };
  let planned: PlannedPolicy = { policy, rules, zone, plan: base, text };
  if (text === 'adaptive') {
    let { interval } = base;
    if (interval === undefined || base.taskKey !== undefined) {
      interval = await decideInterval({ rules, plan: base, policy }, unit, context);
    }
    planned = { ...planned, intervalMs: interval.intervalMs };
    const { taskKey, ...rest } = base;
    const isFirst = base.interval === undefined && taskKey === undefined;
    base = isFirst
      ? rest
      : { ...rest, interval: { intervalMs: interval.intervalMs, because: interval.because } };
    if (!isFirst) planned = { ...planned, plan: base };
  } else {
    const { interval: _interval, ...rest } = base;
    base = rest;
  }
  if (before.startAt === 0) await resolveAlert(unit, alertKey(policy), context);
  const run = nextOf(planned, handledAt, now);
  if (run === undefined) {
    await savePlan(unit, before, base, context);
    return;
  }
  const waiting: Plan = { ...base, dueAt: run.due, startAt: run.startAt };
  if (run.startAt > now) {
    await savePlan(unit, before, waiting, context);
    return;
  }
  if (plan.work === 'backup') {
    const { after } = rules;
    const wish = { policy, after, due: run.due, configuredZone: configured.zone, zones: configured.zones };
    const ready = await readiness(wish, unit, context);
    if (ready.state === 'cycle') {
      const title = `"${policy.name}" waits for policies that wait for it`;
      const facts = { policy: policy.name, code: 'DEPENDENCY_CYCLE', message: ready.message };
      await tellOfSchedule(policy, title, facts, unit, context);
    } else if (ready.state === 'held' || ready.state === 'waiting') {
      const waitsFor = ready.state === 'held' ? ready.by : ready.for;
      if (ready.state === 'held') {
        const title = `The backup "${policy.name}" waits, because "${waitsFor}" has failed`;
        await tellOfSchedule(policy, title, { policy: policy.name, waitsFor }, unit, context);
      }
      await savePlan(unit, before, { ...waiting, waitsFor, startAt: now + minuteMs / 2 }, context);
      return;
    } else if (after.length > 0) await resolveAlert(unit, alertKey(policy), context);
  }
  const { due, missed } = run;
  const isBackup = plan.work === 'backup';
  const taskKey = isBackup ? backupKey(policy.id, due) : retentionKey(policy.id, due);
  const after: Plan = { ...base, taskKey, handledAt: due };
  // An interval is decided when its run has ended.
  const following = text === 'adaptive' ? undefined : nextOf({ ...planned, plan: after }, due, now);
  const next =
    text === 'adaptive'
      ? { startAt: now + minuteMs / 2 }
      : following === undefined
        ? {}
        : { dueAt: following.due, startAt: following.startAt };
  if (!(await savePlan(unit, before, { ...after, ...next }, context))) return;
  const wanted = isBackup
    ? backupTask(policy, { policyId: policy.id, due, missed })
    : retentionTask(policy.id, { policyId: policy.id, due, dryRun: false });
  await addTask(unit, wanted, context);
}

/** Nothing is due for it until it is changed. */
function asOff({ policyId, work, handledAt, taskKey }: Plan): Plan {
  return { policyId, work, handledAt, basis: '', ...(taskKey === undefined ? {} : { taskKey }) };
}

function alertKey({ name }: Policy): string {
  return `schedule:${name}`;
}

async function tellOfSchedule(
  policy: Policy,
  title: string,
  facts: Readonly<Record<string, string>>,
  unit: Unit,
  context: Context,
): Promise<void> {
  await raiseAlert(
    unit,
    { key: alertKey(policy), severity: 'warning', title, facts, policyId: policy.id },
    context,
  );
}
