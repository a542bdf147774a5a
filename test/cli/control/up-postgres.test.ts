// `holdfast up` on PostgreSQL that comes and goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresOrSkip, sharedServer } from '../../catalog/catalog-world.ts';
import { UpWorld } from './up-world.ts';

test('a database that is away is waited for at the start, and in the middle nothing ends', async (t) => {
  if (!postgresOrSkip(t)) return;
  const server = await sharedServer();
  const place = await server.newDatabase();
  using world = new UpWorld({ configuration: { catalog: { place } } });
  await server.kill();
  await using running = world.up();
  await running.event('waiting');
  await server.start();
  await running.ready;
  const first = world.ask(['run', 'documents', '--wait']);
  assert.equal(first.exit, 0, first.errors + first.output);
  await server.kill();
  await running.event('log', ({ level }) => level === 'error');
  await server.start();
  const second = world.ask(['run', 'documents', '--wait']);
  assert.equal(second.exit, 0, second.errors + second.output);
  assert.equal(running.child.exitCode, null);
  assert.equal(await running.stop(), 0);
});
