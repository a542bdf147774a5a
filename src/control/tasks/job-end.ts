// What tasks of one job have in common: have it done, and take its failure as one's own.

import type { z } from 'zod';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { formatDuration } from '../../base/text.ts';
import { type AuditAct, appendAudit } from '../../catalog/audit.ts';
import type { Catalog, Unit } from '../../catalog/catalog.ts';
import type { JobEnd, JobReports } from '../job.ts';
import { asFailure } from '../jobs/failure.ts';
import type { TaskTools } from '../task.ts';
import { withTimeout } from '../with-timeout.ts';

/** Nobody watches these on their way; their end tells. */
export const unwatched: JobReports = {
  counts: () => undefined,
  phase: () => undefined,
  problems: () => undefined,
};

/** What the job hands back also where it found trouble; undefined where it handed back nothing that can be read. */
export function readResult<Result>(schema: z.ZodType<Result>, end: JobEnd): Result | undefined {
  const read = schema.safeParse(end.result);
  return read.success ? read.data : undefined;
}

export interface Wish {
  readonly kind: string;
  readonly order: JsonValue;
  /** `noun:verb`, for the audit. */
  readonly action: string;
  readonly object: string;
  readonly actor: string | undefined;
  readonly facts?: AuditAct['facts'];
  /** False of an end at which nothing was to be done: that stands in no audit trail. A failure always does. */
  readonly isAct?: (end: JobEnd) => boolean;
  /** After that it is stopped; a day when left out. */
  readonly longestMs?: number;
  /** What says of each snapshot, right before, whether it may be forgotten; absent for jobs that forget nothing. */
  readonly mayGo?: NonNullable<JobReports['mayGo']>;
  /** Who takes what the job hands out. */
  readonly pipe?: NonNullable<JobReports['pipe']>;
}

const usuallyLongestMs = 86_400_000;

/** A storage that hangs must not hold a worker for ever: fails with exhausted/JOB_TIMEOUT. */
export async function boundedJob(
  {
    kind,
    order,
    longestMs,
    mayGo,
    pipe,
  }: Pick<Wish, 'kind' | 'order' | 'mayGo' | 'pipe'> & { readonly longestMs: number },
  { runner }: TaskTools,
  context: Context,
): Promise<JobEnd> {
  const reports: JobReports = {
    ...unwatched,
    ...(mayGo === undefined ? {} : { mayGo }),
    ...(pipe === undefined ? {} : { pipe }),
  };
  return withTimeout(
    longestMs,
    async (within, hasRunOut) => {
      try {
        const end = await runner.run(kind, order, reports, within);
        if (!hasRunOut() || end.outcome !== 'canceled') return end;
      } catch (error) {
        if (!hasRunOut()) throw error;
      }
      const message = `the job "${kind}" was stopped: it took longer than ${formatDuration(longestMs)}`;
      throw new Failure('exhausted', 'JOB_TIMEOUT', message, {
        hint: 'Look whether its storage or network hangs.',
      });
    },
    context,
  );
}

/** The job, and one audit entry however it ended. Fails as the job did. */
export async function auditedJob(wish: Wish, tools: TaskTools, context: Context): Promise<JobEnd> {
  let end: JobEnd;
  try {
    end = await boundedJob({ ...wish, longestMs: wish.longestMs ?? usuallyLongestMs }, tools, context);
  } catch (error) {
    if (!context.signal.aborted) await auditEnd(tools.catalog, wish, 'failed', tools.node, context);
    throw error;
  }
  const { outcome, failure } = end;
  // Stopped with its node: it is done again, and told then.
  if (outcome === 'canceled' || (failure !== undefined && context.signal.aborted)) {
    throw asFailure(failure ?? { kind: 'canceled', code: 'CANCELED', message: 'the job was stopped' });
  }
  const audited = outcome === 'failed' ? (failure?.kind === 'denied' ? 'refused' : 'failed') : 'succeeded';
  const unhurried = { ...context, signal: new AbortController().signal };
  if (audited !== 'succeeded' || wish.isAct?.(end) !== false) {
    await auditEnd(tools.catalog, wish, audited, tools.node, unhurried, failure?.code);
  }
  if (failure !== undefined) throw asFailure(failure);
  return end;
}

async function auditEnd(
  at: Catalog | Unit,
  { action, object, actor, facts }: Wish,
  outcome: AuditAct['outcome'],
  node: string,
  context: Context,
  code?: string,
): Promise<void> {
  await appendAudit(
    at,
    {
      node,
      actor: actor ?? 'schedule',
      method: actor === undefined ? 'schedule' : 'task',
      action,
      object,
      outcome,
      facts: { ...facts, ...(code === undefined ? {} : { code }) },
    },
    context,
  );
}
