// Has one repository looked at, and keeps what was found as its health.

import { z } from 'zod';
import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { healthStates, usualPatience } from '../../model/health.ts';
import { probedChecks, probePayload } from '../health/probes.ts';
import { noteAndTell } from '../health/round.ts';
import type { JobEnd } from '../job.ts';
import { asFailure, failureOf } from '../jobs/failure.ts';
import type { PlaceBounds } from '../jobs/probe-place.ts';
import type { TaskKind, TaskTools } from '../task.ts';
import { boundedJob } from './job-end.ts';
import { readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const result = z.object({
  state: z.enum(healthStates),
  reason: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
const found = z.object({ found: z.record(z.string(), result) });

const longestMs = 15 * 60_000;

/** One that hangs is found as well. */
async function lookAt(order: JsonValue, tools: TaskTools, context: Context): Promise<JobEnd> {
  try {
    return await boundedJob({ kind: 'probe', order, longestMs }, tools, context);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code !== 'JOB_TIMEOUT') throw error;
    const { code, message } = failure;
    const storage = { state: 'critical', reason: 'storage-away', facts: { code, message } };
    return { outcome: 'succeeded', counts: {}, result: { found: { storage } } };
  }
}

const defaultEveryByteMs = 30 * 86_400_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { repository, deep } = readPayload(probePayload, 'probe', claim.task.payload);
    const configuration = await tools.configuration(context);
    // It was taken out of the configuration meanwhile.
    if (!Object.hasOwn(configuration.repositories, repository)) return { skipped: 'it is gone' };
    const order = {
      repository: repositoryOrder(repository, configuration),
      deep,
      everyByteWithin: everyByteWithinOf(repository, configuration),
      bounds: boundsOf(configuration),
    };
    const end = await lookAt(order as unknown as JsonValue, tools, context);
    const { failure } = end;
    if (end.outcome === 'canceled' || (failure !== undefined && context.signal.aborted)) {
      throw asFailure(failure ?? { kind: 'canceled', code: 'CANCELED', message: 'the look was stopped' });
    }
    const results: Readonly<Record<string, z.output<typeof result>>> =
      failure === undefined
        ? found.parse(end.result).found
        : { storage: { state: 'unknown', reason: 'check-failed', facts: factsOf(failure) } };
    const states: Record<string, JsonValue> = {};
    for (const name of probedChecks) {
      const one = results[name];
      if (one === undefined) continue;
      states[name] = one.state;
      // What a repository is in is found out seldom, and believed at once when it is well again.
      const patience = { ...usualPatience, better: 1 };
      const round = { node: '', name, patience, isPartial: true as const };
      await noteAndTell(tools.catalog, { ...round, results: [{ ...one, object: repository }] }, context);
    }
    return states;
  },
};

function factsOf({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, message };
}

function boundsOf({ health }: Configuration): PlaceBounds {
  const { diskWarningPercent, diskCriticalPercent, expiryWarning } = health;
  return { diskWarningPercent, diskCriticalPercent, expiryWarning };
}

/** The strictest that a policy promises of it. */
function everyByteWithinOf(repository: string, { policies }: Configuration): number {
  const wanted = Object.values(policies)
    .filter(({ repositories }) => repositories.includes(repository))
    .map(({ everyByteWithin }) => everyByteWithin);
  return wanted.length === 0 ? defaultEveryByteMs : Math.min(...wanted);
}
