// What is read stands in the audit trail: the first look soon, what goes on as a count, refusals too, and all of it at the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReads, type Read, usualReads } from '../../src/api/reads.ts';
import { startApi } from '../../src/api/server.ts';
import { listAudit } from '../../src/catalog/audit.ts';
import { apiSchema } from '../../src/model/configuration/watching.ts';
import { controlWorld, hourMs, minuteMs } from '../control/control-world.ts';
import { apiWorld, call } from './api-world.ts';

test('what a person or a program reads over the API is in the audit trail, with how often, and a refusal too', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const rules = apiSchema.parse({ listen: '127.0.0.1:0', requestsPerMinute: 1_000_000 });
  const api = await startApi(
    {
      catalog,
      rules,
      node: 'reading',
      metrics: async () => '',
      statistics: async () => ({ metrics: {}, policies: {} }),
    },
    context,
  );
  const token = await world.token('viewer');
  for (let round = 0; round < 3; round += 1) await call(api.url, 'GET', '/api/v1/runs', { token });
  await call(api.url, 'GET', '/api/v1/policies/nothing', { token: await world.token('admin') });
  await call(api.url, 'GET', '/api/v1/status');
  await call(api.url, 'POST', '/api/v1/brake', {
    body: { reason: 'x' },
    headers: { 'x-holdfast-intent': '1' },
  });
  await call(api.url, 'GET', '/healthz');
  await call(api.url, 'GET', '/api/v1/audit', { token });
  await api.close();
  const { items } = await listAudit(catalog, {}, context);
  const own = items.filter(({ act }) => act.node === 'reading').reverse();
  assert.deepEqual(
    own.map(({ act }) => [act.actor, act.action, act.object ?? '', act.outcome, act.facts?.['reads'] ?? '']),
    [
      // This one has a line of its own, at once.
      ['viewer-1/test', 'audit:read', 'listAudit', 'refused', ''],
      ['viewer-1/test', 'run:read', '', 'succeeded', 3],
      ['admin-2/test', 'policy:read', 'policy nothing', 'failed', 1],
      ['nobody', 'status:read', '', 'refused', 1],
      ['nobody', 'brake:pull', '', 'refused', 1],
    ],
  );
  assert.ok(own.every(({ act }) => act.address === '127.0.0.1' && act.request !== undefined));
});

const read: Read = {
  actor: 'mara',
  method: 'session',
  action: 'run:read',
  operation: 'listRuns',
  outcome: 'succeeded',
  request: 'r1',
};

test('the first look is written within a minute, what goes on once an hour, the rest at the end', async () => {
  await using world = await controlWorld();
  const { catalog, context, time } = world;
  const reads = createReads(catalog, 'n', usualReads, context);
  const written = async () =>
    (await listAudit(catalog, { limit: 100 }, context)).items
      .toReversed()
      .map(({ act }) => act.facts?.['reads']);
  reads.note(read);
  reads.note(read);
  assert.deepEqual(await written(), []);
  await time.advance(minuteMs);
  await settled(written, 1);
  for (let minute = 0; minute < 30; minute += 1) {
    reads.note(read);
    await time.advance(minuteMs);
  }
  assert.deepEqual(await written(), [2]);
  await time.advance(hourMs);
  await settled(written, 2);
  reads.note({ ...read, actor: 'otto' });
  reads.note(read);
  await reads.close();
  assert.deepEqual(await written(), [2, 30, 1, 1]);
});

test('who reads more things than memory has room for is still counted to the last', async () => {
  await using world = await controlWorld();
  const { catalog, context } = world;
  const reads = createReads(catalog, 'n', usualReads, context);
  for (let each = 0; each < 5_100; each += 1) reads.note({ ...read, object: `run ${each}` });
  await reads.close();
  let count = 0;
  let after: string | undefined;
  do {
    const wish = { limit: 500, ...(after === undefined ? {} : { after }) };
    const { items, next } = await listAudit(catalog, wish, context);
    for (const { act } of items) count += Number(act.facts?.['reads']);
    after = next;
  } while (after !== undefined);
  assert.equal(count, 5_100);
});

/** A write of the catalog takes turns that no clock counts. */
async function settled(written: () => Promise<readonly unknown[]>, count: number): Promise<void> {
  while ((await written()).length < count) await new Promise((resolve) => setImmediate(resolve));
}
