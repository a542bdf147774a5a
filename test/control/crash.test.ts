// The control plane dies at any of its writes, or right after one whose answer it never hears, again and again, while runs go on: each due time
// takes effect once, and none is lost. HOLDFAST_CONTROL_KILLS sets how often it is killed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { type Catalog, inside } from '../../src/catalog/catalog.ts';
import { listTasks } from '../../src/catalog/queue.ts';
import { listRuns } from '../../src/catalog/runs.ts';
import { type ControlTools, runControl } from '../../src/control/run-control.ts';
import { budgetOf, report } from '../campaign.ts';
import { type Chance, chanceOf } from '../simulation/scheduler.ts';
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

const kills = budgetOf('HOLDFAST_CONTROL_KILLS', 25);

interface Mortal {
  readonly catalog: Catalog;
  isDead: boolean;
}

/** Dies at its so-manieth write: before it, or after it and before anybody hears of it. Nothing that it says after that counts. */
function mortal(catalog: Catalog, writes: number, isAfter: boolean): Mortal {
  const engine = catalog[inside] as { readonly db: object };
  let left = writes;
  const refuse = () => {
    if (life.isDead) throw new Error('this process is dead');
  };
  const transaction = (real: { execute(work: unknown): Promise<unknown> }) => ({
    async execute(work: unknown) {
      refuse();
      left -= 1;
      if (left > 0) return real.execute(work);
      if (!isAfter) life.isDead = true;
      refuse();
      await real.execute(work);
      life.isDead = true;
      return refuse();
    },
  });
  const db = new Proxy(engine.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        refuse();
        const made = value.apply(target, given);
        return name === 'transaction' ? transaction(made) : made;
      };
    },
  });
  const life: Mortal = { catalog: { ...catalog, [inside]: { ...engine, db } }, isDead: false };
  return life;
}

async function live(world: World, life: Mortal, more: Partial<ControlTools>, longestMs: number) {
  const controller = new AbortController();
  const context: Context = { ...world.context, signal: controller.signal };
  const tools: ControlTools = {
    ...world.tools({ given: { repositories: { main: { place: 'main', unlock: { password: 'file:/p' } } } } }),
    ...more,
    catalog: life.catalog,
    holdMs: minuteMs,
    idleMs: 15_000,
  };
  const ended = runControl(tools, context);
  for (let ms = 0; ms < longestMs && !life.isDead; ms += minuteMs) await world.time.advance(minuteMs);
  // A process that was killed ends nothing: what it tries from here on is refused.
  life.isDead = true;
  controller.abort();
  await ended;
  await settle();
}

test(`a control plane that is killed ${kills} times at its writes loses no run and does none twice`, async () => {
  await using world = await controlWorld();
  const chance: Chance = chanceOf(70);
  const policies = new Map<string, number>();
  for (const minutes of [10, 15, 30]) {
    policies.set(await world.policy(`p${minutes}`, { schedule: `*/${minutes} * * * *` }), minutes * minuteMs);
  }
  const runner = runnerOf(async (_kind, _order, { clock, signal }) => {
    await clock.sleep(Math.floor(chance() * 4 * minuteMs), signal);
    return succeeded;
  });
  const { duty } = await import('../../src/control/duties/scheduler.ts');
  const { task } = await import('../../src/control/tasks/backup.ts');
  const more: Partial<ControlTools> = {
    runner,
    duties: { scheduler: async () => ({ duty }) },
    tasks: { backup: async () => ({ task }) },
  };
  for (let kill = 0; kill < kills; kill += 1) {
    const writes = 1 + Math.floor(chance() ** 2 * 40);
    // As often by another node, which has to wait until the claim has run out.
    const node = chance() < 0.7 ? 'a' : 'b';
    await live(world, mortal(world.catalog, writes, chance() < 0.5), { ...more, node }, hourMs);
  }
  await live(world, mortal(world.catalog, Number.POSITIVE_INFINITY, false), { ...more, node: 'a' }, hourMs);
  let due = 0;
  for (const [policyId, periodMs] of policies) {
    const runs = await allRuns(world, policyId);
    const effective = runs.filter(({ outcome }) => outcome === 'succeeded').map(({ dueAt }) => dueAt);
    assert.equal(new Set(effective).size, effective.length, 'a due time took effect twice');
    const missed = await missedOf(world, policyId);
    let handled = start;
    for (const at of effective.toSorted((a, b) => a - b)) {
      assert.equal(
        (at - handled) / periodMs,
        1 + missed.get(at)!,
        `lost before ${new Date(at).toISOString()}`,
      );
      handled = at;
    }
    assert.ok(world.time.now - handled < 2 * periodMs + 10 * minuteMs, 'the last ones are missing');
    due += (handled - start) / periodMs;
  }
  report({ campaign: 'T-28', tried: kills, lost: 0, wrong: 0, manual: 0 });
  assert.ok(due > kills / 2, `${due} due times`);
});

async function allRuns({ catalog, context }: World, policyId: string) {
  const found = [];
  for (let after: string | undefined; ; ) {
    const page = await listRuns(
      catalog,
      { policyId, limit: 500, ...(after === undefined ? {} : { after }) },
      context,
    );
    found.push(...page.items);
    if (page.next === undefined) return found;
    after = page.next;
  }
}

/** What each run made up for, by its due time. */
async function missedOf({ catalog, context }: World, policyId: string): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (let after: string | undefined; ; ) {
    const page = await listTasks(catalog, { limit: 500, ...(after === undefined ? {} : { after }) }, context);
    for (const { payload } of page.items) {
      const { policyId: id, due, missed } = payload as { policyId: string; due: number; missed: number };
      if (id === policyId) found.set(due, missed);
    }
    if (page.next === undefined) return found;
    after = page.next;
  }
}
