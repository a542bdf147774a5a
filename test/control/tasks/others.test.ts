// Retention, checks, restores, browsing and lists: from the task to the repository and back to the catalog.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import type { JsonValue } from '../../../src/base/jcs.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import { pullBrake, releaseBrake } from '../../../src/catalog/brake.ts';
import { addTask } from '../../../src/catalog/queue.ts';
import { holdPoint, listRecoveryPoints } from '../../../src/catalog/recovery-points.ts';
import { retentionTask } from '../../../src/control/tasks/orders.ts';
import type { PolicyInput } from '../../../src/model/configuration/policy.ts';
import { snapshotsOf, writeTree } from '../../world.ts';
import { controlWorld, dayMs, type World } from '../control-world.ts';
import { claimRun, doClaim, doNext, type JobWorld, jobWorld } from '../job-world.ts';

/** A policy with so many recovery points, a day apart. */
async function withPoints(world: World, jobs: JobWorld, count: number, rules: Partial<PolicyInput> = {}) {
  const folder = join(world.folder, 'files');
  const sources = [{ kind: 'files' as const, paths: [folder] }];
  const id = await world.policy('files', {
    sources,
    prune: '0 0 1 1 *',
    retention: { keepLast: 2 },
    ...rules,
  });
  for (let n = 0; n < count; n += 1) {
    writeTree(folder, { 'a.txt': `version ${n}`, 'b/c.txt': 'two' });
    await doClaim(world, await claimRun(world, 'files'), jobs.taskTools());
    world.time.now += dayMs;
  }
  return { id, folder };
}

async function retain(world: World, jobs: JobWorld, policyId: string, dryRun = false) {
  world.time.now += 1000;
  await addTask(
    world.catalog,
    retentionTask(policyId, { policyId, due: world.time.now, dryRun }),
    world.context,
  );
  return doNext(world, 'retention', jobs.taskTools());
}

async function ask(
  world: World,
  jobs: JobWorld,
  kind: string,
  payload: { readonly [field: string]: JsonValue },
) {
  world.time.now += 1000;
  await addTask(world.catalog, { kind, key: `${kind}@${world.time.now}`, payload }, world.context);
  return doNext(world, kind, jobs.taskTools());
}

async function countIn(world: World, jobs: JobWorld, name: string): Promise<number> {
  await using repository = await jobs.openRepository(name);
  return (await snapshotsOf(repository, world.context)).length;
}

async function points(world: World) {
  return (await listRecoveryPoints(world.catalog, {}, world.context)).items.toReversed();
}

test('retention forgets by the rules of the policy in every repository, and the catalog notes what went', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  const { id } = await withPoints(world, jobs, 4, { repositories: ['main', 'second'] });
  const [oldest] = await points(world);
  await holdPoint(world.catalog, oldest!.id, { reason: 'court', actor: 'ada' }, world.context);
  const planned = await retain(world, jobs, id, true);
  assert.deepEqual(
    (planned.repositories as { forgotten: unknown[] }[]).map(({ forgotten }) => forgotten.length),
    [1, 1],
  );
  assert.equal(await countIn(world, jobs, 'main'), 4);
  await retain(world, jobs, id);
  assert.deepEqual([await countIn(world, jobs, 'main'), await countIn(world, jobs, 'second')], [3, 3]);
  assert.deepEqual(
    (await points(world)).map(({ copies }) => copies.map(({ removedAt }) => removedAt !== undefined)),
    [
      [false, false],
      [true, true],
      [false, false],
      [false, false],
    ],
  );
});

test('while the brake is on nothing is deleted', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const { id } = await withPoints(world, jobs, 3);
  const by = { node: 'a', actor: 'ada', method: 'local' };
  await pullBrake(world.catalog, { why: 'noise', by }, world.context);
  assert.deepEqual(await retain(world, jobs, id), { skipped: 'the ransom brake is on' });
  assert.equal(await countIn(world, jobs, 'main'), 3);
  await releaseBrake(world.catalog, { by, reason: 'a false alarm' }, world.context);
  await retain(world, jobs, id);
  assert.equal(await countIn(world, jobs, 'main'), 2);
});

test('a check notes what is proven; what it finds is told, and stops retention there', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const { id } = await withPoints(world, jobs, 3);
  await ask(world, jobs, 'check', { repository: 'main' });
  for (const { copies } of await points(world)) {
    assert.deepEqual([copies[0]!.verifiedLevel, copies[0]!.verifiedAt], [3, world.time.now]);
  }
  const storage = jobs.storages.get('main')!;
  for await (const { name } of storage.list('packs/', { signal: world.context.signal })) {
    const bytes = Buffer.from(await storage.get(name, { signal: world.context.signal }));
    bytes[bytes.length >> 1]! ^= 1;
    storage.damage(name, bytes);
    break;
  }
  await ask(world, jobs, 'check', { repository: 'main' });
  const { items } = await listAlerts(world.catalog, { state: 'open' }, world.context);
  assert.deepEqual(
    items.map(({ key, severity }) => [key, severity]),
    [['check:main', 'critical']],
  );
  assert.deepEqual(await retain(world, jobs, id), {
    skipped: 'a check has found damage',
    damaged: ['main'],
  });
  assert.equal(await countIn(world, jobs, 'main'), 3);
});

test('a recovery point is listed, searched and restored, and each look is in the audit', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const { folder } = await withPoints(world, jobs, 2);
  const asked = { repository: 'main', snapshot: 'latest', actor: 'ada' };
  const listed = await ask(world, jobs, 'browse', { ...asked, path: folder });
  const entries = listed.entries as { readonly path: string; readonly kind: string }[];
  assert.deepEqual(
    entries.map(({ path, kind }) => [path, kind]),
    [
      [join(folder, 'a.txt'), 'file'],
      [join(folder, 'b'), 'directory'],
    ],
  );
  const key = { kind: 'browse', key: 'search', payload: { ...asked, find: ['*.txt'], limit: 1 } };
  await addTask(world.catalog, key, world.context);
  const found = await doNext(world, 'browse', jobs.taskTools());
  assert.equal(found.hasMore, true);
  const [older, newer] = (await points(world))
    .sort((one, other) => one.takenAt - other.takenAt)
    .map(({ copies }) => copies[0]!.snapshot);
  const compared = await ask(world, jobs, 'browse', {
    ...asked,
    snapshot: newer!,
    older: older!,
    path: folder,
  });
  const changes = compared.entries as {
    readonly path: string;
    readonly change: string;
    readonly bytes: number;
  }[];
  assert.deepEqual(
    changes
      .filter(({ change }) => change !== 'metadata')
      .map(({ path, change, bytes }) => [path, change, bytes]),
    [[join(folder, 'a.txt'), 'content', 'version 1'.length]],
  );
  const target = join(world.folder, 'restored');
  await ask(world, jobs, 'restore', { ...asked, path: folder, target });
  assert.equal(readFileSync(join(target, 'a.txt'), 'utf8'), 'version 1');
  const proven = async () =>
    (await points(world)).flatMap(({ copies }) => copies.map(({ provenAt }) => provenAt !== undefined));
  assert.deepEqual(await proven(), [false, false], 'a part of it proves no whole');
  await ask(world, jobs, 'restore', { ...asked, target: join(world.folder, 'planned'), dryRun: true });
  await ask(world, jobs, 'restore', { ...asked, target: join(world.folder, 'unread'), verify: false });
  await ask(world, jobs, 'restore', { ...asked, target: join(world.folder, 'some'), include: ['*.txt'] });
  assert.deepEqual(await proven(), [false, false]);
  await ask(world, jobs, 'restore', { ...asked, target: join(world.folder, 'whole') });
  assert.deepEqual((await proven()).sort(), [false, true], 'restored whole, read again and compared');
  const audit = await listAudit(world.catalog, { actor: 'ada' }, world.context);
  assert.deepEqual([...new Set(audit.items.map(({ act }) => act.action))].sort(), [
    'restore:run',
    'snapshot:browse',
  ]);
});

test('a restore goes nowhere but below the folders that the configuration names, whatever links say', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  await withPoints(world, jobs, 1);
  const inside = join(world.folder, 'inside');
  mkdirSync(inside);
  symlinkSync('/var/tmp', join(inside, 'link'));
  const given = { ...jobs.given, api: { restoreRoots: [inside] } };
  const tools = world.tools({ given, runner: jobs.runner });
  const targets = [
    '/var/tmp/holdfast-x',
    join(inside, '..', 'x'),
    join(inside, 'link', 'x'),
    'x',
    `${inside}x`,
  ];
  for (const [n, target] of targets.entries()) {
    const payload = { repository: 'main', snapshot: 'latest', target, actor: 'ada' };
    await addTask(world.catalog, { kind: 'restore', key: `r${n}`, payload }, world.context);
    const refused = (error: unknown) => isFailure(error, 'denied', 'RESTORE_OUTSIDE');
    await assert.rejects(doNext(world, 'restore', tools), refused, target);
  }
  const audit = await listAudit(world.catalog, { actor: 'ada' }, world.context);
  assert.deepEqual([...new Set(audit.items.map(({ act }) => act.outcome))], ['refused']);
});

test('a list tells the catalog what it does not know, and what is gone', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main', 'second']);
  const { id } = await withPoints(world, jobs, 2, { repositories: ['main', 'second'] });
  await using fresh = await controlWorld();
  fresh.time.now = world.time.now;
  const policyId = await fresh.policy('files');
  const tools = { ...jobs.taskTools(), catalog: fresh.catalog };
  const rebuilt = { ...jobs, taskTools: () => tools };
  for (const repository of ['main', 'second', 'main']) await ask(fresh, rebuilt, 'list', { repository });
  const told = (await points(fresh)).map(({ copies, takenAt }) => [takenAt, copies.length]);
  assert.deepEqual(
    told,
    (await points(world)).map(({ takenAt }) => [takenAt, 2]),
  );
  assert.deepEqual([...new Set((await points(fresh)).map((point) => point.policyId))], [policyId]);
  await world.policy('files', {
    sources: [{ kind: 'files', paths: [join(world.folder, 'files')] }],
    retention: { keepLast: 1 },
  });
  await retain(world, jobs, id);
  assert.deepEqual(await ask(fresh, rebuilt, 'list', { repository: 'main' }), { snapshots: 1, gone: 1 });
});
