// When retention must not delete, and what it tells when it could not.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { pullBrake } from '../../../src/catalog/brake.ts';
import { addTask, claimTask, listTasks, releaseTask } from '../../../src/catalog/queue.ts';
import { holdPoint, listRecoveryPoints } from '../../../src/catalog/recovery-points.ts';
import type { JobEnd, JobReports, JobRunner } from '../../../src/control/job.ts';
import { retentionTask } from '../../../src/control/tasks/orders.ts';
import { snapshotsOf, writeTree } from '../../world.ts';
import { controlWorld, dayMs, failed, hourMs, runnerOf, settle, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, jobWorld } from '../job-world.ts';

const given = { repositories: { main: { place: 'main', unlock: { password: 'file:/password' } } } };
const retention = { keepLast: 1 };

async function want({ catalog, context, time }: World, policyId: string): Promise<void> {
  await addTask(catalog, retentionTask(policyId, { policyId, due: time.now, dryRun: false }), context);
}

/** A job that goes on until it is stopped. */
function endless() {
  const state = { isStopped: false };
  const runner = runnerOf(async (_kind, _order, { signal }): Promise<JobEnd> => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    state.isStopped = true;
    return { outcome: 'canceled', counts: {}, result: null };
  });
  return { state, runner };
}

for (const how of ['is pulled', 'cannot be seen any more']) {
  test(`what deletes is stopped when the brake ${how}`, async () => {
    await using world = await controlWorld();
    const id = await world.policy('files', { retention });
    await want(world, id);
    const { state, runner } = endless();
    const catalog = await world.open();
    const tools = world.tools({ given, runner, catalog });
    const done = doNext(world, 'retention', tools).catch((error: unknown) => error);
    await settle();
    await world.time.advance(6000);
    assert.equal(state.isStopped, false);
    if (how === 'is pulled') {
      const by = { node: 'a', actor: 'ada', method: 'local' };
      await pullBrake(world.catalog, { why: 'noise', by }, world.context);
    } else await catalog.close();
    await world.time.advance(6000);
    assert.equal(state.isStopped, true);
    assert.ok(isFailure(await done, 'canceled'));
  });
}

test('a policy that was switched off deletes nothing any more', async () => {
  await using world = await controlWorld();
  const id = await world.policy('files', { retention });
  await want(world, id);
  await world.policy('files', { retention, enabled: false });
  const runner = runnerOf(async () => assert.fail('a job was begun'));
  assert.deepEqual(await doNext(world, 'retention', world.tools({ given, runner })), {
    skipped: 'the policy is off',
  });
});

test('points in which something is missing do not push out the last whole one', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const [first, second] = [join(world.folder, 'first'), join(world.folder, 'second')];
  mkdirSync(second);
  const sources = [{ kind: 'files' as const, paths: [first, second] }];
  const id = await world.policy('files', { sources, prune: '0 0 1 1 *', retention });
  const backup = async (n: number) => {
    writeTree(first, { 'a.txt': `version ${n}` });
    await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
    world.time.now += dayMs;
  };
  const left = async () => {
    await want(world, id);
    await doNext(world, 'retention', jobs.taskTools());
    await using repository = await jobs.openRepository('main');
    return (await snapshotsOf(repository, world.context)).map(({ outcome }) => outcome).sort();
  };
  await backup(1);
  await backup(2);
  rmSync(second, { recursive: true });
  await backup(3);
  await backup(4);
  const { items } = await listRecoveryPoints(world.catalog, {}, world.context);
  assert.deepEqual(
    items.map(({ outcome }) => outcome),
    ['partial', 'partial', 'succeeded', 'succeeded'],
  );
  assert.deepEqual(await left(), ['partial', 'succeeded']);
  mkdirSync(second);
  await backup(5);
  assert.deepEqual(await left(), ['succeeded']);
});

test('a hold that comes after the order of retention wins; one that comes too late is refused', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  const jobs = await jobWorld(world, ['main']);
  const folder = join(world.folder, 'data');
  const sources = [{ kind: 'files' as const, paths: [folder] }];
  const id = await world.policy('files', { sources, prune: '0 0 1 1 *', retention });
  for (const n of [1, 2, 3]) {
    writeTree(folder, { 'a.txt': `version ${n}` });
    await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
    world.time.now += dayMs;
  }
  const [, second, first] = (await listRecoveryPoints(catalog, {}, context)).items;
  const why = { reason: 'court', actor: 'ada' };
  const runner: JobRunner = {
    async run(kind, order, reports, within) {
      await holdPoint(catalog, first!.id, why, within);
      const mayGo: JobReports['mayGo'] = async (going) => {
        const allowed = await reports.mayGo!(going);
        await assert.rejects(holdPoint(catalog, second!.id, why, within), { code: 'RECOVERY_POINT_LEAVING' });
        return allowed;
      };
      return jobs.runner.run(kind, order, { ...reports, mayGo }, within);
    },
  };
  await want(world, id);
  await doNext(world, 'retention', { ...jobs.taskTools(), runner });
  const { items } = await listRecoveryPoints(catalog, {}, context);
  assert.deepEqual(
    items.map(({ copies: [copy], hold }) => [copy?.removedAt !== undefined, hold?.reason]),
    [
      [false, undefined],
      [true, undefined],
      [false, 'court'],
    ],
  );
  await using repository = await jobs.openRepository('main');
  const left = (await snapshotsOf(repository, context)).map((one) => one.id);
  assert.ok(left.includes(first!.copies[0]!.snapshot));
  assert.equal(left.length, 2);
});

test('retention that cannot be applied is told', async () => {
  await using world = await controlWorld();
  const id = await world.policy('files', { retention });
  await want(world, id);
  const runner = runnerOf(async () => failed('KEY_REFUSED', 'denied'));
  await assert.rejects(doNext(world, 'retention', world.tools({ given, runner })), { code: 'KEY_REFUSED' });
  const { items } = await listAlerts(world.catalog, { state: 'open' }, world.context);
  assert.deepEqual(
    items.map(({ key }) => key),
    ['retention:files'],
  );
});

test('after an attempt of which nothing is known the catalog asks what is still there', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  const id = await world.policy('files', { retention });
  await want(world, id);
  const lost = (await claimTask(catalog, { node: 'a', holdMs: hourMs }, context))!;
  await releaseTask(catalog, lost, undefined, context);
  const result = { repositories: [], failed: [] };
  const runner = runnerOf(async () => ({ outcome: 'succeeded', counts: {}, result }));
  await doNext(world, 'retention', world.tools({ given, runner }));
  const { items } = await listTasks(catalog, { state: 'waiting' }, context);
  assert.deepEqual(
    items.map(({ kind, payload }) => [kind, payload]),
    [['list', { repository: 'main' }]],
  );
});
