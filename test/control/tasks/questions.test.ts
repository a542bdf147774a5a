// What is asked of a whole repository: the answer comes from the repository itself, holds no secret, and who asked is in the audit.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import { addTask } from '../../../src/catalog/queue.ts';
import { questions } from '../../../src/control/tasks/questions.ts';
import { writeTree } from '../../world.ts';
import { controlWorld, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, type JobWorld, jobWorld } from '../job-world.ts';

async function ask(world: World, jobs: JobWorld, kind: string, repository = 'main') {
  const payload = { repository, actor: 'ada' };
  await addTask(world.catalog, { kind, key: kind, payload }, world.context);
  return doNext(world, kind, jobs.taskTools());
}

async function names(jobs: JobWorld): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of jobs.storages
    .get('main')!
    .list('', { signal: new AbortController().signal })) {
    found.push(name);
  }
  return found;
}

test('the posture of a storage is its findings, and nothing is written', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const before = await names(jobs);
  const { findings } = await ask(world, jobs, 'posture');
  const told = findings as { about: string; verdict: string; detail: string }[];
  assert.equal(told.at(-1)!.about, 'durability');
  assert.deepEqual(await names(jobs), before);
});

test('a storage is tried promise by promise, and only what was there before is left', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const before = await names(jobs);
  const found = await ask(world, jobs, 'storage-test');
  assert.equal(found.broken, 0);
  assert.ok((found.checks as unknown[]).length > 10);
  assert.ok((found.uploadBytesPerSecond as number) > 0);
  assert.deepEqual(await names(jobs), before);
});

test('a storage that breaks a promise is told with which, and is measured no more', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const storage = jobs.storages.get('main')!;
  storage.delete = async () => undefined;
  const found = await ask(world, jobs, 'storage-test');
  const checks = found.checks as { ok: boolean; detail?: string }[];
  assert.equal(found.broken, checks.filter(({ ok }) => !ok).length);
  assert.ok((found.broken as number) > 0);
  assert.equal('uploadBytesPerSecond' in found, false);
});

test('key slots are listed without anything that helps to guess a secret', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const { keys, postQuantum } = await ask(world, jobs, 'slots');
  const [only, ...more] = keys as Record<string, unknown>[];
  assert.deepEqual(more, []);
  assert.deepEqual(Object.keys(only!).sort(), [
    'createdAt',
    'id',
    'isBroken',
    'isKnown',
    'isPostQuantum',
    'label',
    'type',
  ]);
  assert.equal(only!.isBroken, false);
  assert.equal(typeof postQuantum, 'boolean');
});

test('a repository tells how much it saves and how much room that takes', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const folder = join(world.folder, 'files');
  writeTree(folder, { 'a.txt': 'one', 'b.txt': 'one', 'c/d.txt': 'twelve' });
  await world.policy('files', { sources: [{ kind: 'files', paths: [folder] }] });
  await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
  const found = await ask(world, jobs, 'stats');
  assert.equal(found.snapshots, 1);
  assert.equal(found.restoreBytes, 'one'.length * 2 + 'twelve'.length);
  assert.ok((found.storedBytes as number) > 0);
});

test('who asked is in the audit, also where it failed', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  await ask(world, jobs, 'slots');
  jobs.away.add('main');
  await assert.rejects(ask(world, jobs, 'stats'), (error) => isFailure(error, 'unavailable', 'STORAGE_AWAY'));
  const { items } = await listAudit(world.catalog, { actor: 'ada' }, world.context);
  assert.deepEqual(
    items.map(({ act }) => [act.action, act.object, act.outcome]),
    [
      ['repository:read', 'main', 'failed'],
      ['key:list', 'main', 'succeeded'],
    ],
  );
});

test('a question about a repository that nobody configured is refused', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  for (const kind of Object.keys(questions)) {
    await assert.rejects(ask(world, jobs, kind, 'nowhere'), (error) =>
      isFailure(error, 'usage', 'REPOSITORY_UNKNOWN'),
    );
  }
});
