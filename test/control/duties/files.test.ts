// Nodes whose configuration files differ are told from each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { applyConfiguration } from '../../../src/catalog/configurations.ts';
import { acquireLease } from '../../../src/catalog/leases.ts';
import { fileDigest, noteNodeFile } from '../../../src/catalog/node-files.ts';
import { duty } from '../../../src/control/duties/files.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import type { ConfigurationInput } from '../../../src/model/configuration/configuration.ts';
import { onBoth } from '../../catalog/catalog-world.ts';

test('a node at work with another file than the one that holds is an alert until it has read that one', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const holding: ConfigurationInput = { zone: 'UTC' };
    const other: ConfigurationInput = { zone: 'Europe/Zurich' };
    const reads = (node: string, input: ConfigurationInput) =>
      noteNodeFile(catalog, { node, path: `/etc/${node}.yaml`, digest: fileDigest(input) }, context);
    const told = async () => {
      await duty.run({ catalog } as TaskTools, context);
      const { items } = await listAlerts(catalog, { state: 'open' }, context);
      return items.map(({ key, severity }) => [key, severity]);
    };
    for (const node of ['a', 'b']) {
      const wish = { name: `node:${node}`, holder: node, durationMs: 60_000 };
      assert.ok(await acquireLease(catalog, wish, context));
    }
    await reads('a', holding);
    await reads('gone', other);
    assert.deepEqual(await told(), [], 'nothing was applied yet');
    await applyConfiguration(catalog, holding, { actor: 'ada', node: 'a' }, context);
    await reads('b', { ...holding, node: 'b', catalog: { place: '/elsewhere' } });
    assert.deepEqual(await told(), [], 'name and way to the catalog may differ');
    await reads('b', other);
    assert.deepEqual(await told(), [['configuration:differs:b', 'warning']]);
    await applyConfiguration(catalog, other, { actor: 'ada', node: 'b' }, context);
    assert.deepEqual(await told(), [['configuration:differs:a', 'warning']]);
    await reads('a', other);
    assert.deepEqual(await told(), []);
  }));
