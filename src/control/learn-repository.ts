// What a repository holds becomes what the catalog knows: from this a lost catalog is rebuilt. What it knows stays, what it lacks comes, and
// copies that are gone are noted as gone.

import type { Context } from '../base/context.ts';
import { together, type Unit } from '../catalog/catalog.ts';
import { policyNamed } from '../catalog/policies.ts';
import { addCopy, addRecoveryPoint, noteCopiesGone, pointOfSnapshot } from '../catalog/recovery-points.ts';
import { asJson, type ListResult, listResult, policyTag } from './jobs/orders.ts';
import type { TaskTools } from './task.ts';
import { auditedJob, readResult } from './tasks/job-end.ts';
import { repositoryOrder } from './tasks/places.ts';

const snapshotsAtOnce = 200;

/** Undefined where the job handed back nothing that can be read. */
export async function learnRepository(
  name: string,
  actor: string | undefined,
  tools: TaskTools,
  context: Context,
): Promise<{ readonly snapshots: number; readonly gone: number } | undefined> {
  const configuration = await tools.configuration(context);
  const order = { repository: asJson(repositoryOrder(name, configuration)) };
  const askedAt = context.clock.now();
  const wish = { kind: 'list', order, action: 'snapshot:list', object: name, actor };
  const end = await auditedJob(wish, tools, context);
  const listed = readResult(listResult, end);
  if (listed === undefined) return undefined;
  const { snapshots, storage } = listed;
  for (let from = 0; from < snapshots.length; from += snapshotsAtOnce) {
    const some = snapshots.slice(from, from + snapshotsAtOnce);
    await together(
      tools.catalog,
      async (unit) => {
        for (const snapshot of some) await tell(unit, name, storage, snapshot, context);
      },
      context,
    );
  }
  const present = snapshots.map(({ id }) => id);
  const gone = await noteCopiesGone(tools.catalog, name, present, askedAt, context);
  return { snapshots: snapshots.length, gone };
}

async function tell(
  unit: Unit,
  repository: string,
  storage: string,
  snapshot: ListResult['snapshots'][number],
  context: Context,
): Promise<void> {
  const { id, original, arrivedAt, takenAt, source, outcome, entries, bytes } = snapshot;
  const copy = { repository, snapshot: id, storage, arrivedAt };
  const known = original === undefined ? undefined : await pointOfSnapshot(unit, original, context);
  if (known !== undefined) {
    await addCopy(unit, known, copy, context);
    return;
  }
  const prefix = policyTag('');
  const tag = snapshot.tags.find((one) => one.startsWith(prefix));
  const policy = tag === undefined ? undefined : await policyNamed(unit, tag.slice(prefix.length), context);
  await addRecoveryPoint(
    unit,
    {
      source,
      takenAt,
      outcome,
      entries,
      bytes,
      copy,
      ...(policy === undefined ? {} : { policyId: policy.id }),
    },
    context,
  );
}
