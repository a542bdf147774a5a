// `holdfast maintenance` tells what is due, and notes what was done; `holdfast catalog rebuild` makes a lost catalog again.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { maintenancePlan } from '../../src/model/maintenance/plan.ts';
import { World } from './holdfast.ts';

type Json = Readonly<Record<string, unknown>>;

function configured(world: World): string {
  const password = world.path('password');
  writeFileSync(password, 'a long passphrase of four words');
  chmodSync(password, 0o600);
  mkdirSync(world.path('docs'));
  writeFileSync(world.path('docs/letter.txt'), 'hello');
  const config = world.path('holdfast.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      catalog: { place: world.path('catalog') },
      repositories: {
        main: { place: world.path('repository'), unlock: { password: `file:${password}` } },
        gone: { place: world.path('nowhere'), unlock: { password: `file:${password}` } },
      },
      policies: {
        docs: {
          sources: [{ kind: 'files', paths: [world.path('docs')] }],
          repositories: ['main'],
          schedule: 'manual',
          retention: { keepDaily: 7 },
        },
      },
      maintenance: { owner: 'Ana', deputy: 'Ben', without: { 'audit-security': 'done by the town' } },
    }),
  );
  const place = ['--repository', world.path('repository'), '--password-file', password];
  assert.equal(world.run(['init', ...place]).exit, 0);
  for (const tags of [['--tag', 'policy:docs'], []])
    assert.equal(world.run(['backup', world.path('docs'), ...place, ...tags]).exit, 0);
  return config;
}

test('a lost catalog is made again; a repository that is away makes it partial; then the plan is kept in it', () => {
  using world = new World();
  const config = configured(world);
  const rebuild = () => world.run(['catalog', 'rebuild', '--config', config, '--json']);
  for (let round = 0; round < 2; round += 1) {
    rmSync(world.path('catalog'), { force: true });
    const rebuilt = rebuild();
    assert.equal(rebuilt.exit, 1, rebuilt.errors);
    const { repositories, policies } = rebuilt.end['result'] as Json;
    assert.equal(policies, 1);
    assert.deepEqual(repositories, [
      { repository: 'main', snapshots: 2, gone: 0 },
      { repository: 'gone', code: 'STORAGE_MISSING' },
    ]);
  }
  const again = rebuild().end['result'] as Json;
  assert.equal((again['repositories'] as Json[])[0]?.['snapshots'], 2, 'what is told twice is one');

  const maintenance = (...words: readonly string[]) =>
    world.run(['maintenance', ...words, '--config', config, '--json']);
  const listed = maintenance('list');
  assert.equal(listed.exit, 0);
  const tasks = () => (maintenance('list').end['result'] as Json)['tasks'] as Json[];
  assert.deepEqual(
    tasks().map(({ name }) => name),
    maintenancePlan.map(({ name }) => name),
  );
  const state = (wanted: string) => tasks().find(({ name }) => name === wanted)?.['state'];
  assert.equal(state('review-access'), 'due');
  assert.equal(state('audit-security'), 'unwanted');
  assert.equal(maintenance('done', 'review-access', '--note', 'two accounts closed').exit, 0);
  assert.equal(state('review-access'), 'done');
  const wrong = maintenance('done', 'review-acess');
  assert.equal(wrong.exit, 4);
  assert.equal(wrong.end['code'], 'MAINTENANCE_UNKNOWN');
});
