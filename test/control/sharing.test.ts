// Two nodes, each a process of its own, at one catalog: they share the work, and when one is killed the other takes over what it had begun.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { policyNamed, savePolicy } from '../../src/catalog/policies.ts';
import { countTasks } from '../../src/catalog/queue.ts';
import { listRuns } from '../../src/catalog/runs.ts';
import { requestRun } from '../../src/control/request-run.ts';
import { postgresOrSkip, sharedServer } from '../catalog/catalog-world.ts';
import { scratch, testContext } from '../world.ts';
import { policyConfig } from './control-world.ts';

const wanted = 40;

test('on one machine', async () => {
  using folder = scratch();
  const location = join(folder.path, 'catalog');
  await share(location, async (statement) => {
    const database = new DatabaseSync(location);
    database.exec('pragma busy_timeout = 300000');
    database.exec(statement);
    database.close();
  });
});

test('on one PostgreSQL', async (t) => {
  if (!postgresOrSkip(t)) return;
  const server = await sharedServer();
  const location = await server.newDatabase();
  await share(location, async (statement) => void (await server.run(location, statement)));
});

/** `tamper` runs a statement beside the program. */
async function share(location: string, tamper: (statement: string) => Promise<void>): Promise<void> {
  const base = testContext();
  const yields = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
  const context: Context = {
    ...base,
    clock: { now: () => Date.now(), elapsed: () => performance.now(), sleep: yields },
  };
  await using catalog = await openCatalog({ location }, context);
  const config = policyConfig({ schedule: 'manual', concurrency: 8 });
  await savePolicy(catalog, { name: 'files', config, enabled: true }, context);
  const policy = (await policyNamed(catalog, 'files', context))!;
  for (let due = 1; due <= wanted; due += 1) {
    await requestRun(catalog, policy, { actor: 'ada', node: 'test', dueAt: due }, context);
  }
  const doneBy = async (node: string) =>
    (await effective(catalog, context)).filter((run) => run.node === node).length;
  const hanging = start(location, 'a', 4);
  const nodes = [hanging];
  const ends = [once(hanging, 'close')];
  try {
    await until(async () => (await doneBy('a')) === 4);
    const other = start(location, 'b', wanted);
    nodes.push(other);
    ends.push(once(other, 'close'));
    await until(async () => (await doneBy('b')) === wanted - 6);
    // What the first one holds is nobody else's while it lives, however long it takes.
    await until(async () => {
      const { items } = await listRuns(catalog, { limit: 500 }, context);
      return items.filter(({ node, state }) => node === 'a' && state === 'running').length === 2;
    });
    const died = once(hanging, 'exit');
    hanging.kill('SIGKILL');
    await died;
    // As if the hour were over for which its last word holds.
    await tamper("update tasks set held_until = 1 where state = 'claimed' and node = 'a'");
    await until(async () => {
      const { due, delayed, claimed, orphaned } = await countTasks(catalog, context);
      return due + delayed + claimed + orphaned === 0;
    });
    other.kill('SIGTERM');
    const [code] = await once(other, 'exit');
    assert.equal(code, 0, 'who is asked to stop ends in order');
  } finally {
    for (const node of nodes) node.kill('SIGKILL');
    await Promise.all(ends);
  }
  const runs = await effective(catalog, context);
  assert.deepEqual(
    runs.map(({ dueAt }) => dueAt).toSorted((x, y) => x - y),
    Array.from({ length: wanted }, (_, index) => index + 1),
  );
  const abandoned = (await listRuns(catalog, { outcome: 'failed', limit: 500 }, context)).items;
  assert.deepEqual(
    abandoned.map(({ node, failure }) => [node, failure?.code]),
    [
      ['a', 'RUN_ABANDONED'],
      ['a', 'RUN_ABANDONED'],
    ],
  );
}

function start(location: string, node: string, healthyRuns: number): ChildProcess {
  const program = join(import.meta.dirname, 'control-node.ts');
  return spawn(process.execPath, [program, location, node, String(healthyRuns)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function effective(catalog: Catalog, context: Context) {
  return (await listRuns(catalog, { outcome: 'succeeded', limit: 500 }, context)).items;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}
