// The figures of reliability are those of what happened; on both databases.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { savePolicy } from '../../src/catalog/policies.ts';
import { addTask, claimTask, completeTask } from '../../src/catalog/queue.ts';
import { addRecoveryPoint } from '../../src/catalog/recovery-points.ts';
import {
  beatLife,
  lifetimesSince,
  noteRestoreTime,
  policyOfCopy,
  trimReliability,
} from '../../src/catalog/reliability.ts';
import { endRun, startRun } from '../../src/catalog/runs.ts';
import { measureReliability } from '../../src/control/reliability.ts';
import { configurationSchema } from '../../src/model/configuration/configuration.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { onBoth } from '../catalog/catalog-world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const rules = {
  sources: [{ kind: 'files' as const, paths: ['/srv'] }],
  repositories: ['main'],
  schedule: '0 2 * * *',
  retention: 'none' as const,
};
const configuration = configurationSchema.parse({
  repositories: { main: { place: '/backup', unlock: { password: 'file:/p' } } },
  policies: { files: rules, mail: { ...rules, rto: '1min' } },
});

test('success, loss, restores and availability are measured of each policy and of all', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const idOf = async (name: string) =>
      (await savePolicy(catalog, { name, config: {}, enabled: true }, context)).id;
    const files = await idOf('files');
    const mail = await idOf('mail');
    let count = 0;
    const run = async (policyId: string, dueAt: number, outcome: Outcome) => {
      count += 1;
      await addTask(catalog, { kind: 'backup', key: String(count), payload: null }, context);
      const claim = (await claimTask(catalog, { node: 'a', holdMs: minute }, context))!;
      const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
      const started = await startRun(catalog, { policyId, dueAt, node: 'a', holding }, context);
      await endRun(catalog, started, { outcome, counts: {} }, context);
      await completeTask(catalog, claim, null, context);
      if (outcome !== 'succeeded' && outcome !== 'partial') return;
      const copy = { repository: 'main', snapshot: `s${count}`, storage: 's', arrivedAt: place.now() };
      const point = { policyId, source: 'a:/srv', takenAt: place.now(), outcome };
      await addRecoveryPoint(catalog, { ...point, entries: 1, bytes: 1, copy }, context);
    };
    // Three days: the second run of the files fails, and succeeds when tried again; that of the mail fails for good.
    await run(files, place.now(), 'succeeded');
    await run(mail, place.now(), 'succeeded');
    await place.advance(day);
    const second = place.now();
    await run(files, second, 'failed');
    await run(mail, second, 'failed');
    await place.advance(hour);
    await run(files, second, 'partial');
    await place.advance(day);
    await run(files, place.now(), 'succeeded');
    await run(mail, place.now(), 'canceled');
    assert.equal(await policyOfCopy(catalog, { repository: 'main', snapshot: 's2' }, context), mail);
    const restored = { at: place.now(), bytes: 2 ** 30, outcome: 'succeeded' as const };
    await noteRestoreTime(
      catalog,
      { ...restored, kind: 'drill', durationMs: 30_000, policyId: files },
      context,
    );
    await noteRestoreTime(
      catalog,
      { ...restored, kind: 'restore', durationMs: 90_000, policyId: mail },
      context,
    );
    const lost = { ...restored, outcome: 'failed' as const, kind: 'restore' as const };
    await noteRestoreTime(catalog, { ...lost, durationMs: 999_000 }, context);

    const week = await measureReliability(catalog, { configuration, window: '7d' }, context);
    assert.deepEqual(week.policies, [
      {
        policy: 'files',
        restores: 1,
        worstMs: 30_000,
        secondsPerGib: 30,
        due: 3,
        effective: 3,
        complete: 2,
        successRate: 1,
        worstRpoMs: 25 * hour,
        averageGapMs: 24.5 * hour,
        rpoMs: 26 * hour,
        rtoMs: 4 * hour,
        keepsRpo: true,
        keepsRto: true,
      },
      {
        policy: 'mail',
        restores: 1,
        worstMs: 90_000,
        secondsPerGib: 90,
        due: 2,
        effective: 1,
        complete: 1,
        successRate: 0.5,
        worstRpoMs: 49 * hour,
        rpoMs: 26 * hour,
        rtoMs: minute,
        keepsRpo: false,
        keepsRto: false,
      },
    ]);
    assert.deepEqual(week.overall, {
      restores: 2,
      worstMs: 90_000,
      secondsPerGib: 60,
      due: 5,
      effective: 4,
      complete: 3,
      successRate: 0.8,
      worstRpoMs: 49 * hour,
      keepingRpo: 1,
      knownRpo: 2,
    });
    await place.advance(minute);
    // Of the last day alone: what was saved before it still counts as the age of what there is.
    const today = await measureReliability(catalog, { configuration, window: '24h' }, context);
    assert.deepEqual(
      today.policies.map(({ due, worstRpoMs }) => [due, worstRpoMs]),
      [
        [1, 24 * hour],
        [0, 49 * hour + minute],
      ],
    );
  }));

test('a life is one row however long it lasts; a silence begins another, and is missing from availability', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const live = async (minutes: number, node = 'a') => {
      for (let at = 0; at < minutes; at += 1) {
        await beatLife(catalog, { node, gapMs: 3 * minute }, context);
        await place.advance(minute);
      }
    };
    const start = place.now();
    await live(60);
    await place.advance(2 * minute);
    await live(30);
    assert.equal((await lifetimesSince(catalog, start, context)).length, 1);
    await place.advance(60 * minute);
    await live(30);
    const lives = await lifetimesSince(catalog, start, context);
    assert.deepEqual(
      lives.map(({ from, until }) => [(from - start) / minute, (until - start) / minute]),
      [
        [0, 91],
        [152, 181],
      ],
    );
    const { overall } = await measureReliability(catalog, { configuration, window: '24h' }, context);
    assert.ok(Math.abs(overall.availability! - 120 / 182) < 1e-9);
    await trimReliability(catalog, start + 100 * minute, context);
    assert.equal((await lifetimesSince(catalog, start, context)).length, 1);
  }));
