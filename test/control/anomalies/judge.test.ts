// What is observed is kept, told and, where it is bad, pulls the brake; on both databases.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import { brakeOf, releaseBrake } from '../../../src/catalog/brake.ts';
import { type Catalog, together } from '../../../src/catalog/catalog.ts';
import { observedRuns, observedRunsMax } from '../../../src/catalog/observations.ts';
import { judgeRun } from '../../../src/control/anomalies/judge.ts';
import type { Observations } from '../../../src/model/anomalies/observations.ts';
import { anomaliesSchema } from '../../../src/model/configuration/watching.ts';
import { onBoth, policy } from '../../catalog/catalog-world.ts';

const rules = anomaliesSchema.parse({});

const calm: Observations = {
  entriesBefore: 1000,
  entries: 1000,
  files: { new: 1, changed: 5, unchanged: 994 },
  deleted: 1,
  judged: 6,
  drifted: 0,
  noise: 0,
  suffixed: 0,
  endings: [],
  notes: 0,
  knownEndings: 0,
  canaries: [],
  examples: { drifted: [], suffixed: [], notes: [] },
};
const scrambled: Observations = {
  ...calm,
  files: { new: 0, changed: 400, unchanged: 600 },
  judged: 100,
  drifted: 80,
  examples: { ...calm.examples, drifted: ['/srv/a.docx'] },
};
const emptied: Observations = { ...calm, deleted: 500 };

async function judge(
  catalog: Catalog,
  context: Context,
  policyId: string,
  number: number,
  observations: Observations,
  more: Partial<typeof rules> = {},
) {
  const runId = `run-${String(number).padStart(4, '0')}`;
  const asked = { policy: { id: policyId, name: 'files' }, runId, observations, node: 'a' };
  const run = { ...asked, rules: { ...rules, ...more } };
  return together(catalog, (unit) => judgeRun(run, unit, context), context, 'audit');
}

test('a source that becomes noise pulls the brake and is told of once; lifting it settles both', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const id = await policy(catalog, context);
    assert.deepEqual(await judge(catalog, context, id, 1, calm), { findings: [] });
    const judged = await judge(catalog, context, id, 2, scrambled);
    assert.deepEqual(
      judged.findings.map(({ kind }) => kind),
      ['scrambled'],
    );
    assert.equal((await brakeOf(catalog, context))?.id, judged.brake?.id);
    // A process that died after writing it down tells it again.
    const again = await judge(catalog, context, id, 2, scrambled);
    assert.equal(again.brake, undefined);
    assert.equal((await brakeOf(catalog, context))?.pulls, 1);
    const open = await listAlerts(catalog, { state: 'open' }, context);
    assert.deepEqual(open.items.map(({ key, severity }) => [key, severity]).sort(), [
      ['anomaly:files', 'critical'],
      ['brake', 'critical'],
    ]);
    const trail = await listAudit(catalog, { action: 'anomaly:found' }, context);
    assert.equal(trail.items.length, 1);
    assert.equal(trail.items[0]!.act.facts?.example, '/srv/a.docx');
    // Calm runs do not end what a person has to look at.
    await judge(catalog, context, id, 3, calm);
    assert.equal((await listAlerts(catalog, { state: 'open' }, context)).items.length, 2);
    const by = { node: 'a', actor: 'anna', method: 'local' };
    await releaseBrake(catalog, { by, reason: 'restored from yesterday' }, context);
    assert.equal((await listAlerts(catalog, { state: 'open' }, context)).items.length, 0);
  }));

test('a warning pulls no brake and ends by itself with the next run', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const id = await policy(catalog, context);
    const judged = await judge(catalog, context, id, 1, emptied);
    assert.deepEqual(
      judged.findings.map(({ kind, severity }) => [kind, severity]),
      [['mass-deletion', 'warning']],
    );
    assert.equal(await brakeOf(catalog, context), undefined);
    const open = await listAlerts(catalog, { state: 'open' }, context);
    assert.deepEqual(
      open.items.map(({ key, severity }) => [key, severity]),
      [['anomaly:files', 'warning']],
    );
    await judge(catalog, context, id, 2, calm);
    assert.equal((await listAlerts(catalog, { state: 'open' }, context)).items.length, 0);
  }));

test('where the brake is not wanted, the alert stands until somebody has seen it', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const id = await policy(catalog, context);
    await judge(catalog, context, id, 1, scrambled, { brake: false });
    assert.equal(await brakeOf(catalog, context), undefined);
    await judge(catalog, context, id, 2, calm, { brake: false });
    const open = await listAlerts(catalog, { state: 'open' }, context);
    assert.deepEqual(
      open.items.map(({ key, severity }) => [key, severity]),
      [['anomaly:files', 'critical']],
    );
  }));

test('of each policy only the newest runs are kept', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const id = await policy(catalog, context);
    for (let run = 1; run <= observedRunsMax + 3; run += 1) await judge(catalog, context, id, run, calm);
    const kept = await observedRuns(catalog, { policyId: id, limit: 500 }, context);
    assert.equal(kept.length, observedRunsMax);
    assert.equal(kept[0]!.runId, `run-0${observedRunsMax + 3}`);
    assert.equal(kept.at(-1)!.runId, 'run-0004');
  }));
