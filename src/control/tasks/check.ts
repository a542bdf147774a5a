// A check of a repository: what it has proven is noted at the copies, what it has found becomes an alert that stops retention there.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { together } from '../../catalog/catalog.ts';
import { noteVerified } from '../../catalog/recovery-points.ts';
import { asJson, checkResult } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob, readResult } from './job-end.ts';
import { checkPayload, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

export const task: TaskKind = {
  async run(claim, tools, context) {
    const payload = readPayload(checkPayload, 'check', claim.task.payload);
    const { repository: name, millionths, actor } = payload;
    const share = millionths === undefined ? undefined : millionths / 1_000_000;
    const configuration = await tools.configuration(context);
    const repository = asJson(repositoryOrder(name, configuration));
    const order: JsonValue = { repository, ...(share === undefined ? {} : { share }) };
    const wish = { kind: 'check', order, action: 'check:run', object: name, actor };
    const end = await auditedJob(wish, tools, context);
    const result = readResult(checkResult, end);
    if (result === undefined) return null;
    const unhurried: Context = { ...context, signal: new AbortController().signal };
    const now = context.clock.now();
    const { oldestVerifiedAt } = result;
    // Level 3 says that every byte was read, be it on many days: then the oldest of them counts.
    const proven =
      share === undefined
        ? { verifiedAt: now, level: 3 }
        : oldestVerifiedAt === undefined
          ? { verifiedAt: now, level: 2 }
          : { verifiedAt: oldestVerifiedAt, level: 3 };
    await together(
      tools.catalog,
      async (unit) => {
        // Where damage is of nobody knows whom, nothing counts as proven.
        const isUnclear = result.errors > 0 && result.affected.length === 0;
        if (!isUnclear) {
          await noteVerified(unit, name, { ...proven, except: result.affected.slice(0, 5000) }, unhurried);
        }
        const key = `check:${name}`;
        const [first] = result.findings;
        if (result.errors === 0 || first === undefined) {
          await resolveAlert(unit, key, unhurried);
          return;
        }
        const title = `The repository "${name}" is damaged: ${first.message}`;
        const facts = {
          repository: name,
          errors: result.errors,
          affected: result.affected.length,
          code: first.code,
          hint: `Look at it with "holdfast check", then mend it with "holdfast repair". Until then nothing is deleted there.`,
        };
        await raiseAlert(unit, { key, severity: 'critical', title, facts }, unhurried);
      },
      unhurried,
    );
    return end.result;
  },
};
