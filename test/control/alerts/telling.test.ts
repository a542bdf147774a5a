// From an alert in the catalog to the message at its channel, whatever fails on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acknowledgeAlert, raiseAlert, resolveAlert } from '../../../src/catalog/alerts.ts';
import { deliveriesOf } from '../../../src/catalog/deliveries.ts';
import { acquireLease } from '../../../src/catalog/leases.ts';
import { listMessages, sweepMessages } from '../../../src/catalog/messages.ts';
import { countTasks } from '../../../src/catalog/queue.ts';
import { endRun, startRun } from '../../../src/catalog/runs.ts';
import { messageId } from '../../../src/channels/message-json.ts';
import { onBoth, policy, sqlitePlace } from '../../catalog/catalog-world.ts';
import { day, denied, down, hour, minute, TellingWorld } from './telling-world.ts';

const disk = {
  key: 'health:disk:/srv',
  severity: 'warning',
  title: 'the disk is 85 % full',
  facts: { percent: 85 },
} as const;
const brake = { key: 'brake', severity: 'critical', title: 'the ransom brake is pulled', facts: {} } as const;
const routes = [
  { from: 'info', channels: ['mail'] },
  { from: 'critical', channels: ['chat'] },
];

async function world(more: object = { alerts: { routes } }) {
  const place = await sqlitePlace();
  return new TellingWorld(place, await place.open(), more);
}

test('an alert is told once to whom it concerns, repeated after a day, and its end is told', (t) =>
  onBoth(t, async (place) => {
    const w = new TellingWorld(place, await place.open(), { alerts: { routes } });
    const { id } = await raiseAlert(w.catalog, disk, w.context);
    await w.round();
    assert.deepEqual(w.titles('mail'), [], 'it waits a moment for others');
    await w.pass(minute);
    assert.deepEqual(w.titles('mail'), ['The disk "/srv" is getting full']);
    await raiseAlert(w.catalog, disk, w.context);
    await w.pass(12 * hour, hour);
    assert.equal(w.at('mail').got.length, 1);
    await w.pass(13 * hour, hour);
    assert.equal(w.titles('mail')[1], 'Still: The disk "/srv" is getting full');
    await resolveAlert(w.catalog, disk.key, w.context);
    await w.pass(2 * minute, minute);
    assert.equal(w.titles('mail')[2], 'The disk "/srv" has room again');
    assert.equal(w.at('chat').got.length, 0, 'it concerned only one');
    assert.deepEqual(
      (await deliveriesOf(w.catalog, id, w.context)).map(({ reason, state }) => [reason, state]),
      [
        ['new', 'sent'],
        ['repeat', 'sent'],
        ['resolved', 'sent'],
      ],
    );
    const threads = new Set(w.at('mail').got.map(({ dedupeKey }) => dedupeKey));
    assert.equal(threads.size, 1, 'all about one thing belongs together');
    assert.equal((await countTasks(w.catalog, w.context)).due, 0);
    await w.pass(100 * day, 50 * day);
    const removed = await sweepMessages(
      w.catalog,
      { endedBefore: place.now() - 90 * day, beatsBefore: place.now() - day },
      w.context,
    );
    assert.equal(removed, 6, 'three messages and three deliveries are forgotten');
  }));

test('what comes together goes out as one message, the critical first', async () => {
  const w = await world();
  await raiseAlert(w.catalog, disk, w.context);
  await raiseAlert(w.catalog, brake, w.context);
  await w.round();
  await w.pass(30_000);
  await raiseAlert(w.catalog, { ...disk, key: 'health:clock' }, w.context);
  await w.pass(31_000);
  assert.deepEqual(w.titles('mail'), ['3 troubles, 1 critical']);
  const [message] = w.at('mail').got;
  assert.equal(message?.severity, 'CRITICAL');
  assert.ok(message!.text.startsWith('== CRITICAL: The brake is pulled'));
  assert.deepEqual(w.titles('chat'), ['The brake is pulled: nothing is deleted any more']);
});

test('a channel that is down holds up no other, gets the same message later, and its trouble is told elsewhere', (t) =>
  onBoth(t, async (place) => {
    const w = new TellingWorld(place, await place.open());
    w.at('mail').trouble = down();
    await raiseAlert(w.catalog, brake, w.context);
    await w.pass(2 * minute, minute);
    assert.equal(w.at('chat').got.length, 1);
    await w.pass(30 * minute, minute);
    assert.equal(w.at('mail').got.length, 0);
    assert.ok(w.titles('chat').includes('Messages by "mail" do not arrive'));
    assert.equal(w.at('chat').got.at(-1)?.severity, 'CRITICAL', 'a critical did not get through');
    w.at('mail').trouble = undefined;
    await w.pass(20 * minute, minute);
    assert.deepEqual(w.titles('mail'), ['The brake is pulled: nothing is deleted any more']);
    assert.equal(w.titles('chat').at(-1), 'Messages by "mail" arrive again');
  }));

test('what happens while a channel is down for two days follows as one message, nothing is lost', async () => {
  const w = await world();
  w.at('mail').trouble = down();
  for (let i = 0; i < 12; i++) {
    await raiseAlert(w.catalog, { ...disk, key: `backup:policy-${i}` }, w.context);
    await w.pass(4 * hour, 20 * minute);
  }
  w.at('mail').trouble = undefined;
  await w.pass(30 * minute, 5 * minute);
  const told = w
    .at('mail')
    .got.map(({ text }) => text)
    .join('\n');
  for (let i = 0; i < 12; i++) assert.ok(told.includes(`"policy-${i}"`), `policy-${i} was lost`);
  assert.ok(w.at('mail').got.length <= 2, `${w.at('mail').got.length} messages`);
});

test('a channel that says no is tried again, news included, until somebody corrects it', async () => {
  const w = await world();
  w.at('mail').trouble = denied();
  await raiseAlert(w.catalog, disk, w.context);
  await w.pass(5 * minute, minute);
  await raiseAlert(w.catalog, brake, w.context);
  await w.pass(5 * hour, 5 * minute);
  w.at('mail').trouble = undefined;
  await w.pass(30 * minute, minute);
  assert.deepEqual(w.titles('mail'), ['2 troubles, 1 critical']);
});

test('an endpoint that takes a message and says it did not gets the same one again', async () => {
  const w = await world();
  w.at('mail').after = down();
  await raiseAlert(w.catalog, disk, w.context);
  await w.pass(5 * minute, minute);
  w.at('mail').after = undefined;
  await w.pass(10 * minute, minute);
  const ids = new Set(w.at('mail').got.map(messageId));
  assert.ok(w.at('mail').got.length > 1);
  assert.equal(ids.size, 1);
});

test('a process killed between sending and noting sends the same message again, never none', (t) =>
  onBoth(t, async (place) => {
    const w = new TellingWorld(place, await place.open(), { alerts: { routes } });
    await raiseAlert(w.catalog, disk, w.context);
    w.kills = 2;
    await w.pass(10 * minute, minute);
    const { got } = w.at('mail');
    assert.equal(got.length, 3);
    assert.equal(new Set(got.map(messageId)).size, 1);
    await w.pass(hour, minute);
    assert.equal(got.length, 3);
  }));

test('some recipients refused: the others are not told twice, and the channel is a trouble', async () => {
  const w = await world({});
  w.at('mail').refused = ['gone@example.org'];
  await raiseAlert(w.catalog, disk, w.context);
  await w.pass(10 * minute, minute);
  assert.equal(w.at('mail').got.length, 1);
  assert.ok(w.titles('chat').includes('Messages by "mail" do not arrive'));
});

test('nobody acknowledges: the deputy is called; somebody does: nobody is called until it runs out', async () => {
  const escalation = { after: '1h', channels: ['deputy'] };
  const w = await world({ alerts: { routes, escalation } });
  const { id } = await raiseAlert(w.catalog, brake, w.context);
  await w.pass(50 * minute, minute);
  const until = w.place.now() + 2 * hour;
  await acknowledgeAlert(w.catalog, id, { actor: 'anna', until }, w.context);
  await w.pass(110 * minute, minute);
  assert.equal(w.at('deputy').got.length, 0);
  await w.pass(20 * minute, minute);
  assert.equal(w.at('mail').got.length, 2, 'it is news again');
  await w.pass(hour, minute);
  assert.deepEqual(w.titles('deputy'), [
    'Nobody has answered: The brake is pulled: nothing is deleted any more',
  ]);
  await resolveAlert(w.catalog, brake.key, w.context);
  await w.pass(5 * minute, minute);
  assert.equal(w.titles('deputy').at(-1), 'The brake is lifted');
});

test('quiet hours hold a warning until they end, and no critical', async () => {
  // The world begins at 23:13 in Zurich.
  const w = await world({ alerts: { routes, quiet: 'mon-sun 22:00-06:00' } });
  await raiseAlert(w.catalog, disk, w.context);
  await w.pass(10 * minute, minute);
  assert.equal(w.at('mail').got.length, 0);
  await raiseAlert(w.catalog, brake, w.context);
  await w.pass(2 * minute, minute);
  assert.deepEqual(w.titles('mail'), ['The brake is pulled: nothing is deleted any more']);
  await w.pass(7 * hour, 10 * minute);
  assert.equal(w.titles('mail')[1], 'The disk "/srv" is getting full');
});

test('a channel that was taken out of the configuration keeps nothing waiting', async () => {
  const w = await world({});
  w.at('mail').trouble = down();
  await raiseAlert(w.catalog, disk, w.context);
  await w.pass(2 * minute, minute);
  const { mail: _gone, ...channels } = w.configuration.channels;
  w.configuration = { ...w.configuration, channels };
  await w.pass(hour, minute);
  const { items } = await listMessages(w.catalog, { state: 'waiting' }, w.context);
  assert.deepEqual(items, []);
  assert.equal(w.at('chat').got.length, 1);
});

test('what cannot be delivered for days is given up, and told anew while the trouble lasts', async () => {
  const w = await world();
  w.at('mail').trouble = down();
  const { id } = await raiseAlert(w.catalog, disk, w.context);
  await w.pass(4 * day, 3 * hour);
  const states = (await deliveriesOf(w.catalog, id, w.context)).map(({ state }) => state);
  assert.deepEqual(states, ['given-up', 'waiting']);
  w.at('mail').trouble = undefined;
  await w.pass(2 * hour, hour);
  assert.equal(w.at('mail').got.length, 1);
});

test('successes are told where that is wanted, each run once', async () => {
  const w = await world({ alerts: { successes: true, routes: [{ channels: ['mail'] }] } });
  const policyId = await policy(w.catalog, w.context);
  const run = async (outcome: 'succeeded' | 'partial' | 'failed') => {
    const { fence } = (await acquireLease(
      w.catalog,
      { name: 'x', holder: 'x', durationMs: hour },
      w.context,
    ))!;
    const start = {
      policyId,
      dueAt: w.place.now(),
      node: 'n',
      holding: { kind: 'lease', name: 'x', fence } as const,
    };
    const started = await startRun(w.catalog, start, w.context);
    await endRun(w.catalog, started, { outcome, counts: {} }, w.context);
    await w.pass(5 * minute, minute);
  };
  await run('succeeded');
  await run('succeeded');
  await run('partial');
  await run('failed');
  assert.deepEqual(w.titles('mail'), ['The backup "files" succeeded', 'The backup "files" succeeded']);
});

test('a dead-man switch hears of life once an interval, and of runs as they go', async () => {
  const policies = {
    files: {
      sources: [{ kind: 'files', paths: ['/srv'] }],
      repositories: ['home'],
      schedule: 'manual',
      retention: 'none',
      heartbeat: 'chat',
    },
  };
  const w = await world({ policies, alerts: { heartbeat: { channel: 'switch', interval: '5min' } } });
  await w.pass(30 * minute, 30_000);
  assert.ok(Math.abs(w.at('switch').got.length - 6) <= 1, `${w.at('switch').got.length} beats`);
  assert.ok(w.at('switch').got.every(({ beat }) => beat === 'success'));
  w.at('switch').trouble = down();
  await w.pass(30 * minute, 30_000);
  w.at('switch').trouble = undefined;
  const before = w.at('switch').got.length;
  await w.pass(30_000, 10_000);
  assert.ok(w.at('switch').got.length - before <= 1, 'old beats are not made up for');
  const policyId = await policy(w.catalog, w.context);
  const { fence } = (await acquireLease(w.catalog, { name: 'x', holder: 'x', durationMs: hour }, w.context))!;
  const start = { policyId, dueAt: 1, node: 'n', holding: { kind: 'lease', name: 'x', fence } as const };
  const run = await startRun(w.catalog, start, w.context);
  await w.pass(minute, 10_000);
  await endRun(w.catalog, run, { outcome: 'failed', counts: {} }, w.context);
  await w.pass(minute, 10_000);
  assert.deepEqual(
    w.at('chat').got.map(({ beat }) => beat),
    ['start', 'fail'],
  );
});
