// From the files of a source to the brake and back: what ransomware does through backup runs of a real repository, and that retention then keeps
// what was there before.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { brakeOf, releaseBrake } from '../../../src/catalog/brake.ts';
import { observedRuns } from '../../../src/catalog/observations.ts';
import type { PolicyInput } from '../../../src/model/configuration/policy.ts';
import { snapshotsOf } from '../../world.ts';
import { controlWorld, dayMs, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, type JobWorld, jobWorld } from '../job-world.ts';
import { filesOf, noiseOf, ordinaryDay, write, writeSource } from './corpus.ts';

interface Started {
  readonly world: World;
  readonly jobs: JobWorld;
  readonly root: string;
  readonly id: string;
  backup(): Promise<void>;
  retain(): Promise<{ readonly [field: string]: unknown }>;
  count(): Promise<number>;
}

/** Three ordinary days of a policy that keeps but two recovery points, and wants retention after each run. */
async function started(world: World, rules: Partial<PolicyInput> = {}): Promise<Started> {
  const base = await jobWorld(world, ['main']);
  const root = join(world.folder, 'source');
  const canaries = [join(root, '.canary/accounts.xlsx')];
  const given = { ...base.given, anomalies: { canaries } };
  const jobs = { ...base, taskTools: () => world.tools({ given, runner: base.runner }) };
  writeSource(root);
  const sources = [{ kind: 'files' as const, paths: [root] }];
  const id = await world.policy('files', { sources, retention: { keepLast: 2 }, ...rules });
  const one: Started = {
    world,
    jobs,
    root,
    id,
    async backup() {
      await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
      world.time.now += dayMs;
    },
    retain: () => doNext(world, 'retention', jobs.taskTools()),
    async count() {
      await using repository = await jobs.openRepository('main');
      return (await snapshotsOf(repository, world.context)).length;
    },
  };
  for (let day = 1; day <= 3; day += 1) {
    ordinaryDay(root, day);
    await one.backup();
    await one.retain();
  }
  assert.equal(await one.count(), 2);
  return one;
}

function encrypt(root: string): void {
  for (const path of filesOf(root)) {
    if (path.startsWith('.canary')) continue;
    write(root, path, noiseOf(`key ${path}`, readFileSync(join(root, path)).length));
  }
}

test('backups of an encrypted source go on, and what was saved before stays until a person lifts the brake', async () => {
  await using world = await controlWorld();
  const { root, backup, retain, count } = await started(world);
  const { catalog, context } = world;
  assert.equal(await brakeOf(catalog, context), undefined);
  encrypt(root);
  await backup();
  const brake = await brakeOf(catalog, context);
  assert.equal(brake?.why, 'files: files have become noise');
  for (let run = 0; run < 3; run += 1) {
    assert.deepEqual(await retain(), { skipped: 'the ransom brake is on' });
    write(root, `later-${run}.txt`, Buffer.from('text'));
    await backup();
  }
  assert.equal(await count(), 6);
  const { items } = await listAlerts(catalog, { state: 'open' }, context);
  assert.deepEqual(items.map(({ key, severity }) => `${key} ${severity}`).sort(), [
    'anomaly:files critical',
    'brake critical',
  ]);
  const by = { node: 'a', actor: 'anna', method: 'local' };
  await releaseBrake(catalog, { by, reason: 'restored' }, context);
  await retain();
  assert.equal(await count(), 2);
});

test('a touched canary pulls the brake, however little else changed', async () => {
  await using world = await controlWorld();
  const { root, backup, retain } = await started(world);
  write(root, '.canary/accounts.xlsx', Buffer.from('PK\x03\x04 somebody was here'));
  await backup();
  assert.deepEqual(await retain(), { skipped: 'the ransom brake is on' });
  assert.equal((await brakeOf(world.catalog, world.context))?.why, 'files: a canary was touched');
});

test('where a policy is not watched, nothing is observed of it and nothing is held up', async () => {
  await using world = await controlWorld();
  const { root, id, backup, retain, count } = await started(world, { anomalies: 'off' });
  encrypt(root);
  await backup();
  await retain();
  assert.equal(await count(), 2);
  assert.equal(await brakeOf(world.catalog, world.context), undefined);
  assert.deepEqual(await observedRuns(world.catalog, { policyId: id, limit: 10 }, world.context), []);
});
