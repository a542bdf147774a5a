// Work that ended for good without success, and of which nobody would hear: its end stands in the queue, where nobody looks. Kinds that tell of their
// own failures are left out, and what a person asked for and waits for.

import type { Context } from '../base/context.ts';
import { raiseAlert } from '../catalog/alerts.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { policyById } from '../catalog/policies.ts';
import type { Task } from '../catalog/queue.ts';
import type { JobFailure } from './job.ts';

export const taskAlerts = 'task:';

/** Whatever the kind, it had no chance to tell. */
const untold: readonly string[] = ['TASK_GIVEN_UP', 'UNKNOWN_TASK'];
/** They raise alerts where they fail. */
const telling: readonly string[] = ['retention', 'check', 'deliver'];

export async function tellGivenUp(
  { kind, source, claims, payload }: Task,
  { code, message }: JobFailure,
  catalog: Catalog,
  context: Context,
): Promise<void> {
  const { policyId, actor } = (payload ?? {}) as { readonly policyId?: unknown; readonly actor?: unknown };
  const isWaitedFor = actor !== undefined && kind !== 'backup';
  if (!untold.includes(code) && (isWaitedFor || telling.includes(kind))) return;
  const policy = typeof policyId === 'string' ? await policyById(catalog, policyId, context) : undefined;
  const object = policy?.name ?? source ?? '';
  await raiseAlert(
    catalog,
    {
      key: `${taskAlerts}${kind}:${source ?? ''}`,
      severity: kind === 'backup' ? 'critical' : 'warning',
      title: `A task of kind "${kind}" was given up${object === '' ? '' : ` for "${object}"`}: ${message}`,
      facts: { kind, ...(source === undefined ? {} : { source }), claims, code, message },
      ...(policy === undefined ? {} : { policyId: policy.id }),
    },
    context,
  );
}
