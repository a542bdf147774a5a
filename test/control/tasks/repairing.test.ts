// The index of a repository is repaired by a task: planned first, never while the brake is on, and what is stored stays.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import { pullBrake } from '../../../src/catalog/brake.ts';
import { addTask } from '../../../src/catalog/queue.ts';
import { check } from '../../../src/operations/check.ts';
import { writeTree } from '../../world.ts';
import { controlWorld, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, type JobWorld, jobWorld } from '../job-world.ts';

async function ask(world: World, jobs: JobWorld, dryRun: boolean) {
  world.time.now += 1000;
  const payload = { repository: 'main', dryRun, actor: 'ada' };
  await addTask(world.catalog, { kind: 'repair', key: `repair@${world.time.now}`, payload }, world.context);
  return doNext(world, 'repair', jobs.taskTools());
}

async function names(jobs: JobWorld, prefix: string): Promise<string[]> {
  const found: string[] = [];
  const { signal } = new AbortController();
  for await (const { name } of jobs.storages.get('main')!.list(prefix, { signal })) found.push(name);
  return found.sort();
}

/** A repository with a recovery point, whose index is lost. */
async function withoutIndex(world: World): Promise<JobWorld> {
  const jobs = await jobWorld(world, ['main']);
  const folder = join(world.folder, 'files');
  writeTree(folder, { 'a.txt': 'one', 'b/c.txt': 'two' });
  await world.policy('files', { sources: [{ kind: 'files', paths: [folder] }] });
  await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
  const { signal } = world.context;
  for (const name of await names(jobs, 'index/')) await jobs.storages.get('main')!.delete(name, { signal });
  return jobs;
}

test('a plan changes nothing, and the repair does what the plan says', async () => {
  await using world = await controlWorld();
  const jobs = await withoutIndex(world);
  const packs = [...(await names(jobs, 'packs/')), ...(await names(jobs, 'meta/'))];
  const planned = await ask(world, jobs, true);
  assert.deepEqual([planned.done, planned.count], [false, packs.length]);
  assert.deepEqual(await names(jobs, 'index/'), []);
  const repaired = await ask(world, jobs, false);
  assert.deepEqual(repaired, { ...planned, done: true });
  await using repository = await jobs.openRepository('main');
  const { findings } = await check({ level: 3 }, repository, world.context);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.deepEqual([...(await names(jobs, 'packs/')), ...(await names(jobs, 'meta/'))], packs);
  assert.deepEqual(await ask(world, jobs, false), { done: true, count: 0, steps: [] });
  const { items } = await listAudit(world.catalog, { actor: 'ada' }, world.context);
  assert.deepEqual(
    items.map(({ act }) => [act.action, act.facts?.dryRun, act.outcome]),
    [
      ['repository:repair', false, 'succeeded'],
      ['repository:repair', false, 'succeeded'],
      ['repository:repair', true, 'succeeded'],
    ],
  );
});

test('while the brake is on, a repair is planned but not done', async () => {
  await using world = await controlWorld();
  const jobs = await withoutIndex(world);
  const by = { node: 'a', actor: 'ada', method: 'local' };
  await pullBrake(world.catalog, { why: 'noise', by }, world.context);
  assert.equal((await ask(world, jobs, true)).done, false);
  await assert.rejects(ask(world, jobs, false), (error) => isFailure(error, 'denied', 'BRAKE_ON'));
  assert.deepEqual(await names(jobs, 'index/'), []);
});
