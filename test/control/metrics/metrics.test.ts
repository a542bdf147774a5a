// Metrics say what the catalog says, Prometheus accepts them, and neither names nor numbers of policies can break or flood them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext as Test, test } from 'node:test';
import { savePolicy } from '../../../src/catalog/policies.ts';
import { availability, collectMetrics } from '../../../src/control/metrics/collect.ts';
import { exposition } from '../../../src/control/metrics/exposition.ts';
import { families } from '../../../src/control/metrics/families.ts';
import { statistics } from '../../../src/control/metrics/statistics.ts';
import { onBoth, sqlitePlace } from '../../catalog/catalog-world.ts';
import { deploy, lively } from './metrics-world.ts';

const wish = { version: '1.2.3', policyLimit: 1000 };

/** Debian's package "prometheus" has it. */
function promtool(t: Test, words: readonly string[], input = ''): string | undefined {
  const done = spawnSync('promtool', words, { input, encoding: 'utf8' });
  if (done.error === undefined)
    return done.status === 0 ? `${done.stdout}${done.stderr}` : `FAILED ${done.stdout}${done.stderr}`;
  const line = 'promtool missing: apt-get install prometheus';
  if (process.env.CI !== undefined) throw new Error(line);
  t.skip(line);
  return undefined;
}

test('every figure is what the catalog knows', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await lively(place, catalog, context);
    const samples = await collectMetrics(catalog, wish, context);
    const { metrics, policies } = statistics(samples);
    assert.deepEqual(metrics.policies, [
      { state: 'enabled', value: 3 },
      { state: 'disabled', value: 1 },
    ]);
    assert.deepEqual(
      [metrics.policies_beyond_rpo, metrics.oldest_recovery_point_age_seconds, metrics.brakes],
      [2, 3600, 0],
    );
    assert.deepEqual([metrics.run_success_ratio, metrics.run_error_ratio], [0.5, 0.5]);
    assert.deepEqual(metrics.restore_duration_max_seconds, [{ kind: 'restore', value: 2 }]);
    assert.deepEqual(metrics.restore_speed_bytes_per_second, [{ kind: 'restore', value: 2000 }]);
    assert.equal(metrics.availability_ratio, 0);
    assert.deepEqual(metrics.audit_unwitnessed_entries, [{ node: 'n1', witness: 'file:/w', value: 2 }]);
    const { files, broken, never } = policies;
    assert.equal(files?.last_run_duration_seconds, 90);
    assert.equal(files?.last_run_compression_ratio, 2);
    assert.equal(files?.last_run_encryption_overhead_ratio, 0.01);
    assert.equal(files?.last_run_cpu_seconds, 1.5);
    assert.deepEqual(files?.last_run_network_bytes, [
      { direction: 'received', value: 100 },
      { direction: 'sent', value: 400 },
    ]);
    assert.deepEqual([files?.rpo_seconds, files?.rto_seconds], [7200, 14_400]);
    assert.deepEqual(
      [files?.last_run_success, broken?.last_run_success, never?.last_run_success],
      [1, 0, undefined],
    );
    const told = new Set(samples.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(families).filter((name) => !told.has(name as never)),
      [],
      'each is told, so that the board shows none that is always empty',
    );
  }));

test('Prometheus accepts all of it, with hostile names in labels', async (t) => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  await lively(place, catalog, context);
  const text = await exposition(await collectMetrics(catalog, wish, context));
  assert.match(text, /object="a \\"quoted\\"\\\\name\\nwith a line"/);
  assert.match(text, /^holdfast_build_info\{version="1\.2\.3"\} 1$/m);
  const said = promtool(t, ['check', 'metrics'], text);
  if (said !== undefined) assert.equal(said, '');
});

test('beyond the limit no policy has metrics of its own, and all are still counted', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  for (let n = 0; n < 30; n += 1) {
    await savePolicy(catalog, { name: `p${n}`, config: {}, enabled: true }, context);
  }
  const few = await collectMetrics(catalog, { ...wish, policyLimit: 29 }, context);
  assert.ok(!few.some(({ labels }) => 'policy' in labels));
  assert.equal(statistics(few).metrics.policies_not_listed, 30);
  assert.equal(statistics(few).metrics.policies_beyond_rpo, 30);
  const all = await collectMetrics(catalog, { ...wish, policyLimit: 30 }, context);
  assert.equal(Object.keys(statistics(all).policies).length, 30);
});

test('ten thousand policies give a bounded answer', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  await savePolicy(catalog, { name: 'p', config: {}, enabled: true }, context);
  await place.tamper(
    `insert into policies (id, name, revision, config, enabled, created_at, updated_at) with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
      select 'id' || i, 'p' || i, revision, config, enabled, created_at, updated_at from policies, n`,
    "insert into policy_states (policy_id) select id from policies where id like 'id%'",
  );
  const samples = await collectMetrics(catalog, wish, context);
  assert.equal(statistics(samples).metrics.policies_not_listed, 10_001);
  assert.ok(samples.length < 100, `${samples.length} samples`);
});

test('availability counts what several nodes cover, each moment once', () => {
  const now = 100 * 86_400_000;
  const life = (node: string, from: number, until: number) => ({
    node,
    from: now - from,
    until: now - until,
  });
  assert.equal(availability([], now), undefined);
  assert.equal(availability([life('a', 100, 0)], now), 1);
  assert.equal(availability([life('a', 100, 50)], now), 0.5);
  assert.equal(availability([life('a', 100, 50), life('b', 75, 25)], now), 0.75);
  assert.equal(availability([life('a', 100, 0), life('b', 75, 25)], now), 1);
  const month = 30 * 86_400_000;
  assert.equal(availability([life('a', 2 * month, month / 2)], now), 0.5);
});

test('the rules of alerts are accepted and behave, and every metric in deploy/ exists', (t) => {
  const used = new Set<string>();
  const texts = ['prometheus', 'grafana'].flatMap((folder) =>
    readdirSync(join(deploy, folder)).map((name) => readFileSync(join(deploy, folder, name), 'utf8')),
  );
  for (const text of texts) for (const [name] of text.matchAll(/\bholdfast_[a-z_]+/g)) used.add(name);
  assert.ok(used.size > 15);
  assert.deepEqual(
    [...used].filter((name) => !(name in families)),
    [],
  );
  const guide = readFileSync(join(deploy, '../docs/guides/metrics.md'), 'utf8');
  for (const [name, { help }] of Object.entries(families)) {
    assert.ok(
      guide.includes(`\`${name}\``) && guide.includes(help),
      `docs/guides/metrics.md tells nothing of ${name}`,
    );
  }
  const board = JSON.parse(readFileSync(join(deploy, 'grafana/holdfast.json'), 'utf8'));
  assert.ok(board.panels.length > 10 && board.panels.every(({ title }: { title: string }) => title !== ''));
  const rules = promtool(t, ['check', 'rules', join(deploy, 'prometheus/holdfast-alerts.yaml')]);
  if (rules !== undefined) assert.match(rules, /SUCCESS: \d+ rules found/);
  const proven = promtool(t, ['test', 'rules', join(deploy, 'prometheus/holdfast-alerts-test.yaml')]);
  if (proven !== undefined) assert.match(proven, /SUCCESS/);
});
