// A backup run from its task to the catalog, on real repositories.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import { claimTask, listTasks, releaseTask } from '../../../src/catalog/queue.ts';
import { listRecoveryPoints } from '../../../src/catalog/recovery-points.ts';
import { attemptsAt, listRuns, startRun } from '../../../src/catalog/runs.ts';
import type { JobRunner } from '../../../src/control/job.ts';
import { restoredDigest, snapshotsOf, treeDigest, writeTree } from '../../world.ts';
import { controlWorld, failed, hourMs, minuteMs, runnerOf, succeeded, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, type JobWorld, jobWorld } from '../job-world.ts';

async function withFiles(world: World): Promise<string> {
  const folder = join(world.folder, 'files');
  writeTree(folder, { 'a.txt': 'one', 'b/c.txt': 'two' });
  return folder;
}

async function open(world: World) {
  return (await listAlerts(world.catalog, { state: 'open' }, world.context)).items;
}

async function runs(world: World) {
  return (await listRuns(world.catalog, {}, world.context)).items.toReversed();
}

async function points(world: World) {
  return (await listRecoveryPoints(world.catalog, {}, world.context)).items.toReversed();
}

/** What the newest snapshot there restores to. */
async function newest(jobs: JobWorld, name: string, world: World): Promise<string> {
  await using repository = await jobs.openRepository(name);
  await repository.loadIndex(world.context);
  const snapshot = (await snapshotsOf(repository, world.context)).at(-1)!;
  return restoredDigest(snapshot, repository, world.context);
}

test('a run saves each source once, copies it on, and the catalog knows where everything is', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  // Only what the storage itself refuses to delete is told as locked.
  Object.assign(jobs.storages.get('second')!, { retain: async () => undefined });
  const folder = await withFiles(world);
  await world.policy('files', {
    sources: [{ kind: 'files', paths: [folder] }],
    repositories: ['main', 'second'],
    retention: { keepLast: 3 },
    lock: '7d',
  });
  const claim = await claimRun(world, 'files');
  await doClaim(world, claim, jobs.taskTools());
  const [run] = await runs(world);
  assert.deepEqual([run!.outcome, run!.attempt, run!.failure], ['succeeded', 1, undefined]);
  assert.ok(run!.counts.entries! >= 3 && run!.counts.readBytes === 6, JSON.stringify(run!.counts));
  const [point] = await points(world);
  assert.deepEqual(
    point!.copies.map(({ repository }) => repository),
    ['main', 'second'],
  );
  assert.deepEqual(
    point!.copies.map(({ lockedUntil }) => lockedUntil),
    [undefined, world.time.now + 7 * 24 * hourMs],
  );
  const tree = treeDigest(folder);
  for (const name of ['main', 'second']) assert.equal(await newest(jobs, name, world), tree, name);
  assert.deepEqual(await open(world), []);
  const audit = await listAudit(world.catalog, {}, world.context);
  assert.deepEqual(
    audit.items.map(({ act }) => [act.action, act.object, act.outcome, act.actor]),
    [['run:end', 'files', 'succeeded', 'schedule']],
  );
  const { items } = await listTasks(world.catalog, { state: 'waiting' }, world.context);
  assert.deepEqual(
    items.map(({ kind, source }) => [kind, source]),
    [['retention', `retention:${point!.policyId}`]],
  );
});

test('a repository that is away leaves the run partial, is told of, and gets what it missed by the next run', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  const folder = await withFiles(world);
  const rules = { sources: [{ kind: 'files' as const, paths: [folder] }], repositories: ['main', 'second'] };
  await world.policy('files', rules);
  for (const away of [false, true, false]) {
    if (away) jobs.away.add('second');
    else jobs.away.delete('second');
    writeTree(folder, { 'a.txt': `at ${world.time.now}` });
    await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
    const alerts = await open(world);
    assert.equal(alerts.length, away ? 1 : 0);
    if (away) assert.match(alerts[0]!.title, /"files" is incomplete: no copy reached second/);
    world.time.now += hourMs;
  }
  assert.deepEqual(
    (await runs(world)).map(({ outcome }) => outcome),
    ['succeeded', 'partial', 'succeeded'],
  );
  for (const point of await points(world)) {
    assert.deepEqual(point.copies.map(({ repository }) => repository).sort(), ['main', 'second']);
  }
});

test('a first repository that is away is passed over: what is read goes to the next', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  const folder = await withFiles(world);
  await world.policy('files', {
    sources: [{ kind: 'files', paths: [folder] }],
    repositories: ['main', 'second'],
  });
  jobs.away.add('main');
  await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
  assert.equal((await runs(world))[0]!.outcome, 'partial');
  assert.equal(await newest(jobs, 'second', world), treeDigest(folder));
});

test('a run that fails is tried again later at its due time, each wait twice the one before, then told of', async () => {
  await using world = await controlWorld();
  await jobWorld(world, []);
  const id = await world.policy('files', { retry: { attempts: 3, backoff: '10min' } });
  const tools = world.tools({
    given: { repositories: { main: { place: 'main', unlock: { password: 'file:/p' } } } },
    runner: runnerOf(async () => failed('STORAGE_AWAY')),
  });
  let claim = await claimRun(world, 'files');
  const due = world.time.now;
  for (const wait of [10, 20]) {
    const retryAt = world.time.now + wait * minuteMs;
    await assert.rejects(doClaim(world, claim, tools), (error) => {
      assert.ok(isFailure(error, 'unavailable', 'STORAGE_AWAY'));
      assert.equal(error.facts.retryAt, retryAt);
      return true;
    });
    assert.deepEqual(await open(world), []);
    await releaseTask(world.catalog, claim, retryAt, world.context);
    world.time.now = retryAt;
    claim = (await claimTask(world.catalog, { node: 'a', holdMs: hourMs }, world.context))!;
  }
  await doClaim(world, claim, tools);
  const attempts = await attemptsAt(world.catalog, id, due, world.context);
  assert.deepEqual(
    attempts.map(({ attempt, outcome, failure }) => [attempt, outcome, failure?.code]),
    [1, 2, 3].map((attempt) => [attempt, 'failed', 'STORAGE_AWAY']),
  );
  const [alert] = await open(world);
  assert.deepEqual([alert!.key, alert!.severity], ['backup:files', 'critical']);
});

test('what is refused or wrongly configured is not tried again', async () => {
  await using world = await controlWorld();
  await world.policy('files');
  // No repository "main" is configured.
  await doClaim(world, await claimRun(world, 'files'), world.tools());
  const [run] = await runs(world);
  assert.deepEqual([run!.outcome, run!.failure?.code], ['failed', 'REPOSITORY_UNKNOWN']);
});

test('a run takes no longer than its policy allows', async () => {
  await using world = await controlWorld();
  await world.policy('files', { timeout: '2h' });
  let stopped = false;
  const runner = runnerOf(
    (_kind, _order, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          resolve({ outcome: 'canceled', counts: {}, result: null });
        });
      }),
  );
  const given = { repositories: { main: { place: 'main', unlock: { password: 'file:/p' } } } } as const;
  const working = doClaim(world, await claimRun(world, 'files'), world.tools({ given, runner }));
  await world.time.advance(2 * hourMs - 1);
  assert.equal(stopped, false);
  await world.time.advance(1);
  await working;
  const [run] = await runs(world);
  assert.deepEqual([run!.outcome, run!.failure?.code], ['failed', 'RUN_TIMEOUT']);
});

test('one source that is gone does not keep the others from being saved, nor the next attempt from reading it alone', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const folder = await withFiles(world);
  const gone = join(world.folder, 'gone');
  const sources = [gone, folder].map((path) => ({ kind: 'files' as const, paths: [path] }));
  await world.policy('files', { sources });
  const claim = await claimRun(world, 'files');
  const first = doClaim(world, claim, jobs.taskTools());
  await assert.rejects(first, (error) => isFailure(error, 'unavailable'));
  assert.equal((await points(world)).length, 1);
  writeTree(gone, { 'late.txt': 'here it is' });
  world.time.now += 10 * minuteMs;
  await releaseTask(world.catalog, claim, world.time.now, world.context);
  const again = (await claimTask(world.catalog, { node: 'a', holdMs: hourMs }, world.context))!;
  await doClaim(world, again, jobs.taskTools());
  const [, second] = await runs(world);
  assert.deepEqual([second!.outcome, second!.counts.readBytes], ['succeeded', 10]);
  assert.equal((await points(world)).length, 2);
  rmSync(gone, { recursive: true });
});

test('a repository is used by no more runs at a time than it allows, on all nodes together', async () => {
  await using world = await controlWorld();
  await world.policy('one');
  await world.policy('two');
  const main = { place: 'main', unlock: { password: 'file:/p' }, concurrency: 1 };
  let end: () => void = () => undefined;
  const runner = runnerOf(async () => {
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return succeeded;
  });
  const given = { repositories: { main } };
  const [a, b] = [world.tools({ given, runner }), world.tools({ given, runner, node: 'b' })];
  const [first, second] = [await claimRun(world, 'one'), await claimRun(world, 'two')];
  const working = doClaim(world, first, a);
  await world.time.advance(10 * minuteMs);
  await assert.rejects(doClaim(world, second, b), (error) => {
    assert.ok(isFailure(error, 'unavailable', 'REPOSITORY_BUSY'));
    return error.facts.retryAt === world.time.now + 15_000;
  });
  assert.equal((await runs(world)).length, 1);
  end();
  await working;
  const later = doClaim(world, second, b);
  await world.time.advance(1);
  end();
  await later;
  assert.deepEqual(
    (await runs(world)).map(({ outcome }) => outcome),
    ['succeeded', 'succeeded'],
  );
});

test('a due time that took effect is not done again when the word of it was lost', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const folder = await withFiles(world);
  await world.policy('files', { sources: [{ kind: 'files', paths: [folder] }] });
  const claim = await claimRun(world, 'files');
  const { task } = await import('../../../src/control/tasks/backup.ts');
  await task.run(claim, jobs.taskTools(), world.context);
  await releaseTask(world.catalog, claim, undefined, world.context);
  const again = (await claimTask(world.catalog, { node: 'a', holdMs: hourMs }, world.context))!;
  assert.deepEqual(await doClaim(world, again, jobs.taskTools()), { skipped: 'it was done already' });
  assert.equal((await runs(world)).length, 1);
});

test('a node that was lost in its work is replaced, and what it had published is not read again', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const folder = await withFiles(world);
  const id = await world.policy('files', {
    sources: [{ kind: 'files', paths: [folder] }],
    retention: { keepLast: 3 },
  });
  const lost = await claimRun(world, 'files');
  const { runner } = jobs;
  // It dies between the end of its job and the word of it.
  const dying: JobRunner = {
    run: async (...given) => {
      await runner.run(...given);
      throw new Error('killed');
    },
  };
  const due = world.time.now;
  const holding = { kind: 'task', id: lost.task.id, fence: lost.fence } as const;
  await startRun(world.catalog, { policyId: id, dueAt: due, node: 'a', holding }, world.context);
  await dying
    .run(
      'backup',
      {
        policy: 'files',
        since: due,
        isRepeated: false,
        sources: [{ kind: 'files', paths: [folder] }],
        repositories: [{ name: 'main', rules: jobs.given.repositories!.main as never }],
        skip: [],
        tags: [],
      },
      { counts: () => undefined, phase: () => undefined, problems: () => undefined },
      world.context,
    )
    .catch(() => undefined);
  world.time.now += 2 * hourMs;
  const other = (await claimTask(world.catalog, { node: 'b', holdMs: hourMs }, world.context))!;
  await doClaim(world, other, jobs.taskTools());
  const found = await runs(world);
  assert.deepEqual(
    found.map(({ outcome, failure }) => [outcome, failure?.code]),
    [
      ['failed', 'RUN_ABANDONED'],
      ['succeeded', undefined],
    ],
  );
  assert.equal(found[1]!.counts.readBytes, undefined);
  await using repository = await jobs.openRepository('main');
  assert.equal((await snapshotsOf(repository, world.context)).length, 1);
  // What the dead attempt observed is lost with it: nothing is deleted until a run was looked at whole.
  const told = async () =>
    (await listAlerts(world.catalog, { state: 'open' }, world.context)).items.map(({ key }) => key);
  assert.ok((await told()).includes('unobserved:files'));
  assert.deepEqual(await doNext(world, 'retention', jobs.taskTools()), {
    skipped: 'nobody could look at what its last run found',
  });
  world.time.now += hourMs;
  await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
  assert.ok(!(await told()).includes('unobserved:files'));
});

test('a run is not told as succeeded when what it published is gone, or nobody says where it is', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const folder = await withFiles(world);
  await world.policy('files', { sources: [{ kind: 'files', paths: [folder] }] });
  const storage = jobs.storages.get('main')!;
  const list = storage.list.bind(storage);
  storage.list = async function* (prefix, options) {
    if (prefix !== 'snapshots/') yield* list(prefix, options);
  };
  await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
  storage.list = list;
  world.time.now += hourMs;
  const silent = runnerOf(async () => ({ ...succeeded, result: null }));
  await doClaim(world, await claimRun(world, 'files'), world.tools({ given: jobs.given, runner: silent }));
  assert.deepEqual(
    (await runs(world)).map(({ outcome, failure }) => [outcome, failure?.code]),
    [
      ['failed', 'POINT_VANISHED'],
      ['failed', 'JOB_SAID_NOTHING'],
    ],
  );
  assert.deepEqual(await points(world), []);
});
