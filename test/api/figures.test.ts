// What is asked without a task: schedules that are only thought of, figures, statistics, and reports, of now and of earlier days.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAudit } from '../../src/catalog/audit.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { addMessage, messagesAbout } from '../../src/catalog/messages.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

async function configured(world: ApiWorld, report: object = {}): Promise<void> {
  const main = { place: '/backup/main', unlock: { password: 'file:/etc/holdfast/password' } };
  const school = {
    sources: [{ kind: 'files' as const, paths: ['/srv'] }],
    repositories: ['main'],
    schedule: '0 2 * * *',
    retention: { keepDaily: 7 },
  };
  const mail = { place: 'smtp://mail.example.org?to=a@example.org' };
  const input = {
    zone: 'Europe/Zurich',
    repositories: { main },
    policies: { school },
    channels: { mail },
    ...report,
  };
  await applyConfiguration(world.catalog, input, { actor: 'test', node: 'test-node' }, world.context);
}

function explanation(query: Readonly<Record<string, string>>): string {
  return `/api/v1/schedules/explanation?${new URLSearchParams(query)}`;
}

test('a schedule is told in both dialects, with the times of the zone and what the clock does then', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('viewer');
  const query = { schedule: '30 2 * * *', after: '2026-10-23T12:00:00.000Z', count: '2' };
  const { status, json } = await world.call('GET', explanation(query), { token });
  assert.equal(status, 200);
  assert.deepEqual(json, {
    schedule: '30 2 * * *',
    crontab: '30 2 * * *',
    aws: 'cron(30 2 * * ? *)',
    zone: 'Europe/Zurich',
    next: [{ at: '2026-10-24T00:30:00.000Z' }, { at: '2026-10-25T00:30:00.000Z', note: 'first' }],
  });
  const elsewhere = await world.call('GET', explanation({ ...query, zone: 'UTC' }), { token });
  assert.equal(elsewhere.json.next[1].at, '2026-10-25T02:30:00.000Z');
  const rate = await world.call('GET', explanation({ schedule: 'rate(7 hours)' }), { token });
  assert.equal('crontab' in rate.json, false, 'cron cannot say it');
  assert.equal(rate.json.next.length, 5);
});

test('what is no schedule and no zone is refused with its code', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  const wrong = await world.call('GET', explanation({ schedule: '61 * * * *' }), { token });
  assert.deepEqual([wrong.status, wrong.json.code], [400, 'INVALID_SCHEDULE']);
  const nowhere = await world.call('GET', explanation({ schedule: '0 2 * * *', zone: 'Moon/Base' }), {
    token,
  });
  assert.deepEqual([nowhere.status, nowhere.json.code], [400, 'UNKNOWN_ZONE']);
});

test('figures are those of the command, of a week where no window is named', async () => {
  await using world = await apiWorld();
  await configured(world);
  const token = await world.token('viewer');
  const { status, json } = await world.call('GET', '/api/v1/health/figures', { token });
  assert.equal(status, 200);
  assert.equal(Date.parse(json.until) - Date.parse(json.from), 7 * 86_400_000);
  assert.deepEqual(
    json.policies.map(({ policy, due }: { policy: string; due: number }) => [policy, due]),
    [['school', 0]],
  );
  const day = await world.call('GET', '/api/v1/health/figures?window=24h', { token });
  assert.equal(Date.parse(day.json.until) - Date.parse(day.json.from), 86_400_000);
});

test('statistics are for who may read metrics', async () => {
  await using world = await apiWorld();
  const path = '/api/v1/statistics';
  const { json } = await world.call('GET', path, { token: await world.token('viewer') });
  assert.deepEqual(json, { metrics: { up: 1 }, policies: {} });
  const scopes = ['status:read'] as const;
  const refused = await world.call('GET', path, { token: await world.token('viewer', { scopes }) });
  assert.equal(refused.status, 403);
});

test('the report goes out when somebody asks, once for each channel, and who asked is in the audit trail', async () => {
  await using world = await apiWorld();
  await configured(world, { alerts: { report: { channels: ['mail'] } } });
  const token = await world.token('operator');
  const { status, json } = await world.call('POST', '/api/v1/report/messages', { token });
  assert.deepEqual([status, json], [202, { channels: ['mail'] }]);
  const { items } = await listAudit(world.catalog, { actor: 'operator-1/test' }, world.context);
  assert.deepEqual(
    items.map(({ act }) => [act.action, act.outcome, act.facts?.['channels']]),
    [['report:send', 'succeeded', 'mail']],
  );
  const subject = items[0]!.act.object!;
  assert.equal((await messagesAbout(world.catalog, subject, world.context)).length, 1);
  const viewer = await world.token('viewer');
  assert.equal((await world.call('POST', '/api/v1/report/messages', { token: viewer })).status, 403);
});

test('a report that nobody would get is refused', async () => {
  await using world = await apiWorld();
  await configured(world);
  const { status, json } = await world.call('POST', '/api/v1/report/messages', {
    token: await world.token('operator'),
  });
  assert.deepEqual([status, json.code], [400, 'REPORT_NOBODY']);
});

test('a report of an earlier day is read as it was told, in the language that is wanted where there is one', async () => {
  await using world = await apiWorld();
  const giveUpAt = world.context.clock.now() + 86_400_000;
  for (const language of ['de', 'en']) {
    const content = { language, title: `title ${language}`, text: `text ${language}` };
    const message = { channel: language, topic: 'report' as const, subject: 'report:2026-11-20', content };
    await addMessage(world.catalog, { ...message, giveUpAt }, world.context);
  }
  const token = await world.token('viewer');
  const path = '/api/v1/reports/2026-11-20';
  assert.deepEqual((await world.call('GET', `${path}?language=en`, { token })).json, {
    day: '2026-11-20',
    title: 'title en',
    text: 'text en',
    language: 'en',
  });
  assert.equal((await world.call('GET', path, { token })).json.language, 'de');
  const none = await world.call('GET', '/api/v1/reports/2026-11-19', { token });
  assert.deepEqual([none.status, none.json.code], [404, 'REPORT_UNKNOWN']);
});

test('an account that gets another name stays the same account', async () => {
  await using world = await apiWorld();
  const admin = await world.token('admin');
  const other = await world.token('viewer');
  const put = (name: string, to: string) =>
    world.call('PUT', `/api/v1/users/${name}/name`, { token: admin, body: { name: to } });
  assert.equal((await put('viewer-2', 'mara')).status, 204);
  assert.equal((await world.call('GET', '/api/v1/me', { token: other })).json.actor, 'mara/test');
  assert.equal((await put('mara', 'admin-1')).json.code, 'USER_EXISTS');
  assert.equal((await put('mara', 'Ma ra')).json.code, 'REQUEST_INVALID');
  assert.equal((await put('viewer-2', 'x')).json.code, 'USER_UNKNOWN');
});
