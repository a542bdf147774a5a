// What tasks of one job have in common: have it done, and take its failure as one's own.

import type { z } from 'zod';
import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { type AuditAct, appendAudit } from '../../catalog/audit.ts';
import type { Catalog, Unit } from '../../catalog/catalog.ts';
import type { JobEnd, JobReports } from '../job.ts';
import { asFailure } from '../jobs/failure.ts';
import type { TaskTools } from '../task.ts';

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
}

/** The job, and one audit entry however it ended. Fails as the job did. */
export async function auditedJob(wish: Wish, tools: TaskTools, context: Context): Promise<JobEnd> {
  let end: JobEnd;
  try {
    end = await tools.runner.run(wish.kind, wish.order, unwatched, context);
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
  await auditEnd(tools.catalog, wish, audited, tools.node, unhurried, failure?.code);
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
