// The job of retention: in each repository the policy's snapshots are forgotten by its rules, but those that a person holds, and the space is given
// back. What fails in one repository does not keep the next from its turn.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { retentionOf } from '../../model/configuration/policy.ts';
import { createZone } from '../../model/schedule/zone.ts';
import { type ForgetRequest, forget } from '../../operations/forget.ts';
import { prune } from '../../operations/prune.ts';
import type { Repository } from '../../repository/repository.ts';
import type { JobKind } from '../job.ts';
import { failureOf } from './failure.ts';
import { policyTag, type RetentionOrder, type RetentionResult, retentionOrder } from './orders.ts';

const maxUnused = 0.05;

export const job: JobKind<RetentionOrder> = {
  order: retentionOrder,
  async run(order, tools, context) {
    const result: RetentionResult = { repositories: [], failed: [] };
    for (const { name, rules, held } of order.repositories) {
      try {
        await using repository = await tools.openers.repository(rules, 'write', context);
        const done = await applyTo(repository, order, new Set(held), context);
        result.repositories.push({ repository: name, ...done });
      } catch (error) {
        if (context.signal.aborted) throw error;
        const { code, message } = failureOf(error);
        context.log.error(`retention was not applied to "${name}": ${message}`, { code });
        result.failed.push({ repository: name, code, message });
      }
    }
    const forgotten = result.repositories.reduce((sum, one) => sum + one.forgotten.length, 0);
    const bytesFreed = result.repositories.reduce((sum, one) => sum + one.bytesFreed, 0);
    return {
      outcome: result.failed.length === 0 ? 'succeeded' : 'failed',
      counts: { forgotten, bytesFreed },
      result: result as JsonValue,
    };
  },
};

type Applied = Omit<RetentionResult['repositories'][number], 'repository'>;

async function applyTo(
  repository: Repository,
  order: RetentionOrder,
  held: ReadonlySet<string>,
  context: Context,
): Promise<Applied> {
  const policy = retentionOf(order);
  if (policy === undefined) return { forgotten: [], kept: 0, bytesFreed: 0 };
  const zone = createZone(order.zone);
  const request: ForgetRequest = {
    policy,
    groupBy: ['host', 'paths'],
    filter: { tags: [policyTag(order.policy)] },
    dryRun: true,
    run: order.run,
    zoneOffset: (instant) => Math.round(zone.offsetAt(instant) / 60_000),
  };
  const planned = await forget(request, repository, context);
  const going = planned.forgotten.filter(({ snapshot }) => !held.has(snapshot.id));
  const forgotten = going.map(({ snapshot, reason }) => ({ snapshot: snapshot.id, reason }));
  const kept = planned.keep.length + planned.forgotten.length - going.length;
  if (order.dryRun) return { forgotten, kept, bytesFreed: 0 };
  if (forgotten.length > 0) {
    const ids = forgotten.map(({ snapshot }) => snapshot);
    const named = { reason: 'retention', keepRetained: true };
    const done = await forget({ ...request, dryRun: false, filter: { ids }, named }, repository, context);
    const gone = new Set(done.forgotten.map(({ snapshot }) => snapshot.id));
    const { bytesFreed } = await prune({ dryRun: false, maxUnused }, repository, context);
    const left = forgotten.filter(({ snapshot }) => gone.has(snapshot));
    return { forgotten: left, kept: kept + forgotten.length - left.length, bytesFreed };
  }
  const { bytesFreed } = await prune({ dryRun: false, maxUnused }, repository, context);
  return { forgotten, kept, bytesFreed };
}
