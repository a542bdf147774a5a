// A restore that somebody asked for. Where it may go says the configuration, not who put the task into the queue.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { noteCopy, pointOfCopy } from '../../catalog/recovery-points.ts';
import { noteRestoreTime, policyOfCopy } from '../../catalog/reliability.ts';
import type { JobEnd } from '../job.ts';
import { asJson } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob } from './job-end.ts';
import { plain, readPayload, restorePayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 7 * 86_400_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { actor, repository, ...wanted } = readPayload(restorePayload, 'restore', claim.task.payload);
    const configuration = await tools.configuration(context);
    const order: JsonValue = {
      ...plain(wanted),
      repository: asJson(repositoryOrder(repository, configuration)),
      roots: configuration.api.restoreRoots,
    };
    const facts = { snapshot: wanted.snapshot, target: wanted.target, dryRun: wanted.dryRun };
    const wish = {
      kind: 'restore',
      order,
      action: 'restore:run',
      object: repository,
      actor,
      facts,
      longestMs,
    };
    const end = await auditedJob(wish, tools, context);
    if (!wanted.dryRun) {
      await noteTime(end, repository, tools.catalog, context);
      const isWhole = wanted.verify && wanted.path === undefined && wanted.include.length === 0;
      if (isWhole) await noteProven(end, repository, tools.catalog, context);
    }
    const { outcome, counts, result } = end;
    return { outcome, counts: { ...counts }, ...(result as { readonly [field: string]: JsonValue }) };
  },
};

/** All of it was restored, read again and compared, and nothing was lacking: this copy is proven. */
async function noteProven(
  { outcome, result }: JobEnd,
  repository: string,
  catalog: Catalog,
  context: Context,
): Promise<void> {
  const { snapshot, differences } = (result ?? {}) as { readonly [field: string]: JsonValue };
  if (outcome !== 'succeeded' || differences !== 0 || typeof snapshot !== 'string') return;
  const unhurried = { ...context, signal: new AbortController().signal };
  const copy = { repository, snapshot };
  if ((await pointOfCopy(catalog, copy, unhurried)) === undefined) return;
  await noteCopy(catalog, copy, { provenAt: await catalogTime(catalog, unhurried) }, unhurried);
}

/** Each restore is a measure of how long the next will take. */
async function noteTime(
  { outcome, counts, result }: JobEnd,
  repository: string,
  catalog: Catalog,
  context: Context,
): Promise<void> {
  const { bytes, durationMs } = counts;
  if (bytes === undefined || durationMs === undefined) return;
  const unhurried = { ...context, signal: new AbortController().signal };
  const snapshot = (result as { readonly snapshot?: unknown } | null)?.snapshot;
  const policyId =
    typeof snapshot === 'string'
      ? await policyOfCopy(catalog, { repository, snapshot }, unhurried)
      : undefined;
  const at = context.clock.now() - durationMs;
  const time = { kind: 'restore' as const, at, bytes, durationMs, outcome };
  await noteRestoreTime(catalog, { ...time, ...(policyId === undefined ? {} : { policyId }) }, unhurried);
}
