// The witnesses of the audit trail, as the configuration names them, and the alert that tells of one that cannot be reached.

import type { Context, Instant } from '../base/context.ts';
import { raiseAlert, resolveAlert } from '../catalog/alerts.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import type { TaskTools } from './task.ts';

export type WitnessRules = Configuration['audit']['witnesses'][number];

/** The streams of the audit trail that are this machine's to sign, copy and sweep. */
export function ownStreams({ node, audit }: Pick<TaskTools, 'node' | 'audit'>): readonly string[] {
  return [...new Set([node, ...(audit?.otherStreams ?? [])])];
}

/** The same as long as the configuration means the same. */
export function witnessName(rules: WitnessRules): string {
  return 'channel' in rules ? `channel:${rules.channel}` : `file:${rules.file}`;
}

/** After that time without a witness somebody is told. */
const patienceMs = 600_000;

export async function tellOfWitness(
  catalog: Catalog,
  {
    name,
    node,
    unheardSince,
  }: { readonly name: string; readonly node: string; readonly unheardSince: Instant | undefined },
  context: Context,
): Promise<void> {
  const key = `health:witness:${node}:${name}`;
  if (unheardSince === undefined || context.clock.now() - unheardSince < patienceMs) {
    await resolveAlert(catalog, key, context);
    return;
  }
  const alert = {
    key,
    severity: 'warning',
    title: `The audit trail has no witness: "${name}" hears nothing`,
    facts: { witness: name, node, since: new Date(unheardSince).toISOString() },
  } as const;
  await raiseAlert(catalog, alert, context);
}
