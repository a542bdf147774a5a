// What a policy's schedule means: the rules from which its next run is computed, and the interval of one that follows its changes.

import type { Context, Instant } from '../base/context.ts';
import type { Unit } from '../catalog/catalog.ts';
import type { Plan, Work } from '../catalog/plans.ts';
import type { Policy } from '../catalog/policies.ts';
import { listRuns } from '../catalog/runs.ts';
import type { PolicyRules } from '../model/configuration/policy.ts';
import { defaultChangeShare, type IntervalDecision, nextInterval } from '../model/schedule/interval.ts';
import { type NextRun, nextRun, type RunRules } from '../model/schedule/next-run.ts';
import { parseSchedule } from '../model/schedule/parse.ts';
import { createTimetable, steadyTimetable, type Timetable } from '../model/schedule/timetable.ts';
import { parseWindows } from '../model/schedule/windows.ts';
import { createZone, type Zone } from '../model/schedule/zone.ts';

/** Zones by name, made once: each costs more than all the rest of a look. */
export type Zones = (name: string) => Zone;

export function zonesOnce(): Zones {
  const known = new Map<string, Zone>();
  return (name) => {
    let zone = known.get(name);
    if (zone === undefined) {
      zone = createZone(name);
      known.set(name, zone);
    }
    return zone;
  };
}

/** Of the policy, else of the configuration, else of the machine. */
export function zoneNameOf(rules: Pick<PolicyRules, 'zone'>, configured: string | undefined): string {
  return rules.zone ?? configured ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** When this work of the policy is due, as written; undefined where only somebody's wish makes it. */
export function scheduleOf(rules: PolicyRules, work: Work): string | undefined {
  const text = work === 'backup' ? rules.schedule : rules.prune;
  return text === 'manual' ? undefined : text;
}

/** Where the schedule is not adaptive. */
export function timetableOf(policy: Policy, text: string, zone: Zone): Timetable {
  return createTimetable(parseSchedule(text), zone, policy.createdAt);
}

export interface PlannedPolicy {
  readonly policy: Policy;
  readonly rules: PolicyRules;
  readonly zone: Zone;
  readonly plan: Plan;
  /** As in `scheduleOf`. */
  readonly text: string;
  /** The interval, where the schedule is adaptive. */
  readonly intervalMs?: number;
}

/** Undefined: never again. */
export function nextOf(planned: PlannedPolicy, handled: Instant, now: Instant): NextRun | undefined {
  const { policy, rules, zone, plan, text, intervalMs } = planned;
  const windows = parseWindows({
    ...(rules.allowed === undefined ? {} : { allowed: rules.allowed }),
    ...(rules.barred === undefined ? {} : { barred: rules.barred }),
  });
  const runRules: Omit<RunRules, 'timetable'> = {
    policy: plan.work === 'backup' ? policy.id : `${policy.id}/${plan.work}`,
    zone,
    windows,
    jitterMs: rules.jitter,
    catchUp: rules.catchUp,
  };
  if (intervalMs === undefined)
    return nextRun({ ...runRules, timetable: timetableOf(policy, text, zone) }, handled, now);
  // The first is due at once: there is nothing to learn from before it.
  const isFirst = plan.interval === undefined && plan.taskKey === undefined;
  const timetable = steadyTimetable(intervalMs, handled);
  return nextRun({ ...runRules, timetable }, isFirst ? handled - 1 : handled, now);
}

const historyRuns = 60;

/** Decided anew when the run before has ended, in small steps from what was decided then. */
export async function decideInterval(
  { rules, plan, policy }: Pick<PlannedPolicy, 'rules' | 'plan' | 'policy'>,
  unit: Unit,
  context: Context,
): Promise<IntervalDecision> {
  const { adaptive } = rules;
  const runs = await listRuns(unit, { policyId: policy.id, limit: historyRuns }, context);
  const history = runs.items
    .filter(({ endedAt, outcome }) => endedAt !== undefined && outcome !== 'canceled')
    .toReversed()
    .map(({ startedAt, endedAt, counts, outcome }) => ({
      endedAt: endedAt!,
      durationMs: endedAt! - startedAt,
      changedBytes: counts.readBytes ?? 0,
      totalBytes: counts.sourceBytes ?? 0,
      hasSucceeded: outcome === 'succeeded' || outcome === 'partial',
    }));
  return nextInterval(
    {
      rpoMs: rules.rpo,
      minMs: adaptive?.least ?? 900_000,
      maxMs: adaptive?.most ?? 86_400_000,
      changeShare: adaptive === undefined ? defaultChangeShare : adaptive.changePercent / 100,
    },
    history,
    plan.interval?.intervalMs,
  );
}
