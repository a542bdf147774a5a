// What the stack of wrappers promises a whole repository: what fails for a time is tried again, rates hold, and the cache saves
// fetches and nothing else, whatever becomes of its files.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import { cacheStorage, stackStorage } from '../../src/cli/storage-stack.ts';
import { openRepository } from '../../src/repository/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { bytesOf, signal, stillContext } from '../storage/storage-world.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  owner,
  password,
  restoredDigest,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const random = () => 0.5;

/** As if it were behind a network. */
function remote(inner: Storage): Storage {
  return forwarding(inner, { features: { ...inner.features, isLocal: false } });
}

/** A clock on which the deadlines of calls never come: in memory nothing takes a minute. */
function patient<Given extends Context>(context: Given): Given {
  const sleep = (durationMs: number, given: AbortSignal) =>
    durationMs < 60_000 ? context.clock.sleep(durationMs, given) : new Promise<void>(() => {});
  return { ...context, clock: { ...context.clock, sleep } };
}

function openCached(storage: Storage, folder: string, context: TestContext): Promise<Repository> {
  return openRepository(
    {
      storage,
      state: { directory: join(folder, 'state') },
      secrets: [password],
      owner: owner('cached'),
      writerName: 'test',
      wrap: (plain, id) => cacheStorage(plain, join(folder, 'cache'), id),
    },
    context,
  );
}

test('a backup and its restore survive a storage that fails every fifth call', async () => {
  using folder = scratch();
  const files = join(folder.path, 'files');
  writeTree(files, { a: noise('a', 300_000), 'deep/b': 'text '.repeat(5000), empty: '' });
  const context = testContext();
  let struck = 0;
  const { storage: faulty } = withFaults(remote(new MemoryStorage()), (call) => {
    if (call % 5 !== 0) return undefined;
    struck += 1;
    return struck % 2 === 0 ? 'before' : 'after';
  });
  const storage = stackStorage(faulty, {}, random, patient(context));
  await create(storage, join(folder.path, 'state'), context);
  const repository = await open(storage, join(folder.path, 'state'), 'one', context);
  assert.equal((await backupFolder(files, repository, context)).outcome, 'succeeded');
  const [snapshot] = await snapshotsOf(repository, context);
  assert.equal(await restoredDigest(snapshot!, repository, context), treeDigest(files));
  assert.ok(struck > 3, `${struck} faults`);
  assert.ok(context.warnings.some((one) => one.includes('trying again')));
});

test('a local disk is tried three times within a second, a remote storage for minutes', async () => {
  for (const isLocal of [true, false]) {
    const context = stillContext();
    let calls = 0;
    const broken = forwarding(isLocal ? new MemoryStorage() : remote(new MemoryStorage()), {
      get: async () => {
        calls += 1;
        throw new Failure('unavailable', 'STORAGE_IO_ERROR', 'the storage failed');
      },
    });
    await assert.rejects(stackStorage(broken, {}, () => 0.99, patient(context)).get('a', { signal }));
    const slept = context.sleeps.reduce((sum, one) => sum + one, 0);
    assert.equal(calls, isLocal ? 3 : 8);
    assert.ok(isLocal ? slept < 1000 : slept > 50_000, `${slept} ms`);
  }
});

test('a rate holds, also for what is sent again', async () => {
  const context = stillContext();
  const { storage: faulty } = withFaults(new MemoryStorage(), (call) => (call === 1 ? 'before' : undefined));
  const storage = stackStorage(faulty, { uploadBytesPerSecond: 1000 }, () => 0, context);
  await storage.put('a', new Uint8Array(5000), { signal });
  await storage.put('b', bytesOf('x'), { signal });
  // Five seconds for each of the two tries, but for the second that is saved up at the beginning.
  assert.equal(
    context.sleeps.reduce((sum, one) => sum + one, 0),
    9000,
  );
});

test('a local disk gets no cache', async () => {
  using folder = scratch();
  const memory = new MemoryStorage();
  await memory.put('index/one', bytesOf('one'), { signal });
  await cacheStorage(memory, folder.path, 'id').get('index/one', { signal });
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a second opening fetches no index, snapshot or tree, and a cache that is gone or damaged changes nothing', async () => {
  using folder = scratch();
  const files = join(folder.path, 'files');
  writeTree(files, { a: noise('a', 100_000), 'deep/b': 'some text', 'deep/c': noise('c', 5000) });
  const digest = treeDigest(files);
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, join(folder.path, 'state'), context);
  await backupFolder(files, await open(memory, join(folder.path, 'state'), 'one', context), context);
  const calls: RecordedCall[] = [];
  const storage = withRecording(remote(memory), calls);
  /** Names of what a whole restore fetches. */
  const restoreAll = async (): Promise<string[]> => {
    calls.length = 0;
    const repository = await openCached(storage, folder.path, context);
    await repository.loadIndex(context);
    const [snapshot] = await snapshotsOf(repository, context);
    assert.equal(await restoredDigest(snapshot!, repository, context), digest);
    return calls.filter(({ verb }) => verb === 'get').map(({ name }) => name);
  };
  const cacheable = (names: string[]) => names.filter((name) => /^(index|snapshots|meta)\//.test(name));

  assert.ok(cacheable(await restoreAll()).length >= 3);
  const second = await restoreAll();
  assert.deepEqual(cacheable(second), []);
  assert.ok(second.some((name) => name.startsWith('packs/')));

  const repositories = join(folder.path, 'cache', 'repositories');
  const kept = () =>
    readdirSync(repositories, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  assert.ok(kept().length >= 3);
  for (const file of kept()) {
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
  }
  assert.ok(cacheable(await restoreAll()).length >= 3);
  for (const file of kept()) writeFileSync(file, '');
  assert.ok(cacheable(await restoreAll()).length >= 3);
  rmSync(join(folder.path, 'cache'), { recursive: true });
  assert.ok(cacheable(await restoreAll()).length >= 3);
  rmSync(join(folder.path, 'cache'), { recursive: true });
  writeFileSync(join(folder.path, 'cache'), 'a file stands in the way');
  assert.ok(cacheable(await restoreAll()).length >= 3);
});

test('each repository has a cache of its own, named by its id', async () => {
  using folder = scratch();
  const context = testContext();
  const files = join(folder.path, 'files');
  writeTree(files, { a: 'text' });
  const ids: string[] = [];
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder.path, name));
    const memory = new MemoryStorage();
    await create(memory, join(folder.path, name), context);
    const repository = await openCached(remote(memory), folder.path, context);
    await backupFolder(files, repository, context);
    ids.push(repository.id);
  }
  assert.deepEqual(readdirSync(join(folder.path, 'cache', 'repositories')).sort(), ids.sort());
  for (const id of ids) assert.ok(existsSync(join(folder.path, 'cache', 'repositories', id, 'snapshots')));
});
