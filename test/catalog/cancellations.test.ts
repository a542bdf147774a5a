// Stopping a task: once wanted it is never begun again, whoever dies in between, and its run ends with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { canceledBy, cancelTask, endCanceled } from '../../src/catalog/cancellations.ts';
import { addTask, claimTask, completeTask, releaseTask, taskById } from '../../src/catalog/queue.ts';
import { endRun, runById, startRun } from '../../src/catalog/runs.ts';
import { onBoth, policy } from './catalog-world.ts';

const code = (wanted: string) => (error: unknown) => isFailure(error, undefined, wanted);
const wish = { node: 'a', holdMs: 60_000 };

test('a task that waits leaves the queue, and is known as stopped', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const { id } = await addTask(catalog, { kind: 'backup', key: 'k', payload: null }, context);
    assert.equal(await cancelTask(catalog, { id }, 'mara', context), 'ended');
    assert.equal(await claimTask(catalog, wish, context), undefined);
    const task = await taskById(catalog, id, context);
    assert.equal(task?.state, 'done');
    assert.equal(task?.canceled?.actor, 'mara');
    assert.deepEqual(task?.result, { canceled: { by: 'mara' } });
    assert.equal(await cancelTask(catalog, { id }, 'jonas', context), 'ended', 'it may be said again');
    assert.equal((await taskById(catalog, id, context))?.canceled?.actor, 'mara');
    assert.equal(
      (await addTask(catalog, { kind: 'backup', key: 'k', payload: null }, context)).isNew,
      false,
      'the same due time makes no second task',
    );
  }));

test('who does a task hears of it, and its end ends the run', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context);
    const { id } = await addTask(catalog, { kind: 'backup', key: 'k', payload: null }, context);
    const claim = (await claimTask(catalog, wish, context))!;
    const holding = { kind: 'task', id, fence: claim.fence } as const;
    const run = await startRun(catalog, { policyId, dueAt: 1, node: 'a', holding }, context);
    assert.equal(await canceledBy(catalog, claim, context), undefined);
    assert.equal(await cancelTask(catalog, { id }, 'mara', context), 'stopping');
    assert.equal(await canceledBy(catalog, claim, context), 'mara');
    assert.equal((await runById(catalog, run.id, context))?.state, 'running');
    await endCanceled(catalog, claim, 'mara', context);
    assert.equal((await taskById(catalog, id, context))?.state, 'done');
    const ended = await runById(catalog, run.id, context);
    assert.equal(ended?.outcome, 'canceled');
    assert.deepEqual(ended?.failure, { code: 'CANCELED', message: 'stopped by mara' });
    await assert.rejects(endCanceled(catalog, { ...claim, fence: 0 }, 'mara', context), code('TASK_LOST'));
  }));

test('what ends by itself before it hears has ended, and is not stopped afterwards', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const { id } = await addTask(catalog, { kind: 'check', key: 'k', payload: null }, context);
    const claim = (await claimTask(catalog, wish, context))!;
    await completeTask(catalog, claim, { ok: true }, context);
    await assert.rejects(cancelTask(catalog, { id }, 'mara', context), code('TASK_DONE'));
    assert.deepEqual((await taskById(catalog, id, context))?.result, { ok: true });
  }));

test('a task that was given back for later is due at once when it is to stop', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const { id } = await addTask(catalog, { kind: 'backup', key: 'k', payload: null }, context);
    const claim = (await claimTask(catalog, wish, context))!;
    const before = (await taskById(catalog, id, context))!.dueAt;
    await cancelTask(catalog, { id }, 'mara', context);
    await releaseTask(catalog, claim, before + 3_600_000, context);
    const again = (await claimTask(catalog, wish, context))!;
    assert.equal(again.task.id, id);
    assert.equal(again.task.canceled?.actor, 'mara', 'whoever claims it sees that nothing is to be begun');
  }));

test('the run of a holder that was lost ends with its task, and the holder can write nothing more', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context);
    const { id } = await addTask(catalog, { kind: 'backup', key: 'k', payload: null }, context);
    const claim = (await claimTask(catalog, { node: 'a', holdMs: -1 }, context))!;
    const holding = { kind: 'task', id, fence: claim.fence } as const;
    const run = await startRun(catalog, { policyId, dueAt: 1, node: 'a', holding }, context);
    assert.equal(await cancelTask(catalog, { id }, 'mara', context), 'ended');
    assert.equal((await runById(catalog, run.id, context))?.outcome, 'canceled');
    const end = { outcome: 'succeeded', counts: {} } as const;
    await assert.rejects(endRun(catalog, run, end, context), code('RUN_OVER'));
    await assert.rejects(completeTask(catalog, claim, null, context), code('TASK_LOST'));
  }));
