// The ransom brake: on until a person lifts it, on both databases.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { listAudit } from '../../src/catalog/audit.ts';
import {
  brakeOf,
  isBrakeOn,
  listBrakes,
  pullBrake,
  releaseBrake,
  requireNoBrake,
} from '../../src/catalog/brake.ts';
import { onBoth, policy, startOfTime } from './catalog-world.ts';

const code = (wanted: string) => (error: unknown) => isFailure(error, undefined, wanted);
const machine = { node: 'a', actor: 'anomalies', method: 'control' };
const person = { node: 'a', actor: 'anna', method: 'session' };

test('a pulled brake refuses every deletion until a person lifts it with a reason', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const policyId = await policy(catalog, context);
    await requireNoBrake(catalog, context);
    await assert.rejects(releaseBrake(catalog, { by: person, reason: 'x' }, context), code('BRAKE_OFF'));
    const { brake, isNew } = await pullBrake(catalog, { why: 'noise', policyId, by: machine }, context);
    assert.equal(isNew, true);
    assert.deepEqual(await brakeOf(catalog, context), brake);
    await assert.rejects(requireNoBrake(catalog, context), code('BRAKE_ON'));
    for (const method of ['schedule', 'control', 'job']) {
      const by = { ...person, method };
      await assert.rejects(releaseBrake(catalog, { by, reason: 'x' }, context), code('BRAKE_NEEDS_A_PERSON'));
    }
    await assert.rejects(
      releaseBrake(catalog, { by: person, reason: ' ' }, context),
      code('BRAKE_REASON_MISSING'),
    );
    await place.advance(1000);
    const released = await releaseBrake(catalog, { by: person, reason: 'an import' }, context);
    assert.deepEqual(released.release, { by: 'anna', reason: 'an import', at: startOfTime + 1000 });
    assert.equal(await isBrakeOn(catalog, context), false);
    await requireNoBrake(catalog, context);
    assert.deepEqual((await listBrakes(catalog, {}, context)).items, [released]);
    const trail = await listAudit(catalog, {}, context);
    assert.deepEqual(
      trail.items.map(({ act }) => [act.actor, act.action]),
      [
        ['anna', 'brake:release'],
        ['anomalies', 'brake:pull'],
      ],
    );
  }));

test('a brake that was pulled again since somebody looked is not lifted', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const first = await pullBrake(catalog, { why: 'noise', by: machine }, context);
    const again = await pullBrake(catalog, { why: 'a canary', by: machine }, context);
    assert.equal(again.isNew, false);
    assert.equal(again.brake.id, first.brake.id);
    assert.equal(again.brake.why, 'noise');
    const release = { by: person, reason: 'seen', seenPulls: first.brake.pulls };
    await assert.rejects(releaseBrake(catalog, release, context), code('BRAKE_PULLED_AGAIN'));
    assert.equal(await isBrakeOn(catalog, context), true);
    await releaseBrake(catalog, { ...release, seenPulls: 2 }, context);
    const next = await pullBrake(catalog, { why: 'noise', by: machine }, context);
    assert.equal(next.isNew, true);
    assert.notEqual(next.brake.id, first.brake.id);
  }));

test('where two have to agree, one person alone lifts nothing', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await pullBrake(catalog, { why: 'noise', by: machine }, context);
    const release = { by: person, reason: 'seen', needsSecond: true };
    for (const second of [undefined, 'anna']) {
      await assert.rejects(
        releaseBrake(catalog, { ...release, ...(second === undefined ? {} : { second }) }, context),
        code('BRAKE_NEEDS_A_SECOND_PERSON'),
      );
    }
    const { release: done } = await releaseBrake(catalog, { ...release, second: 'ben' }, context);
    assert.deepEqual([done?.by, done?.second], ['anna', 'ben']);
  }));

test('two that pull at the same moment pull one brake', (t) =>
  onBoth(t, async (place) => {
    const opened = [await place.open(), await place.open(), await place.open()];
    const pulls = await Promise.all(
      opened.map(({ catalog, context }) => pullBrake(catalog, { why: 'noise', by: machine }, context)),
    );
    assert.equal(new Set(pulls.map(({ brake }) => brake.id)).size, 1);
    assert.equal(pulls.filter(({ isNew }) => isNew).length, 1);
    assert.equal((await brakeOf(opened[0]!.catalog, opened[0]!.context))?.pulls, 3);
  }));
