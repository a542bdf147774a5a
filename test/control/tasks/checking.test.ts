// What the catalog may say of copies after a check, and until when damage counts as damage.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { addTask } from '../../../src/catalog/queue.ts';
import { addRecoveryPoint, listRecoveryPoints } from '../../../src/catalog/recovery-points.ts';
import { executeJob } from '../../../src/control/jobs/execute.ts';
import type { CheckResult } from '../../../src/control/jobs/orders.ts';
import {
  controlWorld,
  dayMs,
  failed,
  runnerOf,
  settle,
  start,
  succeeded,
  type World,
} from '../control-world.ts';
import { doNext, jobWorld } from '../job-world.ts';

const repositories = { main: { place: 'main', unlock: { password: 'file:/password' } } };
const well: CheckResult = { findings: [], errors: 0, warnings: 0, affected: [], readBytes: 1 };
const broken: CheckResult = {
  ...well,
  findings: [{ severity: 'error', code: 'BLOB_BROKEN', message: 'a blob is broken', object: 'packs/ab' }],
  errors: 1,
  affected: ['s1'],
};

async function checked(world: World, found: CheckResult, millionths?: number): Promise<void> {
  const runner = runnerOf(async () => ({
    ...succeeded,
    outcome: found.errors > 0 ? 'failed' : 'succeeded',
    result: JSON.parse(JSON.stringify(found)),
  }));
  await askCheck(world, millionths);
  await doNext(world, 'check', world.tools({ given: { repositories }, runner }));
}

async function askCheck({ catalog, context, time }: World, millionths?: number): Promise<void> {
  time.now += dayMs;
  const payload = { repository: 'main', ...(millionths === undefined ? {} : { millionths }) };
  await addTask(catalog, { kind: 'check', key: `check@${time.now}`, payload }, context);
}

async function pointOf({ catalog, context }: World, snapshot: string): Promise<void> {
  const copy = { repository: 'main', snapshot, storage: 'memory:', arrivedAt: start };
  const point = { source: '/srv', takenAt: start, outcome: 'succeeded' as const, entries: 1, bytes: 1, copy };
  await addRecoveryPoint(catalog, point, context);
}

async function levels({ catalog, context }: World): Promise<Record<string, number | undefined>> {
  const { items } = await listRecoveryPoints(catalog, {}, context);
  const copies = items.flatMap((one) => one.copies);
  return Object.fromEntries(copies.map(({ snapshot, verifiedLevel }) => [snapshot, verifiedLevel]));
}

async function openAlerts({ catalog, context }: World): Promise<string[]> {
  const { items } = await listAlerts(catalog, { state: 'open' }, context);
  return items.map(({ key, severity }) => `${key} ${severity}`);
}

test('only copies that a check has met count as verified, however many suffer', async () => {
  await using world = await controlWorld();
  for (const snapshot of ['s1', 's2', 'gone', 'arrived-later']) await pointOf(world, snapshot);
  const present = ['s1', 's2', ...Array.from({ length: 7000 }, (_, n) => `x${n}`)];
  await checked(world, { ...broken, affected: [...present.slice(2), 's1'], present });
  assert.deepEqual(await levels(world), {
    s1: undefined,
    s2: 3,
    gone: undefined,
    'arrived-later': undefined,
  });
});

test('a part that is well does not end the damage that was found in another', async () => {
  await using world = await controlWorld();
  await checked(world, { ...broken, present: ['s1'] }, 1000);
  const foundAt = world.time.now;
  await checked(world, { ...well, present: [] }, 1000);
  assert.deepEqual(await openAlerts(world), ['check:main critical']);
  await checked(world, { ...well, present: [], oldestVerifiedAt: foundAt - 1 }, 1000);
  assert.deepEqual(await openAlerts(world), ['check:main critical']);
  await checked(world, { ...well, present: [], oldestVerifiedAt: foundAt + 1 }, 1000);
  assert.deepEqual(await openAlerts(world), []);
});

test('what is read whole each time ends damage at once', async () => {
  await using world = await controlWorld();
  const findings = [{ severity: 'error' as const, code: 'TREE_MISSING', message: 'a tree is missing' }];
  await checked(world, { ...broken, findings }, 1000);
  await checked(world, well, 1000);
  assert.deepEqual(await openAlerts(world), []);
  await checked(world, broken, 1000);
  await checked(world, well);
  assert.deepEqual(await openAlerts(world), []);
});

test('a check that cannot be done is told', async () => {
  await using world = await controlWorld();
  const runner = runnerOf(async () => failed('SIGNATURE_BROKEN', 'denied'));
  await askCheck(world);
  const done = doNext(world, 'check', world.tools({ given: { repositories }, runner }));
  await assert.rejects(done, { code: 'SIGNATURE_BROKEN' });
  assert.deepEqual(await openAlerts(world), ['check:main warning']);
});

test('checks and prunes ask the storage itself, with the key that can do no more', async () => {
  await using world = await controlWorld();
  const jobs = await jobWorld(world, ['main']);
  const purposes: string[] = [];
  const { openers } = jobs.tools;
  const watched: typeof openers = {
    ...openers,
    repository: (rules, purpose, context) => {
      purposes.push(purpose);
      return openers.repository(rules, purpose, context);
    },
  };
  const place = { name: 'main', rules: { place: 'main', unlock: { password: 'file:/p' } } };
  const tools = { ...jobs.tools, openers: watched };
  const reports = { counts: () => undefined, phase: () => undefined, problems: () => undefined };
  const run = (kind: string, order: object) =>
    executeJob(kind, JSON.stringify(order), tools, reports, world.context);
  assert.equal((await run('check', { repository: place })).outcome, 'succeeded');
  const retention = {
    policy: 'files',
    retention: { keepLast: 1 },
    repositories: [{ ...place, held: [] }],
    zone: 'UTC',
    run: 'r',
    dryRun: false,
  };
  assert.equal((await run('retention', retention)).outcome, 'succeeded');
  assert.deepEqual(purposes, ['upkeep', 'write', 'upkeep']);
});

test('a storage that hangs holds no worker for ever, and is found', async () => {
  await using world = await controlWorld();
  const runner = runnerOf(async (_kind, _order, { signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return { outcome: 'canceled', counts: {}, result: null };
  });
  const tools = world.tools({ given: { repositories }, runner });
  const payload = { repository: 'main', deep: false };
  await addTask(world.catalog, { kind: 'probe', key: 'probe', payload }, world.context);
  const probing = doNext(world, 'probe', tools);
  await settle();
  await world.time.advance(16 * 60_000);
  assert.deepEqual(await probing, { storage: 'critical' });
  await askCheck(world);
  const checking = doNext(world, 'check', tools);
  const refused = assert.rejects(checking, { code: 'JOB_TIMEOUT' });
  await settle();
  await world.time.advance(8 * dayMs);
  await refused;
  const alerts = await openAlerts(world);
  assert.ok(alerts.includes('check:main warning'), alerts.join());
});
