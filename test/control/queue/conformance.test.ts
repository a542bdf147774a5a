// Every kind of queue keeps the promises of the port, on both databases.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queues } from '../../../src/control/queue/all.ts';
import { checkQueue } from '../../../src/control/queue/conformance.ts';
import { onBoth } from '../../catalog/catalog-world.ts';

for (const [name, load] of Object.entries(queues)) {
  test(`"${name}" gives each task to one worker at a time, and believes none that was replaced`, (t) =>
    onBoth(t, async (place) => {
      const { catalog, context } = await place.open();
      await using queue = await (await load()).kind.open(catalog, context);
      const results = await checkQueue({ queue, catalog, pass: (ms) => place.advance(ms) }, context);
      assert.deepEqual(
        results.filter(({ ok }) => !ok),
        [],
      );
      assert.ok(results.length >= 9);
    }));
}
