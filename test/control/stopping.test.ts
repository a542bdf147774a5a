// A person stops what waits or is at work: jobs end, runs end as canceled, and nothing is begun again.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { listAlerts } from '../../src/catalog/alerts.ts';
import { listAudit } from '../../src/catalog/audit.ts';
import { policyNamed } from '../../src/catalog/policies.ts';
import { addTask, listTasks, taskById } from '../../src/catalog/queue.ts';
import { listRecoveryPoints } from '../../src/catalog/recovery-points.ts';
import { listRuns } from '../../src/catalog/runs.ts';
import type { JobRunner } from '../../src/control/job.ts';
import { executeJob } from '../../src/control/jobs/execute.ts';
import { kind as embedded } from '../../src/control/queue/embedded.ts';
import { requestCancel } from '../../src/control/request-cancel.ts';
import { requestRun } from '../../src/control/request-run.ts';
import type { TaskTools } from '../../src/control/task.ts';
import { tasks } from '../../src/control/tasks/all.ts';
import { Workers } from '../../src/control/workers.ts';
import { snapshotsOf, writeTree } from '../world.ts';
import { controlWorld, failed, minuteMs, runnerOf, type World } from './control-world.ts';
import { jobWorld } from './job-world.ts';

const mara = { actor: 'mara', node: 'desk' };

async function ask(world: World, name: string) {
  const policy = (await policyNamed(world.catalog, name, world.context))!;
  return (await requestRun(world.catalog, policy, { actor: 'mara', node: 'desk' }, world.context)).taskId;
}

async function workersOf(world: World, tools: TaskTools) {
  const queue = await embedded.open(world.catalog, world.context);
  const workers = new Workers({ queue, tools, tasks, holdMs: minuteMs }, world.context);
  return {
    workers,
    async [Symbol.asyncDispose]() {
      await workers.close();
      await queue[Symbol.asyncDispose]();
    },
  };
}

/** A job that ends only when it is asked to. */
function lasting(): {
  readonly runner: JobRunner;
  readonly begun: string[];
  readonly first: Promise<void>;
} {
  const begun: string[] = [];
  const { promise: first, resolve: hasBegun } = Promise.withResolvers<void>();
  const runner = runnerOf(
    (kind, _order, { signal }) =>
      new Promise((resolve) => {
        begun.push(kind);
        hasBegun();
        const failure = { kind: 'canceled', code: 'CANCELED', message: 'the job was stopped' } as const;
        const end = () => resolve({ outcome: 'canceled', counts: { entries: 7 }, failure, result: null });
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),
  );
  return { runner, begun, first };
}

const given = { repositories: { main: { place: '/b', unlock: { password: 'file:/p' } } } };

test('a run at work is stopped within seconds, ends as canceled, and is not tried again', async () => {
  await using world = await controlWorld();
  const { catalog, context, time } = world;
  await world.policy('files');
  const task = await ask(world, 'files');
  const { runner, begun, first } = lasting();
  await using on = await workersOf(world, world.tools({ runner, given }));
  await on.workers.round();
  await first;
  assert.deepEqual(begun, ['backup']);
  const [run] = (await listRuns(catalog, {}, context)).items;
  const asked = await requestCancel(catalog, run!.id, mara, context);
  assert.equal(asked?.stopped, 'stopping');
  await time.advance(3000);
  await on.workers.close();
  const ended = (await listRuns(catalog, {}, context)).items;
  assert.equal(ended.length, 1);
  assert.equal(ended[0]?.outcome, 'canceled');
  assert.equal(ended[0]?.counts['entries'], 7, 'what was done until then is told');
  const done = await taskById(catalog, task, context);
  assert.equal(done?.state, 'done');
  assert.deepEqual(done?.result, { canceled: { by: 'mara' } });
  time.now += 60 * minuteMs;
  await on.workers.round();
  assert.deepEqual(begun, ['backup']);
  const { items } = await listAudit(catalog, { limit: 50 }, context);
  const told = items.map(({ act }) => `${act.action} ${act.actor}`).toReversed();
  assert.deepEqual(told, ['run:request mara', 'run:cancel mara', 'run:end mara', 'run:stopped mara']);
  await assert.rejects(requestCancel(catalog, run!.id, mara, context), (error) =>
    isFailure(error, 'conflict', 'RUN_ENDED'),
  );
});

test('what was wanted to stop when its process died is not begun again by the next', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  await world.policy('files');
  const task = await ask(world, 'files');
  const { runner, begun, first } = lasting();
  const dying = new AbortController();
  const queue = await embedded.open(catalog, context);
  const tools = world.tools({ runner, given });
  const dies = new Workers({ queue, tools, tasks, holdMs: minuteMs }, { ...context, signal: dying.signal });
  await dies.round();
  await first;
  await requestCancel(catalog, task, mara, context);
  dying.abort();
  await dies.close();
  assert.equal((await taskById(catalog, task, context))?.state, 'waiting');
  await using on = await workersOf(world, tools);
  await on.workers.round();
  await on.workers.close();
  assert.equal((await taskById(catalog, task, context))?.state, 'done');
  assert.deepEqual(begun, ['backup']);
});

test('a run that waits for its next try is stopped without one', async () => {
  await using world = await controlWorld();
  const { catalog, context, time } = world;
  await world.policy('files', { retry: { attempts: 5, backoff: '10min' } });
  const task = await ask(world, 'files');
  let tries = 0;
  const runner = runnerOf(async () => {
    tries += 1;
    return failed('STORAGE_AWAY');
  });
  await using on = await workersOf(world, world.tools({ runner, given }));
  await on.workers.round();
  await on.workers.close();
  assert.equal((await requestCancel(catalog, task, mara, context))?.stopped, 'ended');
  time.now += 60 * minuteMs;
  await on.workers.round();
  await on.workers.close();
  assert.equal(tries, 1);
});

test('messages and witnesses are stopped by nobody', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  for (const kind of ['deliver', 'witness', 'probe']) {
    const { id } = await addTask(catalog, { kind, key: kind, payload: null }, context);
    await assert.rejects(requestCancel(catalog, id, mara, context), (error) =>
      isFailure(error, 'denied', 'TASK_NOT_CANCELABLE'),
    );
  }
  assert.equal(await requestCancel(catalog, 'nothing', mara, context), undefined);
});

test('a retention that was stopped makes the catalog ask the repositories what is left', async () => {
  await using world = await controlWorld();
  const { catalog, context, time } = world;
  const policyId = await world.policy('files', { retention: { keepLast: 1 } });
  const payload = { policyId, due: time.now, dryRun: false, actor: 'mara' };
  const { id } = await addTask(catalog, { kind: 'retention', key: 'r', payload }, context);
  const { runner, first } = lasting();
  await using on = await workersOf(world, world.tools({ runner, given }));
  await on.workers.round();
  await first;
  await requestCancel(catalog, id, mara, context);
  await time.advance(3000);
  await on.workers.close();
  const { items } = await listTasks(catalog, { state: 'waiting' }, context);
  assert.deepEqual(
    items.map(({ kind, payload: what }) => [kind, what]),
    [['list', { repository: 'main' }]],
  );
});

test('what a run has published before it was stopped is noted, and what was cut off is told', async () => {
  await using world = await controlWorld();
  const { catalog, context, folder } = world;
  const jobs = await jobWorld(world, ['main', 'second']);
  writeTree(join(folder, 'one'), { 'a.txt': 'one' });
  writeTree(join(folder, 'two'), { 'b.txt': 'two' });
  const files = (name: string) => ({ kind: 'files' as const, paths: [join(folder, name)] });
  await world.policy('files', { sources: [files('one'), files('two')], repositories: ['main', 'second'] });
  const task = await ask(world, 'files');
  const stopping = new AbortController();
  let opened = 0;
  const runner: JobRunner = {
    run: (kind, order, reports, within) => {
      const signal = AbortSignal.any([within.signal, stopping.signal]);
      const source: typeof jobs.tools.openers.source = async (rules, skip, inner) => {
        opened += 1;
        if (opened === 2) {
          await requestCancel(catalog, task, mara, context);
          stopping.abort();
          throw new Failure('canceled', 'CANCELED', 'the call was canceled');
        }
        return jobs.tools.openers.source(rules, skip, inner);
      };
      const tools = { ...jobs.tools, openers: { ...jobs.tools.openers, source } };
      return executeJob(kind, JSON.stringify(order), tools, reports, { ...within, signal });
    },
  };
  await using on = await workersOf(world, world.tools({ given: jobs.given, runner }));
  await on.workers.round();
  await on.workers.close();
  const [run] = (await listRuns(catalog, {}, context)).items;
  assert.equal(run?.outcome, 'canceled');
  const { items } = await listRecoveryPoints(catalog, {}, context);
  assert.equal(items.length, 1);
  assert.deepEqual(
    items[0]?.copies.map(({ repository }) => repository),
    ['main'],
  );
  await using repository = await jobs.openRepository('main');
  assert.deepEqual(
    (await snapshotsOf(repository, context)).map(({ id }) => id),
    [items[0]?.copies[0]?.snapshot],
  );
  const alerts = (await listAlerts(catalog, {}, context)).items.map(({ key }) => key);
  assert.deepEqual(alerts, ['unobserved:files'], 'nobody looked at what the first source brought');
});
