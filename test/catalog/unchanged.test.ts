// What is remembered of the catalog is never older than what was written, whoever wrote it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { together } from '../../src/catalog/catalog.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { addTask, claimTask, queueOutlook } from '../../src/catalog/queue.ts';
import { catalogStatus } from '../../src/catalog/status.ts';
import { markOf, sinceMark, whileUnchanged } from '../../src/catalog/unchanged.ts';
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

test('an answer that is good for a while is made anew after it, once for all who ask', (t) =>
  onBoth(t, async (place) => {
    const { catalog } = await place.open();
    let made = 0;
    let spoiled = 0;
    const ask = () =>
      sinceMark(
        catalog,
        'm',
        'k',
        async () => ++made,
        (one) => one > spoiled,
      );
    assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [1, 1, 1]);
    spoiled = 1;
    assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [2, 2, 2]);
    assert.equal(await ask(), 2);
  }));

test('the counts of the queue tell when they will be others by themselves', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    assert.deepEqual(Object.keys(await queueOutlook(catalog, context)), ['counts']);
    await addTask(catalog, { kind: 'k', key: 'now', payload: null }, context);
    assert.equal((await queueOutlook(catalog, context)).changesInMs, undefined);
    const hour = 3_600_000;
    await claimTask(catalog, { node: 'n', holdMs: 2 * hour }, context);
    // The last moment of the claim is still one.
    assert.equal((await queueOutlook(catalog, context)).changesInMs, 2 * hour + 1);
    await addTask(catalog, { kind: 'k', key: 'later', payload: null, dueAt: place.now() + hour }, context);
    assert.equal((await queueOutlook(catalog, context)).changesInMs, hour);
    await place.advance(hour);
    const { counts, changesInMs } = await queueOutlook(catalog, context);
    assert.deepEqual(counts, { due: 1, delayed: 0, claimed: 1, orphaned: 0 });
    assert.equal(changesInMs, hour + 1);
  }));
