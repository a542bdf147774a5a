// A catalog with a little of everything that metrics tell.

import { join } from 'node:path';
import type { Context } from '../../../src/base/context.ts';
import { raiseAlert } from '../../../src/catalog/alerts.ts';
import { appendAudit } from '../../../src/catalog/audit.ts';
import { noteHeard } from '../../../src/catalog/audit-checkpoints.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { noteHealth } from '../../../src/catalog/health.ts';
import { savePolicy } from '../../../src/catalog/policies.ts';
import { addTask, claimTask } from '../../../src/catalog/queue.ts';
import { addRecoveryPoint } from '../../../src/catalog/recovery-points.ts';
import { beatLife, noteRestoreTime } from '../../../src/catalog/reliability.ts';
import { endRun, startRun } from '../../../src/catalog/runs.ts';
import { usualPatience } from '../../../src/model/health.ts';
import type { Place } from '../../catalog/catalog-world.ts';

export const hostile = 'a "quoted"\\name\nwith a line';

export const counts = {
  entries: 10,
  sourceBytes: 1000,
  readBytes: 600,
  storedBytes: 330,
  framePlainBytes: 600,
  frameBytes: 300,
  sealBytes: 3,
  cpuMs: 1500,
  memoryPeakBytes: 2 ** 27,
  diskReadBytes: 4096,
  diskWrittenBytes: 8192,
  networkReceivedBytes: 100,
  networkSentBytes: 400,
};

/** `files` succeeded an hour ago, `broken` failed, `never` did nothing, `off` is switched off. */
export async function lively(place: Place, catalog: Catalog, context: Context): Promise<void> {
  await beatLife(catalog, { node: 'n1', gapMs: 60_000 }, context);
  const config = { rpo: '2h' };
  const ids: Record<string, string> = {};
  for (const name of ['files', 'broken', 'never', 'off']) {
    const saved = await savePolicy(catalog, { name, config, enabled: name !== 'off' }, context);
    ids[name] = saved.id;
  }
  for (const name of ['files', 'broken'] as const) {
    await addTask(catalog, { kind: 'backup', key: name, payload: {} }, context);
    const claim = await claimTask(catalog, { node: 'n1', holdMs: 600_000 }, context);
    const holding = { kind: 'task', id: claim!.task.id, fence: claim!.fence } as const;
    const start = { policyId: ids[name]!, dueAt: place.now(), node: 'n1', holding };
    const run = await startRun(catalog, start, context);
    await place.advance(90_000);
    const failure = { code: 'X', message: 'x' };
    if (name === 'files') await endRun(catalog, run, { outcome: 'succeeded', counts }, context);
    else await endRun(catalog, run, { outcome: 'failed', counts: {}, failure }, context);
  }
  await addRecoveryPoint(
    catalog,
    {
      policyId: ids.files!,
      source: '/srv',
      takenAt: place.now(),
      outcome: 'succeeded',
      entries: 10,
      bytes: 1000,
      copy: { repository: 'r', snapshot: 's', storage: 'local:/r', arrivedAt: place.now() },
    },
    context,
  );
  await raiseAlert(catalog, { key: 'k', severity: 'critical', title: 't', facts: {} }, context);
  const results = [
    { object: hostile, state: 'warning', reason: 'disk-full', facts: { freeBytes: 7 } },
  ] as const;
  const patience = { ...usualPatience, worse: 1 };
  await noteHealth(catalog, { node: 'n1', name: 'disk', results, patience }, context);
  const restore = { kind: 'restore', at: place.now(), bytes: 3000, outcome: 'succeeded' } as const;
  await noteRestoreTime(catalog, { ...restore, durationMs: 2000 }, context);
  await noteRestoreTime(catalog, { ...restore, durationMs: 1000 }, context);
  const act = { node: 'n1', actor: 'a', method: 'm', action: 'a:b', outcome: 'succeeded' } as const;
  for (let n = 0; n < 3; n += 1) await appendAudit(catalog, act, context);
  await noteHeard(catalog, 'file:/w', 'n1', { lastSeq: 1, rootSeq: 0, at: place.now() }, context);
  await place.advance(3_600_000);
  await beatLife(catalog, { node: 'n1', gapMs: 60_000 }, context);
}

export const deploy = join(import.meta.dirname, '../../../deploy');
