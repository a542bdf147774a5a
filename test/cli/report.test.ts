// `holdfast report` as people run it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { listMessages } from '../../src/catalog/messages.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { duty } from '../../src/control/duties/report.ts';
import type { TaskTools } from '../../src/control/task.ts';
import { configurationSchema } from '../../src/model/configuration/configuration.ts';
import { testContext } from '../world.ts';
import { World } from './holdfast.ts';

const context = {
  ...testContext(),
  clock: { ...testContext().clock, now: () => Date.UTC(2026, 10, 21, 12) },
};

test('the report is shown, written as a page, handed over for sending, and found again by its day', async () => {
  using world = new World({ secret: 'key-file' });
  const location = world.path('catalog');
  const input = {
    zone: 'UTC',
    channels: { mail: { place: 'command:' } },
    alerts: { report: { channels: ['mail'], contact: 'Anna' } },
  };
  await using catalog = await openCatalog({ location }, context);
  await applyConfiguration(catalog, input, { actor: 'test', node: 'test' }, context);
  const here = ['--catalog', location];

  const shown = world.run(['report', ...here]);
  assert.equal(shown.exit, 1, shown.errors);
  assert.match(shown.output, /Is everything saved, and is it proven\?/);
  assert.match(shown.output, /Nothing is set up to be saved\./);
  const german = world.run(['report', '--lang', 'de', ...here]);
  assert.match(german.output, /Ist alles gesichert, und ist es bewiesen\?/);

  const page = world.path('report.html');
  const written = world.run(['report', '--html', page, ...here]);
  assert.equal(written.exit, 1, written.errors);
  assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/);

  const sent = world.run(['report', '--send', '--json', ...here]);
  assert.deepEqual(sent.end.sentTo ?? (sent.end.result as { sentTo?: unknown })?.sentTo, ['mail']);
  assert.equal((await listMessages(catalog, { state: 'waiting', topic: 'report' }, context)).items.length, 1);

  assert.equal(world.run(['report', '--date', '2026-11-21', ...here]).exit, 4);
  const tools = { catalog, node: 'test', configuration: async () => configurationSchema.parse(input) };
  await duty.run(tools as unknown as TaskTools, context);
  const found = world.run(['report', '--date', '2026-11-21', ...here]);
  assert.equal(found.exit, 0, found.errors);
  assert.match(found.output, /Backup report of Saturday, 21 November 2026/);
  assert.equal(world.run(['report', '--date', 'yesterday', ...here]).exit, 2);
  assert.equal(world.run(['report', '--date', '2026-11-21', '--send', ...here]).exit, 2);
});
