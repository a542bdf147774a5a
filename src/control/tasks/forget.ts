// A recovery point that somebody wants gone: its copies are deleted, but none that is held or locked, none while the ransom brake is on, and none
// in a repository in which a check has found damage. What went is noted in the catalog.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { requireNoBrake } from '../../catalog/brake.ts';
import { together } from '../../catalog/catalog.ts';
import { letGo } from '../../catalog/leaving.ts';
import type { JobReports } from '../job.ts';
import { asJson, forgetResult } from '../jobs/orders.ts';
import { learnLater } from '../learn-later.ts';
import type { TaskKind } from '../task.ts';
import { underBrake } from '../under-brake.ts';
import { auditedJob, readResult } from './job-end.ts';
import { forgetPayload, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';
import { requireNoDamage } from './prune.ts';
import { noteRemoved } from './retention.ts';

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { catalog } = tools;
    const { point, copies, actor } = readPayload(forgetPayload, 'forget', claim.task.payload);
    await requireNoBrake(catalog, context);
    const configuration = await tools.configuration(context);
    const byRepository = Map.groupBy(copies, ({ repository }) => repository);
    const names = [...byRepository.keys()];
    if (claim.task.claims > 1) await learnLater(catalog, names, claim.task.id, context);
    const repositories: JsonValue[] = [];
    for (const [name, of] of byRepository) {
      await requireNoDamage(name, catalog, context);
      const snapshots = of.map(({ snapshot }) => snapshot);
      repositories.push({ ...asJson(repositoryOrder(name, configuration)), snapshots });
    }
    const mayGo: JobReports['mayGo'] = (going) =>
      letGo(catalog, { ...going, taskId: claim.task.id }, context);
    const wish = {
      kind: 'forget',
      order: { repositories, run: claim.task.id },
      action: 'forget:run',
      object: `recovery-point ${point}`,
      actor,
      mayGo,
    };
    const end = await underBrake(false, tools, (within) => auditedJob(wish, tools, within), context);
    const result = readResult(forgetResult, end) ?? { forgotten: [], kept: [], failed: [] };
    const unhurried: Context = { ...context, signal: new AbortController().signal };
    await together(
      catalog,
      async (unit) => {
        for (const { repository, snapshot } of result.forgotten) {
          await noteRemoved(repository, snapshot, unit, unhurried);
        }
        // Where it failed, some may be gone nevertheless.
        const unsure = result.failed.map(({ repository }) => repository);
        await learnLater(unit, unsure, claim.task.id, unhurried);
      },
      unhurried,
    );
    return result as JsonValue;
  },
};
