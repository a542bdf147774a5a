// The real scheduler on a real catalog over virtual time: many policies with schedules, zones, closed hours and jitter, two nodes of which now one,
// now the other looks, both at once, or none for hours and days. Every due time of every policy is taken care of by exactly one run, told as made
// up for where it was missed. POLICIES and DAYS set how many.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { type Catalog, write } from '../../src/catalog/catalog.ts';
import { policyById } from '../../src/catalog/policies.ts';
import { listTasks, sweepTasks } from '../../src/catalog/queue.ts';
import { duty } from '../../src/control/duties/scheduler.ts';
import { timetableOf } from '../../src/control/planning.ts';
import { rulesOf } from '../../src/control/tasks/orders.ts';
import type { PolicyInput } from '../../src/model/configuration/policy.ts';
import { createZone } from '../../src/model/schedule/zone.ts';
import { budgetOf, report } from '../campaign.ts';
import { controlWorld, dayMs, hourMs, minuteMs, start, type World } from '../control/control-world.ts';
import { type Chance, chanceOf, pick } from './scheduler.ts';

const policies = budgetOf('POLICIES', 60);
const days = budgetOf('DAYS', 14);

/** Within them, every window opens and somebody looks. */
const steadyDays = Math.min(4, days / 2);

const zones = ['UTC', 'Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];

function rules(chance: Chance): Partial<PolicyInput> {
  const [minute, hour] = [Math.floor(chance() * 60), Math.floor(chance() * 24)];
  const kind = chance();
  const schedule =
    kind < 0.6
      ? `${minute} ${hour} * * *`
      : kind < 0.75
        ? `${minute} ${hour} * * ${Math.floor(chance() * 7)}`
        : kind < 0.85
          ? `cron(${minute} ${hour} ? * MON-FRI *)`
          : kind < 0.95
            ? `rate(${6 + Math.floor(chance() * 30)} hours)`
            : `${minute} */6 * * *`;
  return {
    schedule,
    zone: pick(zones, chance),
    ...(chance() < 0.2 ? { allowed: 'mon-fri 19:30-06:00, sat+sun' } : {}),
    ...(chance() < 0.1 ? { barred: '08:00-18:00' } : {}),
    ...(chance() < 0.4 ? { jitter: '45min' } : {}),
  };
}

interface Done {
  readonly due: number;
  readonly missed: number;
}

/** What was added since: handed to `seen`, then forgotten, so that the catalog stays small over a year. */
async function takeTasks(world: World, seen: Map<string, Done[]>): Promise<void> {
  const { catalog, context, time } = world;
  for (let after: string | undefined; ; ) {
    const wish = { state: 'waiting', limit: 500, ...(after === undefined ? {} : { after }) } as const;
    const { items, next } = await listTasks(catalog, wish, context);
    for (const { payload } of items) {
      const { policyId, due, missed } = payload as unknown as { policyId: string } & Done;
      const all = seen.get(policyId) ?? [];
      all.push({ due, missed });
      seen.set(policyId, all);
    }
    if (next === undefined) break;
    after = next;
  }
  await finishAll(catalog, context);
  await sweepTasks(catalog, time.now + 1, context);
}

/** All at once: what workers do with a task is not the matter here. */
async function finishAll(catalog: Catalog, context: Context): Promise<void> {
  await write(
    catalog,
    async (access) => {
      const done = { state: 'done', done_at: await access.now() };
      await access.db.updateTable('tasks').set(done).where('state', '=', 'waiting').execute();
    },
    context,
  );
}

test(`${policies} policies over ${days} days: no due time is missed, none is doubled, on two nodes that come and go`, async () => {
  await using world = await controlWorld();
  const chance = chanceOf(10_000);
  const ids: string[] = [];
  for (let n = 0; n < policies; n += 1) ids.push(await world.policy(`p${n}`, rules(chance)));
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const context = { ...world.context, clock: { ...world.time.clock, sleep } };
  const nodes = [world.tools(), world.tools({ catalog: await world.open(), node: 'b' })];
  const seen = new Map<string, Done[]>();
  const end = start + days * dayMs;
  while (world.time.now < end) {
    const turn = chance();
    if (turn < 0.02) await Promise.all(nodes.map((tools) => duty.run(tools, context)));
    else await duty.run(pick(nodes, chance), context);
    await takeTasks(world, seen);
    // Mostly minutes go by; now and then nothing looks for hours, and rarely for days: not at the end, where it is asked what was forgotten.
    const gap = end - world.time.now < steadyDays * dayMs ? chance() * 0.9 : chance();
    world.time.now += Math.ceil(
      gap < 0.9 ? chance() * 20 * minuteMs : gap < 0.99 ? chance() * 3 * hourMs : chance() * 2 * dayMs,
    );
  }
  let [due, runs] = [0, 0];
  for (const id of ids) {
    const policy = (await policyById(world.catalog, id, context))!;
    const read = rulesOf(policy);
    const timetable = timetableOf(policy, read.schedule, createZone(read.zone!));
    let handled = policy.createdAt;
    for (const one of seen.get(id) ?? []) {
      let count = 0;
      for (let at = timetable.next(handled)!; at <= one.due; at = timetable.next(at)!) {
        handled = at;
        count += 1;
      }
      const shown = `${policy.name} "${read.schedule}" due ${new Date(one.due).toISOString()}`;
      assert.equal(handled, one.due, `${shown}: never due, or done before`);
      assert.equal(count, 1 + one.missed, `${shown}: what it makes up for`);
      due += count;
      runs += 1;
    }
    // What is left waits for its hours or its jitter, or for somebody to look.
    const left = timetable.next(handled)!;
    const isHindered = read.allowed !== undefined || read.barred !== undefined;
    assert.ok(left + (isHindered ? 4 : 3) * dayMs > end, `${policy.name} was forgotten at ${left}`);
  }
  report({ campaign: 'T-90', tried: due, lost: 0, wrong: 0, manual: 0 });
  assert.ok(due >= (policies * days) / 3 && runs <= due, `${runs} runs for ${due} due times`);
});
