// What is remembered of the catalog is never older than what was written, whoever wrote it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { together } from '../../src/catalog/catalog.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { catalogStatus } from '../../src/catalog/status.ts';
import { markOf, whileUnchanged } from '../../src/catalog/unchanged.ts';
import { onBoth } from './catalog-world.ts';

const wish = (name: string) => ({ name, config: {}, enabled: true });

test('an answer is remembered until anybody writes, be it another process or the same', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const other = await place.open();
    const policies = async () => (await catalogStatus(catalog, context)).policies;
    assert.equal(await policies(), 0);
    await savePolicy(other.catalog, wish('theirs'), other.context);
    assert.equal(await policies(), 1);
    await savePolicy(catalog, wish('ours'), context);
    assert.equal(await policies(), 2);
    let made = 0;
    const count = () => whileUnchanged(catalog, 'count', async () => ++made, context);
    await count();
    const before = made;
    await count();
    // PostgreSQL itself writes now and then, which only costs an answer.
    if (place.kind === 'sqlite') assert.equal(made, before);
    await savePolicy(other.catalog, wish('theirs too'), other.context);
    const after = made;
    assert.equal(await count(), after + 1);
  }));

test('what a unit has written is not told before it is done, nor after it was undone', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const undone = together(
      catalog,
      async (unit) => {
        await savePolicy(unit, wish('gone'), context);
        assert.equal((await catalogStatus(unit, context)).policies, 1);
        throw new Error('changed my mind');
      },
      context,
    );
    // Asked while the unit is open.
    const meanwhile = catalogStatus(catalog, context);
    await assert.rejects(undone, /changed my mind/);
    assert.equal((await meanwhile).policies, 0);
    assert.equal((await catalogStatus(catalog, context)).policies, 0);
  }));

test('who asks for the mark at once gets one of then, and another after a change', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const marks = await Promise.all(Array.from({ length: 30 }, () => markOf(catalog, context)));
    if (place.kind === 'sqlite') assert.equal(new Set(marks).size, 1);
    await savePolicy(catalog, wish('one'), context);
    const after = await markOf(catalog, context);
    assert.ok(!marks.includes(after));
  }));

test('a failure is not remembered', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const fails = () => Promise.reject(new Error('away'));
    await assert.rejects(whileUnchanged(catalog, 'k', fails, context), /away/);
    assert.equal(await whileUnchanged(catalog, 'k', async () => 'there', context), 'there');
  }));
