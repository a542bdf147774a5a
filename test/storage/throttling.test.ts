// T-21 and what else is promised to a storage in trouble: no storm of retries when it says "slow down" or is gone, one probe for all, calls
// that end when no answer comes. Time is virtual.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withDeadline } from '../../src/storage/with/deadline.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { budgetOf, report } from '../campaign.ts';
import { chanceOf } from '../simulation/scheduler.ts';
import { bytesOf, failure, namesOf, signal } from './storage-world.ts';
import { inParallel, VirtualClock, virtualContext } from './virtual-clock.ts';

interface Server {
  readonly storage: Storage;
  readonly asked: () => number;
  readonly refused: () => number;
}

/** Takes so many puts a second, and as many at once when it rested; each takes 20 ms to be answered. */
function throttling(clock: VirtualClock, callsPerSecond: number, tellsWhen: boolean): Server {
  const memory = new MemoryStorage();
  let tokens = callsPerSecond;
  let at = clock.elapsed();
  let asked = 0;
  let refused = 0;
  const storage = forwarding(memory, {
    async put(name, bytes, options) {
      asked += 1;
      const now = clock.elapsed();
      tokens = Math.min(callsPerSecond, tokens + ((now - at) / 1000) * callsPerSecond);
      at = now;
      const isTaken = tokens >= 1;
      if (isTaken) tokens -= 1;
      await clock.sleep(20, options.signal);
      if (isTaken) return memory.put(name, bytes, options);
      refused += 1;
      throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'slow down', {
        facts: tellsWhen ? { retryAfterMs: 1000 } : {},
      });
    },
  });
  return { storage, asked: () => asked, refused: () => refused };
}

test('T-21: throttled, a run completes and asks at most a tenth more than it is allowed', async () => {
  const seeds = budgetOf('THROTTLES', 5);
  let tried = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    for (const tellsWhen of [true, false]) {
      for (const callsPerSecond of [5, 20, 100]) {
        const clock = new VirtualClock();
        const began = clock.elapsed();
        const { storage, asked, refused } = throttling(clock, callsPerSecond, tellsWhen);
        const retrying = withRetry(storage, chanceOf(seed), virtualContext(clock));
        const names = Array.from({ length: 600 }, (_, number) => `a/${number}`);
        await clock.run(
          inParallel(names, 8, (name) => retrying.put(name, bytesOf(name), { signal, ifAbsent: true })),
        );
        const seconds = (clock.elapsed() - began) / 1000;
        const budget = callsPerSecond * (1 + seconds);
        const story = `${seed}: ${asked()} calls, ${refused()} refused, of ${budget.toFixed(0)} in ${seconds.toFixed(0)} s`;
        assert.ok(asked() <= 1.1 * budget, story);
        assert.ok(refused() <= 0.15 * names.length, story);
        assert.ok(seconds < 2 * (names.length / callsPerSecond) + 20, `too slow: ${story}`);
        assert.equal((await namesOf(storage, 'a/')).length, names.length);
        tried += 1;
      }
    }
  }
  report({ campaign: 'T-21', tried, lost: 0, wrong: 0, manual: 0 });
});

test('what a storage asks for is kept by all calls, not only by the one it told', async () => {
  const clock = new VirtualClock();
  const memory = new MemoryStorage();
  await memory.put('a', bytesOf('x'), { signal });
  const beganAt: number[] = [];
  let isTold = false;
  const storage = forwarding(memory, {
    async get(name, options) {
      beganAt.push(clock.elapsed());
      await clock.sleep(10, options.signal);
      if (!isTold) {
        isTold = true;
        throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'busy', { facts: { retryAfterMs: 7000 } });
      }
      return memory.get(name, options);
    },
  });
  const retrying = withRetry(storage, () => 0, virtualContext(clock));
  const start = clock.elapsed();
  const later = async () => {
    await clock.sleep(1000, signal);
    await retrying.get('a', { signal });
  };
  await clock.run(Promise.all([retrying.get('a', { signal }), later(), later()]));
  assert.deepEqual(
    beganAt.map((at) => at - start),
    [0, 7010, 7010, 7010],
  );
});

test('a storage that is down is asked by one at a time, and everybody goes on when it is back', async () => {
  const clock = new VirtualClock();
  const memory = new MemoryStorage();
  const start = clock.elapsed();
  let isDown = true;
  let asked = 0;
  let atOnce = 0;
  let atOnceMax = 0;
  const storage = forwarding(memory, {
    async put(name, bytes, options) {
      asked += 1;
      atOnce += 1;
      if (asked > 8) atOnceMax = Math.max(atOnceMax, isDown ? atOnce : 0);
      await clock.sleep(100, options.signal);
      atOnce -= 1;
      if (isDown) throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'refused');
      await memory.put(name, bytes, options);
    },
  });
  // By name only: a look at what is stored is not what is counted here.
  const retrying = withRetry(storage, () => 0.9, virtualContext(clock));
  const heal = async () => {
    await clock.sleep(20_000, signal);
    isDown = false;
  };
  const names = Array.from({ length: 64 }, (_, number) => `a/${number}`);
  const work = inParallel(names, 8, (name) => retrying.put(name, bytesOf(name), { signal }));
  await clock.run(Promise.all([heal(), work]));
  assert.deepEqual(memory.names(), names.sort());
  assert.equal(atOnceMax, 1);
  assert.ok(asked <= names.length + 8 + 8, `${asked} calls`);
  assert.ok(clock.elapsed() - start < 60_000);
});

test('all give up together when a storage does not come back, and the next one asks again', async () => {
  const clock = new VirtualClock();
  const memory = new MemoryStorage();
  await memory.put('a', bytesOf('x'), { signal });
  let asked = 0;
  let isDown = true;
  const storage = forwarding(memory, {
    async get(name, options) {
      asked += 1;
      await clock.sleep(50, options.signal);
      if (isDown) throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'gone');
      return memory.get(name, options);
    },
  });
  const retrying = withRetry(storage, () => 0.5, virtualContext(clock));
  const calls = Array.from({ length: 20 }, () => retrying.get('a', { signal }));
  const ends = await clock.run(Promise.allSettled(calls));
  assert.ok(ends.every((end) => end.status === 'rejected' && isFailure(end.reason, 'unavailable')));
  assert.ok(asked <= 20 + 8, `${asked} calls`);
  isDown = false;
  assert.equal((await clock.run(retrying.get('a', { signal }))).length, 1);
});

test('a canceled probe hands over to the next in the line', async () => {
  const clock = new VirtualClock();
  const memory = new MemoryStorage();
  await memory.put('a', bytesOf('x'), { signal });
  let isDown = true;
  const storage = forwarding(memory, {
    async get(name, options) {
      await clock.sleep(50, options.signal);
      if (isDown) throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'gone');
      return memory.get(name, options);
    },
  });
  const retrying = withRetry(storage, () => 0.5, virtualContext(clock));
  const controllers = Array.from({ length: 6 }, () => new AbortController());
  const calls = controllers.map((one) => retrying.get('a', { signal: one.signal }));
  const cancel = async () => {
    await clock.sleep(60, signal);
    for (const one of controllers.slice(0, 5)) one.abort();
    isDown = false;
  };
  const ends = await clock.run(Promise.all([cancel(), Promise.allSettled(calls)]));
  assert.deepEqual(
    ends[1].map(({ status }) => status),
    ['rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'fulfilled'],
  );
});

test('no further try begins when the time for a call is used up', async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const slow = forwarding(new MemoryStorage(), {
    async get(_name, options) {
      asked += 1;
      await clock.sleep(60_000, options.signal);
      throw new Failure('unavailable', 'STORAGE_TIMEOUT', 'no answer');
    },
  });
  const policy = { attemptsMax: 50, firstDelayMs: 1, delayMaxMs: 1, budgetMs: 180_000 };
  const retrying = withRetry(slow, () => 0, virtualContext(clock), policy);
  await assert.rejects(clock.run(retrying.get('a', { signal })), failure('unavailable', 'STORAGE_TIMEOUT'));
  assert.equal(asked, 4);
});

/** Answers nothing, and heeds its signal or not. */
function hanging(memory: MemoryStorage, heeds: boolean): Storage {
  const hang = (given: AbortSignal) =>
    new Promise<never>((_, reject) => {
      if (heeds) {
        given.addEventListener('abort', () => reject(new Failure('canceled', 'CANCELED', 'canceled')));
      }
    });
  return forwarding(memory, {
    put: (_name, _bytes, options) => hang(options.signal),
    get: (_name, options) => hang(options.signal),
    stat: (_name, options) => hang(options.signal),
    delete: (_name, options) => hang(options.signal),
    async *list(prefix, options) {
      yield* memory.list(prefix, options);
      await hang(options.signal);
    },
  });
}

test('a call without an answer ends as unavailable, after a time that its size allows', async () => {
  const mebibyte = 1024 * 1024;
  for (const heeds of [true, false]) {
    for (const [seconds, call] of [
      [60, (storage: Storage) => storage.stat('a', { signal })],
      [60, (storage: Storage) => storage.delete('a', { signal })],
      [60, (storage: Storage) => namesOf(storage)],
      [76, (storage: Storage) => storage.put('a', new Uint8Array(mebibyte), { signal })],
      [
        60 + 32,
        (storage: Storage) => storage.get('a', { signal, range: { offset: 0, length: 2 * mebibyte } }),
      ],
    ] as const) {
      const clock = new VirtualClock();
      const began = clock.elapsed();
      const storage = withDeadline(hanging(new MemoryStorage(), heeds), clock);
      await assert.rejects(clock.run<unknown>(call(storage)), failure('unavailable', 'STORAGE_TIMEOUT'));
      assert.equal(clock.elapsed() - began, seconds * 1000);
    }
  }
});

test('a canceled call is canceled, not late, and an answered one leaves nothing behind', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const storage = withDeadline(hanging(new MemoryStorage(), true), clock);
  const call = storage.stat('a', { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, failure('canceled', 'CANCELED'));
  const memory = new MemoryStorage();
  const quick = withDeadline(memory, clock);
  const began = clock.elapsed();
  await clock.run(quick.put('a', bytesOf('x'), { signal }));
  assert.deepEqual(await clock.run(namesOf(quick)), ['a']);
  assert.equal(clock.elapsed(), began);
});
