// What a person wants gone goes, everywhere and nothing else; what is held, locked down by the brake or damaged stays.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure, isFailure } from '../../../src/base/failure.ts';
import type { JsonValue } from '../../../src/base/jcs.ts';
import { raiseAlert } from '../../../src/catalog/alerts.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import { pullBrake } from '../../../src/catalog/brake.ts';
import { addTask, listTasks } from '../../../src/catalog/queue.ts';
import { holdPoint, listRecoveryPoints, type RecoveryPoint } from '../../../src/catalog/recovery-points.ts';
import { noise, snapshotsOf, writeTree } from '../../world.ts';
import { controlWorld, dayMs, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, type JobWorld, jobWorld } from '../job-world.ts';

async function withPoints(world: World, jobs: JobWorld, count: number): Promise<RecoveryPoint[]> {
  const folder = join(world.folder, 'files');
  await world.policy('files', {
    sources: [{ kind: 'files', paths: [folder] }],
    repositories: [...jobs.storages.keys()],
  });
  for (let n = 0; n < count; n += 1) {
    writeTree(folder, { 'a.bin': noise(`version ${n}`, 200_000) });
    await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
    world.time.now += dayMs;
  }
  return (await listRecoveryPoints(world.catalog, {}, world.context)).items.toReversed();
}

async function ask(world: World, jobs: JobWorld, kind: string, payload: JsonValue) {
  world.time.now += 1000;
  await addTask(world.catalog, { kind, key: `${kind}@${world.time.now}`, payload }, world.context);
  return doNext(world, kind, jobs.taskTools());
}

function forgetting({ id, policyId, copies }: RecoveryPoint): JsonValue {
  const named = copies.map(({ repository, snapshot }) => ({ repository, snapshot }));
  return { point: id, policyId: policyId!, copies: named, actor: 'mara' };
}

async function idsIn(world: World, jobs: JobWorld, name: string): Promise<string[]> {
  await using repository = await jobs.openRepository(name);
  return (await snapshotsOf(repository, world.context)).map(({ id }) => id);
}

test('a recovery point is forgotten in every repository, and the others stay', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  const [first, second] = await withPoints(world, jobs, 2);
  const result = await ask(world, jobs, 'forget', forgetting(first!));
  const named = first!.copies.map(({ repository, snapshot }) => ({ repository, snapshot }));
  assert.deepEqual(result, { forgotten: named, kept: [], failed: [] });
  for (const name of ['main', 'second']) {
    assert.deepEqual(
      await idsIn(world, jobs, name),
      second!.copies.filter(({ repository }) => repository === name).map(({ snapshot }) => snapshot),
    );
  }
  const { items } = await listRecoveryPoints(world.catalog, {}, world.context);
  assert.deepEqual(
    items.toReversed().map(({ copies }) => copies.map(({ removedAt }) => removedAt !== undefined)),
    [
      [true, true],
      [false, false],
    ],
  );
  const { items: lines } = await listAudit(world.catalog, { action: 'forget:run' }, world.context);
  assert.deepEqual(
    lines.map(({ act }) => [act.actor, act.object, act.outcome]),
    [['mara', `recovery-point ${first!.id}`, 'succeeded']],
  );
  assert.deepEqual(await ask(world, jobs, 'forget', forgetting(first!)), {
    forgotten: [],
    kept: named,
    failed: [],
  });
});

test('a repository that fails is told and audited as failed, and asked what it still has; the other one is done', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  const [first] = await withPoints(world, jobs, 2);
  jobs.storages.get('second')!.delete = async () => {
    throw new Failure('denied', 'STORAGE_DENIED', 'the storage "second" lets nobody delete');
  };
  const { forgotten, failed } = await ask(world, jobs, 'forget', forgetting(first!));
  assert.deepEqual(
    (forgotten as { repository: string }[]).map(({ repository }) => repository),
    ['main'],
  );
  assert.deepEqual(
    (failed as { repository: string; code: string }[]).map(({ repository, code }) => [repository, code]),
    [['second', 'STORAGE_DENIED']],
  );
  const { items: lines } = await listAudit(world.catalog, { action: 'forget:run' }, world.context);
  assert.deepEqual(
    lines.map(({ act }) => act.outcome),
    ['failed'],
  );
  const { items: tasks } = await listTasks(world.catalog, { state: 'waiting', limit: 100 }, world.context);
  const lists = tasks.filter(({ kind }) => kind === 'list').map(({ payload }) => payload);
  assert.deepEqual(lists, [{ repository: 'second' }]);
});

test('what was held after it was asked for stays', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const [first] = await withPoints(world, jobs, 2);
  await holdPoint(world.catalog, first!.id, { reason: 'court', actor: 'ada' }, world.context);
  const { forgotten, kept } = await ask(world, jobs, 'forget', forgetting(first!));
  assert.deepEqual(forgotten, []);
  assert.equal((kept as unknown[]).length, 1);
  assert.equal((await idsIn(world, jobs, 'main')).length, 2);
});

test('neither forgetting nor pruning deletes under the brake or where a check has found damage', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const [first] = await withPoints(world, jobs, 2);
  const prune = { repository: 'main', actor: 'mara' };
  const alert = { key: 'check:main', severity: 'critical', title: 'damaged', facts: {} } as const;
  await raiseAlert(world.catalog, alert, world.context);
  for (const [kind, payload] of [
    ['forget', forgetting(first!)],
    ['prune', prune],
  ] as const) {
    await assert.rejects(ask(world, jobs, kind, payload), (error) =>
      isFailure(error, 'conflict', 'REPOSITORY_DAMAGED'),
    );
  }
  const by = { node: 'a', actor: 'ada', method: 'local' };
  await pullBrake(world.catalog, { why: 'noise', by }, world.context);
  for (const [kind, payload] of [
    ['forget', forgetting(first!)],
    ['prune', prune],
  ] as const) {
    // Those that failed above are still claimed; a new task of the kind is next.
    await assert.rejects(ask(world, jobs, kind, payload), (error) => isFailure(error, 'denied', 'BRAKE_ON'));
  }
  assert.equal((await idsIn(world, jobs, 'main')).length, 2);
});

test('pruning gives back what was forgotten, and says how much', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const [first, second] = await withPoints(world, jobs, 2);
  await ask(world, jobs, 'forget', forgetting(first!));
  world.time.now += 30 * dayMs;
  const done = await ask(world, jobs, 'prune', { repository: 'main', actor: 'mara' });
  assert.ok(Number(done['bytesFreed']) >= 150_000, JSON.stringify(done));
  assert.deepEqual(await idsIn(world, jobs, 'main'), [second!.copies[0]!.snapshot]);
});
