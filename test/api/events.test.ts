// Live events: what changes is heard once it has, by who may, and by nobody whose login has ended.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { raiseAlert, resolveAlert } from '../../src/catalog/alerts.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { addTask, claimTask } from '../../src/catalog/queue.ts';
import { endRun, type Run, startRun } from '../../src/catalog/runs.ts';
import { userNamed } from '../../src/catalog/users.ts';
import { localPrincipal } from '../../src/identity/access.ts';
import { disableUser } from '../../src/identity/accounts.ts';
import { createHasher } from '../../src/identity/passwords/hasher.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

interface Event {
  readonly id: string;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: runs and alerts alike.
  readonly data: any;
}

async function policy(world: ApiWorld, name: string): Promise<string> {
  const { id } = await savePolicy(world.catalog, { name, config: {}, enabled: true }, world.context);
  return id;
}

async function started(world: ApiWorld, policyId: string): Promise<Run> {
  const { catalog, context } = world;
  const dueAt = context.clock.now();
  await addTask(catalog, { kind: 'backup', key: `${policyId}@${dueAt}`, payload: {} }, context);
  const claim = (await claimTask(catalog, { node: 'n', holdMs: 60_000 }, context))!;
  const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
  return startRun(catalog, { policyId, dueAt, node: 'n', holding }, context);
}

/** Listens until `isEnough` or the server ends the stream; minutes later it hangs. */
async function listen(
  world: ApiWorld,
  token: string,
  isEnough: (events: readonly Event[]) => boolean,
  { lastEventId, begun }: { lastEventId?: string; begun?: () => void } = {},
): Promise<{ events: Event[]; ended: boolean }> {
  const stop = AbortSignal.timeout(300_000);
  const response = await fetch(`${world.api.url}/api/v1/events`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: stop,
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const events: Event[] = [];
  let rest = '';
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return { events, ended: true };
    begun?.();
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields['data'] === undefined) continue;
      events.push({ id: fields['id'], kind: fields['event'], data: JSON.parse(fields['data']) });
    }
    if (isEnough(events)) {
      await reader.cancel();
      return { events, ended: false };
    }
  }
}

test('a run that begins and ends, and an alert that comes and goes, are heard in this order', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const policyId = await policy(world, 'school');
  const token = await world.token('viewer');
  const steps: Record<string, () => Promise<unknown>> = {
    'run running': () => endRun(catalog, run, { outcome: 'succeeded', counts: { entries: 3 } }, context),
    'run ended': () =>
      raiseAlert(catalog, { key: 'k', severity: 'warning', title: 'late', facts: {}, policyId }, context),
    'alert open': () => resolveAlert(catalog, 'k', context),
  };
  const before = context.clock.now();
  const run = await started(world, policyId);
  const isEnough = (some: readonly Event[]) => {
    const { kind, data } = some.at(-1) ?? { kind: '', data: {} };
    // The next step when the one before was heard, not after a while.
    const step = `${kind} ${data.state}`;
    void steps[step]?.();
    delete steps[step];
    return data.state === 'resolved';
  };
  // However long it took to come here.
  const { events } = await listen(world, token, isEnough, { lastEventId: String(before) });
  const told = events.map(({ kind, data }) => `${kind} ${data.state}`);
  assert.deepEqual(told, ['run running', 'run ended', 'alert open', 'alert resolved']);
  assert.ok(events.every(({ data }) => data.policy === 'school'));
  assert.ok(events.every(({ id }) => /^\d+$/.test(id)));
});

test('after a break, what has changed meanwhile comes first', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  const policyId = await policy(world, 'school');
  const token = await world.token('viewer');
  const run = await started(world, policyId);
  const before = context.clock.now();
  await endRun(catalog, run, { outcome: 'failed', counts: {} }, context);
  const { events } = await listen(world, token, (some) => some.length > 0, { lastEventId: String(before) });
  assert.equal(events[0]!.data.id, run.id);
  assert.equal(events[0]!.data.outcome, 'failed');
});

test('nobody hears of what they may not see', async () => {
  await using world = await apiWorld();
  const own = await policy(world, 'own');
  const foreign = await policy(world, 'foreign');
  const token = await world.token('none', { grant: { role: 'viewer', policy: own } });
  const lastEventId = String(world.context.clock.now());
  await started(world, foreign);
  await started(world, own);
  const isEnough = (some: readonly Event[]) => some.some(({ data }) => data.policy === 'own');
  const { events } = await listen(world, token, isEnough, { lastEventId });
  assert.deepEqual([...new Set(events.map(({ data }) => data.policy))], ['own']);
});

test('who is disabled hears nothing more', async () => {
  await using world = await apiWorld();
  const { catalog, context } = world;
  await world.token('admin');
  const token = await world.token('viewer');
  const ready = Promise.withResolvers<void>();
  const heard = listen(world, token, () => false, { begun: ready.resolve });
  await ready.promise;
  assert.ok(await userNamed(catalog, 'viewer-2', context));
  const desk = { catalog, node: 'n', hasher: createHasher(), profile: 'standard' } as const;
  await disableUser(desk, localPrincipal('root'), 'viewer-2', context);
  const { ended } = await heard;
  assert.ok(ended);
});

test('one caller holds so many streams and no more', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  const open: Response[] = [];
  for (let n = 0; n < 10; n += 1) {
    open.push(
      await fetch(`${world.api.url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` } }),
    );
  }
  const { status, json } = await world.call('GET', '/api/v1/events', { token });
  assert.equal(status, 429);
  assert.equal(json.code, 'TOO_MANY_LISTENERS');
  for (const one of open) await one.body!.cancel();
});
