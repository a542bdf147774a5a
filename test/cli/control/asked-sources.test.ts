// Sources of a policy that are asked: a job of the configuration saves the catalog itself, and Vault, and leaves nothing of them behind.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { JsonValue } from '../../../src/base/jcs.ts';
import { importCatalog } from '../../../src/catalog/dump.ts';
import { openCatalog } from '../../../src/catalog/open.ts';
import { policyNamed, savePolicy } from '../../../src/catalog/policies.ts';
import { readAmbient } from '../../../src/cli/ambient.ts';
import { createSpawnedRunner } from '../../../src/cli/control/spawned-runner.ts';
import type { JobEnd } from '../../../src/control/job.ts';
import { sourceSchema } from '../../../src/model/configuration/policy.ts';
import { startVaultDouble, vaultToken } from '../../servers/vault-double.ts';
import { testContext } from '../../world.ts';
import { World } from '../holdfast.ts';

const context = testContext();

/** The job of a policy with this one source, in a process of its own. */
async function backUp(world: World, source: JsonValue): Promise<JobEnd> {
  const ambient = readAmbient();
  const environment = { ...ambient.environment, XDG_STATE_HOME: world.path('state') };
  const sealed = { catalog: { location: world.path('catalog') }, keyFile: world.path('secrets.key') };
  const runner = createSpawnedRunner({ ...ambient, environment }, { sealed });
  const unlock = { password: `file:${world.passwordFile}` };
  const repository = { name: 'main', rules: { place: world.path('repository'), unlock } };
  const order = {
    policy: 'p',
    since: 0,
    isRepeated: false,
    sources: [source],
    repositories: [repository],
    skip: [repository],
    tags: [],
  };
  const silent = { counts: () => undefined, phase: () => undefined, problems: () => undefined };
  return runner.run('backup', order, silent, context);
}

test('a policy saves the catalog; what is restored fills a new one; nothing of it stays beside', async () => {
  using world = new World();
  assert.equal(world.run(['init', '--json']).exit, 0);
  {
    await using catalog = await openCatalog({ location: world.path('catalog') }, context);
    await savePolicy(catalog, { name: 'docs', config: { a: 1 }, enabled: true }, context);
  }
  const left = world.path('state/holdfast/catalog-export-killed');
  mkdirSync(left, { recursive: true });
  writeFileSync(`${left}/lines`, 'x');
  utimesSync(left, 1, 1);
  const end = await backUp(world, { kind: 'catalog' });
  assert.equal(end.outcome, 'succeeded', JSON.stringify(end));
  assert.deepEqual(
    readdirSync(world.path('state/holdfast')).filter((name) => name.startsWith('catalog-export-')),
    [],
  );
  const target = world.path('target');
  assert.equal(world.run(['restore', 'latest', '--target', target, '--json']).exit, 0);
  const found = readdirSync(target, { recursive: true, encoding: 'utf8' }).find((one) =>
    one.endsWith('.jsonl'),
  );
  const lines = readFileSync(`${target}/${found}`, 'utf8').split('\n');
  await using other = await openCatalog({ location: world.path('other') }, context);
  await importCatalog(
    other,
    (async function* () {
      yield* lines;
    })(),
    context,
  );
  assert.deepEqual((await policyNamed(other, 'docs', context))?.config, { a: 1 });
});

test('a policy saves Vault with a token by reference', async () => {
  using world = new World();
  await using double = await startVaultDouble();
  assert.equal(world.run(['init', '--json']).exit, 0);
  const token = world.path('token');
  writeFileSync(token, `${vaultToken}\n`, { mode: 0o600 });
  const source = { kind: 'vault', address: double.address, token: `file:${token}` };
  const end = await backUp(world, source);
  assert.equal(end.outcome, 'succeeded', JSON.stringify(end));
  assert.ok(!JSON.stringify(end).includes(vaultToken));
  const target = world.path('target');
  assert.equal(world.run(['restore', 'latest', '--target', target, '--json']).exit, 0);
  const found = readdirSync(target, { recursive: true, encoding: 'utf8' }).find((one) =>
    one.endsWith('.snap'),
  );
  assert.ok(found !== undefined && dirname(found) !== '');
});

test('of a token and an AppRole exactly one lets us in', () => {
  const vault = { kind: 'vault', address: 'https://vault.example.org' };
  assert.ok(!sourceSchema.safeParse(vault).success);
  const appRole = { roleId: 'r', secretId: 'file:/s' };
  assert.ok(sourceSchema.safeParse({ ...vault, appRole }).success);
  assert.ok(!sourceSchema.safeParse({ ...vault, appRole, token: 'file:/t' }).success);
  assert.ok(!sourceSchema.safeParse({ ...vault, token: 'hvs.secret' }).success, 'a secret in its place');
});
