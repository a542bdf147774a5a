// What the scheduler makes of policies, moment by moment. The year of many policies is in test/simulation/scheduler-catalog.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { write } from '../../../src/catalog/catalog.ts';
import { deletePolicy, policyNamed } from '../../../src/catalog/policies.ts';
import { claimTask, completeTask, countTasks, listTasks } from '../../../src/catalog/queue.ts';
import { endRun, startRun } from '../../../src/catalog/runs.ts';
import { duty } from '../../../src/control/duties/scheduler.ts';
import { explainNext } from '../../../src/control/explain-next.ts';
import { requestRun } from '../../../src/control/request-run.ts';
import {
  controlWorld,
  dayMs,
  hourMs,
  minuteMs,
  policyConfig,
  start,
  type World,
  workAll,
} from '../control-world.ts';

const twoOClock = start + 2 * hourMs;

async function look(world: World): Promise<number> {
  return duty.run(world.tools(), world.context);
}

async function openTasks({ catalog, context }: World): Promise<number> {
  const counts = await countTasks(catalog, context);
  return counts.due + counts.delayed + counts.claimed + counts.orphaned;
}

async function explain(world: World, name: string) {
  const policy = await policyNamed(world.catalog, name, world.context);
  return explainNext(world.catalog, policy!, 'UTC', world.context);
}

test('what is due becomes one task, not earlier, and once', async () => {
  await using world = await controlWorld();
  const id = await world.policy('files', { priority: 7 });
  assert.ok((await look(world)) <= world.time.now + 5000);
  assert.equal(await openTasks(world), 0);
  const planned = await explain(world, 'files');
  assert.deepEqual([planned.state, planned.due, planned.startAt], ['planned', twoOClock, twoOClock]);
  world.time.now = twoOClock - 1;
  await look(world);
  assert.equal(await openTasks(world), 0);
  world.time.now = twoOClock;
  await look(world);
  await look(world);
  const { items } = await listTasks(world.catalog, {}, world.context);
  assert.deepEqual(
    items.map(({ key, priority, payload, source }) => ({
      key,
      priority,
      payload: { ...(payload as object) },
      source,
    })),
    [
      {
        key: `${id}@${twoOClock}`,
        priority: 7,
        payload: { policyId: id, due: twoOClock, missed: 0 },
        source: id,
      },
    ],
  );
  assert.equal((await explain(world, 'files')).state, 'queued');
});

test('runs that were missed while nothing ran are caught up by one', async () => {
  await using world = await controlWorld();
  await world.policy('files');
  await look(world);
  world.time.now = start + 5 * dayMs + hourMs;
  await look(world);
  const done = await workAll(world);
  assert.deepEqual(
    done.map(({ due, claim }) => [due, (claim.task.payload as { missed: number }).missed]),
    [[twoOClock + 4 * dayMs, 4]],
  );
  await look(world);
  assert.equal(await openTasks(world), 0);
});

test('a policy that catches nothing up leaves missed runs out', async () => {
  await using world = await controlWorld();
  await world.policy('files', { catchUp: 'never' });
  await look(world);
  world.time.now = start + 5 * dayMs + hourMs;
  await look(world);
  assert.equal(await openTasks(world), 0);
  assert.equal((await explain(world, 'files')).due, twoOClock + 5 * dayMs);
});

test('what is due while the run before goes on is one run after it', async () => {
  await using world = await controlWorld();
  await world.policy('files', { schedule: '*/10 * * * *' });
  await look(world);
  world.time.now = start + 10 * minuteMs;
  await look(world);
  const { catalog, context, time } = world;
  const claim = await claimTask(catalog, { node: 'w', holdMs: dayMs }, context);
  for (let minute = 11; minute < 45; minute += 1) {
    time.now = start + minute * minuteMs;
    await look(world);
    assert.equal(await openTasks(world), 1);
  }
  await completeTask(catalog, claim!, null, context);
  time.now += minuteMs;
  await look(world);
  const done = await workAll(world);
  assert.deepEqual(
    done.map(({ due }) => due),
    [start + 40 * minuteMs],
  );
});

test('closed hours move a run to their end, and jitter later by less than its span', async () => {
  await using world = await controlWorld();
  await world.policy('barred', { barred: '00:00-06:00' });
  await world.policy('spread', { jitter: '1h' });
  await look(world);
  assert.equal((await explain(world, 'barred')).startAt, start + 6 * hourMs);
  const { startAt } = await explain(world, 'spread');
  assert.ok(startAt! >= twoOClock && startAt! < twoOClock + hourMs, String(startAt));
});

test('a new schedule makes nothing due that lies before it, and the old one is forgotten', async () => {
  await using world = await controlWorld();
  await world.policy('files');
  await look(world);
  world.time.now = start + 12 * hourMs;
  await workAllAfterLook(world);
  await world.policy('files', { schedule: '0 11 * * *' });
  await look(world);
  assert.equal(await openTasks(world), 0);
  assert.equal((await explain(world, 'files')).due, start + dayMs + 11 * hourMs);
});

async function workAllAfterLook(world: World) {
  await look(world);
  return workAll(world);
}

test('a policy that is off or deleted has no runs, and makes none up when it is on again', async () => {
  await using world = await controlWorld();
  await world.policy('files', { enabled: false });
  await world.policy('gone');
  await look(world);
  await deletePolicy(world.catalog, 'gone', world.context);
  world.time.now = start + 3 * dayMs;
  await look(world);
  assert.equal(await openTasks(world), 0);
  assert.equal((await explain(world, 'files')).state, 'off');
  await world.policy('files');
  await look(world);
  assert.equal(await openTasks(world), 0);
  assert.equal((await explain(world, 'files')).due, start + 3 * dayMs + 2 * hourMs);
});

test('a run follows what it comes after, and is held while that has failed', async () => {
  await using world = await controlWorld();
  const first = await world.policy('dump');
  const second = await world.policy('files', { after: ['dump'] });
  await look(world);
  world.time.now = twoOClock;
  await look(world);
  assert.deepEqual(
    (await workAll(world, 'failed')).map(({ policyId }) => policyId),
    [first],
  );
  world.time.now += minuteMs;
  await look(world);
  const held = await explain(world, 'files');
  assert.deepEqual([held.state, held.waitsFor], ['waiting', 'dump']);
  const alerts = await listAlerts(world.catalog, { state: 'open' }, world.context);
  assert.deepEqual(
    alerts.items.map(({ key }) => key),
    ['schedule:files'],
  );
  // Somebody runs it again by hand, and it succeeds.
  const dump = (await policyNamed(world.catalog, 'dump', world.context))!;
  await requestRun(world.catalog, dump, { actor: 'ada', node: 'a' }, world.context);
  await workAll(world);
  world.time.now += minuteMs;
  await look(world);
  assert.deepEqual(
    (await workAll(world)).map(({ policyId, due }) => [policyId, due]),
    [[second, twoOClock]],
  );
  assert.equal((await listAlerts(world.catalog, { state: 'open' }, world.context)).items.length, 0);
});

test('policies that wait for each other run all the same, and somebody is told', async () => {
  await using world = await controlWorld();
  await world.policy('one', { after: ['two'] });
  await world.policy('two', { after: ['one'] });
  await look(world);
  world.time.now = twoOClock;
  assert.equal((await workAllAfterLook(world)).length, 2);
  const alerts = await listAlerts(world.catalog, { state: 'open' }, world.context);
  assert.deepEqual(alerts.items.map(({ facts }) => facts.code).sort(), [
    'DEPENDENCY_CYCLE',
    'DEPENDENCY_CYCLE',
  ]);
});

test('an adaptive policy begins at once, then follows how fast its data changes, and says why', async () => {
  await using world = await controlWorld();
  const rules = { schedule: 'adaptive', rpo: '24h', adaptive: { least: '1h', most: '12h' } } as const;
  await world.policy('files', rules);
  const { catalog, context, time } = world;
  const dues: number[] = [];
  for (let step = 0; step < 1.5 * 24 * 12; step += 1) {
    await look(world);
    const claim = await claimTask(catalog, { node: 'w', holdMs: dayMs }, context);
    if (claim !== undefined) {
      const { policyId, due } = claim.task.payload as { policyId: string; due: number };
      dues.push(due);
      const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
      const run = await startRun(catalog, { policyId, dueAt: due, node: 'w', holding }, context);
      time.now += minuteMs;
      // One percent of the data changes in three hours.
      const elapsed = dues.length > 1 ? dues.at(-1)! - dues.at(-2)! : 0;
      const counts = { sourceBytes: 1e9, readBytes: Math.round((elapsed / (3 * hourMs)) * 1e7) };
      await endRun(catalog, run, { outcome: 'succeeded', counts }, context);
      await completeTask(catalog, claim, null, context);
    }
    time.now += 5 * minuteMs;
  }
  assert.equal(dues[0], start);
  const last = dues.at(-1)! - dues.at(-2)!;
  assert.ok(Math.abs(last - 3 * hourMs) < 10 * minuteMs, `settled at ${last / minuteMs} minutes`);
  await look(world);
  const { because, state } = await explain(world, 'files');
  assert.equal(state, 'planned');
  assert.equal(because![0]!.rule, 'change');
});

test('one policy that nobody can read holds up none of the others', async () => {
  await using world = await controlWorld();
  await world.policy('broken', { schedule: 'whenever' });
  const good = await world.policy('good');
  await look(world);
  world.time.now = twoOClock;
  assert.deepEqual(
    (await workAllAfterLook(world)).map(({ policyId }) => policyId),
    [good],
  );
  const alerts = await listAlerts(world.catalog, { state: 'open' }, world.context);
  assert.equal(alerts.items[0]!.key, 'schedule:broken');
  await world.policy('broken');
  await look(world);
  assert.equal((await listAlerts(world.catalog, { state: 'open' }, world.context)).items.length, 0);
});

test('one policy whose history cannot be read holds up none of the others', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  await world.policy('broken', { schedule: 'adaptive' });
  const good = await world.policy('good');
  await look(world);
  await workAll(world);
  await write(catalog, ({ db }) => db.updateTable('runs').set({ counts: '{' }).execute(), context);
  world.time.now = twoOClock;
  assert.deepEqual(
    (await workAllAfterLook(world)).map(({ policyId }) => policyId),
    [good],
  );
  const alerts = await listAlerts(catalog, { state: 'open' }, context);
  assert.deepEqual(
    alerts.items.map(({ key }) => key),
    ['schedule:broken'],
  );
});

test('a clock that jumps years ahead and back again costs one run, and no due time after that', async () => {
  await using world = await controlWorld();
  await world.policy('files');
  await look(world);
  world.time.now = twoOClock;
  assert.equal((await workAllAfterLook(world)).length, 1);
  world.time.now = Date.UTC(2036, 5, 1, 12);
  assert.equal((await workAllAfterLook(world)).length, 1);
  world.time.now = twoOClock + 10 * minuteMs;
  assert.equal((await workAllAfterLook(world)).length, 0);
  for (let day = 1; day <= 3; day += 1) {
    world.time.now = twoOClock + day * dayMs;
    assert.deepEqual(
      (await workAllAfterLook(world)).map(({ due }) => due),
      [twoOClock + day * dayMs],
    );
  }
});

test('a clock that is set back by an hour makes no due time run twice', async () => {
  await using world = await controlWorld();
  await world.policy('files');
  await look(world);
  const runs: number[] = [];
  for (const minute of [119, 120, 130, 70, 119, 120, 121, 180]) {
    world.time.now = start + minute * minuteMs;
    for (const { due } of await workAllAfterLook(world)) runs.push(due);
  }
  assert.deepEqual(runs, [twoOClock]);
});

test('two nodes that look at the same moment make one task', async () => {
  await using world = await controlWorld();
  for (let n = 0; n < 30; n += 1) await world.policy(`p${n}`);
  const other = world.tools({ catalog: await world.open(), node: 'b' });
  // Who finds the catalog busy waits for the other, not for a clock.
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const context = { ...world.context, clock: { ...world.time.clock, sleep } };
  const both = () => Promise.all([duty.run(world.tools(), context), duty.run(other, context)]);
  await both();
  world.time.now = twoOClock;
  await both();
  assert.equal((await workAll(world)).length, 30);
});

test('clocks that change lose no run and double none', async () => {
  await using world = await controlWorld();
  const zone = 'Europe/Zurich';
  // 02:30 is skipped on 29 March 2026 and shown twice on 25 October.
  await world.policy('night', { schedule: '30 2 * * *', zone });
  const found: number[] = [];
  for (const from of [Date.UTC(2026, 2, 27, 12), Date.UTC(2026, 9, 23, 12)]) {
    world.time.now = from;
    await workAllAfterLook(world);
    for (let quarter = 0; quarter < 4 * 24 * 4; quarter += 1) {
      world.time.now += 15 * minuteMs;
      for (const { due } of await workAllAfterLook(world)) found.push(due);
    }
  }
  const shown = found.map((due) => new Date(due).toISOString().slice(5, 16));
  assert.deepEqual(shown, [
    '03-28T01:30',
    '03-29T01:00',
    '03-30T00:30',
    '03-31T00:30',
    '10-24T00:30',
    '10-25T00:30',
    '10-26T01:30',
    '10-27T01:30',
  ]);
});

test('a run that somebody asks for is a task at once, named by its time and written into the audit', async () => {
  await using world = await controlWorld();
  await world.policy('files', { schedule: 'manual' });
  const policy = (await policyNamed(world.catalog, 'files', world.context))!;
  assert.deepEqual(policy.config, policyConfig({ schedule: 'manual' }));
  const wish = { actor: 'ada', node: 'a', dueAt: start + 5 };
  const asked = await requestRun(world.catalog, policy, wish, world.context);
  const again = await requestRun(world.catalog, policy, wish, world.context);
  assert.deepEqual([asked.isNew, again.isNew, again.taskId], [true, false, asked.taskId]);
  assert.equal((await explain(world, 'files')).state, 'manual');
  assert.equal((await workAll(world)).length, 0);
  world.time.now += 5;
  assert.equal((await workAll(world)).length, 1);
});
