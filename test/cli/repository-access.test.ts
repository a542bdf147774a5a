// What stands between a command and a storage: retry and the cache for a storage far away, nothing for a local one.

import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ambient, readAmbient } from '../../src/cli/ambient.ts';
import { Options } from '../../src/cli/options.ts';
import { stack } from '../../src/cli/repository-access.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { atCall, withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import {
  backupFolder,
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  writeTree,
} from '../world.ts';

function farAway(inner: Storage): Storage {
  return forwarding(inner, { features: { ...inner.features, isLocal: false } });
}

function invocationIn(cacheDirectory: string, values: Readonly<Record<string, string>> = {}) {
  const ambient: Ambient = { ...readAmbient(), cacheDirectory };
  return { options: new Options(values), ambient, context: testContext() };
}

test('a local storage is used as it is, and nothing of it is cached', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  assert.equal(await stack(storage, invocationIn(folder.path)), storage);
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a storage far away that fails for a moment is asked again', async () => {
  using folder = scratch();
  const inner = new MemoryStorage();
  const invocation = invocationIn(folder.path);
  const { signal } = invocation.context;
  const faulty = withFaults(farAway(inner), atCall(2, 'before'));
  const storage = await stack(faulty.storage, invocation);
  await storage.put('index/aa', Uint8Array.of(1), { signal });
  assert.deepEqual(inner.names(), ['index/aa']);
  assert.equal(invocation.context.warnings.length, 1);
});

test('the limits hold for a storage near and far', async () => {
  using folder = scratch();
  for (const inner of [new MemoryStorage(), farAway(new MemoryStorage())]) {
    const invocation = invocationIn(folder.path, { limitUpload: '1KiB' });
    const { clock, signal } = invocation.context;
    const storage = await stack(inner, invocation);
    const before = clock.elapsed();
    for (const name of ['a', 'b', 'c']) await storage.put(name, new Uint8Array(4096), { signal });
    assert.ok(clock.elapsed() - before >= 7000);
  }
});

test('a second look at a storage far away fetches no snapshot and no index again, with the cache thrown away it does', async () => {
  using folder = scratch();
  const source = join(folder.path, 'source');
  writeTree(source, { a: 'apple', 'b/c': 'cherry' });
  const cache = join(folder.path, 'cache');
  const inner = new MemoryStorage();
  const fetched: string[] = [];
  const counting = forwarding(farAway(inner), {
    get: (name, options) => {
      if (/^(index|snapshots)\//.test(name)) fetched.push(name);
      return inner.get(name, options);
    },
  });
  const look = async () => {
    fetched.length = 0;
    const invocation = invocationIn(cache);
    const { context } = invocation;
    const state = join(folder.path, 'state');
    await using repository = await open(await stack(counting, invocation), state, 'two', context);
    await repository.loadIndex(context);
    const snapshots = await snapshotsOf(repository, context);
    return restoredDigest(snapshots[0]!, repository, context);
  };
  const context = testContext();
  await create(inner, join(folder.path, 'state'), context);
  {
    await using repository = await open(inner, join(folder.path, 'state'), 'one', context);
    await backupFolder(source, repository, context);
  }
  const expected = await look();
  assert.ok(fetched.length > 0);
  assert.equal(await look(), expected);
  assert.deepEqual(fetched, []);
  rmSync(cache, { recursive: true });
  assert.equal(await look(), expected);
  assert.ok(fetched.length > 0);
});
