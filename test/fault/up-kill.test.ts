// T-90: `holdfast up` is killed with SIGKILL at random moments while it does runs that were asked for. Whoever starts it again finds each of them
// done, none of them twice, and a sound repository with every recovery point that was reported.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { type Policy, policyNamed } from '../../src/catalog/policies.ts';
import { listTasks } from '../../src/catalog/queue.ts';
import { listRuns, type Run } from '../../src/catalog/runs.ts';
import { requestRun } from '../../src/control/request-run.ts';
import { budgetOf, report } from '../campaign.ts';
import { UpWorld } from '../cli/control/up-world.ts';
import { noise, testContext } from '../world.ts';

const runsWanted = budgetOf('HOLDFAST_T90', 2);
/** Of the moments of the kills; what they hit depends on the machine. */
const seed = budgetOf('HOLDFAST_T90_SEED', 11);

test('runs survive the death of the control process: none is lost, none is done twice', async () => {
  using world = new UpWorld();
  const moments = randomMoments(seed);
  const context = { ...testContext(), clock: { ...testContext().clock, now: () => Date.now() } };
  {
    await using running = world.up();
    await running.ready;
  }
  await using catalog = await openCatalog({ location: world.path('catalog') }, context, { migrate: false });
  const policy = await policyNamed(catalog, 'documents', context);
  assert.ok(policy !== undefined);
  const dues: number[] = [];
  for (let count = 0; count < runsWanted; count += 1) {
    const dueAt = Date.now() - runsWanted + count;
    await requestRun(catalog, policy, { actor: 'test', node: 'test', dueAt }, context);
    dues.push(dueAt);
  }
  let [kills, patience, left] = [0, 1, runsWanted];
  while (await hasWork(catalog)) {
    writeFileSync(`${world.source}/a.txt`, noise(`round ${kills}`, 2000));
    await using running = world.up();
    await running.ready;
    // Now and then it is left alone for longer, so that runs also come to their end.
    const lifeMs = patience * moments() * (kills % 3 === 2 ? 8000 : 2500);
    const until = Date.now() + lifeMs;
    while (Date.now() < until && (await hasWork(catalog))) await wait(20);
    await running.stop('SIGKILL');
    kills += 1;
    assert.ok(kills < (runsWanted + 1) * 40, 'it makes no progress');
    // On a machine on which no run comes to its end within such lives they become longer.
    const undone = await tasksLeft(catalog);
    patience = undone < left ? Math.max(1, patience * 0.8) : patience * 1.2;
    left = undone;
  }
  const runs = await allRuns(catalog, policy);
  for (const dueAt of dues) {
    const attempts = runs.filter((run) => run.dueAt === dueAt);
    const good = attempts.filter(({ outcome }) => outcome === 'succeeded');
    assert.equal(good.length, 1, `${dueAt}: ${JSON.stringify(attempts)}`);
    assert.ok(attempts.every(({ state }) => state === 'ended'));
  }
  const { snapshots } = world.run(['snapshots', '--json']).end['result'] as { snapshots: unknown[] };
  assert.equal(snapshots.length, runsWanted);
  const checked = world.run(['check', '--read-data', '--json']);
  assert.equal(checked.exit, 0, checked.errors + checked.output);
  report({ campaign: 'T-90', tried: kills, lost: 0, wrong: 0, manual: 0 });

  async function hasWork(at: Catalog): Promise<boolean> {
    return (await tasksLeft(at)) > 0;
  }

  /** Of this policy alone: checks of the repository wait for their hour of the day. */
  async function tasksLeft(at: Catalog): Promise<number> {
    const [waiting, claimed] = await Promise.all(
      (['waiting', 'claimed'] as const).map((state) =>
        listTasks(at, { state, policies: [policy!.id], limit: 500 }, context),
      ),
    );
    return waiting!.items.length + claimed!.items.length;
  }

  async function allRuns(at: Catalog, { id }: Policy): Promise<Run[]> {
    const found: Run[] = [];
    for (let after: string | undefined; ; ) {
      const page = await listRuns(at, { policyId: id, limit: 500, ...(after && { after }) }, context);
      found.push(...page.items);
      if (page.next === undefined) return found;
      after = page.next;
    }
  }
});

function randomMoments(start: number): () => number {
  let state = start;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
