// What the bound on calls under way promises: never more calls or bytes than allowed, everybody's turn comes, a canceled wait holds nobody up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withParallel } from '../../src/storage/with/parallel.ts';
import { chanceOf } from '../simulation/scheduler.ts';
import { failure, signal } from './storage-world.ts';
import { VirtualClock } from './virtual-clock.ts';

function slow(clock: VirtualClock) {
  const under = { calls: 0, bytes: 0, callsMax: 0, bytesMax: 0, order: [] as string[] };
  const storage = forwarding(new MemoryStorage(), {
    async put(name, bytes, options) {
      under.order.push(name);
      under.calls += 1;
      under.bytes += bytes.length;
      under.callsMax = Math.max(under.callsMax, under.calls);
      under.bytesMax = Math.max(under.bytesMax, under.bytes);
      try {
        await clock.sleep(1 + (bytes.length % 7), options.signal);
      } finally {
        under.calls -= 1;
        under.bytes -= bytes.length;
      }
    },
  });
  return { storage, under };
}

test('no more calls and bytes are under way than allowed, and all are used', async () => {
  const clock = new VirtualClock();
  const { storage, under } = slow(clock);
  const bounded = withParallel(storage, { bytesMax: 10_000, callsMax: 5 });
  const chance = chanceOf(1);
  const names = Array.from({ length: 300 }, (_, number) => `a/${number}`);
  const puts = names.map((name) =>
    bounded.put(name, new Uint8Array(Math.floor(chance() * 5000)), { signal }),
  );
  await clock.run(Promise.all(puts));
  assert.equal(under.callsMax, 5);
  assert.ok(under.bytesMax <= 10_000 && under.bytesMax > 9000, `${under.bytesMax}`);
  assert.deepEqual(under.order, names);
  assert.equal(under.calls, 0);
});

test('a body larger than all the memory goes alone', async () => {
  const clock = new VirtualClock();
  const { storage, under } = slow(clock);
  const bounded = withParallel(storage, { bytesMax: 1000 });
  const puts = [10, 5000, 10].map((size, index) => bounded.put(`${index}`, new Uint8Array(size), { signal }));
  await clock.run(Promise.all(puts));
  assert.equal(under.bytesMax, 5000);
  assert.deepEqual(under.order, ['0', '1', '2']);
});

test('a canceled wait leaves the line, a failed call gives its place back', async () => {
  const clock = new VirtualClock();
  const { storage, under } = slow(clock);
  const bounded = withParallel(storage, { bytesMax: 1000, callsMax: 1 });
  const controller = new AbortController();
  const running = bounded.put('running', new Uint8Array(10), { signal: controller.signal });
  const waiting = bounded.put('waiting', new Uint8Array(5000), { signal: controller.signal });
  const next = bounded.put('next', new Uint8Array(10), { signal });
  const ends = Promise.allSettled([running, waiting]);
  controller.abort();
  await clock.run(next);
  assert.deepEqual(under.order, ['running', 'next']);
  assert.ok((await ends).every(({ status }) => status === 'rejected'));
  await assert.rejects(bounded.stat('a', { signal: AbortSignal.abort() }), failure('canceled', 'CANCELED'));
});
