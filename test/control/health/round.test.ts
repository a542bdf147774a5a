// A round of checks keeps what it finds, raises an alert for what is wrong and ends it when it is well; on both databases.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/failure.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { listHealth, listHealthChanges, trimHealth } from '../../../src/catalog/health.ts';
import { savePolicy } from '../../../src/catalog/policies.ts';
import { addTask } from '../../../src/catalog/queue.ts';
import { addRecoveryPoint } from '../../../src/catalog/recovery-points.ts';
import { beatLife } from '../../../src/catalog/reliability.ts';
import type { CheckResult } from '../../../src/control/health/check.ts';
import { runHealthRound } from '../../../src/control/health/round.ts';
import { healthReasons, sayHealth } from '../../../src/control/health/words.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { onBoth, type Place } from '../../catalog/catalog-world.ts';
import { fakeMachine } from './health-world.ts';

const minute = 60_000;
const hour = 60 * minute;

const configuration = configurationSchema.parse({
  repositories: {
    main: { place: '/backup/main', unlock: { password: 'file:/p' } },
    off: { place: '/backup/off', unlock: { password: 'file:/p' } },
  },
  policies: {
    files: {
      sources: [{ kind: 'files', paths: ['/srv'] }],
      repositories: ['main', 'off'],
      schedule: '0 2 * * *',
      retention: 'none',
    },
  },
});

/** Rounds of both scopes, and what is told of after each. */
async function started(place: Place) {
  const { catalog, context } = await place.open();
  const machine = fakeMachine();
  const parts = { catalog, configuration, node: 'a', machine };
  return {
    catalog,
    context,
    machine,
    async round(afterMs = 5 * minute) {
      await place.advance(afterMs);
      await runHealthRound('node', parts, context);
      await runHealthRound('cluster', parts, context);
      const { items } = await listAlerts(catalog, { limit: 500 }, context);
      return items
        .filter(({ state }) => state !== 'resolved')
        .map(({ key, severity }) => `${key} ${severity}`)
        .sort();
    },
  };
}

test('a disk that runs full is told of once, gets worse, and is over when there is room again', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context, machine, round } = await started(place);
    assert.deepEqual(await round(), []);
    machine.diskPercent = 85;
    assert.deepEqual(await round(), ['health:disk:a:/backup/main warning']);
    machine.diskPercent = 95;
    assert.deepEqual(await round(), ['health:disk:a:/backup/main critical']);
    machine.diskPercent = 85;
    assert.deepEqual(await round(), ['health:disk:a:/backup/main critical']);
    machine.diskPercent = 50;
    await round();
    assert.deepEqual(await round(), []);
    const { items } = await listHealthChanges(catalog, { name: 'disk' }, context);
    assert.deepEqual(
      items.map(({ before, state }) => [before, state]),
      [
        ['critical', 'ok'],
        ['warning', 'critical'],
        ['ok', 'warning'],
        [undefined, 'ok'],
      ],
    );
    const disk = (await listHealth(catalog, context)).find(({ name }) => name === 'disk');
    assert.equal(disk?.facts.percent, 50);
    await place.advance(24 * hour);
    await trimHealth(catalog, place.now() - hour, context);
    assert.deepEqual(await listHealth(catalog, context), []);
  }));

test('processors and memory have to be short of for a while', (t) =>
  onBoth(t, async (place) => {
    const { machine, round } = await started(place);
    const tick = (busyPercent: number) => {
      machine.totalMs += 1000;
      machine.busyMs += 10 * busyPercent;
      return round();
    };
    await tick(10);
    machine.memoryPercent = 99;
    assert.deepEqual(await tick(99), []);
    machine.memoryPercent = 10;
    assert.deepEqual(await tick(10), []);
    machine.memoryPercent = 99;
    await tick(100);
    await tick(100);
    assert.deepEqual(await tick(100), ['health:cpu:a warning', 'health:memory:a warning']);
  }));

test('a policy is late when its newest moment is older than may be lost, and a copy that stayed behind is told of', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context, round } = await started(place);
    const wish = { name: 'files', config: {}, enabled: true };
    const { id } = await savePolicy(catalog, wish, context);
    assert.deepEqual(await round(25 * hour), []);
    assert.deepEqual(await round(2 * hour), ['health:backup:files critical']);
    const take = async (repositories: readonly string[]) => {
      const snapshot = String(place.now());
      for (const repository of repositories) {
        const copy = { repository, snapshot, storage: 's', arrivedAt: place.now() };
        const point = { policyId: id, source: 'a:/srv', takenAt: place.now(), outcome: 'succeeded' as const };
        await addRecoveryPoint(catalog, { ...point, entries: 1, bytes: 1, copy }, context);
      }
    };
    await take(['main', 'off']);
    assert.deepEqual(await round(25 * hour), []);
    await take(['main']);
    assert.deepEqual(await round(2 * hour), ['health:backup:files warning']);
    await take(['off']);
    assert.deepEqual(await round(), []);
    assert.deepEqual(await round(27 * hour), ['health:backup:files critical']);
  }));

test('tasks that nobody does and machines that fall silent are told of', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context, round } = await started(place);
    await beatLife(catalog, { node: 'b', gapMs: minute }, context);
    await addTask(catalog, { kind: 'backup', key: 'k', payload: null }, context);
    assert.deepEqual(await round(10 * minute), []);
    assert.deepEqual(await round(10 * minute), ['health:nodes:b warning']);
    assert.deepEqual(await round(hour), ['health:nodes:b warning', 'health:queue:backup warning']);
    assert.deepEqual(await round(6 * hour), ['health:nodes:b warning', 'health:queue:backup critical']);
  }));

test('a clock that is wrong or went back, an old Node.js and a certificate that ends are told of', (t) =>
  onBoth(t, async (place) => {
    const { machine, round } = await started(place);
    machine.nodeVersion = '18.0.0';
    assert.deepEqual(await round(), []);
    machine.nodeVersion = '21.0.0';
    // The year that this world begins with is 2023; its line ends in 2024.
    assert.deepEqual(await round(365 * 24 * hour), ['health:versions:a warning']);
    machine.nodeVersion = '26.0.0';
    await round();
    assert.deepEqual(await round(), []);
    const told = await round(-2 * hour);
    assert.ok(told.includes('health:clock:a warning'), JSON.stringify(told));
  }));

test('a check that fails is unknown, holds up no other, and is told of when it lasts', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    let trouble: Error | undefined;
    const found: CheckResult = { object: 'x', state: 'ok', reason: 'memory-ok', facts: { percent: 1 } };
    const checks = {
      broken: async () => ({
        check: {
          scope: 'node' as const,
          run: async () => {
            if (trouble !== undefined) throw trouble;
            return [found];
          },
        },
      }),
      well: async () => ({ check: { scope: 'node' as const, run: async () => [found] } }),
    };
    const parts = { catalog, configuration, node: 'a', machine: fakeMachine(), checks };
    const round = async () => {
      await place.advance(5 * minute);
      return (await runHealthRound('node', parts, context)).map(({ name, state }) => `${name} ${state}`);
    };
    assert.deepEqual(await round(), ['broken ok', 'well ok']);
    trouble = new Failure('unavailable', 'X', 'no answer');
    assert.deepEqual(await round(), ['broken ok', 'well ok']);
    await round();
    assert.equal((await listAlerts(catalog, { state: 'open' }, context)).items.length, 0);
    assert.deepEqual(await round(), ['broken unknown', 'well ok']);
    const { items } = await listAlerts(catalog, { state: 'open' }, context);
    assert.deepEqual(
      items.map(({ key, title }) => [key, title]),
      [['health:broken:a:x', 'This could not be found out: no answer']],
    );
    trouble = undefined;
    assert.deepEqual(await round(), ['broken ok', 'well ok']);
    assert.equal((await listAlerts(catalog, { state: 'open' }, context)).items.length, 0);
  }));

test('every reason has words in both languages, with the same values', () => {
  assert.deepEqual(healthReasons.en, healthReasons.de);
  const values = (reason: string, language: 'en' | 'de') =>
    [...sayHealth({ object: '{object}', reason, facts: {} }, language).matchAll(/\{(\w+)\}/g)]
      .map(([, name]) => name)
      .sort();
  for (const reason of healthReasons.en) {
    assert.deepEqual([...new Set(values(reason, 'de'))], [...new Set(values(reason, 'en'))], reason);
  }
  const facts = { percent: 91, freeBytes: 2 ** 30 };
  assert.equal(
    sayHealth({ object: '/backup', reason: 'disk-full', facts }, 'en'),
    'The disk of /backup is 91 % full; 1.0 GiB are left. Make room or add a disk.',
  );
});
