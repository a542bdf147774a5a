// The daily report: one honest answer, what it rests on, at its time, once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acknowledgeAlert, raiseAlert, resolveAlert } from '../../../src/catalog/alerts.ts';
import { savePolicy } from '../../../src/catalog/policies.ts';
import { addRecoveryPoint, noteCopy } from '../../../src/catalog/recovery-points.ts';
import { type DailyReport, dailyReport } from '../../../src/control/reports/daily.ts';
import { reportMessage } from '../../../src/control/reports/render-daily.ts';
import { de } from '../../../src/control/texts/de.ts';
import { en } from '../../../src/control/texts/en.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';
import { onBoth, sqlitePlace } from '../../catalog/catalog-world.ts';
import { day, down, hour, minute, TellingWorld } from '../alerts/telling-world.ts';

const zone = createZone('Europe/Zurich');
const config = {
  sources: [{ kind: 'files', paths: ['/srv'] }],
  repositories: ['home'],
  schedule: 'manual',
  retention: 'none',
  description: 'Files of the teachers',
};

async function addPolicy(w: TellingWorld, name: string, enabled = true): Promise<string> {
  return (await savePolicy(w.catalog, { name, config, enabled }, w.context)).id;
}

async function addPoint(w: TellingWorld, policyId: string, outcome: 'succeeded' | 'partial' = 'succeeded') {
  const takenAt = w.place.now();
  const copy = { repository: 'home', snapshot: `${policyId}@${takenAt}`, storage: 's', arrivedAt: takenAt };
  const point = { policyId, source: 'host:/srv', takenAt, outcome, entries: 3, bytes: 1000, copy };
  await addRecoveryPoint(w.catalog, point, w.context);
  return copy;
}

function report(w: TellingWorld): Promise<DailyReport> {
  return dailyReport(w.catalog, w.configuration, 'school-server', w.context);
}

test('green while all is saved in time, yellow when something is missing, red when it is too old', (t) =>
  onBoth(t, async (place) => {
    const w = new TellingWorld(place, await place.open());
    assert.equal((await report(w)).light, 'yellow', 'nothing is set up');
    const id = await addPolicy(w, 'files');
    assert.deepEqual(
      (await report(w)).policies.map(({ state, light }) => [state, light]),
      [['new', 'yellow']],
    );
    await addPoint(w, id);
    assert.equal((await report(w)).light, 'green');
    await place.advance(hour);
    await addPoint(w, id, 'partial');
    assert.equal((await report(w)).light, 'yellow');
    await place.advance(27 * hour);
    const late = await report(w);
    assert.equal(late.light, 'red');
    assert.equal(late.policies[0]?.state, 'too-old');
    await savePolicy(w.catalog, { name: 'files', config, enabled: false }, w.context);
    const paused = await report(w);
    assert.deepEqual([paused.policies[0]?.state, paused.light], ['paused', 'yellow']);
  }));

test('a policy that never had a backup is red once its time is over', async () => {
  const place = await sqlitePlace();
  const w = new TellingWorld(place, await place.open());
  await addPolicy(w, 'files');
  await place.advance(27 * hour);
  assert.equal((await report(w)).light, 'red');
});

test('saved without any proof for a hundred days is not green', async () => {
  const place = await sqlitePlace();
  const w = new TellingWorld(place, await place.open());
  const id = await addPolicy(w, 'files');
  await place.advance(101 * day);
  const copy = await addPoint(w, id);
  assert.equal((await report(w)).light, 'yellow');
  await noteCopy(w.catalog, copy, { provenAt: place.now() }, w.context);
  const proven = await report(w);
  assert.equal(proven.light, 'green');
  assert.equal(proven.policies[0]?.provenAt, place.now());
});

test('a copy that was removed is no backup', async () => {
  const place = await sqlitePlace();
  const w = new TellingWorld(place, await place.open());
  const id = await addPolicy(w, 'files');
  await place.advance(27 * hour);
  const copy = await addPoint(w, id);
  await noteCopy(w.catalog, copy, { removedAt: place.now() }, w.context);
  assert.equal((await report(w)).light, 'red');
});

test('a head teacher reads the answer first, then what is saved, proven, in trouble, and whom to ask', async () => {
  const place = await sqlitePlace();
  const w = new TellingWorld(place, await place.open(), {
    alerts: { report: { channels: ['mail'], contact: 'Anna Muster, 044 123 45 67' } },
    repositories: { home: { place: '/tmp', unlock: { password: 'env:P' } } },
  });
  const id = await addPolicy(w, 'files');
  const copy = await addPoint(w, id);
  await noteCopy(w.catalog, copy, { verifiedAt: place.now(), verifiedLevel: 3 }, w.context);
  const disk = { key: 'health:disk:/srv', severity: 'warning', title: 'full', facts: {} } as const;
  const { id: alertId } = await raiseAlert(w.catalog, disk, w.context);
  const open = reportMessage(await report(w), en, zone);
  assert.match(open.text, /nobody has said yet that they are taking care of it/);
  await acknowledgeAlert(w.catalog, alertId, { actor: 'anna', until: place.now() + day }, w.context);
  const english = reportMessage(await report(w), en, zone);
  assert.equal(english.title, 'Backup report of Tuesday, 14 November 2023: needs attention');
  const parts = [
    'Is everything saved, and is it proven?',
    'Mostly.',
    'Files of the teachers (files) – State: good – Last good backup: Tuesday, 14 November 2023, 23:13 – Copies: home',
    'Last restored on trial: never',
    'Warning: The disk "/srv" is getting full',
    'anna is taking care of it (until Wednesday, 15 November 2023, 23:13)',
    'free of',
    'Questions are answered by: Anna Muster, 044 123 45 67',
  ];
  let from = 0;
  for (const part of parts) {
    const at = english.text.indexOf(part, from);
    assert.ok(at >= from, `"${part}" comes not after what is before it in:\n${english.text}`);
    from = at;
  }
  const german = reportMessage(await report(w), de, zone);
  assert.equal(german.title, 'Sicherungsbericht vom Dienstag, 14. November 2023: braucht Aufmerksamkeit');
  assert.match(german.html ?? '', /Ist alles gesichert, und ist es bewiesen\?/);
  await resolveAlert(w.catalog, disk.key, w.context);
  assert.match(reportMessage(await report(w), en, zone).text, /Yes\. Everything that is to be saved/);
});

test('it goes out once a day at its time, later where the machine or the channel was off', async () => {
  const place = await sqlitePlace();
  const w = new TellingWorld(place, await place.open(), {
    alerts: { report: { at: '07:00', channels: ['mail', 'chat'] } },
  });
  const reports = (channel: string) => w.titles(channel).filter((title) => title.startsWith('Backup report'));
  // 23:13 in Zurich: the report of a day that began before the machine.
  await w.round();
  assert.equal(reports('mail').length, 1);
  await w.pass(7 * hour, 30 * minute);
  assert.equal(reports('mail').length, 1, 'not before its time');
  w.at('chat').trouble = down();
  await w.pass(2 * hour, 20 * minute);
  assert.equal(reports('mail').length, 2);
  assert.match(reports('mail')[1]!, /Wednesday, 15 November 2023/);
  assert.equal(reports('chat').length, 1);
  w.at('chat').trouble = undefined;
  await w.pass(hour, 20 * minute);
  assert.equal(reports('chat').length, 2);
});

test('neither a policy that nobody can read nor a clock that was ahead hides what is too old', async () => {
  await using place = await sqlitePlace();
  const w = new TellingWorld(place, await place.open());
  await savePolicy(w.catalog, { name: 'broken', config: { schedule: 1 }, enabled: true }, w.context);
  const id = await addPolicy(w, 'files');
  const arrivedAt = w.place.now();
  const copy = { repository: 'home', snapshot: 's1', storage: 's', arrivedAt };
  const ahead = { source: '/srv', takenAt: arrivedAt + 1000 * 24 * hour, entries: 3, bytes: 1000, copy };
  await addRecoveryPoint(w.catalog, { ...ahead, policyId: id, outcome: 'succeeded' }, w.context);
  await place.advance(30 * hour);
  const states = (await report(w)).policies.map(({ name, state }) => `${name} ${state}`);
  assert.deepEqual(states.sort(), ['broken too-old', 'files too-old']);
});
