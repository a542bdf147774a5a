// What need not outlive a power cut does not wait for the disk; all else still does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { isFailure } from '../../src/base/failure.ts';
import { type Catalog, engineOf, together, writeFleeting } from '../../src/catalog/catalog.ts';
import { policyNamed, savePolicy } from '../../src/catalog/policies.ts';
import { addTask, beatTask, claimTask, completeTask, taskById } from '../../src/catalog/queue.ts';
import { onBoth, sqlitePlace } from './catalog-world.ts';

const full = 2;
const normal = 1;

async function synchronous(db: ReturnType<typeof engineOf>['db']): Promise<number> {
  return (await sql<{ synchronous: number }>`pragma synchronous`.execute(db)).rows[0]!.synchronous;
}

const lasting = (catalog: Catalog) => synchronous(engineOf(catalog).db);

test('only a fleeting write does not wait for the disk, also when it fails or others wait for the connection', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  assert.equal(await lasting(catalog), full);
  const seen: number[] = [];
  const during = writeFleeting(catalog, async ({ db }) => void seen.push(await synchronous(db)), context);
  const beside = together(
    catalog,
    (unit) => savePolicy(unit, { name: 'a', config: {}, enabled: true }, context),
    context,
  );
  const after = lasting(catalog);
  await Promise.all([during, beside]);
  assert.deepEqual([seen, await after], [[normal], full]);
  const failing = writeFleeting(catalog, () => Promise.reject(new Error('no')), context);
  await assert.rejects(failing, /no/);
  assert.equal(await lasting(catalog), full);
});

test('a fleeting write is all or nothing, and a part of the unit where there is one', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const rename = (name: string) => (access: { db: ReturnType<typeof engineOf>['db'] }) =>
      access.db.updateTable('policies').set({ name }).execute();
    await savePolicy(catalog, { name: 'a', config: {}, enabled: true }, context);
    const half = writeFleeting(
      catalog,
      async (access) => {
        await rename('b')(access);
        throw new Error('no');
      },
      context,
    );
    await assert.rejects(half, /no/);
    assert.ok(await policyNamed(catalog, 'a', context));
    const undone = together(
      catalog,
      async (unit) => {
        await writeFleeting(unit, rename('c'), context);
        throw new Error('never mind');
      },
      context,
    );
    await assert.rejects(undone, /never mind/);
    assert.ok(await policyNamed(catalog, 'a', context));
    await writeFleeting(catalog, rename('d'), context);
    assert.ok(await policyNamed((await place.open()).catalog, 'd', context));
  }));

test('after a beat a task is completed lastingly, and once', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const { id } = await addTask(catalog, { kind: 'k', key: 'one', payload: {} }, context);
    const claim = (await claimTask(catalog, { node: 'n', holdMs: 1000 }, context))!;
    await place.advance(500);
    const held = await beatTask(catalog, claim, 1000, context);
    assert.ok(held.heldUntil >= claim.heldUntil + 500);
    await completeTask(catalog, held, { n: 1 }, context);
    await completeTask(catalog, held, { n: 1 }, context);
    const other = await place.open();
    assert.equal((await taskById(other.catalog, id, context))?.state, 'done');
    const late = beatTask(catalog, held, 1000, context);
    await assert.rejects(late, (error) => isFailure(error, 'conflict', 'TASK_LOST'));
    assert.equal(await claimTask(catalog, { node: 'n', holdMs: 1000 }, context), undefined);
  }));
