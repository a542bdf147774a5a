// What each wrapper promises beyond the port: names, append-only, recording, faults, limits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { withAppendOnly } from '../../src/storage/with/append-only.ts';
import { atCall, seededFaults, withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { newBucket, withBuckets, withLimits } from '../../src/storage/with/limits.ts';
import { isObjectName, isObjectPrefix, withNames } from '../../src/storage/with/names.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { bytesOf, failure, namesOf, signal, stillContext, textOf } from './storage-world.ts';

test('object names are relative, lower-case and short', () => {
  for (const name of ['a', 'packs/ab/0f', 'sessions/ab.revoked', 'a-b_c/1', 'x'.repeat(120)]) {
    assert.ok(isObjectName(name), name);
  }
  for (const name of [
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    './a',
    'a/.tmp-1',
    '.a',
    'A',
    'a b',
    'ä',
    'a\n',
    'a\0',
    'a\\b',
    'c:',
    'x'.repeat(121),
  ]) {
    assert.ok(!isObjectName(name), JSON.stringify(name));
  }
  for (const prefix of ['', 'a', 'a/', 'packs/ab/']) assert.ok(isObjectPrefix(prefix), prefix);
  for (const prefix of ['/', '../', 'a//', 'A/']) assert.ok(!isObjectPrefix(prefix), prefix);
});

test('a wrong name, range or size never reaches the storage', async () => {
  const calls: RecordedCall[] = [];
  const storage = withNames(withRecording(new MemoryStorage(), calls), stillContext());
  const invalid = failure('bug', 'OBJECT_NAME_INVALID');
  await assert.rejects(storage.put('../a', bytesOf(''), { signal }), invalid);
  await assert.rejects(storage.get('../a', { signal }), invalid);
  await assert.rejects(storage.stat('../a', { signal }), invalid);
  await assert.rejects(namesOf(storage, '../'), invalid);
  await assert.rejects(storage.delete('../a', { signal }), invalid);
  for (const range of [
    { offset: -1, length: 1 },
    { offset: 0, length: -1 },
    { offset: 0.5, length: 1 },
    { offset: 0, length: 2 ** 40 },
  ]) {
    await assert.rejects(storage.get('a', { signal, range }), failure('bug', 'OBJECT_RANGE_INVALID'));
  }
  const huge = { length: 128 * 1024 * 1024 + 1 } as Uint8Array;
  await assert.rejects(storage.put('a', huge, { signal }), failure('bug', 'OBJECT_TOO_LARGE'));
  assert.deepEqual(calls, []);
});

test('an answer of another length, and a list of other names, are not believed', async () => {
  const memory = new MemoryStorage();
  await memory.put('a/one', bytesOf('one'), { signal });
  await memory.put('b/two', bytesOf('two'), { signal });
  const lying = forwarding(memory, {
    get: async () => bytesOf('x'),
    list: (_, options) => memory.list('', options),
  });
  const storage = withNames(lying, stillContext());
  await assert.rejects(
    storage.get('a/one', { signal, range: { offset: 0, length: 3 } }),
    failure('corrupt', 'OBJECT_TOO_SHORT'),
  );
  await assert.rejects(namesOf(storage, 'a/'), failure('unavailable', 'STORAGE_LIST_INVALID'));
});

test('append-only deletes nothing and replaces nothing, also on a storage that would', async () => {
  const memory = new MemoryStorage();
  const replacing = forwarding(memory, {
    put: async (name, bytes, options) => {
      if (options.ifAbsent !== true) memory.damage(name, undefined);
      await memory.put(name, bytes, options);
    },
  });
  const storage = withAppendOnly(replacing);
  await storage.put('a', bytesOf('one'), { signal });
  await storage.put('a', bytesOf('one'), { signal });
  const refused = failure('denied', 'STORAGE_APPEND_ONLY');
  await assert.rejects(storage.put('a', bytesOf('two'), { signal }), refused);
  await assert.rejects(
    storage.put('a', bytesOf('one'), { signal, ifAbsent: true }),
    failure('conflict', 'OBJECT_EXISTS'),
  );
  await assert.rejects(storage.delete('a', { signal }), refused);
  assert.equal(await textOf(memory, 'a'), 'one');
});

test('a clone of memory is the same and goes its own way', async () => {
  const memory = new MemoryStorage();
  await memory.put('a', bytesOf('one'), { signal });
  const clone = memory.clone();
  await memory.delete('a', { signal });
  await memory.put('b', bytesOf('two'), { signal });
  assert.deepEqual(clone.names(), ['a']);
  assert.equal(await textOf(clone, 'a'), 'one');
});

test('recording tells every call, its size and how it ended', async () => {
  const calls: RecordedCall[] = [];
  const storage = withRecording(new MemoryStorage(), calls);
  await storage.put('a', bytesOf('one'), { signal });
  await storage.get('a', { signal, range: { offset: 1, length: 2 } });
  await assert.rejects(storage.get('b', { signal }));
  await namesOf(storage, 'a');
  await storage.stat('a', { signal });
  await storage.delete('a', { signal });
  assert.deepEqual(calls, [
    { verb: 'put', name: 'a', sizeBytes: 3, outcome: 'done' },
    { verb: 'get', name: 'a', sizeBytes: 2, outcome: 'done' },
    { verb: 'get', name: 'b', outcome: 'OBJECT_MISSING' },
    { verb: 'list', name: 'a', outcome: 'done' },
    { verb: 'stat', name: 'a', outcome: 'done' },
    { verb: 'delete', name: 'a', outcome: 'done' },
  ]);
});

test('a fault strikes the n-th call, before or after its effect', async () => {
  const injected = failure('unavailable', 'FAULT_INJECTED');
  for (const fault of ['before', 'after', 'crash-before', 'crash-after'] as const) {
    const memory = new MemoryStorage();
    const { storage, calls, hasCrashed } = withFaults(memory, atCall(2, fault));
    await storage.put('a', bytesOf('one'), { signal });
    await assert.rejects(storage.put('b', bytesOf('two'), { signal }), injected);
    assert.deepEqual(memory.names(), fault.endsWith('before') ? ['a'] : ['a', 'b'], fault);
    assert.equal(hasCrashed(), fault.startsWith('crash'));
    if (fault.startsWith('crash')) await assert.rejects(namesOf(storage), injected);
    else assert.ok((await namesOf(storage)).includes('a'));
    assert.equal(calls(), fault.startsWith('crash') ? 2 : 3);
  }
});

test('a list that fails after its effect never looks complete', async () => {
  const memory = new MemoryStorage();
  await memory.put('a', bytesOf('one'), { signal });
  await assert.rejects(
    namesOf(withFaults(memory, atCall(1, 'after')).storage),
    failure('unavailable', 'FAULT_INJECTED'),
  );
});

test('seeded faults are the same for the same seed, and about as many as asked for', () => {
  const struck = (seed: string) => {
    const plan = seededFaults(seed, 0.25, ['before', 'after']);
    return Array.from({ length: 1000 }, (_, index) => plan(index + 1));
  };
  assert.deepEqual(struck('one'), struck('one'));
  assert.notDeepEqual(struck('one'), struck('two'));
  const count = struck('one').filter((fault) => fault !== undefined).length;
  assert.ok(count > 180 && count < 320, `${count} of 1000`);
});

test('a transfer limit holds for all callers together, up and down apart', async () => {
  const context = stillContext();
  const slept = () => context.sleeps.reduce((sum, one) => sum + one, 0);
  const storage = withLimits(
    new MemoryStorage(),
    { uploadBytesPerSecond: 1000, downloadBytesPerSecond: 500 },
    context.clock,
  );
  await Promise.all(
    Array.from({ length: 11 }, (_, index) => storage.put(`a${index}`, new Uint8Array(1000), { signal })),
  );
  // Eleven seconds' worth, of which the saved second and the last object are not waited for.
  assert.equal(slept(), 9000);
  context.sleeps.length = 0;
  context.advance(100_000);
  for (let index = 0; index < 5; index += 1) await storage.get(`a${index}`, { signal });
  assert.equal(slept(), 7000);
});

test('rest is saved for one second at most, and a canceled wait costs nothing', async () => {
  const context = stillContext();
  const bucket = newBucket(1000, context.clock);
  context.advance(3_600_000);
  await bucket.take(1000, signal);
  await bucket.take(1000, signal);
  assert.deepEqual(context.sleeps, []);
  await assert.rejects(bucket.take(50_000, AbortSignal.abort()), failure('canceled', 'CANCELED'));
  await bucket.take(1, signal);
  assert.deepEqual(context.sleeps, [1000]);
});

test('two storages share the rate of one bucket', async () => {
  const context = stillContext();
  const bucket = newBucket(1000, context.clock);
  const one = withBuckets(new MemoryStorage(), bucket, undefined);
  const two = withBuckets(new MemoryStorage(), bucket, undefined);
  await one.put('a', new Uint8Array(3000), { signal });
  await two.put('a', new Uint8Array(1), { signal });
  assert.deepEqual(context.sleeps, [2000]);
});
