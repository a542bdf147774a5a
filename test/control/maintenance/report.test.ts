// The plan on a catalog: what the program witnesses it writes down once, what people say is kept and audited, and what is overdue is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import { isFailure } from '../../../src/base/failure.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { beginPlan, listEvidence } from '../../../src/catalog/maintenance.ts';
import { addTask, claimTask } from '../../../src/catalog/queue.ts';
import { addRecoveryPoint, noteCopy } from '../../../src/catalog/recovery-points.ts';
import { endRun, startRun } from '../../../src/catalog/runs.ts';
import { duty } from '../../../src/control/duties/maintenance.ts';
import { maintenanceDone, maintenanceReport } from '../../../src/control/maintenance/report.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { type Configuration, configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { onBoth, policy } from '../../catalog/catalog-world.ts';

const day = 86_400_000;

const configuration: Configuration = configurationSchema.parse({
  zone: 'Europe/Zurich',
  repositories: { main: { place: '/r', unlock: { password: 'file:/p' } } },
  policies: {
    docs: {
      sources: [{ kind: 'files', paths: ['/docs'] }],
      repositories: ['main'],
      schedule: '0 2 * * *',
      retention: { keepDaily: 7 },
    },
  },
  maintenance: { owner: 'ana', deputy: 'ben', without: { 'audit-security': 'done by the town' } },
});

async function stateNow(catalog: Catalog, task: string, context: Context) {
  const all = await maintenanceReport(catalog, configuration, context);
  return all.find(({ name }) => name === task)!;
}

test('a day of good runs is witnessed once; a failed policy leaves it open', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context, 'docs');
    await beginPlan(catalog, '1', context);
    await place.advance(2 * day);
    assert.equal((await stateNow(catalog, 'check-job-logs', context)).state, 'overdue');
    const run = async (outcome: 'succeeded' | 'failed', dueAt: number) => {
      const key = `docs@${dueAt}`;
      await addTask(catalog, { kind: 'backup', key, payload: {} }, context);
      const claim = await claimTask(catalog, { node: 'n', holdMs: 60_000 }, context);
      assert.ok(claim);
      const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
      const started = await startRun(catalog, { policyId, dueAt, node: 'n', holding }, context);
      await endRun(catalog, started, { outcome, counts: {} }, context);
    };
    await run('failed', place.now());
    assert.equal((await stateNow(catalog, 'check-job-logs', context)).state, 'overdue');
    await run('succeeded', place.now() + 1);
    for (let again = 0; again < 3; again += 1)
      assert.equal((await stateNow(catalog, 'check-job-logs', context)).state, 'done');
    const evidence = await listEvidence(catalog, { task: 'check-job-logs', limit: 10 }, context);
    assert.deepEqual(
      evidence.map(({ actor, note }) => [actor, note]),
      [['holdfast', 'runs 1/1']],
    );
    await place.advance(day);
    assert.equal((await stateNow(catalog, 'check-job-logs', context)).state, 'due');
  });
});

test('copies that were verified and restored are seen, and one drill serves several tasks', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context, 'docs');
    await beginPlan(catalog, '1', context);
    await addRecoveryPoint(
      catalog,
      {
        policyId,
        source: '/docs',
        takenAt: place.now(),
        outcome: 'succeeded',
        entries: 1,
        bytes: 1,
        copy: { repository: 'main', snapshot: 's', storage: '/r', arrivedAt: place.now() },
      },
      context,
    );
    await place.advance(8 * day);
    assert.notEqual((await stateNow(catalog, 'verify-backups', context)).state, 'done');
    const copy = { repository: 'main', snapshot: 's' };
    await noteCopy(catalog, copy, { verifiedAt: place.now(), verifiedLevel: 3 }, context);
    assert.equal((await stateNow(catalog, 'verify-backups', context)).state, 'done');
    assert.notEqual((await stateNow(catalog, 'test-restore', context)).state, 'done');
    await noteCopy(catalog, copy, { provenAt: place.now() }, context);
    assert.equal((await stateNow(catalog, 'test-restore', context)).state, 'done');
    assert.equal((await stateNow(catalog, 'restore-everything', context)).state, 'done');
  });
});

test('what a person did is kept with a name and audited; an unknown task is refused; an unwanted one says why', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await beginPlan(catalog, '1', context);
    const wish = { actor: 'ana', note: 'all as it should be', node: 'n' };
    await maintenanceDone(catalog, { ...wish, task: 'review-access' }, configuration, context);
    const report = await stateNow(catalog, 'review-access', context);
    assert.equal(report.state, 'done');
    assert.equal(report.owner, 'ana');
    assert.equal(report.deputy, 'ben');
    assert.deepEqual(report.lastDone, { at: place.now(), actor: 'ana', note: 'all as it should be' });
    const audit = await listAudit(catalog, {}, context);
    assert.deepEqual(
      audit.items.map(({ act }) => [act.action, act.object, act.actor]),
      [['maintenance:done', 'review-access', 'ana']],
    );
    await assert.rejects(
      maintenanceDone(catalog, { ...wish, task: 'review-acess' }, configuration, context),
      (error: unknown) => isFailure(error, 'missing', 'MAINTENANCE_UNKNOWN'),
    );
    const left = await stateNow(catalog, 'audit-security', context);
    assert.equal(left.state, 'unwanted');
    assert.equal(left.reason, 'done by the town');
  });
});

test('the first start with a new version begins a week for its task; a second one does not', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const first = await beginPlan(catalog, '1.0.0', context);
    await place.advance(10 * day);
    const again = await beginPlan(catalog, '1.0.0', context);
    assert.equal(again.updatedAt, first.updatedAt);
    assert.equal((await stateNow(catalog, 'check-after-update', context)).state, 'overdue');
    const newer = await beginPlan(catalog, '1.1.0', context);
    assert.equal(newer.updatedAt, place.now());
    assert.equal(newer.since, first.since);
    assert.equal((await stateNow(catalog, 'check-after-update', context)).state, 'due');
  });
});

test('an overdue task is one alert that ends when it is done', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await beginPlan(catalog, '1', context);
    await place.advance(70 * day);
    const tools: TaskTools = {
      catalog,
      node: 'n',
      configuration: async () => configuration,
      runner: { run: () => Promise.reject(new Error('no job is needed')) },
    };
    const open = async () =>
      (await listAlerts(catalog, { state: 'open' }, context)).items.map(({ key }) => key).sort();
    assert.equal(await duty.run(tools, context), context.clock.now() + 3_600_000);
    await duty.run(tools, context);
    const before = await open();
    assert.ok(before.includes('maintenance:review-access'));
    assert.ok(!before.includes('maintenance:audit-security'), 'unwanted');
    const wish = { task: 'review-access', actor: 'ana', note: 'done', node: 'n' };
    await maintenanceDone(catalog, wish, configuration, context);
    await duty.run(tools, context);
    assert.deepEqual(
      await open(),
      before.filter((key) => key !== 'maintenance:review-access'),
    );
  });
});
