// The list of tasks, as far as somebody may see it: filtered in the database, so that a page is full and tells of nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTask, listTasks } from '../../src/catalog/queue.ts';
import { onBoth } from './catalog-world.ts';

test('tasks of some policies come page by page, and no others', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const add = (key: string, payload: Record<string, string>) =>
      addTask(catalog, { kind: 'backup', key, payload }, context);
    for (const n of [1, 2, 3]) await add(`own-${n}`, { policyId: 'own' });
    await add('foreign', { policyId: 'foreign' });
    await add('check', { repository: 'main' });
    await add('strange', { policyId: "own' or '1'='1" });
    const policies = ['own', 'other'];
    const first = await listTasks(catalog, { policies, limit: 2 }, context);
    assert.deepEqual(
      first.items.map(({ key }) => key),
      ['own-3', 'own-2'],
    );
    const second = await listTasks(catalog, { policies, limit: 2, after: first.next ?? '' }, context);
    assert.deepEqual(
      second.items.map(({ key }) => key),
      ['own-1'],
    );
    assert.equal(second.next, undefined);
    assert.deepEqual((await listTasks(catalog, { policies: [] }, context)).items, []);
    assert.equal((await listTasks(catalog, {}, context)).items.length, 6);
  }));
