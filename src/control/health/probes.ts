// Looks at repositories, each by a job of its own that holds their secrets: often only whether they can be reached, once a day whether they can
// be written to, what their keys are worth, and how old the oldest byte is that nobody has read since.

import { z } from 'zod';
import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { resolveAlert } from '../../catalog/alerts.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { forgetHealth, listHealth } from '../../catalog/health.ts';
import { addTask } from '../../catalog/queue.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { alertKeyOf } from './round.ts';

export const probePayload = z.strictObject({ repository: z.string(), deep: z.boolean() });
export type ProbePayload = z.output<typeof probePayload>;

/** What a look at a repository tells of, each for every repository. */
export const probedChecks = [
  'storage',
  'room',
  'storage-certificate',
  'secrets',
  'integrity',
  'keys',
  'posture',
  'storage-clock',
] as const;

const shallowMs = 3_600_000;

export async function wantProbes(
  catalog: Catalog,
  configuration: Configuration,
  context: Context,
): Promise<void> {
  const now = context.clock.now();
  const { interval, deepInterval } = configuration.health;
  const known = await listHealth(catalog, context);
  const repositories = Object.keys(configuration.repositories);
  for (const repository of repositories) {
    const last = known.find((one) => one.name === 'storage' && one.object === repository);
    const lastDeep = known.find((one) => one.name === 'keys' && one.object === repository);
    const isWell = last !== undefined && last.state === 'ok' && last.heading === 'ok';
    // Where something is wrong, it is looked at each time, so that people hear soon that it is over.
    const everyMs = isWell ? Math.max(shallowMs, interval) : interval;
    const deep = isDue(lastDeep?.checkedAt, deepInterval, now);
    if (!deep && !isDue(last?.checkedAt, everyMs, now)) continue;
    const payload: ProbePayload = { repository, deep };
    // Of one time there is one task, also when two machines want it.
    const slot = Math.floor(now / interval);
    const task = { kind: 'probe', key: `probe:${repository}@${slot}`, payload: payload as JsonValue };
    await addTask(catalog, { ...task, priority: 10 }, context);
  }
  for (const name of probedChecks) {
    const gone = await forgetHealth(catalog, { node: '', name, objects: repositories }, context);
    for (const record of gone) await resolveAlert(catalog, alertKeyOf(record), context);
  }
}

function isDue(at: Instant | undefined, everyMs: number, now: Instant): boolean {
  // A clock that was put back must not put it off.
  return at === undefined || now - at >= everyMs || at > now;
}
