// A check of a repository: what it has proven is noted at the copies, what it has found becomes an alert that stops retention there.

import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { together, type Unit } from '../../catalog/catalog.ts';
import { openAlert } from '../../catalog/open-alert.ts';
import { noteVerified } from '../../catalog/recovery-points.ts';
import type { JobEnd } from '../job.ts';
import { failureOf } from '../jobs/failure.ts';
import { asJson, type CheckResult, checkResult } from '../jobs/orders.ts';
import type { TaskKind, TaskTools } from '../task.ts';
import { auditedJob, readResult } from './job-end.ts';
import { checkPayload, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 7 * 86_400_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const payload = readPayload(checkPayload, 'check', claim.task.payload);
    const { repository: name, millionths, actor } = payload;
    const share = millionths === undefined ? undefined : millionths / 1_000_000;
    const configuration = await tools.configuration(context);
    const repository = asJson(repositoryOrder(name, configuration));
    const order: JsonValue = { repository, ...(share === undefined ? {} : { share }) };
    const wish = { kind: 'check', order, action: 'check:run', object: name, actor, longestMs };
    const startedAt = context.clock.now();
    let end: JobEnd;
    try {
      end = await auditedJob(wish, tools, context);
    } catch (error) {
      await tellOfFailure(name, error, tools, context);
      throw error;
    }
    const result = readResult(checkResult, end);
    if (result === undefined) return null;
    const unhurried: Context = { ...context, signal: new AbortController().signal };
    await together(
      tools.catalog,
      (unit) =>
        note(
          { repository: name, isWhole: share === undefined || share >= 1, startedAt },
          result,
          unit,
          unhurried,
        ),
      unhurried,
    );
    return end.result;
  },
};

interface Look {
  readonly repository: string;
  /** Every byte was read now. */
  readonly isWhole: boolean;
  readonly startedAt: Instant;
}

async function note(
  { repository, isWhole, startedAt }: Look,
  result: CheckResult,
  unit: Unit,
  context: Context,
): Promise<void> {
  const now = context.clock.now();
  const { present, affected, oldestVerifiedAt, errors } = result;
  // Level 3 says that every byte was read, be it on many days: then the oldest of them counts.
  const proven = isWhole
    ? { verifiedAt: now, level: 3 }
    : oldestVerifiedAt === undefined
      ? { verifiedAt: now, level: 2 }
      : { verifiedAt: Math.min(now, oldestVerifiedAt), level: 3 };
  const damaged = new Set(affected);
  const of = present?.filter((id) => !damaged.has(id)) ?? { arrivedBefore: startedAt };
  // Where damage is of nobody knows whom, nothing counts as proven.
  if (errors === 0 || (damaged.size > 0 && present !== undefined)) {
    await noteVerified(unit, repository, { ...proven, of }, context);
  }
  const key = checkAlert(repository);
  const open = await openAlert(unit, key, context);
  const [first] = result.findings;
  if (errors === 0 || first === undefined) {
    // What was damaged need not be among what was read today.
    const isReadSince = isWhole || (oldestVerifiedAt !== undefined && oldestVerifiedAt > (open?.lastAt ?? 0));
    if (isReadSince || open?.facts.inBytes !== true) await resolveAlert(unit, key, context);
    return;
  }
  const title = `The repository "${repository}" is damaged: ${first.message}`;
  const facts = {
    repository,
    errors,
    affected: affected.length,
    code: first.code,
    inBytes: open?.facts.inBytes === true || result.findings.some(isOfBytes),
    hint: 'Look at it with "holdfast check", then mend it with "holdfast repair". Nothing is deleted there until all of it was read again and found well.',
  };
  await raiseAlert(unit, { key, severity: 'critical', title, facts }, context);
}

function checkAlert(repository: string): string {
  return `check:${repository}`;
}

function isOfBytes({ severity, code, object = '' }: CheckResult['findings'][number]): boolean {
  return severity === 'error' && (code.startsWith('PACK_') || /^(?:packs|meta)\//.test(object));
}

/** A repository that cannot be looked into is not well; one that is only away is the concern of its health. */
async function tellOfFailure(
  repository: string,
  error: unknown,
  { catalog }: TaskTools,
  context: Context,
): Promise<void> {
  const { kind, code, message } = failureOf(error);
  if (context.signal.aborted || kind === 'unavailable' || kind === 'canceled') return;
  const severity = kind === 'corrupt' ? 'critical' : 'warning';
  const title = `The repository "${repository}" could not be checked: ${message}`;
  const facts = { repository, code };
  await raiseAlert(catalog, { key: checkAlert(repository), severity, title, facts }, context);
}
