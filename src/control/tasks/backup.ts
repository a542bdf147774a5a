// A backup run: begins in the catalog, has the job done, and writes down at once all that follows from its end: the run, its recovery points,
// alerts, the audit entry, and what comes next.

import type { Context, Instant } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { appendAudit } from '../../catalog/audit.ts';
import { together, type Unit } from '../../catalog/catalog.ts';
import { type Policy, policyById } from '../../catalog/policies.ts';
import { addTask, type Claim } from '../../catalog/queue.ts';
import { addCopy, addRecoveryPoint, noteCopy, pointOfCopy } from '../../catalog/recovery-points.ts';
import { attemptsAt, endRun, type Run, startRun } from '../../catalog/runs.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { PolicyRules } from '../../model/configuration/policy.ts';
import { judgeRun } from '../anomalies/judge.ts';
import type { JobEnd } from '../job.ts';
import { asFailure, failureOf } from '../jobs/failure.ts';
import { type BackupOrderInput, type BackupResult, backupResult } from '../jobs/orders.ts';
import { holdPlaces } from '../repository-slots.ts';
import { RunRecorder } from '../run-recorder.ts';
import type { TaskKind, TaskTools } from '../task.ts';
import { withTimeout } from '../with-timeout.ts';
import {
  type BackupPayload,
  backupPayload,
  readPayload,
  retentionTask,
  rulesOf,
  unobservedAlert,
} from './orders.ts';
import { repositoryOrder } from './places.ts';

export const task: TaskKind = {
  async run(claim, tools, context) {
    const payload = readPayload(backupPayload, 'backup', claim.task.payload);
    const policy = await policyById(tools.catalog, payload.policyId, context);
    if (policy === undefined) return { skipped: 'the policy was deleted' };
    const rules = rulesOf(policy);
    const configuration = await tools.configuration(context);
    await using _places = await holdPlaces(rules.repositories, claim.task, configuration, tools, context);
    const run = await begin(claim, payload, tools, context);
    if (run === undefined) return { skipped: 'it was done already' };
    const doing: Doing = { claim, payload, policy, rules, run };
    const end = await doJob(doing, tools, context);
    // Awaited here: until it is written down, the places are held.
    return await conclude(doing, end, tools, context);
  },
};

interface Doing {
  readonly claim: Claim;
  readonly payload: BackupPayload;
  readonly policy: Policy;
  readonly rules: PolicyRules;
  readonly run: Run;
}

/** Undefined: the due time has taken effect; only the word of it was lost. */
async function begin(
  { task, fence }: Claim,
  { policyId, due }: BackupPayload,
  { catalog, node }: TaskTools,
  context: Context,
): Promise<Run | undefined> {
  try {
    const holding = { kind: 'task', id: task.id, fence } as const;
    return await startRun(catalog, { policyId, dueAt: due, node, holding }, context);
  } catch (error) {
    if (isFailure(error, 'conflict', 'RUN_DONE')) return undefined;
    throw error;
  }
}

async function doJob(doing: Doing, tools: TaskTools, context: Context): Promise<JobEnd> {
  const { policy, rules, run, payload } = doing;
  const recorder = new RunRecorder(tools.catalog, run, { ...context, signal: new AbortController().signal });
  try {
    const configuration = await tools.configuration(context);
    const attempts = await attemptsAt(tools.catalog, policy.id, payload.due, context);
    const order = orderOf(
      { ...doing, since: attempts[0]?.startedAt ?? run.startedAt },
      configuration,
      context,
    );
    return await withTimeout(
      rules.timeout,
      async (within, hasRunOut) => {
        try {
          const end = await tools.runner.run('backup', order as JsonValue, recorder.reports, within);
          return hasRunOut() && end.outcome === 'canceled' ? timedOut(end) : end;
        } catch (error) {
          if (!hasRunOut()) throw error;
          return timedOut({ outcome: 'failed', counts: {}, result: null });
        }
      },
      context,
    );
  } catch (error) {
    const failure = failureOf(error);
    const outcome = failure.kind === 'canceled' || context.signal.aborted ? 'canceled' : 'failed';
    return { outcome, counts: {}, failure, result: null };
  } finally {
    await recorder.close();
  }
}

function timedOut(end: JobEnd): JobEnd {
  const message = 'the run took longer than its policy allows';
  const hint = 'Look at what slows it down, or allow more time: timeout.';
  return { ...end, outcome: 'failed', failure: { kind: 'exhausted', code: 'RUN_TIMEOUT', message, hint } };
}

function orderOf(
  { policy, rules, run, since }: Doing & { readonly since: Instant },
  configuration: Configuration,
  context: Context,
): BackupOrderInput {
  const { upload, compression, lock } = rules;
  // As written: what the schema reads once must not be read twice.
  const written = policy.config as { readonly sources: BackupOrderInput['sources'] };
  return {
    policy: policy.name,
    since,
    isRepeated: run.attempt > 1,
    sources: written.sources,
    repositories: rules.repositories.map((name) => repositoryOrder(name, configuration, upload)),
    skip: Object.entries(configuration.repositories).map(([name, rules]) => ({ name, rules })),
    tags: rules.tags,
    canaries: rules.anomalies === 'off' ? [] : configuration.anomalies.canaries,
    ...(compression === undefined ? {} : { compression }),
    ...(lock === undefined ? {} : { retainUntil: context.clock.now() + lock }),
  };
}

/** Writes down the end; fails with `unavailable` when the run is to be tried again. */
async function conclude(doing: Doing, given: JobEnd, tools: TaskTools, context: Context): Promise<JsonValue> {
  const { catalog, node } = tools;
  const { policy, rules, run, payload } = doing;
  // What the job has done is done, also when we are being stopped just now.
  const unhurried: Context = { ...context, signal: new AbortController().signal };
  const result = backupResult.safeParse(given.result);
  const end = result.success ? given : withoutWord(given);
  const { outcome, failure } = end;
  const { anomalies } = await tools.configuration(unhurried);
  const retry = outcome === 'failed' ? await retryOf(doing, end, catalog, unhurried) : undefined;
  await together(
    catalog,
    async (unit) => {
      const told = failure === undefined ? {} : { failure: { code: failure.code, message: failure.message } };
      await endRun(unit, run, { outcome, counts: end.counts, ...told }, unhurried);
      if (result.success) await notePoints(unit, doing, result.data, unhurried);
      if (outcome !== 'canceled' && retry === undefined) await tell(unit, doing, end, result.data, unhurried);
      await appendAudit(unit, auditOf(doing, end, node), unhurried);
      const observations = result.data?.observations;
      // Before retention is wanted: what deletes must find the brake pulled.
      if (observations !== undefined && rules.anomalies === 'watch') {
        const seen = { policy, runId: run.id, observations, rules: anomalies, node };
        await judgeRun(seen, unit, unhurried);
      }
      if (result.success && rules.anomalies === 'watch')
        await tellUnobserved(unit, policy, result.data, unhurried);
      const isEffective = outcome === 'succeeded' || outcome === 'partial';
      if (isEffective && rules.retention !== 'none' && rules.prune === undefined) {
        const { due } = payload;
        await addTask(unit, retentionTask(policy.id, { policyId: policy.id, due, dryRun: false }), unhurried);
      }
    },
    unhurried,
    'audit',
  );
  if (outcome === 'canceled') throw new Failure('canceled', 'CANCELED', 'the run was stopped');
  if (retry !== undefined) throw retry;
  return { run: run.id, outcome, ...(result.success ? { points: result.data.points.length } : {}) };
}

/** Of what nobody can tell where it is, nobody says that it is saved. */
function withoutWord(end: JobEnd): JobEnd {
  if (end.outcome !== 'succeeded' && end.outcome !== 'partial') return end;
  const message = 'the job did not tell what it has saved';
  const hint = 'Let all processes run the same version of Holdfast.';
  return { ...end, outcome: 'failed', failure: { kind: 'bug', code: 'JOB_SAID_NOTHING', message, hint } };
}

/** Nothing comes of trying again what is refused, damaged or wrongly configured. */
const finalKinds: ReadonlySet<string> = new Set(['usage', 'denied', 'corrupt', 'bug']);
const longestBackoffMs = 3_600_000;

async function retryOf(
  { policy, rules, run, payload }: Doing,
  { failure }: JobEnd,
  catalog: TaskTools['catalog'],
  context: Context,
): Promise<Failure | undefined> {
  if (failure === undefined || finalKinds.has(failure.kind) || failure.code === 'RUN_TIMEOUT')
    return undefined;
  const attempts = await attemptsAt(catalog, policy.id, payload.due, context);
  // Those that were lost with their node or stopped with it say nothing against the next.
  const failed = attempts.filter(
    ({ id, outcome, failure: why }) => id !== run.id && outcome === 'failed' && why?.code !== 'RUN_ABANDONED',
  );
  const { attempts: most, backoff } = rules.retry;
  if (failed.length + 1 >= most) return undefined;
  const waitMs = Math.min(backoff * 2 ** failed.length, longestBackoffMs);
  const { code, message } = failure;
  return new Failure('unavailable', code, message, {
    facts: { retryAt: context.clock.now() + waitMs },
    cause: asFailure(failure),
  });
}

/** What died with an attempt nobody can judge any more: old points stay until a run was looked at whole. */
async function tellUnobserved(
  unit: Unit,
  policy: Policy,
  { observations, unobserved }: BackupResult,
  context: Context,
): Promise<void> {
  const key = unobservedAlert(policy);
  if (!unobserved) {
    if (observations !== undefined) await resolveAlert(unit, key, context);
    return;
  }
  const title = `What changed in "${policy.name}" could not be looked at, because its run was cut off`;
  const facts = { policy: policy.name };
  await raiseAlert(unit, { key, severity: 'warning', title, facts, policyId: policy.id }, context);
}

async function notePoints(
  unit: Unit,
  { policy }: Doing,
  { points, later }: BackupResult,
  context: Context,
): Promise<void> {
  for (const { copies, ...point } of points) {
    const [first, ...others] = copies;
    if (first === undefined) continue;
    const id = await addRecoveryPoint(unit, { ...point, policyId: policy.id, copy: first }, context);
    for (const copy of others) await addCopy(unit, id, copy, context);
    for (const copy of copies) await noteLock(unit, copy, context);
  }
  for (const { of, ...copy } of later) {
    // The point is known by the copy that it was made from.
    const known = await pointOfCopy(unit, of, context);
    if (known === undefined) continue;
    await addCopy(unit, known, copy, context);
    await noteLock(unit, copy, context);
  }
}

async function noteLock(
  unit: Unit,
  { lockedUntil, ...copy }: BackupResult['points'][number]['copies'][number],
  context: Context,
): Promise<void> {
  if (lockedUntil !== undefined) await noteCopy(unit, copy, { lockedUntil }, context);
}

async function tell(
  unit: Unit,
  { policy, run }: Doing,
  { outcome, failure, counts }: JobEnd,
  result: BackupResult | undefined,
  context: Context,
): Promise<void> {
  const key = `backup:${policy.name}`;
  if (outcome === 'succeeded') {
    await resolveAlert(unit, key, context);
    return;
  }
  const behind = result?.behind ?? [];
  const problems = counts.problems ?? 0;
  const lines: string[] = [];
  if (problems > 0) lines.push(`${problems} entries could not be read`);
  if (behind.length > 0)
    lines.push(`no copy reached ${behind.map(({ repository }) => repository).join(', ')}`);
  const title =
    outcome === 'partial'
      ? `The backup "${policy.name}" is incomplete: ${lines.join('; ') || 'not everything could be saved'}`
      : `The backup "${policy.name}" has failed: ${failure?.message ?? 'for an unknown reason'}`;
  const facts = {
    policy: policy.name,
    run: run.id,
    outcome,
    attempt: run.attempt,
    problems,
    ...(failure === undefined ? {} : { code: failure.code, message: failure.message }),
    ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
    ...(behind[0] === undefined ? {} : { behind: behind.map(({ repository }) => repository).join(', ') }),
  };
  const severity = outcome === 'partial' ? 'warning' : 'critical';
  await raiseAlert(unit, { key, severity, title, facts, policyId: policy.id }, context);
}

function auditOf({ policy, run, payload }: Doing, { outcome, failure }: JobEnd, node: string) {
  const { actor } = payload;
  return {
    node,
    actor: actor ?? 'schedule',
    method: actor === undefined ? 'schedule' : 'task',
    action: 'run:end',
    object: policy.name,
    outcome: outcome === 'succeeded' || outcome === 'partial' ? 'succeeded' : 'failed',
    facts: {
      run: run.id,
      attempt: run.attempt,
      ended: outcome,
      ...(failure === undefined ? {} : { code: failure.code }),
    },
  } as const;
}
