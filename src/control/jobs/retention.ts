// The job of retention: in each repository the policy's snapshots are forgotten by its rules, but those that a person holds and the last
// whole one, and the space is given back. What fails in one repository does not keep the next from its turn.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { retentionOf } from '../../model/configuration/policy.ts';
import { createZone } from '../../model/schedule/zone.ts';
import { type ForgetOutcome, type ForgetRequest, forget } from '../../operations/forget.ts';
import { prune } from '../../operations/prune.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { Repository } from '../../repository/repository.ts';
import type { JobKind, JobPurpose, JobTools } from '../job.ts';
import { failureOf } from './failure.ts';
import { policyTag, type RetentionOrder, type RetentionResult, retentionOrder } from './orders.ts';
import { usualMaxUnused } from './prune.ts';

export const job: JobKind<RetentionOrder> = {
  order: retentionOrder,
  async run(order, tools, context) {
    const result: RetentionResult = { repositories: [], failed: [] };
    for (const { name, rules, held } of order.repositories) {
      try {
        const open = (purpose: JobPurpose) => tools.openers.repository(rules, purpose, context);
        const ask: Ask = (snapshots) => tools.mayGo({ repository: name, snapshots });
        const done = await forgetIn({ open, ask }, order, new Set(held), context);
        const bytesFreed = order.dryRun ? 0 : await pruneIn(open, context);
        result.repositories.push({ repository: name, ...done, bytesFreed });
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

type Open = (purpose: JobPurpose) => Promise<Repository>;
type Ask = (snapshots: readonly string[]) => ReturnType<JobTools['mayGo']>;
type Forgotten = Omit<RetentionResult['repositories'][number], 'repository' | 'bytesFreed'>;

async function forgetIn(
  { open, ask }: { readonly open: Open; readonly ask: Ask },
  order: RetentionOrder,
  held: ReadonlySet<string>,
  context: Context,
): Promise<Forgotten> {
  const policy = retentionOf(order);
  if (policy === undefined) return { forgotten: [], kept: 0 };
  await using repository = await open('write');
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
  const staying = lastWhole(planned);
  const going = planned.forgotten.filter(({ snapshot: { id } }) => !held.has(id) && !staying.has(id));
  const forgotten = going.map(({ snapshot, reason }) => ({ snapshot: snapshot.id, reason }));
  const kept = planned.keep.length + planned.forgotten.length - going.length;
  if (order.dryRun || forgotten.length === 0) return { forgotten, kept };
  // Somebody may have laid a hand on one since the order was given.
  const ids = await ask(forgotten.map(({ snapshot }) => snapshot));
  if (ids.length === 0) return { forgotten: [], kept: kept + forgotten.length };
  const named = { reason: 'retention', keepRetained: true };
  const done = await forget({ ...request, dryRun: false, filter: { ids }, named }, repository, context);
  const gone = new Set(done.forgotten.map(({ snapshot }) => snapshot.id));
  const left = forgotten.filter(({ snapshot }) => gone.has(snapshot));
  return { forgotten: left, kept: kept + forgotten.length - left.length };
}

/** Opened anew: who deletes bytes asks the storage itself, with the key that can do no more. */
async function pruneIn(open: Open, context: Context): Promise<number> {
  await using repository = await open('upkeep');
  return (await prune({ dryRun: false, maxUnused: usualMaxUnused }, repository, context)).bytesFreed;
}

/** Newer points in which something could not be saved do not push out the last one in which everything was. */
function lastWhole({ keep, forgotten }: ForgetOutcome): ReadonlySet<string> {
  const groupOf = ({ host, paths }: ListedSnapshot) => JSON.stringify([host, paths.toSorted()]);
  const isWhole = ({ outcome }: ListedSnapshot) => outcome !== 'partial';
  const served = new Set(
    keep.filter(({ snapshot }) => isWhole(snapshot)).map((one) => groupOf(one.snapshot)),
  );
  const newest = new Map<string, ListedSnapshot>();
  for (const { snapshot } of forgotten) {
    const group = groupOf(snapshot);
    if (served.has(group) || !isWhole(snapshot)) continue;
    const known = newest.get(group);
    if (known === undefined || snapshot.arrivedAt > known.arrivedAt) newest.set(group, snapshot);
  }
  return new Set([...newest.values()].map(({ id }) => id));
}
