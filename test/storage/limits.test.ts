// What limits promise over time: the rate is kept within a twentieth over ten seconds, by many callers, for large objects, and when the table
// of the week says another rate. Time is virtual.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRateTable, rateAt } from '../../src/model/rate-table.ts';
import { utc } from '../../src/model/time.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { newBucket, type TransferLimits, withBuckets, withLimits } from '../../src/storage/with/limits.ts';
import { failure, signal } from './storage-world.ts';
import { inParallel, VirtualClock } from './virtual-clock.ts';

const mebibyte = 1024 * 1024;

/** Units by the second in which they were sent or received. */
interface Meter {
  readonly storage: Storage;
  /** From the second `from` on, `seconds` long. */
  units(from: number, seconds: number): number;
  largest(): number;
}

/** Objects of every length that are nothing but their length. */
function metered(clock: VirtualClock, unitOf: (sizeBytes: number) => number = (size) => size): Meter {
  const start = clock.elapsed();
  const bySecond = new Map<number, number>();
  let largest = 0;
  const note = (sizeBytes: number) => {
    const second = Math.floor((clock.elapsed() - start) / 1000);
    bySecond.set(second, (bySecond.get(second) ?? 0) + unitOf(sizeBytes));
    largest = Math.max(largest, sizeBytes);
  };
  const storage = forwarding(new MemoryStorage(), {
    put: async (_name, bytes) => note(bytes.length),
    async get(_name, { range }) {
      note(range?.length ?? mebibyte);
      return new Uint8Array(range?.length ?? mebibyte);
    },
    async delete() {
      note(0);
    },
  });
  const units = (from: number, seconds: number) =>
    Array.from({ length: seconds }, (_, index) => bySecond.get(from + index) ?? 0).reduce((a, b) => a + b, 0);
  return { storage, units, largest: () => largest };
}

/** Within a twentieth. */
function assertRate(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found / expected - 1) <= 0.05, `${what}: ${found} instead of ${expected}`);
}

const busy = (run: (storage: Storage) => Promise<unknown>, count: number) => (storage: Storage) =>
  inParallel(Array.from({ length: count }), 8, async () => void (await run(storage)));

test('a rate holds within a twentieth in every ten seconds, up and down, for many callers', async () => {
  const limits: TransferLimits = { uploadBytesPerSecond: mebibyte, downloadBytesPerSecond: mebibyte };
  const small = new Uint8Array(50_000);
  for (const run of [
    (storage: Storage) => storage.put('a', small, { signal }),
    (storage: Storage) => storage.get('a', { signal, range: { offset: 0, length: 50_000 } }),
  ]) {
    const clock = new VirtualClock();
    const meter = metered(clock);
    await clock.run(busy(run, 1000)(withLimits(meter.storage, limits, clock)));
    // The first second may be saved up.
    for (let from = 1; from < 35; from += 1) {
      assertRate(meter.units(from, 10), 10 * mebibyte, `seconds ${from} to ${from + 10}`);
    }
  }
});

test('a large get is asked for in parts of a second, and is put together right', async () => {
  const clock = new VirtualClock();
  const meter = metered(clock);
  const storage = withLimits(meter.storage, { downloadBytesPerSecond: mebibyte }, clock);
  const range = { offset: 0, length: 8 * mebibyte };
  await clock.run(busy((one) => one.get('a', { signal, range }), 8)(storage));
  for (let from = 1; from < 50; from += 1) assertRate(meter.units(from, 10), 10 * mebibyte, `${from}`);
  assert.equal(meter.largest(), mebibyte);
  const memory = new MemoryStorage();
  const bytes = Uint8Array.from({ length: 3 * mebibyte }, (_, index) => (index * 7) >> 3);
  await memory.put('a', bytes, { signal });
  const real = withLimits(memory, { downloadBytesPerSecond: mebibyte }, clock);
  const asked = { offset: 5, length: 3 * mebibyte - 9 };
  const read = await clock.run(real.get('a', { signal, range: asked }));
  assert.equal(Buffer.compare(read, bytes.subarray(5, 3 * mebibyte - 4)), 0);
  const beyond = { offset: 1, length: 3 * mebibyte };
  await assert.rejects(
    clock.run(real.get('a', { signal, range: beyond })),
    failure('corrupt', 'OBJECT_TOO_SHORT'),
  );
});

test('large objects are put one by one at the mean rate', async () => {
  const clock = new VirtualClock();
  const meter = metered(clock);
  const large = new Uint8Array(8 * mebibyte);
  const storage = withLimits(meter.storage, { uploadBytesPerSecond: 2 * mebibyte }, clock);
  await clock.run(busy((one) => one.put('a', large, { signal }), 40)(storage));
  for (let from = 4; from < 100; from += 8) assertRate(meter.units(from, 40), 80 * mebibyte, `${from}`);
  assert.ok(
    [0, 1, 2, 3, 4, 5].every((from) => meter.units(from, 1) <= 8 * mebibyte),
    'two at once',
  );
});

test('calls are counted, of every kind, and two storages share one bucket', async () => {
  const clock = new VirtualClock();
  const meter = metered(clock, () => 1);
  const calls = newBucket(20, clock);
  const one = withBuckets(meter.storage, undefined, undefined, calls);
  const two = withBuckets(meter.storage, undefined, undefined, calls);
  const each = async (storage: Storage) => {
    await storage.put('a', new Uint8Array(1), { signal });
    await storage.get('a', { signal });
    await storage.delete('a', { signal });
  };
  await clock.run(Promise.all([busy(each, 100)(one), busy(each, 100)(two)]));
  for (let from = 1; from < 19; from += 1) assertRate(meter.units(from, 10), 200, `${from}`);
});

test('the rate follows the table of the week, at once also for who waits already', async () => {
  // 07:58 on a Monday, in UTC.
  const clock = new VirtualClock(Date.parse('2026-11-16T07:58:00Z'));
  const meter = metered(clock);
  const table = parseRateTable('mon 08:00-08:02 64K, mon 08:02-08:03 pause, else 1M');
  const storage = withLimits(
    meter.storage,
    { uploadBytesPerSecond: (instant) => rateAt(table, instant, utc) },
    clock,
  );
  const part = new Uint8Array(32 * 1024);
  await clock.run(busy((one) => one.put('a', part, { signal }), 6000)(storage));
  assertRate(meter.units(10, 100), 100 * mebibyte, 'before eight');
  assertRate(meter.units(122, 110), 110 * 64 * 1024, 'from eight on');
  assert.equal(meter.units(241, 58), 0);
  assertRate(meter.units(302, 30), 30 * mebibyte, 'after the pause');
});

test('whoever waits for a slow hour wakes when it ends', async () => {
  const clock = new VirtualClock(Date.parse('2026-11-16T07:59:00Z'));
  const bucket = newBucket(
    (instant) => (instant < Date.parse('2026-11-16T08:00:00Z') ? 1 : undefined),
    clock,
  );
  const began = clock.elapsed();
  await clock.run(bucket.take(1_000_000, signal));
  await clock.run(bucket.take(1_000_000, signal));
  assert.equal(clock.elapsed() - began, 60_000);
});

test('a canceled wait leaves the line and holds nobody up', async () => {
  const clock = new VirtualClock();
  const bucket = newBucket(1000, clock);
  const controller = new AbortController();
  const began = clock.elapsed();
  await bucket.take(3000, signal);
  const canceled = [0, 1].map(() => bucket.take(100_000, controller.signal));
  const ends = Promise.allSettled(canceled);
  const next = bucket.take(1, signal);
  controller.abort();
  await clock.run(next);
  assert.equal(clock.elapsed() - began, 2000);
  assert.ok((await ends).every(({ status }) => status === 'rejected'));
});
