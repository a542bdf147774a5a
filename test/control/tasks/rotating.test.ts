// Keys that are rotated by themselves: once in each month, told once, asked for until it is done, and never where nobody wants it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendAudit, listAudit } from '../../../src/catalog/audit.ts';
import { witnessedSince } from '../../../src/catalog/maintenance.ts';
import { claimTask } from '../../../src/catalog/queue.ts';
import { duty } from '../../../src/control/duties/rotate-keys.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { controlWorld, dayMs, hourMs, start, type World } from '../control-world.ts';
import { doNext, type JobWorld, jobWorld } from '../job-world.ts';

function toolsOf(world: World, { given, runner }: JobWorld) {
  const { main, ...others } = given.repositories ?? {};
  const repositories = { main: { ...main!, rotateKeys: 'monthly' as const }, ...others };
  return world.tools({ given: { ...given, repositories }, runner });
}

async function waits({ catalog, context }: World): Promise<boolean> {
  return (await claimTask(catalog, { node: 'a', holdMs: 1, kinds: ['rotate-keys'] }, context)) !== undefined;
}

async function generationOf(jobs: JobWorld): Promise<number> {
  await using repository = await jobs.openRepository('main');
  return repository.ring.dataGeneration;
}

test('each month begins a new generation, once, and the trail says so', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'other']);
  const tools = toolsOf(world, jobs);
  await duty.run(tools, world.context);
  assert.deepEqual(await doNext(world, 'rotate-keys', tools), { generation: 1, rotated: false });
  for (const month of [1, 2]) {
    world.time.now = Date.UTC(2026, month, 1, 0, 30);
    const again = await duty.run(tools, world.context);
    assert.equal(again, world.time.now + hourMs);
    assert.deepEqual(await doNext(world, 'rotate-keys', tools), { generation: month + 1, rotated: true });
    world.time.now += dayMs;
    await duty.run(tools, world.context);
    assert.equal(await waits(world), false, 'done in this month');
  }
  assert.equal(await generationOf(jobs), 3);
  const { items } = await listAudit(world.catalog, { action: 'key:rotate' }, world.context);
  assert.deepEqual(
    items.map(({ act }) => [act.object, act.actor, act.outcome]),
    [
      ['main', 'schedule', 'succeeded'],
      ['main', 'schedule', 'succeeded'],
    ],
  );
});

test('a place that is away is asked again until the month has its generation', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const tools = toolsOf(world, jobs);
  world.time.now = Date.UTC(2026, 1, 3);
  jobs.away.add('main');
  await duty.run(tools, world.context);
  await assert.rejects(doNext(world, 'rotate-keys', tools), { code: 'STORAGE_AWAY' });
  jobs.away.clear();
  world.time.now += dayMs;
  await duty.run(tools, world.context);
  assert.deepEqual(await doNext(world, 'rotate-keys', tools), { generation: 2, rotated: true });
});

test('only a rotation that was done counts for the maintenance plan', async () => {
  await using world = await controlWorld();
  const act = { node: 'a', actor: 'ada', method: 'command', action: 'key:rotate', object: 'main' };
  for (const outcome of ['refused', 'failed', 'succeeded'] as const) {
    await appendAudit(world.catalog, { ...act, outcome }, world.context);
  }
  const plan = { ...act, outcome: 'succeeded' as const, facts: { words: 'key rotate', dryRun: true } };
  await appendAudit(world.catalog, plan, world.context);
  assert.equal((await witnessedSince(world.catalog, start, world.context)).rotations, 1);
});

test('a repository that the service opens with a lesser key is not promised to be rotated', () => {
  const place = { place: '/srv/backups', rotateKeys: 'monthly' };
  const parse = (unlock: object) =>
    configurationSchema.safeParse({ repositories: { main: { ...place, unlock } } }).success;
  assert.equal(parse({ writerKey: '/etc/holdfast/writer' }), false);
  assert.equal(parse({ keyFile: '/etc/holdfast/key' }), true);
});
