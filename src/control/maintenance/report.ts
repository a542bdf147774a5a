// The maintenance plan as it stands: each task with its state, who does it, until when, and what shows that it was done.

import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import {
  addEvidence,
  beginPlan,
  type Evidence,
  listEvidence,
  noteWitnessed,
  type Witnessed,
  witnessedSince,
} from '../../catalog/maintenance.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import {
  type MaintenanceState,
  type MaintenanceTask,
  maintenancePlan,
  periodOf,
  type Rhythm,
  stateOf,
  type Witness,
} from '../../model/maintenance/plan.ts';
import { createZone, type Zone } from '../../model/schedule/zone.ts';

export interface TaskReport {
  readonly name: string;
  readonly rhythm: Rhythm;
  readonly state: MaintenanceState;
  /** Whether a person has to do it and say so. */
  readonly isManual: boolean;
  readonly owner?: string;
  readonly deputy?: string;
  /** The first moment at which it counts as overdue, unless it is done. */
  readonly dueBy: Instant;
  readonly lastDone?: { readonly at: Instant; readonly actor: string; readonly note: string };
  /** Why it is not wanted here. */
  readonly reason?: string;
}

/** More than a year back nothing is asked for. */
const reachMs = 800 * 86_400_000;
const evidenceMax = 5_000;

/** Writes down what the program can witness by now, then tells how the plan stands. */
export async function maintenanceReport(
  catalog: Catalog,
  configuration: Configuration,
  context: Context,
): Promise<readonly TaskReport[]> {
  const zone = zoneOf(configuration);
  const times = await beginPlan(catalog, undefined, context);
  await witness(catalog, times, zone, context);
  const evidence = await listEvidence(catalog, { since: times.now - reachMs, limit: evidenceMax }, context);
  return maintenancePlan.map((task) => {
    const shown = evidence.filter((one) => one.task === task.name);
    return reportOf(task, shown, times, configuration, zone);
  });
}

/** What a person says was done. missing/MAINTENANCE_UNKNOWN for a task that is not in the plan. */
export async function maintenanceDone(
  catalog: Catalog,
  wish: { readonly task: string; readonly actor: string; readonly note: string; readonly node: string },
  configuration: Configuration,
  context: Context,
): Promise<Evidence> {
  const task = maintenancePlan.find(({ name }) => name === wish.task);
  if (task === undefined) {
    throw new Failure('missing', 'MAINTENANCE_UNKNOWN', `"${wish.task}" is no task of the plan`, {
      hint: `The plan has: ${maintenancePlan.map(({ name }) => name).join(', ')}.`,
    });
  }
  const times = await beginPlan(catalog, undefined, context);
  const { from } = periodOf(task.rhythm, times.now, zoneOf(configuration), times.updatedAt);
  return addEvidence(catalog, { ...wish, periodFrom: from }, context);
}

async function witness(
  catalog: Catalog,
  times: { readonly now: Instant; readonly updatedAt: Instant },
  zone: Zone,
  context: Context,
): Promise<void> {
  // Several tasks ask for the same stretch; one look at the catalog answers all of them.
  const looks = new Map<Instant, Promise<Witnessed>>();
  for (const task of maintenancePlan) {
    if (task.witness === 'person') continue;
    const { from } = periodOf(task.rhythm, times.now, zone, times.updatedAt);
    const look = looks.get(from) ?? witnessedSince(catalog, from, context);
    looks.set(from, look);
    const note = noteOf(task.witness, await look);
    if (note !== undefined)
      await noteWitnessed(catalog, { task: task.name, periodFrom: from, note }, context);
  }
}

/** What was seen, in numbers; undefined while it is not enough. */
function noteOf(kind: Exclude<Witness, 'person'>, seen: Witnessed): string | undefined {
  switch (kind) {
    case 'runs-succeeded':
      if (seen.policies === 0 || seen.succeeded < seen.policies) return undefined;
      return `runs ${seen.succeeded}/${seen.policies}`;
    case 'copies-verified':
      if (seen.copies === 0 || seen.verified < seen.copies) return undefined;
      return `copies ${seen.verified}/${seen.copies}`;
    case 'one-restored':
      return seen.proven === 0 ? undefined : `proven copies ${seen.proven}`;
    case 'all-restored':
      if (seen.policies === 0 || seen.provenPolicies < seen.policies) return undefined;
      return `proven policies ${seen.provenPolicies}/${seen.policies}`;
    case 'keys-rotated':
      return seen.rotations === 0 ? undefined : `rotations ${seen.rotations}`;
  }
}

function reportOf(
  task: MaintenanceTask,
  evidence: readonly Evidence[],
  times: { readonly now: Instant; readonly since: Instant; readonly updatedAt: Instant },
  { maintenance }: Configuration,
  zone: Zone,
): TaskReport {
  const { owner, deputy, without } = maintenance;
  const doneAt = evidence.map(({ at }) => at);
  const { state, period } = stateOf(task, times, doneAt, zone);
  const [last] = evidence;
  const reason = Object.hasOwn(without, task.name) ? without[task.name] : undefined;
  return {
    name: task.name,
    rhythm: task.rhythm,
    state: reason === undefined ? state : 'unwanted',
    isManual: task.witness === 'person',
    ...(owner === undefined ? {} : { owner }),
    ...(deputy === undefined ? {} : { deputy }),
    dueBy: period.to,
    ...(last === undefined ? {} : { lastDone: { at: last.at, actor: last.actor, note: last.note } }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function zoneOf({ zone }: Configuration): Zone {
  return createZone(zone ?? 'UTC');
}
