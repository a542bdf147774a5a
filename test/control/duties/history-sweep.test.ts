// What is over for long goes; what somebody still needs stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { savePolicy } from '../../../src/catalog/policies.ts';
import { addTask, claimTask, completeTask } from '../../../src/catalog/queue.ts';
import { addCopy, addRecoveryPoint, holdPoint, noteCopy } from '../../../src/catalog/recovery-points.ts';
import { addProblems, endRun, startRun } from '../../../src/catalog/runs.ts';
import { duty } from '../../../src/control/duties/history-sweep.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { onBoth } from '../../catalog/catalog-world.ts';

const dayMs = 86_400_000;

test('old runs go but the last of each policy, and points go that are nowhere and held by nobody', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policy = await savePolicy(catalog, { name: 'files', config: {}, enabled: true }, context);
    for (let n = 0; n < 3; n += 1) {
      await addTask(catalog, { kind: 'backup', key: `t${n}`, payload: null }, context);
      const claim = (await claimTask(catalog, { node: 'a', holdMs: 1000 }, context))!;
      const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
      const run = await startRun(catalog, { policyId: policy.id, dueAt: n, node: 'a', holding }, context);
      await addProblems(catalog, run.id, [{ path: '/x', code: 'UNREADABLE', message: 'no' }], context);
      await endRun(catalog, run, { outcome: 'partial', counts: {} }, context);
      await completeTask(catalog, claim, null, context);
      await place.advance(1000);
    }
    const now = context.clock.now();
    const point = async (snapshot: string) => {
      const copy = { repository: 'main', snapshot, storage: 'm:', arrivedAt: now };
      const base = { source: '/s', takenAt: now, outcome: 'succeeded' as const, entries: 1, bytes: 1 };
      return addRecoveryPoint(catalog, { ...base, copy }, context);
    };
    const halfGone = await point('half');
    const other = { repository: 'second', snapshot: 'half', storage: 'm:', arrivedAt: now };
    await addCopy(catalog, halfGone, other, context);
    const held = await point('held');
    await holdPoint(catalog, held, { reason: 'court', actor: 'ada' }, context);
    await point('gone');
    await point('there');
    for (const snapshot of ['half', 'held', 'gone']) {
      await noteCopy(catalog, { repository: 'main', snapshot }, { removedAt: now }, context);
    }
    const counts = async () => {
      await duty.run({ catalog } as TaskTools, context);
      const tables = ['runs', 'run_problems', 'recovery_points', 'copies'];
      const rows = await Promise.all(
        tables.map((table) => place.tamper(`select count(*) as n from ${table}`)),
      );
      return rows.map(([row]) => Number(row?.['n']));
    };
    await place.advance(500 * dayMs);
    assert.deepEqual(await counts(), [3, 3, 4, 5]);
    await place.advance(60 * dayMs);
    assert.deepEqual(await counts(), [1, 1, 3, 4]);
  }));
