// The six promises, on every storage, plain and behind every wrapper; and that the suite notices a storage that breaks one.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createStorage, noSecrets, openStorage } from '../../src/storage/all.ts';
import { type ConformanceResult, conformance } from '../../src/storage/conformance.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withCache } from '../../src/storage/with/cache.ts';
import { seededFaults, withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withLimits } from '../../src/storage/with/limits.ts';
import { withNames } from '../../src/storage/with/names.ts';
import { withRecording } from '../../src/storage/with/recording.ts';
import { defaultRetry, withRetry } from '../../src/storage/with/retry.ts';
import { failure, scratch, signal, stillContext } from './storage-world.ts';

async function run(open: () => Promise<Storage>, listedObjects?: number): Promise<ConformanceResult[]> {
  const options = { signal, ...(listedObjects !== undefined && { listedObjects }) };
  return Array.fromAsync(conformance(open, options));
}

async function demandAll(open: () => Promise<Storage>, listedObjects?: number): Promise<void> {
  const results = await run(open, listedObjects);
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.deepEqual([...new Set(results.map(({ promise }) => promise))].sort(), [0, 1, 2, 3, 4, 5, 6]);
}

/** Wrappers in the order in which a program puts them. */
function wrapped(inner: Storage, cacheFolder: string): Storage {
  const context = stillContext();
  const cached = withCache(
    withLimits(
      withRetry(inner, () => 0.5, context),
      { uploadBytesPerSecond: 1e6, downloadBytesPerSecond: 1e6 },
      context.clock,
    ),
    {
      folder: cacheFolder,
      wholePrefixes: ['index/'],
      rangePrefixes: ['meta/'],
    },
  );
  return withNames(withRecording(withFaults(cached, () => undefined).storage, []), context);
}

test('memory keeps the promises', async () => {
  const storage = new MemoryStorage();
  await demandAll(async () => storage);
  assert.deepEqual(storage.names(), []);
});

test('a local folder keeps the promises', async () => {
  using folder = scratch();
  await demandAll(() => openStorage(folder.path, noSecrets, stillContext()));
});

test('wrapped storages keep the promises', async () => {
  using folder = scratch();
  using cacheFolder = scratch();
  const memory = new MemoryStorage();
  await demandAll(async () => wrapped(memory, join(cacheFolder.path, 'a')));
  mkdirSync(join(folder.path, 'repository'));
  const context = stillContext();
  await demandAll(
    async () =>
      wrapped(
        await openStorage(join(folder.path, 'repository'), noSecrets, context),
        join(cacheFolder.path, 'b'),
      ),
    30,
  );
});

test('retry keeps the promises on a storage that often fails, before and after the effect', async () => {
  for (const seed of ['one', 'two', 'three']) {
    const memory = new MemoryStorage();
    const plan = seededFaults(seed, 0.2, ['before', 'after']);
    const faulty = withFaults(memory, plan).storage;
    const storage = withRetry(faulty, () => 0, stillContext(), { ...defaultRetry, attemptsMax: 30 });
    await demandAll(async () => storage, 60);
  }
});

test('the suite notices every broken promise', async () => {
  const breakages: readonly (readonly [number, (inner: Storage) => Partial<Storage>])[] = [
    [
      2,
      (inner) => ({
        put: async (name, bytes, options) => inner.put(name, bytes.subarray(0, 1_000_000), options),
      }),
    ],
    [
      3,
      (inner) => ({
        put: async (name, bytes, { signal: given }) => {
          await inner.delete(name, { signal: given });
          await inner.put(name, bytes, { signal: given });
        },
      }),
    ],
    [
      4,
      (inner) => ({
        get: async (name, options) => {
          const whole = await inner.get(name, { signal: options.signal });
          const { offset, length } = options.range ?? { offset: 0, length: whole.length };
          return whole.subarray(offset, offset + length);
        },
      }),
    ],
    [
      5,
      (inner) => ({
        list: async function* (prefix, options) {
          let count = 0;
          for await (const one of inner.list(prefix, options)) {
            count += 1;
            if (count <= 1000) yield one;
          }
        },
      }),
    ],
    [
      5,
      (inner) => ({
        list: async function* (prefix, options) {
          for await (const one of inner.list(prefix, options)) {
            yield one;
            yield one;
          }
        },
      }),
    ],
    [5, (inner) => ({ list: (prefix, options) => inner.list(prefix.replace(/[^/]*$/, ''), options) })],
    [
      6,
      (inner) => ({
        delete: async (name, options) => {
          await inner.get(name, options);
          await inner.delete(name, options);
        },
      }),
    ],
    [0, (inner) => ({ get: (name, options) => inner.get(name, { ...options, signal }) })],
  ];
  for (const [promise, breakage] of breakages) {
    const memory = new MemoryStorage();
    const broken = forwarding(memory, breakage(memory));
    const failed = (await run(async () => broken)).filter(({ ok }) => !ok).map((result) => result.promise);
    assert.ok(
      failed.includes(promise as never),
      `promise ${promise} was broken unnoticed; failed: ${failed.join()}`,
    );
  }
});

test('no repository is made in memory, where it would be gone at once', async () => {
  await assert.rejects(
    createStorage('memory:', noSecrets, stillContext()),
    failure('usage', 'STORAGE_NOT_LASTING'),
  );
});
