// `holdfast brake` holds up `forget` and `prune` until somebody lifts it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { testContext } from '../world.ts';
import { World } from './holdfast.ts';

test('while the brake is pulled nothing is forgotten or pruned; a dry run and a backup go on', async () => {
  using world = new World({ secret: 'key-file' });
  const location = world.path('catalog');
  const environment = { HOLDFAST_CATALOG: location };
  const run = (...words: readonly string[]) => world.run([...words, '--json'], { environment });
  assert.equal(run('catalog', 'migrate').exit, 0);
  writeFileSync(world.path('data.txt'), 'a');
  world.init();
  assert.equal(run('backup', world.path('data.txt')).exit, 0);
  assert.equal(run('brake', 'status').exit, 0);
  assert.equal(run('brake', 'pull').exit, 2);
  assert.equal(run('brake', 'pull', '--reason', 'odd files').exit, 0);
  assert.equal(run('brake', 'status').exit, 1);
  const deletions = [
    ['forget', '--keep-last', '1'],
    ['prune'],
    ['forget-path', world.path('data.txt'), '--all', '--reason', 'asked for'],
  ];
  for (const words of deletions) {
    const refused = run(...words);
    assert.equal(refused.exit, 3, refused.output);
    assert.match(refused.output + refused.errors, /BRAKE_ON/);
    assert.equal(run(...words, '--dry-run').exit, 0);
  }
  writeFileSync(world.path('holdfast.yaml'), JSON.stringify({ catalog: { place: location } }));
  const configured = { HOLDFAST_CONFIG: world.path('holdfast.yaml') };
  assert.match(world.run(['prune', '--json'], { environment: configured }).output, /BRAKE_ON/);
  assert.equal(run('backup', world.path('data.txt')).exit, 0);
  assert.equal(run('brake', 'release').exit, 2);
  assert.equal(run('brake', 'release', '--reason', 'it was a script').exit, 0);
  assert.equal(run('brake', 'release', '--reason', 'again').exit, 4);
  assert.equal(run('prune').exit, 0);
  assert.equal(run('brake', 'status').exit, 0);
});

test('where the catalog that is named does not answer, nothing is deleted', () => {
  using world = new World({ secret: 'key-file' });
  writeFileSync(world.path('data.txt'), 'a');
  world.init();
  const environment = { HOLDFAST_CATALOG: world.path('gone') };
  const refused = world.run(['prune', '--json'], { environment });
  assert.equal(refused.exit, 6);
  assert.equal(refused.end.code, 'AUDIT_UNREACHABLE');
  assert.equal(world.run(['prune', '--json']).exit, 0);
});

test('where two have to agree, one at the machine alone lifts nothing, and the try is audited', async () => {
  using world = new World();
  const location = world.path('catalog');
  const context = testContext();
  {
    await using catalog = await openCatalog({ location }, context);
    const by = { actor: 'ana', node: 'n' };
    await applyConfiguration(catalog, { api: { secondPerson: true } }, by, context);
  }
  const run = (...words: readonly string[]) =>
    world.run(['brake', ...words, '--catalog', location, '--json']);
  assert.equal(run('pull', '--reason', 'odd').exit, 0);
  assert.equal(run('release', '--reason', 'fine').exit, 3);
  assert.equal(run('status').exit, 1);
  await using catalog = await openCatalog({ location }, context);
  const trail = await listAudit(catalog, { action: 'brake:release' }, context);
  assert.deepEqual(
    trail.items.map(({ act }) => act.outcome),
    ['refused'],
  );
});
