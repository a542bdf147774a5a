// `holdfast health` says how things are, in two languages, and ends by the worst of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { noteHealth } from '../../src/catalog/health.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { usualPatience } from '../../src/model/health.ts';
import { testContext } from '../world.ts';
import { World } from './holdfast.ts';

test('what was never looked at is unknown; a look tells of this machine; the worst decides how it ends', async () => {
  using world = new World({ secret: 'key-file' });
  const location = world.path('catalog');
  const run = (...words: readonly string[]) => world.run([...words, '--catalog', location]);
  assert.equal(run('catalog', 'migrate').exit, 0);
  const never = run('health');
  assert.equal(never.exit, 1);
  assert.match(never.output, /holdfast health --now/);

  // The machine that runs the tests may itself be full or busy: what is judged here are its words.
  const context = { ...testContext(), clock: { ...testContext().clock, now: () => Date.now() } };
  {
    await using catalog = await openCatalog({ location }, context);
    const by = { actor: 'ana', node: 'n' };
    const lenient = { diskWarningPercent: 100, diskCriticalPercent: 100, memoryWarningPercent: 100 };
    await applyConfiguration(catalog, { health: { ...lenient, cpuWarningPercent: 100 } }, by, context);
  }
  const looked = run('health', '--now', '--json');
  const result = looked.end.result as { checks: { name: string; says: string }[]; isStale: boolean };
  assert.equal(result.isStale, false);
  const names = new Set(result.checks.map(({ name }) => name));
  for (const name of ['backup', 'clock', 'cpu', 'disk', 'memory', 'queue', 'versions']) {
    assert.ok(names.has(name), name);
  }
  assert.ok(result.checks.every(({ says }) => !says.includes('{')));

  {
    await using catalog = await openCatalog({ location }, context);
    const facts = { percent: 97, freeBytes: 1024 ** 3 };
    const found = { object: '/srv', state: 'critical' as const, reason: 'disk-full', facts };
    const round = { node: 'b', name: 'disk', results: [found], patience: usualPatience };
    await noteHealth(catalog, round, context);
  }
  const bad = run('health', '--lang', 'de');
  assert.equal(bad.exit, 8);
  assert.match(bad.output, /KRITISCH\s+b: Die Platte von \/srv ist zu 97 % voll/);
});

test('while the brake is on, health is critical and says so, whatever else is well', () => {
  using world = new World({ secret: 'key-file' });
  const run = (...words: readonly string[]) => world.run([...words, '--catalog', world.path('catalog')]);
  assert.equal(run('catalog', 'migrate').exit, 0);
  assert.equal(run('brake', 'pull', '--reason', 'strange files').exit, 0);
  const found = run('health', '--json');
  assert.equal(found.exit, 8);
  const { state, isBraked } = found.end.result as { state: string; isBraked: boolean };
  assert.deepEqual([state, isBraked], ['critical', true]);
  assert.match(run('health', '--lang', 'de').output, /Bremse|Notbremse/);
});

test('figures are told of nothing, too, and of a policy that was never saved', async () => {
  using world = new World({ secret: 'key-file' });
  const location = world.path('catalog');
  const context = { ...testContext(), clock: { ...testContext().clock, now: () => Date.now() } };
  {
    await using catalog = await openCatalog({ location }, context);
    const files = {
      sources: [{ kind: 'files' as const, paths: ['/srv'] }],
      repositories: ['main'],
      schedule: '0 2 * * *',
      retention: 'none' as const,
    };
    const repositories = { main: { place: '/backup', unlock: { password: 'file:/p' } } };
    const by = { actor: 'ana', node: 'n' };
    await applyConfiguration(catalog, { repositories, policies: { files } }, by, context);
  }
  const told = world.run(['health', 'figures', '--window', '30d', '--catalog', location]);
  assert.equal(told.exit, 0, told.errors);
  assert.match(told.output, /files +0\/0/);
  const json = world.run(['health', 'figures', '--catalog', location, '--json']);
  const { policies } = json.end.result as { policies: unknown[] };
  const promised = { rpoMs: 93_600_000, rtoMs: 14_400_000 };
  assert.deepEqual(policies, [
    { policy: 'files', restores: 0, due: 0, effective: 0, complete: 0, ...promised },
  ]);
});
