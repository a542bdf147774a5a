// Nodes share work: whatever is stopped, killed or believes a wrong clock, each due time takes effect once and none is missed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { together } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import {
  addTask,
  beatTask,
  type Claim,
  claimTask,
  completeTask,
  countTasks,
} from '../../src/catalog/queue.ts';
import { endRun, listRuns, type Run, startRun } from '../../src/catalog/runs.ts';
import { chanceOf } from '../simulation/scheduler.ts';
import { scratch, testContext } from '../world.ts';
import { onBoth, policy } from './catalog-world.ts';

const tasks = 12;
const holdMs = 1000;

interface Node {
  claim?: Claim;
  run?: Run;
}

test('two nodes with wrong clocks, stopped and woken at any step, make each due time take effect once', (t) =>
  onBoth(t, async (place) => {
    const chance = chanceOf(28);
    const opened = [await place.open(-86_400_000), await place.open(86_400_000)];
    const first = opened[0]!;
    const policyId = await policy(first.catalog, first.context);
    for (let n = 1; n <= tasks; n += 1) {
      await addTask(
        first.catalog,
        { kind: 'backup', key: String(n), payload: null, source: `s${n % 3}` },
        first.context,
      );
    }
    const nodes: Node[] = [{}, {}];
    const fences: number[] = [];
    let refusals = 0;
    for (let turn = 0; ; turn += 1) {
      assert.ok(turn < 2000, 'it never ends');
      const { due, claimed, orphaned } = await countTasks(first.catalog, first.context);
      if (due + claimed + orphaned === 0) break;
      // A long stop now and then: claims run out under whoever holds them.
      if (chance() < 0.25) await place.advance(Math.floor(chance() * 2 * holdMs));
      const which = chance() < 0.5 ? 0 : 1;
      const node = nodes[which]!;
      const { catalog, context } = opened[which]!;
      try {
        if (node.claim === undefined) {
          const claim = await claimTask(catalog, { node: `n${which}`, holdMs }, context);
          if (claim === undefined) continue;
          fences.push(claim.fence);
          node.claim = claim;
        } else if (node.run === undefined) {
          const { task, fence } = node.claim;
          const holding = { kind: 'task', id: task.id, fence } as const;
          node.run = await startRun(
            catalog,
            { policyId, dueAt: Number(task.key), node: `n${which}`, holding },
            context,
          );
        } else if (chance() < 0.4) {
          await beatTask(catalog, node.claim, holdMs, context);
        } else {
          const { claim, run } = node as Required<Node>;
          await together(
            catalog,
            async (unit) => {
              await endRun(unit, run, { outcome: 'succeeded', counts: {} }, context);
              await completeTask(unit, claim, null, context);
            },
            context,
          );
          nodes[which] = {};
        }
      } catch (error) {
        assert.ok(isFailure(error, 'conflict'), String(error));
        refusals += 1;
        nodes[which] = {};
      }
    }
    assert.ok(refusals > 0, 'nobody was ever taken over');
    assert.deepEqual(
      fences,
      fences.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(fences).size, fences.length);
    const done = await listRuns(first.catalog, { outcome: 'succeeded', limit: 500 }, first.context);
    assert.deepEqual(
      done.items.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b),
      Array.from({ length: tasks }, (_, n) => n + 1),
    );
  }));

test('workers killed at any moment lose no task and do none twice', async () => {
  using folder = scratch();
  const location = join(folder.path, 'catalog');
  const context = testContext();
  const wanted = 60;
  let policyId = '';
  {
    await using catalog = await openCatalog({ location }, context);
    policyId = await policy(catalog, context);
    for (let n = 1; n <= wanted; n += 1) {
      await addTask(catalog, { kind: 'backup', key: String(n), payload: null, dueAt: 0 }, context);
    }
  }
  const worker = (node: string) =>
    spawn(process.execPath, [join(import.meta.dirname, 'queue-worker.ts'), location, policyId, node], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  await using looking = await openCatalog({ location }, context);
  const doneSoFar = async () =>
    (await listRuns(looking, { outcome: 'succeeded', limit: 500 }, context)).items.length;
  // Killed not after a time but after so many effects: somewhere in the work on the next ones.
  for (const [round, least] of [4, 10, 17, 25].entries()) {
    const child = worker(`killed${round}`);
    const left = once(child, 'exit');
    while ((await doneSoFar()) < least && child.exitCode === null)
      await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await left;
  }
  const last = [worker('a'), worker('b')];
  const codes = await Promise.all(last.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0]);
  const done = await listRuns(looking, { outcome: 'succeeded', limit: 500 }, context);
  assert.deepEqual(
    done.items.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b),
    Array.from({ length: wanted }, (_, n) => n + 1),
  );
});
