// Why a policy runs next when it does: told from what the scheduler wrote down, so that what people read is what will happen.

import type { Context, Instant } from '../base/context.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { planOfPolicy } from '../catalog/plans.ts';
import type { Policy } from '../catalog/policies.ts';
import { taskByKey } from '../catalog/queue.ts';
import type { IntervalReason } from '../model/schedule/interval.ts';
import { nextOf, type PlannedPolicy, scheduleOf, zoneNameOf, zonesOnce } from './planning.ts';
import { rulesOf } from './tasks/orders.ts';

export interface NextExplained {
  /**
   * `off`: the policy is disabled. `manual`: only when somebody asks. `planned`: at `startAt`. `waiting`: its time has come, and it waits for
   * `waitsFor`. `queued`: it waits for a worker, for its source, or to be tried again. `running`. `over`: the schedule has ended, or its hours
   * never come. `unplanned`: a scheduler is about to look at it.
   */
  readonly state: 'off' | 'manual' | 'planned' | 'waiting' | 'queued' | 'running' | 'over' | 'unplanned';
  /** As written in the configuration. */
  readonly schedule: string;
  readonly zone: string;
  readonly due?: Instant;
  readonly startAt?: Instant;
  /** Earlier due times that the run makes up for. */
  readonly missed?: number;
  readonly waitsFor?: string;
  /** Of an adaptive schedule: the steps that led to the interval, the last one being it. */
  readonly because?: readonly IntervalReason[];
}

export async function explainNext(
  catalog: Catalog,
  policy: Policy,
  configuredZone: string | undefined,
  context: Context,
): Promise<NextExplained> {
  const rules = rulesOf(policy);
  const zone = zoneNameOf(rules, configuredZone);
  const told = { schedule: rules.schedule, zone };
  if (!policy.enabled || !rules.enabled) return { state: 'off', ...told };
  const text = scheduleOf(rules, 'backup');
  const plan = await planOfPolicy(catalog, policy.id, 'backup', context);
  const because = plan?.interval === undefined ? {} : { because: plan.interval.because };
  if (plan?.taskKey !== undefined) {
    const task = await taskByKey(catalog, plan.taskKey, context);
    const times = { due: plan.handledAt, ...(task === undefined ? {} : { startAt: task.dueAt }) };
    if (task?.state === 'claimed') return { state: 'running', ...told, ...times, ...because };
    if (task?.state === 'waiting') return { state: 'queued', ...told, ...times, ...because };
  }
  if (text === undefined) return { state: 'manual', ...told };
  if (plan === undefined || plan.basis === '') return { state: 'unplanned', ...told };
  if (plan.startAt === undefined) return { state: 'over', ...told };
  if (plan.dueAt === undefined) return { state: 'unplanned', ...told, ...because };
  const { waitsFor, startAt, dueAt: due } = plan;
  if (waitsFor !== undefined) return { state: 'waiting', ...told, due, waitsFor };
  const planned: PlannedPolicy = {
    policy,
    rules,
    zone: zonesOnce()(zone),
    plan,
    text,
    ...(plan.interval === undefined ? {} : { intervalMs: plan.interval.intervalMs }),
  };
  const missed = nextOf(planned, plan.handledAt, context.clock.now())?.missed ?? 0;
  return { state: 'planned', ...told, due, startAt, missed, ...because };
}
