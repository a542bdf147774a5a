// All metrics of this moment, read from the catalog. Nothing is counted in memory, so that it does not matter who is asked, or since when it runs.

import type { Context, Instant } from '../../base/context.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { listHealth } from '../../catalog/health.ts';
import {
  brakesOn,
  outcomes,
  type PolicyFacts,
  policyFacts,
  runsSince,
  unwitnessed,
} from '../../catalog/metrics-facts.ts';
import {
  type Lifetime,
  lifetimesSince,
  type RestoreTime,
  restoreTimesSince,
} from '../../catalog/reliability.ts';
import { catalogStatus } from '../../catalog/status.ts';
import { policySchema } from '../../model/configuration/policy.ts';
import type { FamilyName, Sample } from './families.ts';

export interface MetricsWish {
  readonly version: string;
  /** Where there are more policies, only sums over all of them are told. */
  readonly policyLimit: number;
}

const dayMs = 86_400_000;
const monthMs = 30 * dayMs;
/** Labels of health objects are bounded as those of policies are. */
const healthLimit = 2000;

type Add = (name: FamilyName, value: number | undefined, labels?: Readonly<Record<string, string>>) => void;

export async function collectMetrics(
  catalog: Catalog,
  { version, policyLimit }: MetricsWish,
  context: Context,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const add: Add = (name, value, labels = {}) => {
    if (value !== undefined && Number.isFinite(value)) samples.push({ name, labels, value });
  };
  const now = context.clock.now();
  const policies = await policyFacts(catalog, context);
  add('holdfast_build_info', 1, { version });
  addPolicies(policies, now, add);
  await addStatus(catalog, add, context);
  await addRuns(catalog, now, add, context);
  addRestores(await restoreTimesSince(catalog, now - monthMs, context), add);
  add(
    'holdfast_availability_ratio',
    availability(await lifetimesSince(catalog, now - monthMs, context), now),
  );
  add('holdfast_brakes', await brakesOn(catalog, context));
  await addHealth(catalog, add, context);
  for (const { node, witness, entries } of await unwitnessed(catalog, context)) {
    add('holdfast_audit_unwitnessed_entries', entries, { node, witness });
  }
  const isListed = policies.length <= policyLimit;
  add('holdfast_policies_not_listed', isListed ? 0 : policies.length);
  if (isListed) for (const policy of policies) addPolicy(policy, add);
  return samples;
}

function addPolicies(policies: readonly PolicyFacts[], now: Instant, add: Add): void {
  const enabled = policies.filter((policy) => policy.enabled);
  add('holdfast_policies', enabled.length, { state: 'enabled' });
  add('holdfast_policies', policies.length - enabled.length, { state: 'disabled' });
  for (const outcome of [...outcomes, 'never'] as const) {
    const count = enabled.filter(({ lastRun }) => (lastRun?.outcome ?? 'never') === outcome).length;
    add('holdfast_policies_by_last_outcome', count, { outcome });
  }
  const ages = enabled.map(({ config, newestPointAt }) => ({
    ageMs: newestPointAt === undefined ? undefined : Math.max(0, now - newestPointAt),
    rpoMs: targetsOf(config).rpo,
  }));
  const beyond = ages.filter(({ ageMs, rpoMs }) => ageMs === undefined || ageMs > rpoMs);
  add('holdfast_policies_beyond_rpo', beyond.length);
  const known = ages.flatMap(({ ageMs }) => (ageMs === undefined ? [] : [ageMs]));
  if (known.length > 0) {
    add('holdfast_oldest_recovery_point_age_seconds', known.reduce((a, b) => Math.max(a, b), 0) / 1000);
  }
}

async function addStatus(catalog: Catalog, add: Add, context: Context): Promise<void> {
  const { running, openAlerts, queue } = await catalogStatus(catalog, context);
  add('holdfast_runs_running', running);
  for (const severity of ['info', 'warning', 'critical']) {
    add('holdfast_alerts', openAlerts[severity] ?? 0, { severity });
  }
  for (const [state, count] of Object.entries(queue)) add('holdfast_queue_tasks', count, { state });
}

async function addRuns(catalog: Catalog, now: Instant, add: Add, context: Context): Promise<void> {
  const day = await runsSince(catalog, now - dayMs, context);
  const month = await runsSince(catalog, now - monthMs, context);
  for (const outcome of outcomes) {
    add('holdfast_runs_last_day', day[outcome], { outcome });
    add('holdfast_runs_last_month', month[outcome], { outcome });
  }
  // What a person stopped is neither a success nor an error.
  const ended = month.succeeded + month.partial + month.failed;
  if (ended === 0) return;
  add('holdfast_run_success_ratio', (month.succeeded + month.partial) / ended);
  add('holdfast_run_error_ratio', month.failed / ended);
}

function addRestores(times: readonly RestoreTime[], add: Add): void {
  for (const kind of ['restore', 'drill'] as const) {
    const own = times.filter((time) => time.kind === kind);
    for (const outcome of outcomes) {
      const count = own.filter((time) => time.outcome === outcome).length;
      add('holdfast_restores_last_month', count, { kind, outcome });
    }
    const whole = own.filter(({ outcome }) => outcome === 'succeeded' || outcome === 'partial');
    if (whole.length === 0) continue;
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const seconds = whole.map(({ durationMs }) => durationMs / 1000);
    add('holdfast_restore_duration_max_seconds', Math.max(...seconds), { kind });
    const bytes = sum(whole.map((time) => time.bytes));
    if (sum(seconds) > 0) {
      add('holdfast_restore_speed_bytes_per_second', bytes / sum(seconds), { kind });
    }
  }
}

/** Of the time since a node was first alive within the month: in how much of it any was. Undefined where none ever was. */
export function availability(lifetimes: readonly Lifetime[], now: Instant): number | undefined {
  const from = now - monthMs;
  const spans = lifetimes
    .map((life) => ({ from: Math.max(from, life.from), until: Math.min(now, life.until) }))
    .filter((life) => life.until >= life.from)
    .sort((a, b) => a.from - b.from);
  const first = spans[0];
  if (first === undefined || now <= first.from) return undefined;
  let alive = 0;
  let reached = first.from;
  for (const span of spans) {
    alive += Math.max(0, span.until - Math.max(reached, span.from));
    reached = Math.max(reached, span.until);
  }
  return alive / (now - first.from);
}

const healthValues = { ok: 0, unknown: 1, warning: 2, critical: 3 } as const;

async function addHealth(catalog: Catalog, add: Add, context: Context): Promise<void> {
  const records = (await listHealth(catalog, context)).slice(0, healthLimit);
  for (const { node, name, object, state, facts } of records) {
    add('holdfast_health_state', healthValues[state], { node, check: name, object });
    for (const [kind, fact] of Object.entries({
      free: facts.freeBytes,
      used: facts.usedBytes,
      total: facts.totalBytes,
    })) {
      if (typeof fact === 'number' && object !== '') {
        add('holdfast_storage_bytes', fact, { node, object, state: kind });
      }
    }
  }
}

function addPolicy(
  { name, enabled, config, newestPointAt, lastSucceededAt, lastRun }: PolicyFacts,
  add: Add,
): void {
  const own = { policy: name };
  const seconds = (at: Instant | undefined) => (at === undefined ? undefined : at / 1000);
  const { rpo, rto } = targetsOf(config);
  add('holdfast_policy_enabled', enabled ? 1 : 0, own);
  add('holdfast_policy_rpo_seconds', rpo / 1000, own);
  add('holdfast_policy_rto_seconds', rto / 1000, own);
  add('holdfast_policy_recovery_point_timestamp_seconds', seconds(newestPointAt), own);
  add('holdfast_policy_last_success_timestamp_seconds', seconds(lastSucceededAt), own);
  if (lastRun === undefined) return;
  const { outcome, startedAt, endedAt, problems, counts } = lastRun;
  add('holdfast_policy_last_run_end_timestamp_seconds', seconds(endedAt), own);
  add('holdfast_policy_last_run_success', outcome === 'succeeded' ? 1 : 0, own);
  add('holdfast_policy_last_run_problems', problems, own);
  add('holdfast_policy_last_run_duration_seconds', Math.max(0, endedAt - startedAt) / 1000, own);
  add('holdfast_policy_last_run_entries', counts.entries, own);
  add('holdfast_policy_last_run_source_bytes', counts.sourceBytes, own);
  add('holdfast_policy_last_run_read_bytes', counts.readBytes, own);
  add('holdfast_policy_last_run_stored_bytes', counts.storedBytes, own);
  const { frameBytes = 0, framePlainBytes = 0, sealBytes = 0 } = counts;
  if (frameBytes > 0) {
    add('holdfast_policy_last_run_compression_ratio', framePlainBytes / frameBytes, own);
    add('holdfast_policy_last_run_encryption_overhead_ratio', sealBytes / frameBytes, own);
  }
  if (counts.cpuMs !== undefined) add('holdfast_policy_last_run_cpu_seconds', counts.cpuMs / 1000, own);
  add('holdfast_policy_last_run_memory_peak_bytes', counts.memoryPeakBytes, own);
  add('holdfast_policy_last_run_disk_bytes', counts.diskReadBytes, { ...own, direction: 'read' });
  add('holdfast_policy_last_run_disk_bytes', counts.diskWrittenBytes, { ...own, direction: 'written' });
  add('holdfast_policy_last_run_network_bytes', counts.networkReceivedBytes, {
    ...own,
    direction: 'received',
  });
  add('holdfast_policy_last_run_network_bytes', counts.networkSentBytes, { ...own, direction: 'sent' });
}

/** In milliseconds; what cannot be read has the defaults. */
function targetsOf(config: unknown): { readonly rpo: number; readonly rto: number } {
  const { rpo, rto } = (typeof config === 'object' && config !== null ? config : {}) as Readonly<
    Record<string, unknown>
  >;
  const shape = policySchema.shape;
  const read = (schema: typeof shape.rpo, given: unknown) => {
    const found = schema.safeParse(given);
    return found.success ? found.data : schema.parse(undefined);
  };
  return { rpo: read(shape.rpo, rpo), rto: read(shape.rto, rto) };
}
