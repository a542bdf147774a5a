// `holdfast run --wait` where nobody does what is asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acquireLease } from '../../../src/catalog/leases.ts';
import { openCatalog } from '../../../src/catalog/open.ts';
import { testContext } from '../../world.ts';
import { UpWorld } from './up-world.ts';

test('who waits where no node is at work is told so, and waits no longer than was said', () => {
  using world = new UpWorld();
  assert.equal(world.ask(['config', 'apply']).exit, 0);
  const waited = world.ask(['run', 'documents', '--timeout', '1s']);
  assert.deepEqual([waited.exit, waited.end['code']], [7, 'RUN_WAIT_TIMEOUT']);
  assert.deepEqual((waited.end['facts'] as Record<string, unknown>)['hasBegun'], false);
  assert.ok(waited.events.some(({ type, nodes }) => type === 'waiting' && nodes === 0));
  const words = ['run', 'documents', '--timeout', '1s', '--config', world.configurationFile];
  const told = world.run(words);
  assert.equal(told.exit, 7);
  assert.match(told.errors, /"holdfast up"/);
  assert.equal(world.ask(['run', 'documents', '--timeout', 'soon']).end['code'], 'INVALID_DURATION');
});

test('a node that goes away while somebody waits is told, too', async () => {
  using world = new UpWorld();
  assert.equal(world.ask(['config', 'apply']).exit, 0);
  const context = testContext();
  await using catalog = await openCatalog({ location: world.path('catalog') }, context);
  // Nobody keeps it alive; where it runs out before it is looked at for the first time, that is told as well.
  await acquireLease(catalog, { name: 'node:test', holder: 'test', durationMs: 2000 }, context);
  await using waiting = world.start(['run', 'documents', '--wait']);
  const told = await waiting.event('waiting');
  assert.equal(told['nodes'], 0);
  assert.equal(await waiting.stop('SIGINT'), 130);
});
