// One round of checks: each is run, what it found is kept, and what is wrong becomes an alert that ends when it is well again. A check that
// fails holds up none of the others.

import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { type Catalog, together, type Unit } from '../../catalog/catalog.ts';
import {
  type HealthNote,
  type HealthRecord,
  type HealthRound,
  listHealth,
  noteHealth,
} from '../../catalog/health.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { usualPatience } from '../../model/health.ts';
import { healthChecks } from './all.ts';
import type { CheckResult, HealthCheck } from './check.ts';
import { type Machine, thisMachine } from './machine.ts';
import { sayHealth } from './words.ts';

export interface RoundParts {
  readonly catalog: Catalog;
  readonly configuration: Configuration;
  readonly node: string;
  readonly machine?: Machine;
  /** Other than those of health/all.ts. */
  readonly checks?: Readonly<Record<string, () => Promise<{ readonly check: HealthCheck }>>>;
}

/** What is the same for all machines is kept as of none. */
export async function runHealthRound(
  scope: HealthCheck['scope'],
  parts: RoundParts,
  context: Context,
): Promise<readonly HealthRecord[]> {
  const { catalog, configuration, machine = thisMachine, checks = healthChecks } = parts;
  const node = scope === 'node' ? parts.node : '';
  const known = await listHealth(catalog, context);
  const records: HealthRecord[] = [];
  for (const [name, load] of Object.entries(checks)) {
    const { check } = await load();
    if (check.scope !== scope) continue;
    const before = known.filter((one) => one.name === name && one.node === node);
    const patience = check.patience ?? usualPatience;
    const tools = { catalog, configuration, machine, node: parts.node, known: before };
    let results: readonly CheckResult[];
    try {
      results = await check.run(tools, context);
    } catch (error) {
      if (context.signal.aborted) throw error;
      results = failed(error, before);
      context.log.warn(`the health check "${name}" failed`, {
        code: isFailure(error) ? error.code : 'UNEXPECTED_ERROR',
        message: messageOf(error),
      });
    }
    const note = await noteAndTell(catalog, { node, name, results, patience }, context);
    records.push(...note.records);
  }
  return records;
}

/** Of what was known of, nothing is known now; but what was bad is not forgotten over it. */
function failed(error: unknown, before: readonly HealthRecord[]): CheckResult[] {
  const facts = { message: messageOf(error) };
  const objects = before.length === 0 ? [''] : before.map(({ object }) => object);
  return objects.map((object) => ({ object, state: 'unknown', reason: 'check-failed', facts }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** In one unit: what is kept, and the alerts that follow from it. */
export async function noteAndTell(
  catalog: Catalog,
  round: HealthRound,
  context: Context,
): Promise<HealthNote> {
  return together(
    catalog,
    async (unit) => {
      const note = await noteHealth(unit, round, context);
      for (const record of note.records) await tell(unit, record, round.patience.unknown, context);
      for (const record of note.gone) await resolveAlert(unit, alertKeyOf(record), context);
      return note;
    },
    context,
  );
}

async function tell(unit: Unit, record: HealthRecord, unknownsMin: number, context: Context): Promise<void> {
  const { state, heading, headingCount } = record;
  const isLost = state === 'unknown' && heading === 'unknown' && headingCount >= unknownsMin;
  if (state === 'ok' || (state === 'unknown' && !isLost)) {
    if (state === 'ok') await resolveAlert(unit, alertKeyOf(record), context);
    return;
  }
  const { facts, reason, node } = record;
  await raiseAlert(
    unit,
    {
      key: alertKeyOf(record),
      severity: state === 'critical' ? 'critical' : 'warning',
      title: sayHealth(record, 'en'),
      facts: { ...facts, reason, object: record.object, ...(node === '' ? {} : { node }) },
    },
    context,
  );
}

/** `health:<check>[:<object>]`; of one machine among several with its name before the object. */
export function alertKeyOf({ name, node, object }: Pick<HealthRecord, 'name' | 'node' | 'object'>): string {
  return ['health', name, ...[node, object].filter((part) => part !== '')].join(':');
}
