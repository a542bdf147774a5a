// Retention of a policy: never while the ransom brake is on, never in a repository in which a check has found damage, and what went is noted in the
// catalog.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { isBrakeOn } from '../../catalog/brake.ts';
import { together, type Unit } from '../../catalog/catalog.ts';
import { letGo } from '../../catalog/leaving.ts';
import { isAlertOpen } from '../../catalog/open-alert.ts';
import { type Policy, policyById } from '../../catalog/policies.ts';
import { heldSnapshots, noteCopy, pointOfCopy } from '../../catalog/recovery-points.ts';
import type { JobEnd, JobReports } from '../job.ts';
import { failureOf } from '../jobs/failure.ts';
import { asJson, type RetentionResult, retentionResult } from '../jobs/orders.ts';
import { learnLater } from '../learn-later.ts';
import { zoneNameOf } from '../planning.ts';
import type { TaskKind, TaskTools } from '../task.ts';
import { underBrake } from '../under-brake.ts';
import { auditedJob, readResult } from './job-end.ts';
import { readPayload, retentionPayload, rulesOf, unobservedAlert } from './orders.ts';
import { repositoryOrder } from './places.ts';

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { catalog } = tools;
    const { policyId, dryRun, actor } = readPayload(retentionPayload, 'retention', claim.task.payload);
    const policy = await policyById(catalog, policyId, context);
    if (policy === undefined) return { skipped: 'the policy was deleted' };
    const rules = rulesOf(policy);
    if (!dryRun && claim.task.claims > 1)
      await learnLater(catalog, rules.repositories, claim.task.id, context);
    const isOff = !policy.enabled || !rules.enabled;
    if (isOff && !dryRun && actor === undefined) return { skipped: 'the policy is off' };
    if (rules.retention === 'none') return { skipped: 'the policy keeps everything' };
    if (!dryRun && (await isBrakeOn(catalog, context))) return { skipped: 'the ransom brake is on' };
    if (!dryRun && (await isAlertOpen(catalog, unobservedAlert(policy), context)))
      return { skipped: 'nobody could look at what its last run found' };
    const configuration = await tools.configuration(context);
    const repositories: JsonValue[] = [];
    const damaged: string[] = [];
    for (const name of rules.repositories) {
      if (!dryRun && (await isAlertOpen(catalog, `check:${name}`, context))) {
        damaged.push(name);
        continue;
      }
      const held = await heldSnapshots(catalog, name, context);
      repositories.push({ ...asJson(repositoryOrder(name, configuration)), held: [...held] });
    }
    if (repositories.length === 0) return { skipped: 'a check has found damage', damaged };
    const written = policy.config as { readonly retention: JsonValue };
    const order: JsonValue = {
      policy: policy.name,
      retention: written.retention,
      repositories,
      zone: zoneNameOf(rules, configuration.zone),
      run: claim.task.id,
      dryRun,
    };
    const action = dryRun ? 'retention:plan' : 'retention:apply';
    const mayGo: JobReports['mayGo'] = (going) =>
      letGo(catalog, { ...going, taskId: claim.task.id }, context);
    const wish = { kind: 'retention', order, action, object: policy.name, actor, mayGo };
    let end: JobEnd;
    try {
      end = await underBrake(dryRun, tools, (within) => auditedJob(wish, tools, within), context);
    } catch (error) {
      if (!dryRun) await tellOfFailure(policy, error, tools, context);
      throw error;
    }
    const result = readResult(retentionResult, end) ?? { repositories: [], failed: [] };
    if (!dryRun) await note({ policy, taskId: claim.task.id }, result, tools, context);
    return { ...result, damaged };
  },
};

/** What is tried again is told when it is given up. */
async function tellOfFailure(
  policy: Policy,
  error: unknown,
  { catalog }: TaskTools,
  context: Context,
): Promise<void> {
  const { kind, code, message } = failureOf(error);
  if (context.signal.aborted || kind === 'unavailable' || kind === 'canceled') return;
  const title = `Old recovery points of "${policy.name}" could not be cleared away`;
  const facts = { policy: policy.name, code, message };
  const key = retentionAlert(policy);
  await raiseAlert(catalog, { key, severity: 'warning', title, facts, policyId: policy.id }, context);
}

function retentionAlert({ name }: Policy): string {
  return `retention:${name}`;
}

async function note(
  { policy, taskId }: { readonly policy: Policy; readonly taskId: string },
  result: RetentionResult,
  { catalog }: TaskTools,
  context: Context,
): Promise<void> {
  const unhurried: Context = { ...context, signal: new AbortController().signal };
  await together(
    catalog,
    async (unit) => {
      for (const { repository, forgotten } of result.repositories) {
        for (const { snapshot } of forgotten) await noteRemoved(repository, snapshot, unit, unhurried);
      }
      // Where it failed, some may be gone nevertheless.
      const unsure = result.failed.map(({ repository }) => repository);
      await learnLater(unit, unsure, taskId, unhurried);
      const key = retentionAlert(policy);
      const [first] = result.failed;
      if (first === undefined) {
        await resolveAlert(unit, key, unhurried);
        return;
      }
      const title = `Old recovery points of "${policy.name}" could not be cleared away in "${first.repository}"`;
      const facts = { policy: policy.name, ...first };
      await raiseAlert(unit, { key, severity: 'warning', title, facts, policyId: policy.id }, unhurried);
    },
    unhurried,
  );
}

/** What the catalog never knew has nothing to be noted at. */
export async function noteRemoved(
  repository: string,
  snapshot: string,
  unit: Unit,
  context: Context,
): Promise<void> {
  const copy = { repository, snapshot };
  if ((await pointOfCopy(unit, copy, context)) === undefined) return;
  await noteCopy(unit, copy, { removedAt: context.clock.now() }, context);
}
