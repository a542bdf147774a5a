// `holdfast catalog` makes a catalog, finds it sound, and tells where its audit trail was changed.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { appendAudit } from '../../src/catalog/audit.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { testContext } from '../world.ts';
import { World } from './holdfast.ts';

test('a catalog is made, checked, and its changed audit trail found', async () => {
  using world = new World();
  const location = world.path('catalog');
  const run = (...words: readonly string[]) =>
    world.run(['catalog', ...words, '--catalog', location, '--json']);
  assert.equal(run('check').exit, 4);
  assert.equal(run('migrate').exit, 0);
  assert.equal(run('check').exit, 0);
  const context = testContext();
  {
    await using catalog = await openCatalog({ location }, context);
    const act = { node: 'n', actor: 'ana', method: 'local', action: 'a:b', outcome: 'succeeded' } as const;
    for (let n = 0; n < 3; n += 1) await appendAudit(catalog, act, context);
  }
  assert.equal(run('audit', 'verify').exit, 0);
  const told = run('audit', 'export').events.filter(({ type }) => type === 'audit');
  assert.equal(told.filter((entry) => JSON.stringify(entry).includes('"ana"')).length, 3);
  const database = new DatabaseSync(location);
  database.exec("update audit_entries set entry = replace(entry, 'ana', 'bob') where seq = 2");
  database.close();
  const found = run('audit', 'verify');
  assert.equal(found.exit, 8);
  assert.deepEqual((found.end.result as { findings: unknown }).findings, [
    { stream: 'n', first: 2, last: 2, trouble: 'changed' },
  ]);
});

test('an exported catalog is imported into a new one, and into no other', () => {
  using world = new World();
  const [from, to, file] = [world.path('catalog'), world.path('other'), world.path('catalog.jsonl')];
  assert.equal(world.run(['catalog', 'migrate', '--catalog', from]).exit, 0);
  const exported = world.run(['catalog', 'export', '--catalog', from]);
  assert.equal(exported.exit, 0);
  writeFileSync(file, exported.output);
  const run = () => world.run(['catalog', 'import', file, '--catalog', to, '--json']);
  writeFileSync(file, exported.output.slice(0, -10));
  assert.equal(run().exit, 8, 'cut off');
  writeFileSync(file, exported.output);
  assert.equal(run().exit, 0, 'what failed before has left the catalog empty');
  assert.equal(run().end['code'], 'CATALOG_NOT_EMPTY', 'the import stands in the trail');
  assert.equal(world.run(['catalog', 'check', '--catalog', to]).exit, 0);
  assert.equal(
    world.run(['catalog', 'import', world.path('none'), '--catalog', world.path('third'), '--json']).end.code,
    'EXPORT_UNREADABLE',
  );
});

test('an export goes where the configuration has its catalog, as long as there is none', () => {
  using world = new World();
  const [from, to] = [world.path('catalog'), world.path('state', 'catalog')];
  const [file, config] = [world.path('catalog.jsonl'), world.path('holdfast.yaml')];
  assert.equal(world.run(['catalog', 'migrate', '--catalog', from]).exit, 0);
  writeFileSync(file, world.run(['catalog', 'export', '--catalog', from]).output);
  writeFileSync(config, JSON.stringify({ catalog: { place: to } }), { mode: 0o600 });
  const run = () => world.run(['catalog', 'import', file, '--config', config, '--json']);
  assert.equal((run().end.result as { location: string }).location, to);
  assert.equal(run().end['code'], 'CATALOG_NOT_EMPTY');
});
