// What retry promises: only passing trouble is tried again, waits grow with full jitter, and an unanswered put is resolved by reading.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, type FailureKind, failureKinds } from '../../src/base/failure.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { unknownHostFailure } from '../../src/storage/network/unknown-host.ts';
import type { LifecycleRule, Storage } from '../../src/storage/storage.ts';
import { atCall, withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { defaultRetry, openWithRetry, withRetry } from '../../src/storage/with/retry.ts';
import { bytesOf, failure, namesOf, signal, stillContext, textOf } from './storage-world.ts';

/** Fails every get with the given failure. */
function failing(error: Failure): { storage: Storage; calls: RecordedCall[] } {
  const calls: RecordedCall[] = [];
  const broken = forwarding(new MemoryStorage(), {
    get: async () => {
      throw error;
    },
  });
  return { storage: withRecording(broken, calls), calls };
}

test('only failures that can pass are tried again', async () => {
  for (const kind of Object.keys(failureKinds) as FailureKind[]) {
    const { storage, calls } = failing(new Failure(kind, 'SOME_CODE', 'trouble'));
    const context = stillContext();
    await assert.rejects(
      withRetry(storage, () => 0.5, context).get('a', { signal }),
      failure(kind, 'SOME_CODE'),
    );
    assert.equal(calls.length, failureKinds[kind].retry ? defaultRetry.attemptsMax : 1, kind);
  }
  const { storage, calls } = failing(new Failure('unavailable', 'STORAGE_FAILED', 'no fsync'));
  await assert.rejects(withRetry(storage, () => 0.5, stillContext()).get('a', { signal }));
  assert.equal(calls.length, 1, 'a storage that failed stays failed');
});

test('a host that has no address fails at once, unless it had one a moment ago', async () => {
  const unknown = unknownHostFailure(
    new Error('wrapped', {
      cause: Object.assign(new Error('getaddrinfo ENOTFOUND nohost'), { code: 'ENOTFOUND' }),
    }),
  );
  assert.ok(unknown);
  assert.match(unknown.message, /"nohost"/);
  const { storage, calls } = failing(unknown);
  const context = stillContext();
  const retrying = withRetry(storage, () => 0.5, context);
  await assert.rejects(retrying.get('a', { signal }), failure('unavailable', 'STORAGE_HOST_UNKNOWN'));
  assert.equal(calls.length, 1);
  await retrying.put('a', bytesOf('x'), { signal });
  calls.length = 0;
  await assert.rejects(retrying.get('a', { signal }), failure('unavailable', 'STORAGE_HOST_UNKNOWN'));
  assert.equal(calls.length, defaultRetry.attemptsMax);
  let opens = 0;
  const open = async () => {
    opens += 1;
    throw unknown;
  };
  await assert.rejects(
    openWithRetry(open, () => 0.5, context),
    failure('unavailable', 'STORAGE_HOST_UNKNOWN'),
  );
  assert.equal(opens, 1);
});

test('waits double up to a maximum, scaled by chance from nothing to all', async () => {
  const policy = { attemptsMax: 6, firstDelayMs: 100, delayMaxMs: 500 };
  for (const [chance, expected] of [
    [0, [0, 0, 0, 0, 0]],
    [0.5, [50, 100, 200, 250, 250]],
    [0.999, [99, 199, 399, 499, 499]],
  ] as const) {
    const context = stillContext();
    const { storage } = failing(new Failure('unavailable', 'DOWN', 'down'));
    await assert.rejects(withRetry(storage, () => chance, context, policy).get('a', { signal }));
    assert.deepEqual(context.sleeps, expected);
  }
});

test('a wait that the storage asks for is kept, within the maximum', async () => {
  const policy = { attemptsMax: 2, firstDelayMs: 100, delayMaxMs: 5000 };
  for (const [asked, kept] of [
    [3000, 3000],
    [60_000, 5000],
  ] as const) {
    const context = stillContext();
    const { storage } = failing(
      new Failure('unavailable', 'BUSY', 'busy', { facts: { retryAfterMs: asked } }),
    );
    await assert.rejects(withRetry(storage, () => 0, context, policy).get('a', { signal }));
    assert.deepEqual(context.sleeps, [kept]);
  }
});

test('a canceled call is not tried again', async () => {
  const controller = new AbortController();
  const { storage, calls } = failing(new Failure('unavailable', 'DOWN', 'down'));
  const retrying = withRetry(
    storage,
    () => {
      controller.abort();
      return 0.5;
    },
    stillContext(),
  );
  await assert.rejects(retrying.get('a', { signal: controller.signal }), failure('canceled', 'CANCELED'));
  assert.equal(calls.length, 1);
});

test('a put whose answer was lost succeeds, without being sent twice', async () => {
  for (const ifAbsent of [true, false]) {
    const calls: RecordedCall[] = [];
    const { storage: faulty } = withFaults(withRecording(new MemoryStorage(), calls), atCall(1, 'after'));
    const storage = withRetry(faulty, () => 0, stillContext());
    await storage.put('a', bytesOf('one'), { signal, ifAbsent });
    assert.equal(await textOf(storage, 'a'), 'one');
    assert.equal(calls.filter(({ verb }) => verb === 'put').length, 1);
  }
});

test('a put whose first try arrives late succeeds', async () => {
  const memory = new MemoryStorage();
  let tries = 0;
  const late = forwarding(memory, {
    put: async (name, bytes, options) => {
      tries += 1;
      if (tries === 1) throw new Failure('unavailable', 'NO_ANSWER', 'no answer');
      // The first one lands between the look and the second one.
      await memory.put(name, bytes, options);
      await memory.put(name, bytes, options);
    },
  });
  await withRetry(late, () => 0, stillContext()).put('a', bytesOf('one'), { signal, ifAbsent: true });
  assert.equal(tries, 2);
});

test('a name that another writer took is a conflict, also after an unanswered try', async () => {
  const memory = new MemoryStorage();
  await memory.put('a', bytesOf('theirs'), { signal });
  const taken = failure('conflict', 'OBJECT_EXISTS');
  for (const fault of ['before', 'after'] as const) {
    const storage = withRetry(withFaults(memory, atCall(1, fault)).storage, () => 0, stillContext());
    await assert.rejects(storage.put('a', bytesOf('ours!!'), { signal, ifAbsent: true }), taken);
  }
  const storage = withRetry(memory, () => 0, stillContext());
  await assert.rejects(storage.put('a', bytesOf('theirs'), { signal, ifAbsent: true }), taken);
});

test('a list that breaks off goes on, complete and each name once', async () => {
  const memory = new MemoryStorage();
  for (let index = 0; index < 20; index += 1) await memory.put(`a/${index}`, bytesOf('x'), { signal });
  let lists = 0;
  const breaking = forwarding(memory, {
    async *list(prefix, options) {
      lists += 1;
      let left = lists * 6;
      for await (const object of memory.list(prefix, options)) {
        left -= 1;
        if (left < 0) throw new Failure('unavailable', 'BROKEN_OFF', 'broken off');
        yield object;
      }
    },
  });
  assert.deepEqual(
    await namesOf(
      withRetry(breaking, () => 0, stillContext()),
      'a/',
    ),
    memory.names(),
  );
  assert.equal(lists, 4);
});

test('a reserve is filled and freed, and leftovers are swept, also where the first answer is lost', async () => {
  const effects: string[] = [];
  const lost = new Set(['fill', 'free', 'sweep']);
  const after = <Result>(what: string, result: Result): Result => {
    effects.push(what);
    if (lost.delete(what)) throw new Failure('unavailable', 'LOST', 'no answer');
    return result;
  };
  let isFilled = true;
  const losing = forwarding(new MemoryStorage(), {
    fillReserve: async () => after('fill', undefined),
    async freeReserve() {
      const wasFilled = isFilled;
      isFilled = false;
      return after('free', wasFilled);
    },
    sweep: async () => after('sweep', 3),
  });
  const storage = withRetry(losing, () => 0, stillContext());
  await storage.fillReserve?.({ signal });
  assert.equal(await storage.freeReserve?.({ signal }), true);
  assert.equal(await storage.freeReserve?.({ signal }), false);
  assert.equal(await storage.sweep?.(1, { signal }), 3);
  assert.deepEqual(effects, ['fill', 'fill', 'free', 'free', 'free', 'sweep', 'sweep']);
});

test('moving to a class, looking at the place and its rules are tried again, too', async () => {
  const rules: LifecycleRule[] = [];
  let calls = 0;
  const everySecond = async <Result>(result: Result): Promise<Result> => {
    calls += 1;
    if (calls % 2 === 1) throw new Failure('unavailable', 'DOWN', 'down');
    return result;
  };
  const inner = forwarding(new MemoryStorage(), {
    transition: () => everySecond(undefined),
    posture: () => everySecond([{ about: 'access', verdict: 'good', detail: 'closed' }]),
    lifecycle: {
      read: () => everySecond(rules),
      write: async (given) => {
        await everySecond(undefined);
        rules.push(...given);
      },
    },
  });
  const storage = withRetry(inner, () => 0.5, stillContext());
  await storage.transition?.('packs/a', 'COLD', { signal });
  assert.equal((await storage.posture?.({ signal }))?.[0]?.detail, 'closed');
  await storage.lifecycle?.write([{ id: 'a', prefix: 'packs/', isEnabled: true, transitions: [] }], {
    signal,
  });
  assert.equal((await storage.lifecycle?.read({ signal }))?.length, 1);
  assert.equal(calls, 8);
});

test('a storage that is away when it is opened is waited for; whatever else is wrong is said at once', async () => {
  for (const kind of Object.keys(failureKinds) as FailureKind[]) {
    let calls = 0;
    const open = async () => {
      calls += 1;
      throw new Failure(kind, 'SOME_CODE', 'trouble');
    };
    await assert.rejects(
      openWithRetry(open, () => 0.5, stillContext()),
      failure(kind, 'SOME_CODE'),
    );
    assert.equal(calls, kind === 'unavailable' ? defaultRetry.attemptsMax : 1, kind);
  }
  const said: string[] = [];
  const still = stillContext();
  const context = { ...still, log: { ...still.log, warn: (message: string) => void said.push(message) } };
  let calls = 0;
  const storage = await openWithRetry(
    async () => {
      calls += 1;
      if (calls < 4) throw new Failure('unavailable', 'DOWN', 'down');
      return new MemoryStorage();
    },
    () => 0.5,
    context,
  );
  assert.deepEqual(context.sleeps, [250, 500, 1000]);
  assert.equal(storage.location, 'memory:');
  assert.equal(said[0], 'the storage cannot be opened yet: down', 'nobody is told what is waited for');
  assert.equal(said.length, 4);
});
