// What is over for long goes; what somebody still needs stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acknowledgeAlert, listAlerts, raiseAlert, resolveAlert } from '../../../src/catalog/alerts.ts';
import { pullBrake, releaseBrake } from '../../../src/catalog/brake.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { deletePolicy, savePolicy } from '../../../src/catalog/policies.ts';
import { addTask, claimTask, completeTask } from '../../../src/catalog/queue.ts';
import { addCopy, addRecoveryPoint, holdPoint, noteCopy } from '../../../src/catalog/recovery-points.ts';
import { addProblems, endRun, startRun } from '../../../src/catalog/runs.ts';
import { duty } from '../../../src/control/duties/history-sweep.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { onBoth } from '../../catalog/catalog-world.ts';

const dayMs = 86_400_000;

function toolsOf(catalog: Catalog): TaskTools {
  const given = { repositories: { main: { place: '/r', unlock: { keyFile: '/k' } } } };
  return { catalog, configuration: async () => configurationSchema.parse(given) } as unknown as TaskTools;
}

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
      await duty.run(toolsOf(catalog), context);
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

test('alerts of what is no more end, but not those of an attack', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const made = async (name: string) =>
      (await savePolicy(catalog, { name, config: {}, enabled: true }, context)).id;
    const kept = await made('kept');
    const gone = await made('gone');
    const raise = (key: string, policyId?: string, severity: 'warning' | 'critical' = 'warning') =>
      raiseAlert(
        catalog,
        { key, severity, title: key, facts: {}, ...(policyId === undefined ? {} : { policyId }) },
        context,
      );
    await raise('backup:kept', kept);
    await raise('backup:gone', gone);
    const { id: seen } = await raise('anomaly:gone', gone, 'critical');
    const by = { node: 'a', actor: 'anomalies', method: 'control' };
    await pullBrake(catalog, { why: 'noise', policyId: gone, by }, context);
    await raise('check:main');
    await raise('check:sold');
    await raise('channel:old');
    await raise('configuration:differs:sold');
    await deletePolicy(catalog, 'gone', context);
    const open = async () => {
      await duty.run(toolsOf(catalog), context);
      const items = [];
      for (const state of ['open', 'acknowledged'] as const)
        items.push(...(await listAlerts(catalog, { state }, context)).items);
      return items.map(({ key }) => key).sort();
    };
    const staying = ['anomaly:gone', 'backup:kept', 'brake', 'check:main'];
    assert.deepEqual(await open(), [...staying, 'check:sold', 'configuration:differs:sold']);
    await place.advance(31 * dayMs);
    assert.deepEqual(await open(), staying);
    const until = context.clock.now() + dayMs;
    await acknowledgeAlert(catalog, seen, { actor: 'ada', until }, context);
    assert.deepEqual(await open(), staying.slice(1));
  }));

test('alerts, brakes and policies that were over long ago go, and those that hold something stay', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const ids: string[] = [];
    for (const name of ['empty', 'kept', 'there'])
      ids.push((await savePolicy(catalog, { name, config: {}, enabled: true }, context)).id);
    const now = context.clock.now();
    await addRecoveryPoint(
      catalog,
      {
        policyId: ids[1]!,
        source: '/s',
        takenAt: now,
        outcome: 'succeeded',
        entries: 1,
        bytes: 1,
        copy: { repository: 'main', snapshot: 's', storage: 'm:', arrivedAt: now },
      },
      context,
    );
    for (const key of ['backup:empty', 'backup:there']) {
      const policyId = key === 'backup:empty' ? ids[0]! : ids[2]!;
      await raiseAlert(catalog, { key, severity: 'warning', title: 'x', facts: {}, policyId }, context);
    }
    const by = { node: 'a', actor: 'ada', method: 'local' };
    await pullBrake(catalog, { why: 'noise', policyId: ids[0]!, by }, context);
    await releaseBrake(catalog, { by, reason: 'a false alarm' }, context);
    await resolveAlert(catalog, 'backup:empty', context);
    for (const name of ['empty', 'kept']) await deletePolicy(catalog, name, context);
    const counts = async () => {
      await duty.run(toolsOf(catalog), context);
      const tables = ['policies', 'policy_states', 'alerts', 'brakes'];
      const rows = await Promise.all(
        tables.map((table) => place.tamper(`select count(*) as n from ${table}`)),
      );
      return rows.map(([row]) => Number(row?.['n']));
    };
    await place.advance(500 * dayMs);
    assert.deepEqual(await counts(), [3, 3, 3, 1]);
    await place.advance(60 * dayMs);
    assert.deepEqual(await counts(), [2, 2, 1, 0]);
  }));
