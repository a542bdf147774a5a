// Both databases keep the same promises.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { acknowledgeAlert, listAlerts, raiseAlert, resolveAlert } from '../../src/catalog/alerts.ts';
import { pullBrake } from '../../src/catalog/brake.ts';
import { together } from '../../src/catalog/catalog.ts';
import { isId } from '../../src/catalog/ids.ts';
import { acquireLease, releaseLease, renewLease } from '../../src/catalog/leases.ts';
import { letGo } from '../../src/catalog/leaving.ts';
import { deletePolicy, listPolicies, policyNamed, savePolicy } from '../../src/catalog/policies.ts';
import {
  addTask,
  beatTask,
  claimTask,
  completeTask,
  countTasks,
  listTasks,
  releaseTask,
  sweepTasks,
} from '../../src/catalog/queue.ts';
import {
  addCopy,
  addRecoveryPoint,
  holdPoint,
  keepUntil,
  listRecoveryPoints,
  noteCopy,
  releasePoint,
} from '../../src/catalog/recovery-points.ts';
import {
  addProblems,
  endRun,
  listProblems,
  listRuns,
  noteCounts,
  runById,
  startRun,
} from '../../src/catalog/runs.ts';
import { catalogStatus } from '../../src/catalog/status.ts';
import { onBoth, policy, startOfTime } from './catalog-world.ts';

const code = (wanted: string) => (error: unknown) => isFailure(error, undefined, wanted);

test('policies have revisions, and a change on top of an unseen one is refused', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const wish = { name: 'files', config: { sources: ['/srv'], n: 1 }, enabled: true };
    const made = await savePolicy(catalog, wish, context, 0);
    assert.ok(isId(made.id));
    assert.deepEqual(await savePolicy(catalog, wish, context), { id: made.id, revision: 1, changed: false });
    const changed = await savePolicy(catalog, { ...wish, enabled: false }, context, 1);
    assert.deepEqual(changed, { id: made.id, revision: 2, changed: true });
    await assert.rejects(savePolicy(catalog, wish, context, 1), code('POLICY_CHANGED'));
    assert.deepEqual((await policyNamed(catalog, 'files', context))?.config, wish.config);
    assert.equal(await deletePolicy(catalog, 'files', context), true);
    assert.equal(await deletePolicy(catalog, 'files', context), false);
    assert.equal(await policyNamed(catalog, 'files', context), undefined);
    assert.notEqual((await savePolicy(catalog, wish, context)).id, made.id);
  }));

test('pages go through everything once, in order, also while rows come', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const names = ['Zebra', 'ärger', 'apple', 'b', 'a', '日本', '_', 'B'];
    for (const name of names) await policy(catalog, context, name);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const wish = { limit: 3, ...(after === undefined ? {} : { after }) };
      const page = await listPolicies(catalog, wish, context);
      seen.push(...page.items.map(({ name }) => name));
      after = page.next;
      if (seen.length === 3) await policy(catalog, context, '0 comes before what was read');
    } while (after !== undefined);
    // By bytes in both databases; languages disagree.
    assert.deepEqual(
      seen,
      names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    await assert.rejects(listPolicies(catalog, { limit: 501 }, context), code('PAGE_LIMIT'));
    for (const mark of [
      'x',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
    ]) {
      await assert.rejects(listPolicies(catalog, { after: mark }, context), code('PAGE_MARK'));
    }
  }));

test('a run goes from start to end with counts and problems, and its policy remembers', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context);
    const lease = await acquireLease(catalog, { name: 'files', holder: 'n1', durationMs: 1000 }, context);
    const holding = { kind: 'lease', name: 'files', fence: lease!.fence } as const;
    const run = await startRun(catalog, { policyId, dueAt: 5, node: 'n1', holding }, context);
    await assert.rejects(
      startRun(catalog, { policyId, dueAt: 5, node: 'n1', holding }, context),
      code('RUN_RUNNING'),
    );
    await noteCounts(catalog, run.id, run.fence, { entries: 3 }, context);
    assert.equal((await catalogStatus(catalog, context)).running, 1);
    const problem = (n: number) => ({
      path: `/a\0${n}`,
      code: 'ENTRY_DENIED',
      message: 'half \uD800 a pair',
    });
    await addProblems(
      catalog,
      run.id,
      Array.from({ length: 1203 }, (_, n) => problem(n)),
      context,
    );
    await place.advance(7000);
    const end = { outcome: 'partial', counts: { entries: 4 } } as const;
    await endRun(catalog, run, end, context);
    await endRun(catalog, run, end, context);
    await assert.rejects(endRun(catalog, run, { ...end, outcome: 'failed' }, context), code('RUN_OVER'));
    await assert.rejects(addProblems(catalog, run.id, [problem(0)], context), code('RUN_OVER'));
    const ended = await runById(catalog, run.id, context);
    assert.deepEqual(ended, {
      ...run,
      state: 'ended',
      outcome: 'partial',
      endedAt: startOfTime + 7000,
      counts: { entries: 4 },
      problemCount: 1203,
    });
    const first = await listProblems(catalog, run.id, { limit: 500 }, context);
    assert.equal(first.items[499]?.path, '/a\uFFFD499');
    assert.equal(first.items[0]?.message, 'half \uFFFD a pair');
    const second = await listProblems(catalog, run.id, { after: first.next!, limit: 1 }, context);
    assert.equal(second.items[0]?.path, '/a\uFFFD500');
    const known = await policyNamed(catalog, 'files', context);
    assert.deepEqual(
      [known?.lastRunId, known?.lastOutcome, known?.lastSucceededAt],
      [run.id, 'partial', startOfTime + 7000],
    );
    await assert.rejects(
      startRun(catalog, { policyId, dueAt: 5, node: 'n1', holding }, context),
      code('RUN_DONE'),
    );
    const status = await catalogStatus(catalog, context);
    assert.equal(status.lastOutcomes.partial, 1);
    assert.deepEqual(status.oldestSuccess, { policy: 'files', at: startOfTime + 7000 });
    assert.deepEqual((await listRuns(catalog, { policyId, outcome: 'failed' }, context)).items, []);
    assert.equal((await listRuns(catalog, { policyId, outcome: 'partial' }, context)).items.length, 1);
  }));

test('a lease has one holder; a stale fence writes nothing', (t) =>
  onBoth(t, async (place) => {
    const a = await place.open(-3_600_000);
    const b = await place.open(3_600_000);
    const policyId = await policy(a.catalog, a.context);
    const wish = { name: 'main', durationMs: 1000 };
    const first = await acquireLease(a.catalog, { ...wish, holder: 'a' }, a.context);
    assert.ok(first);
    assert.equal(await acquireLease(b.catalog, { ...wish, holder: 'b' }, b.context), undefined);
    const holding = { kind: 'lease', name: 'main', fence: first.fence } as const;
    const run = await startRun(a.catalog, { policyId, dueAt: 1, node: 'a', holding }, a.context);
    await place.advance(900);
    await renewLease(a.catalog, first, 1000, a.context);
    await place.advance(900);
    assert.equal(await acquireLease(b.catalog, { ...wish, holder: 'b' }, b.context), undefined);
    await place.advance(200);
    const second = await acquireLease(b.catalog, { ...wish, holder: 'b' }, b.context);
    assert.ok(second && second.fence > first.fence);
    await assert.rejects(renewLease(a.catalog, first, 1000, a.context), code('LEASE_LOST'));
    await assert.rejects(
      endRun(a.catalog, run, { outcome: 'succeeded', counts: {} }, a.context),
      code('LEASE_LOST'),
    );
    assert.equal((await runById(b.catalog, run.id, b.context))?.state, 'running');
    await releaseLease(a.catalog, first, a.context);
    assert.equal(await acquireLease(a.catalog, { ...wish, holder: 'a' }, a.context), undefined);
    const next = { kind: 'lease', name: 'main', fence: second.fence } as const;
    const again = await startRun(b.catalog, { policyId, dueAt: 1, node: 'b', holding: next }, b.context);
    assert.equal(again.attempt, 2);
    assert.equal((await runById(b.catalog, run.id, b.context))?.failure?.code, 'RUN_ABANDONED');
    await releaseLease(b.catalog, second, b.context);
    const third = await acquireLease(a.catalog, { ...wish, holder: 'a' }, a.context);
    assert.ok(third && third.fence > second.fence);
  }));

test('the queue gives the most urgent task that is due, one of a source at a time', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const add = (key: string, more: object = {}) =>
      addTask(catalog, { kind: 'backup', key, payload: { key }, ...more }, context);
    const claim = async (kinds?: readonly string[]) =>
      claimTask(catalog, { node: 'n', holdMs: 1000, ...(kinds === undefined ? {} : { kinds }) }, context);
    const key = async (kinds?: readonly string[]) => (await claim(kinds))?.task.key;
    assert.equal((await add('low', { priority: -1, source: 'x' })).isNew, true);
    assert.equal((await add('low')).isNew, false);
    await add('late', { priority: 9, dueAt: startOfTime + 500 });
    await add('high', { priority: 5, source: 'x' });
    await add('check', { kind: 'check' });
    assert.deepEqual(await countTasks(catalog, context), { due: 3, delayed: 1, claimed: 0, orphaned: 0 });
    assert.equal(await key(['none']), undefined);
    assert.equal(await key(['check']), 'check');
    const high = await claim();
    assert.equal(high?.task.key, 'high');
    assert.equal(await key(), undefined, 'the source of "low" is in use');
    await place.advance(500);
    assert.equal(await key(), 'late');
    const beaten = await beatTask(catalog, high!, 1000, context);
    await completeTask(catalog, beaten, { ok: true }, context);
    await completeTask(catalog, beaten, { ok: true }, context);
    const low = await claim();
    assert.equal(low?.task.key, 'low');
    await releaseTask(catalog, low!, startOfTime + 10_000, context);
    await assert.rejects(beatTask(catalog, low!, 1000, context), code('TASK_LOST'));
    await assert.rejects(completeTask(catalog, low!, null, context), code('TASK_LOST'));
    // "check" beats no more and is taken over; the one who had it is told so.
    await place.advance(600);
    const taken = await claim(['check']);
    assert.equal(taken?.task.claims, 2);
    assert.deepEqual(
      (await listTasks(catalog, { state: 'done' }, context)).items.map(({ key, result }) => [
        key,
        JSON.stringify(result),
      ]),
      [['high', '{"ok":true}']],
    );
    assert.equal(await sweepTasks(catalog, place.now() + 1, context), 1);
    assert.equal((await add('high')).isNew, true);
  }));

test('recovery points are told twice and are there once, with their copies and holds', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const point = (n: number) => ({
      source: 'host:/srv',
      takenAt: 1000 + Math.floor(n / 2),
      outcome: 'succeeded' as const,
      entries: n,
      bytes: 2 ** 40 + n,
      copy: { repository: 'r1', snapshot: `s${n}`, storage: 'local:/b', arrivedAt: 2000 + n },
    });
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(await addRecoveryPoint(catalog, point(n), context));
    assert.equal(await addRecoveryPoint(catalog, point(3), context), ids[3]);
    await addCopy(catalog, ids[4]!, { ...point(4).copy, repository: 'r2' }, context);
    await addCopy(catalog, ids[4]!, { ...point(4).copy, repository: 'r2' }, context);
    await noteCopy(
      catalog,
      { repository: 'r2', snapshot: 's4' },
      { verifiedAt: 7, verifiedLevel: 3 },
      context,
    );
    await noteCopy(catalog, { repository: 'r2', snapshot: 's4' }, { provenAt: 9 }, context);
    await holdPoint(catalog, ids[4]!, { reason: 'court', actor: 'ana' }, context);
    await keepUntil(catalog, ids[4]!, 99, context);
    const page = await listRecoveryPoints(catalog, { limit: 1 }, context);
    assert.deepEqual(page.items[0]?.hold, { reason: 'court', actor: 'ana', since: place.now() });
    assert.equal(page.items[0]?.keptUntil, 99);
    const copies = page.items[0]?.copies ?? [];
    const second = copies.find(({ repository }) => repository === 'r2');
    assert.equal(copies.length, 2);
    assert.deepEqual([second?.verifiedAt, second?.verifiedLevel, second?.provenAt], [7, 3, 9]);
    await releasePoint(catalog, ids[4]!, context);
    const rest = await listRecoveryPoints(catalog, { after: page.next!, source: 'host:/srv' }, context);
    assert.deepEqual(
      rest.items.map(({ id }) => id),
      ids.slice(0, 4).reverse(),
    );
    const some = await listRecoveryPoints(catalog, { takenFrom: 1001, takenBefore: 1002 }, context);
    assert.equal(some.items.length, 2);
    await assert.rejects(
      noteCopy(catalog, { repository: 'r9', snapshot: 's' }, { provenAt: 9 }, context),
      code('COPY_UNKNOWN'),
    );
    await assert.rejects(releasePoint(catalog, 'x', context), code('RECOVERY_POINT_UNKNOWN'));
  }));

test('of a hold and a deletion the first one wins, and the other hears of it', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const add = (snapshot: string) =>
      addRecoveryPoint(
        catalog,
        {
          source: 'host:/srv',
          takenAt: 1000,
          outcome: 'succeeded',
          entries: 1,
          bytes: 1,
          copy: { repository: 'r1', snapshot, storage: 's', arrivedAt: 1000 },
        },
        context,
      );
    const held = await add('s0');
    const going = await add('s1');
    const wide = await add('s2');
    const copy = { repository: 'r2', snapshot: 's2', storage: 's', arrivedAt: 1000 };
    await addCopy(catalog, wide, copy, context);
    const why = { reason: 'court', actor: 'ana' };
    await holdPoint(catalog, held, why, context);
    await addTask(catalog, { kind: 'retention', key: 'k', payload: null }, context);
    const claim = (await claimTask(catalog, { node: 'a', holdMs: 60_000 }, context))!;
    const snapshots = ['s0', 's1', 's2', 'unknown'];
    const wish = { repository: 'r1', snapshots, taskId: claim.task.id };
    assert.deepEqual(await letGo(catalog, wish, context), ['s1', 's2', 'unknown']);
    await assert.rejects(holdPoint(catalog, going, why, context), code('RECOVERY_POINT_LEAVING'));
    await holdPoint(catalog, wide, why, context);
    assert.deepEqual(await letGo(catalog, { ...wish, repository: 'r2' }, context), ['s0', 's1', 'unknown']);
    await completeTask(catalog, claim, null, context);
    await holdPoint(catalog, going, why, context);
    await pullBrake(catalog, { why: 'noise', by: { node: 'a', actor: 'ana', method: 'local' } }, context);
    assert.deepEqual(await letGo(catalog, wish, context), []);
  }));

test('one trouble is one alert until it is over, and is news when new, worse, or no longer acknowledged', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const wish = { key: 'disk', severity: 'warning', title: 'disk is full', facts: { percent: 81 } } as const;
    const { id, isNews } = await raiseAlert(catalog, wish, context);
    assert.equal(isNews, true);
    assert.deepEqual(await raiseAlert(catalog, wish, context), { id, isNews: false });
    await acknowledgeAlert(catalog, id, { actor: 'ana', until: startOfTime + 100 }, context);
    assert.equal((await raiseAlert(catalog, wish, context)).isNews, false);
    await place.advance(101);
    assert.equal((await raiseAlert(catalog, wish, context)).isNews, true);
    assert.equal((await raiseAlert(catalog, { ...wish, severity: 'critical' }, context)).isNews, true);
    assert.deepEqual((await catalogStatus(catalog, context)).openAlerts, { critical: 1 });
    const over = await resolveAlert(catalog, 'disk', context);
    assert.equal(over?.count, 5);
    assert.equal(await resolveAlert(catalog, 'disk', context), undefined);
    await assert.rejects(
      acknowledgeAlert(catalog, id, { actor: 'ana', until: 0 }, context),
      code('ALERT_UNKNOWN'),
    );
    assert.notEqual((await raiseAlert(catalog, wish, context)).id, id);
    assert.equal((await listAlerts(catalog, { state: 'resolved' }, context)).items[0]?.id, id);
  }));

test('a unit happens whole or not at all, beside others who write', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const other = await place.open();
    await assert.rejects(
      together(
        catalog,
        async (unit) => {
          await savePolicy(unit, { name: 'gone', config: {}, enabled: true }, context);
          throw new Error('stop');
        },
        context,
      ),
      /stop/,
    );
    assert.equal(await policyNamed(catalog, 'gone', context), undefined);
    const writes = Array.from({ length: 30 }, (_, n) =>
      raiseAlert(
        n % 2 === 0 ? catalog : other.catalog,
        { key: 'same', severity: 'info', title: 't', facts: {} },
        context,
      ),
    );
    const answers = await Promise.all(writes);
    assert.equal(answers.filter(({ isNews }) => isNews).length, 1);
    assert.equal((await listAlerts(catalog, {}, context)).items[0]?.count, 30);
  }));
