// What the probe of a new place promises: a faithful one passes and is left empty, each broken promise is named, and nothing is left behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { demandDeletion, probe } from '../../src/storage/probe.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withAppendOnly } from '../../src/storage/with/append-only.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withNames } from '../../src/storage/with/names.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { failure, stillContext } from './storage-world.ts';

test('a faithful storage passes with few calls and is left as it was', async () => {
  const memory = new MemoryStorage();
  const calls: RecordedCall[] = [];
  await probe(withRecording(memory, calls), stillContext());
  assert.deepEqual(memory.names(), []);
  assert.ok(calls.length <= 10, `${calls.length} calls`);
});

test('every promise that can be seen broken is named, and nothing stays', async () => {
  const replace: (memory: MemoryStorage) => Storage['put'] = (memory) => async (name, bytes, options) => {
    memory.damage(name, undefined);
    await memory.put(name, bytes, { signal: options.signal });
  };
  const breakages: readonly (readonly [number, (memory: MemoryStorage) => Partial<Storage>])[] = [
    [2, (memory) => ({ put: (name, bytes, options) => memory.put(name, bytes.subarray(1), options) })],
    // Acknowledges the condition and ignores it, as some servers do.
    [3, (memory) => ({ put: replace(memory) })],
    [
      3,
      (memory) => ({
        async put(name, bytes, options) {
          const isTaken = (await memory.stat(name, options)) !== undefined;
          await replace(memory)(name, bytes, options);
          if (isTaken) throw new Failure('conflict', 'OBJECT_EXISTS', 'exists');
        },
      }),
    ],
    [4, (memory) => ({ get: (name, { signal }) => memory.get(name, { signal }) })],
    [
      4,
      (memory) => ({
        get: (name, { signal, range }) =>
          memory.get(name, { signal, ...(range && { range: { ...range, offset: range.offset + 1 } }) }),
      }),
    ],
    [5, () => ({ async *list() {} })],
    [6, () => ({ delete: async () => undefined })],
  ];
  for (const [promise, breakage] of breakages) {
    const memory = new MemoryStorage();
    const storage = withNames(forwarding(memory, breakage(memory)), stillContext());
    await assert.rejects(probe(storage, stillContext()), (error) => {
      assert.ok(isFailure(error, 'denied', 'STORAGE_PROBE_UNFAITHFUL'), String(error));
      assert.equal(error.facts.promise, promise);
      assert.ok(error.hint);
      return true;
    });
    if (promise !== 6) assert.deepEqual(memory.names(), []);
  }
});

test('an account that may not delete is told of, a storage whose lists lag is not asked for one', async () => {
  const memory = new MemoryStorage();
  const storage = forwarding(memory, {
    features: { ...memory.features, listLagMs: 60_000 },
    async *list() {},
    delete: async () => {
      throw new Failure('denied', 'STORAGE_DENIED', 'no right to delete');
    },
  });
  const context = stillContext();
  await probe(storage, context);
  assert.equal(context.logged.length, 1);
});

test('trouble on the way is what it is', async () => {
  const memory = new MemoryStorage();
  const storage = forwarding(memory, {
    put: async () => {
      throw new Failure('denied', 'STORAGE_DENIED', 'no right to write');
    },
  });
  await assert.rejects(probe(storage, stillContext()), failure('denied', 'STORAGE_DENIED'));
});

test('an account that may not delete is refused before a test has written more than one object', async () => {
  const memory = new MemoryStorage();
  await assert.rejects(
    demandDeletion(withAppendOnly(memory), stillContext()),
    failure('denied', 'STORAGE_TEST_MAY_NOT_DELETE'),
  );
  assert.equal(memory.names().length, 1);
  const free = new MemoryStorage();
  await demandDeletion(free, stillContext());
  assert.deepEqual(free.names(), []);
});
