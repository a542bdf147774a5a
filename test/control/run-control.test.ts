// The loop: duties at their times, tasks done as many at a time as allowed, beats while they go on, and an end within seconds that loses nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import type { JsonValue } from '../../src/base/jcs.ts';
import { listAlerts } from '../../src/catalog/alerts.ts';
import { addTask, claimTask, completeTask, listTasks } from '../../src/catalog/queue.ts';
import { listRuns } from '../../src/catalog/runs.ts';
import { duty as taskAlertsDuty } from '../../src/control/duties/task-alerts.ts';
import type { Duty } from '../../src/control/duty.ts';
import { type ControlTools, runControl } from '../../src/control/run-control.ts';
import type { TaskKind } from '../../src/control/task.ts';
import {
  controlWorld,
  hourMs,
  minuteMs,
  runnerOf,
  settle,
  start,
  succeeded,
  type World,
} from './control-world.ts';

const secondMs = 1000;

/** A control plane at work until it is stopped. */
function started(world: World, more: Partial<ControlTools> = {}) {
  const controller = new AbortController();
  const context: Context = { ...world.context, signal: controller.signal };
  const ended = runControl({ ...world.tools(), duties: {}, tasks: {}, ...more }, context);
  return {
    async stop() {
      controller.abort();
      await ended;
    },
  };
}

function taskKind(run: TaskKind['run']): NonNullable<ControlTools['tasks']> {
  const task: TaskKind = { run };
  return { sample: async () => ({ task }) };
}

async function add({ catalog, context }: World, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await addTask(catalog, { kind: 'sample', key, payload: null }, context);
}

async function states({ catalog, context }: World) {
  const { items } = await listTasks(catalog, {}, context);
  return items.toReversed().map(({ key, state, result, claims }) => ({ key, state, result, claims }));
}

/** Goes on until the signal aborts. */
function untilAsked({ signal }: Context): Promise<JsonValue> {
  return new Promise((_, reject) => {
    const leave = () => reject(new Failure('canceled', 'CANCELED', 'it was stopped'));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}

test('tasks are done as many at a time as the configuration allows, and their results are kept', async () => {
  await using world = await controlWorld();
  let [now, most] = [0, 0];
  const tasks = taskKind(async ({ task }, _tools, { clock, signal }) => {
    now += 1;
    most = Math.max(most, now);
    await clock.sleep(10 * secondMs, signal);
    now -= 1;
    return { done: task.key };
  });
  await add(world, 'a', 'b', 'c', 'd', 'e');
  const given = { workers: { concurrency: 2 } };
  const control = started(world, { ...world.tools({ given }), tasks });
  await world.time.advance(35 * secondMs);
  await control.stop();
  assert.equal(most, 2);
  for (const { key, state, result } of await states(world)) {
    assert.equal(state, 'done', key);
    assert.deepEqual({ ...(result as object) }, { done: key });
  }
});

test('work that outlasts its claim is nobody else’s while its node beats', async () => {
  await using world = await controlWorld();
  let begun = 0;
  const tasks = taskKind(async (_claim, _tools, { clock, signal }) => {
    begun += 1;
    await clock.sleep(10 * minuteMs, signal);
    return null;
  });
  await add(world, 'a');
  const first = started(world, { tasks, holdMs: minuteMs });
  await world.time.advance(secondMs);
  const second = started(world, { ...world.tools({ node: 'b' }), tasks, holdMs: minuteMs });
  await world.time.advance(10 * minuteMs);
  await Promise.all([first.stop(), second.stop()]);
  assert.equal(begun, 1);
  assert.deepEqual(
    (await states(world)).map(({ state, claims }) => [state, claims]),
    [['done', 1]],
  );
});

test('a control plane that is stopped gives its tasks back at once, and goes on with them when it starts', async () => {
  await using world = await controlWorld();
  await add(world, 'a');
  const control = started(world, { tasks: taskKind((_claim, _tools, context) => untilAsked(context)) });
  await world.time.advance(minuteMs);
  await control.stop();
  assert.deepEqual(
    (await states(world)).map(({ state }) => state),
    ['waiting'],
  );
  const again = started(world, { tasks: taskKind(async () => 'now') });
  await world.time.advance(2 * secondMs);
  await again.stop();
  assert.deepEqual(
    (await states(world)).map(({ state, result, claims }) => [state, result, claims]),
    [['done', 'now', 2]],
  );
});

test('what a node held when it was killed is done as soon as it starts again', async () => {
  await using world = await controlWorld();
  await add(world, 'a');
  await claimTask(world.catalog, { node: 'a', holdMs: 10 * hourMs }, world.context);
  const control = started(world, { tasks: taskKind(async () => 'again') });
  await world.time.advance(2 * secondMs);
  await control.stop();
  assert.equal((await states(world))[0]!.state, 'done');
});

test('who was taken over stops, and its end changes nothing', async () => {
  await using world = await controlWorld();
  await add(world, 'a');
  let asked = false;
  const tasks = taskKind(async (_claim, _tools, context) => {
    await untilAsked(context).catch(() => undefined);
    asked = true;
    return 'late';
  });
  const control = started(world, { tasks, holdMs: minuteMs });
  await world.time.advance(10 * secondMs);
  // The clock of the catalog is set ahead: to others the claim has run out.
  world.time.jump(2 * minuteMs);
  const other = (await claimTask(world.catalog, { node: 'b', holdMs: hourMs }, world.context))!;
  await world.time.advance(minuteMs);
  assert.equal(asked, true);
  await completeTask(world.catalog, other, 'right', world.context);
  await control.stop();
  assert.equal((await states(world))[0]!.result, 'right');
});

test('what is unavailable is tried again later and later, what is wrong ends with its failure', async () => {
  await using world = await controlWorld();
  const at: number[] = [];
  const tasks = taskKind(async ({ task }) => {
    if (task.key === 'wrong') throw new Failure('denied', 'NO_RIGHT', 'the storage refuses');
    if (task.key === 'broken') throw new TypeError('/etc/secret is undefined');
    at.push(world.time.now - start);
    if (at.length < 4) throw new Failure('unavailable', 'AWAY', 'nobody answers');
    return 'there';
  });
  await add(world, 'away', 'wrong', 'broken');
  const control = started(world, { tasks });
  await world.time.advance(10 * minuteMs);
  await control.stop();
  const waits = at.slice(1).map((time, index) => Math.round((time - at[index]!) / secondMs));
  assert.equal(at.length, 4);
  assert.ok(
    [30, 60, 120].every((wait, index) => waits[index]! >= wait && waits[index]! <= wait + 2),
    waits.join(),
  );
  const [away, wrong, broken] = await states(world);
  assert.equal(away!.result, 'there');
  assert.equal(JSON.stringify(wrong!.result).includes('NO_RIGHT'), true);
  // What is no failure of ours may hold anything: only its class is kept.
  assert.equal(JSON.stringify(broken!.result).includes('secret'), false);
});

test('a duty that fails holds up none of the others, and is called again', async () => {
  await using world = await controlWorld();
  const calls = { good: 0, bad: 0 };
  const duty = (name: 'good' | 'bad', fail: boolean): Duty => ({
    scope: 'node',
    async run(_tools, { clock }) {
      calls[name] += 1;
      if (fail) throw new Error('it broke');
      return clock.now() + 10 * secondMs;
    },
  });
  const [good, bad] = [duty('good', false), duty('bad', true)];
  const control = started(world, {
    duties: { good: async () => ({ duty: good }), bad: async () => ({ duty: bad }) },
  });
  await world.time.advance(minuteMs);
  await control.stop();
  assert.ok(calls.good >= 6 && calls.good <= 7, JSON.stringify(calls));
  assert.ok(calls.bad >= 10, JSON.stringify(calls));
});

test('of two nodes one does a duty, and the other soon after it is stopped or dead', async () => {
  await using world = await controlWorld();
  const by: string[] = [];
  const duty: Duty = {
    scope: 'cluster',
    async run({ node }, { clock }) {
      by.push(node);
      return clock.now() + secondMs;
    },
  };
  const duties = { one: async () => ({ duty }) };
  const first = started(world, { duties });
  await settle();
  const second = started(world, { ...world.tools({ node: 'b' }), duties });
  await world.time.advance(5 * minuteMs);
  assert.deepEqual([...new Set(by)], ['a']);
  await first.stop();
  const before = by.length;
  await world.time.advance(20 * secondMs);
  assert.deepEqual([...new Set(by.slice(before))], ['b']);
  await second.stop();
});

test('a duty wakes at its time also when the clock is set forward or back', async () => {
  await using world = await controlWorld();
  const at: number[] = [];
  const duty: Duty = {
    scope: 'node',
    async run(_tools, { clock }) {
      at.push(clock.now() - start);
      return clock.now() + hourMs;
    },
  };
  const control = started(world, { duties: { one: async () => ({ duty }) } });
  await world.time.advance(minuteMs);
  world.time.jump(3 * hourMs);
  await world.time.advance(2 * minuteMs);
  assert.equal(at.length, 2);
  world.time.jump(-30 * 24 * hourMs);
  await world.time.advance(2 * minuteMs);
  assert.equal(at.length, 3);
  await control.stop();
});

test('from schedule to run: scheduler, queue and worker together do each due time once, over stops and starts', async () => {
  await using world = await controlWorld();
  await world.policy('files', { schedule: '*/20 * * * *' });
  const runner = runnerOf(async (_kind, _order, { clock, signal }) => {
    await clock.sleep(5 * minuteMs, signal);
    return succeeded;
  });
  const given = { repositories: { main: { place: 'main', unlock: { password: 'file:/p' } } } };
  const { duty } = await import('../../src/control/duties/scheduler.ts');
  const { task } = await import('../../src/control/tasks/backup.ts');
  const more: Partial<ControlTools> = {
    ...world.tools({ given, runner }),
    duties: { scheduler: async () => ({ duty }) },
    idleMs: 10 * secondMs,
    tasks: { backup: async () => ({ task }) },
  };
  for (const minutes of [22, 21, 3, 21]) {
    const control = started(world, more);
    await world.time.advance(minutes * minuteMs);
    await control.stop();
  }
  const { items } = await listRuns(world.catalog, {}, world.context);
  const effective = items.filter(({ outcome }) => outcome === 'succeeded').map(({ dueAt }) => dueAt - start);
  assert.deepEqual(
    effective.toReversed().map((due) => due / minuteMs),
    [20, 40, 60],
  );
  assert.ok(items.some(({ outcome }) => outcome === 'canceled'));
});

test('work that is given up is told, each kind by itself, until it goes well again', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  const policyId = await world.policy('files');
  const want = (kind: string, key: string, payload: JsonValue) =>
    addTask(catalog, { kind, key, payload, source: `${kind}-source` }, context);
  let isWell = false;
  const refusing: TaskKind = {
    async run() {
      if (isWell) return null;
      throw new Failure('denied', 'REFUSED', 'no');
    },
  };
  const load = async () => ({ task: refusing });
  const tasks = { list: load, browse: load, check: load, backup: load };
  await want('list', 'l1', { repository: 'main' });
  await want('browse', 'b1', { actor: 'ada' });
  await want('check', 'c1', { repository: 'main' });
  await want('backup', 'k1', { policyId });
  await want('unheard', 'u1', null);
  const control = started(world, { tasks });
  const told = async () => {
    await world.time.advance(10 * secondMs);
    await taskAlertsDuty.run(world.tools(), context);
    const { items } = await listAlerts(catalog, { state: 'open' }, context);
    return items.map(({ key, severity }) => `${severity} ${key}`).sort();
  };
  assert.deepEqual(await told(), [
    'critical task:backup:backup-source',
    'warning task:list:list-source',
    'warning task:unheard:unheard-source',
  ]);
  isWell = true;
  await want('list', 'l2', { repository: 'main' });
  await want('backup', 'k2', { policyId });
  assert.deepEqual(await told(), ['warning task:unheard:unheard-source']);
  await control.stop();
});
