// Which configuration `holdfast up` works by: the file where it can, what was applied last where it cannot, and of two nodes the newest will.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { UpWorld } from './up-world.ts';

test('a broken file keeps no service down that was at work before, and people are told', async () => {
  using world = new UpWorld();
  await using first = world.up();
  await first.ready;
  assert.equal(await first.stop(), 0);
  writeFileSync(world.configurationFile, 'policies: [');
  await using second = world.up();
  const unusable = await second.event('unusable');
  assert.equal(unusable['code'], 'CONFIG_SYNTAX');
  const ready = await second.ready;
  assert.deepEqual([ready['node'], ready['policies']], ['test', 1]);
  assert.match(
    alertsOf(world),
    /configuration:unusable:test.*critical|critical.*configuration:unusable:test/,
  );
  world.configure({ policy: { tags: ['new'] } });
  second.child.kill('SIGHUP');
  await second.event('applied');
  assert.doesNotMatch(alertsOf(world), /configuration:unusable/);
  assert.equal(await second.stop(), 0);
});

test('a broken file that was never applied ends the start, and no catalog is made', async () => {
  using world = new UpWorld();
  writeFileSync(world.configurationFile, 'policies: [');
  await using running = world.up();
  assert.equal(await running.ended, 2);
  assert.equal(running.events.at(-1)?.['code'], 'CONFIG_SYNTAX');
  await using named = world.up(['--catalog', world.path('catalog')]);
  assert.equal(await named.ended, 2);
  assert.ok(!existsSync(world.path('catalog')));
});

test('of two nodes with different files the newest will counts, not the last start', async () => {
  using world = new UpWorld();
  const other = world.path('other.yaml');
  const file = (node: string, tags: string[]) => ({ configuration: { node }, policy: { tags } });
  const write = (path: string, options: ReturnType<typeof file>) => {
    const usual = world.configurationFile;
    Object.assign(world, { configurationFile: path });
    world.configure(options);
    Object.assign(world, { configurationFile: usual });
  };
  const holding = () => {
    const words = ['config', 'show', '--applied', '--catalog', world.path('catalog')];
    return /tags.*/.exec(world.run(words).output)?.[0] ?? '';
  };
  world.configure(file('a', ['old']));
  write(other, file('b', ['different']));
  await using a = world.up();
  await a.ready;
  await using b = world.up([], { HOLDFAST_CONFIG: other, XDG_STATE_HOME: world.path('state-b') });
  await b.event('differs');
  assert.match(holding(), /old/);
  write(other, file('b', ['newest']));
  b.child.kill('SIGHUP');
  await b.event('applied');
  assert.match(holding(), /newest/);
  a.child.kill('SIGHUP');
  await a.event('differs');
  assert.match(holding(), /newest/);
  assert.equal(await a.stop(), 0);
  await using again = world.up();
  await again.event('differs');
  await again.ready;
  assert.equal(world.run(['config', 'apply', '--config', world.configurationFile]).exit, 0);
  assert.match(holding(), /old/);
  assert.equal(await again.stop(), 0);
  assert.equal(await b.stop(), 0);
});

function alertsOf(world: UpWorld): string {
  return world.run(['alerts', '--json', '--catalog', world.path('catalog')]).output;
}
