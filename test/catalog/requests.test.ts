// What the API keeps and asks of the catalog, on both databases: answers for repetitions, what goes on, and lists cut to what may be seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAlerts, raiseAlert, resolveAlert } from '../../src/catalog/alerts.ts';
import { together } from '../../src/catalog/catalog.ts';
import { goingsSince, policyNames } from '../../src/catalog/changes.ts';
import { listPolicies } from '../../src/catalog/policies.ts';
import { addTask, claimTask } from '../../src/catalog/queue.ts';
import { addRecoveryPoint, listRecoveryPoints } from '../../src/catalog/recovery-points.ts';
import { recallAnswer, rememberAnswer, rememberedMs } from '../../src/catalog/repeatable-requests.ts';
import { endRun, listRuns, startRun } from '../../src/catalog/runs.ts';
import { onBoth, policy } from './catalog-world.ts';

test('an answer is kept for a day, for who asked alone', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const name = { caller: 'mara', key: 'k' };
    const answer = { digest: 'd', status: 202, answer: '{"a":"\u00e9"}', headers: { location: '/x' } };
    await together(catalog, (unit) => rememberAnswer(unit, name, answer, context), context);
    assert.deepEqual(await recallAnswer(catalog, name, context), answer);
    assert.equal(await recallAnswer(catalog, { ...name, caller: 'jonas' }, context), undefined);
    await place.advance(rememberedMs - 1);
    assert.ok(await recallAnswer(catalog, name, context));
    await place.advance(1);
    assert.equal(await recallAnswer(catalog, name, context), undefined);
    await together(
      catalog,
      (unit) => rememberAnswer(unit, name, { ...answer, digest: 'e' }, context),
      context,
    );
    assert.equal((await recallAnswer(catalog, name, context))?.digest, 'e');
  });
});

test('an answer is kept with its effect or not at all', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const name = { caller: 'mara', key: 'k' };
    const failing = together(
      catalog,
      async (unit) => {
        await rememberAnswer(unit, name, { digest: 'd', status: 204, headers: {} }, context);
        throw new Error('the effect failed');
      },
      context,
    );
    await assert.rejects(failing);
    assert.equal(await recallAnswer(catalog, name, context), undefined);
  });
});

test('what goes on is what runs and is open, and what ended since', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context);
    const begin = async () => {
      await addTask(catalog, { kind: 'backup', key: String(place.now()), payload: {} }, context);
      const claim = (await claimTask(catalog, { node: 'n', holdMs: 3_600_000 }, context))!;
      const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
      return startRun(catalog, { policyId, dueAt: place.now(), node: 'n', holding }, context);
    };
    const old = await begin();
    await endRun(catalog, old, { outcome: 'succeeded', counts: {} }, context);
    await raiseAlert(catalog, { key: 'a', severity: 'info', title: 'a', facts: {} }, context);
    await resolveAlert(catalog, 'a', context);
    await place.advance(60_000);
    const since = place.now();
    const ended = await begin();
    await endRun(catalog, ended, { outcome: 'failed', counts: {} }, context);
    await place.advance(1);
    const running = await begin();
    const { id } = await raiseAlert(catalog, { key: 'b', severity: 'info', title: 'b', facts: {} }, context);
    const goings = await goingsSince(catalog, since, context);
    assert.deepEqual(
      goings.runs.map((run) => run.id),
      [ended.id, running.id],
    );
    assert.deepEqual(
      goings.alerts.map((alert) => alert.id),
      [id],
    );
    assert.equal(goings.at, place.now());
    assert.deepEqual(
      [...(await policyNames(catalog, [policyId, policyId, 'none'], context))],
      [[policyId, 'files']],
    );
  });
});

test('lists show what may be seen, also when that is nothing', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const own = await policy(catalog, context, 'own');
    const foreign = await policy(catalog, context, 'foreign');
    for (const policyId of [own, foreign]) {
      const copy = { repository: `r-${policyId}`, snapshot: policyId, storage: 'file', arrivedAt: 1 };
      const point = {
        policyId,
        source: 's',
        takenAt: 1,
        outcome: 'succeeded',
        entries: 1,
        bytes: 1,
        copy,
      } as const;
      await addRecoveryPoint(catalog, point, context);
      await raiseAlert(
        catalog,
        { key: policyId, severity: 'info', title: 't', facts: {}, policyId },
        context,
      );
    }
    await raiseAlert(catalog, { key: 'of nobody', severity: 'info', title: 't', facts: {} }, context);
    const within = { policies: [own], repositories: [] };
    const nothing = { policies: [], repositories: [] };
    const ids = ({ items }: { items: readonly { policyId?: string }[] }) => items.map((one) => one.policyId);
    assert.deepEqual(ids(await listAlerts(catalog, { within }, context)), [own]);
    assert.deepEqual(ids(await listRecoveryPoints(catalog, { within }, context)), [own]);
    const byRepository = { policies: [], repositories: [`r-${foreign}`] };
    assert.deepEqual(ids(await listRecoveryPoints(catalog, { within: byRepository }, context)), [foreign]);
    assert.deepEqual(
      (await listPolicies(catalog, { within }, context)).items.map(({ name }) => name),
      ['own'],
    );
    for (const list of [listAlerts, listRecoveryPoints, listPolicies, listRuns]) {
      assert.equal((await list(catalog, { within: nothing }, context)).items.length, 0);
    }
  });
});
