// T-95: what other programs lost by deleting what was in use, done to this one. Every test names the incident.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { isFailure } from '../../src/base/failure.ts';
import { prune } from '../../src/operations/prune.ts';
import { openRepository } from '../../src/repository/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  password,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const everything = { dryRun: false, maxUnused: 0 } as const;

interface World {
  readonly memory: MemoryStorage;
  readonly source: string;
  readonly state: string;
  readonly digest: string;
}

async function worldIn(folder: string, context: Context): Promise<World> {
  const memory = new MemoryStorage();
  const source = join(folder, 'source');
  const state = join(folder, 'state');
  writeTree(source, { 'a.txt': 'hello', 'b/noise.bin': noise('incident', 50_000) });
  await create(memory, state, context);
  await backupFolder(source, await open(memory, state, 'writer', context), context);
  return { memory, source, state, digest: treeDigest(source) };
}

async function isWhole(world: World, context: Context): Promise<void> {
  const repository = await open(world.memory, world.state, 'reader', context);
  await repository.loadIndex(context);
  const snapshots = await snapshotsOf(repository, context);
  assert.ok(snapshots.length > 0);
  assert.equal(await restoredDigest(snapshots[0]!, repository, context), world.digest);
}

const storedBlobs = (memory: MemoryStorage): string[] =>
  memory.names().filter((name) => /^(packs|meta|index)\//.test(name));

/** A process of another machine: nobody here can prove that it is gone, and it cannot prove that of others. */
function openElsewhere(storage: Storage, directory: string, context: Context): Promise<Repository> {
  const owner = { node: 'elsewhere', incarnation: 'one', isDead: () => false };
  const state = { directory };
  return openRepository({ storage, state, secrets: [password], owner, writerName: 'elsewhere' }, context);
}

test('restic 4612: a list that fails, at once or in the middle, is no empty list: prune fails and deletes nothing', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  for (const prefix of [
    'snapshots/',
    'tombstones/',
    'index/',
    'sessions/',
    'condemned/',
    'packs/',
    'meta/',
  ]) {
    for (const isAtOnce of [true, false]) {
      const memory = world.memory.clone();
      const before = storedBlobs(memory);
      const broken = forwarding(memory, {
        async *list(asked, options) {
          if (asked !== prefix) {
            yield* memory.list(asked, options);
            return;
          }
          if (!isAtOnce) {
            for await (const one of memory.list(asked, options)) {
              yield one;
              break;
            }
          }
          throw new Error('the listing ended early');
        },
      });
      const repository = await open(memory, world.state, 'pruner', context);
      Object.defineProperty(repository, 'storage', { value: broken });
      await assert.rejects(prune(everything, repository, context), /the listing ended early/);
      assert.deepEqual(storedBlobs(memory), before, prefix);
    }
  }
  await isWhole(world, context);
});

test('restic 4612: where snapshots are no longer listed and nobody forgot them, prune refuses', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  const hidden = world.memory.clone();
  for (const name of hidden.names()) if (name.startsWith('snapshots/')) hidden.damage(name, undefined);
  const before = storedBlobs(hidden);
  const repository = await open(hidden, world.state, 'pruner', context);
  await assert.rejects(prune(everything, repository, context), (error) =>
    isFailure(error, 'corrupt', 'REPOSITORY_ROLLED_BACK'),
  );
  assert.deepEqual(storedBlobs(hidden), before);
});

/** A backup that stops before its snapshot is put, does what is asked, and goes on. */
async function interrupted(
  world: World,
  folder: string,
  context: Context,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const source = join(folder, 'second');
  writeTree(source, { 'new.bin': noise('second', 80_000) });
  const slow = forwarding(world.memory, {
    async put(name, bytes, options) {
      if (name.startsWith('snapshots/')) await meanwhile();
      await world.memory.put(name, bytes, options);
    },
  });
  const repository = await openElsewhere(slow, join(folder, 'elsewhere'), context);
  await backupFolder(source, repository, context);
}

test('kopia: a writer that sleeps for ten years while others prune every day loses nothing', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  await interrupted(world, folder.path, context, async () => {
    for (let year = 0; year < 10; year += 1) {
      await context.clock.sleep(365 * 86_400_000, context.signal);
      await prune(everything, await open(world.memory, world.state, `pruner ${year}`, context), context);
    }
  });
  await isWhole(world, context);
  const repository = await open(world.memory, world.state, 'reader', context);
  await repository.loadIndex(context);
  const snapshots = await snapshotsOf(repository, context);
  assert.equal(snapshots.length, 2);
  assert.equal(
    await restoredDigest(snapshots[1]!, repository, context),
    treeDigest(join(folder.path, 'second')),
  );
});

test('restic: whoever deletes the marks of running backups makes those fail, and never lose what they report', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  const run = interrupted(world, folder.path, context, async () => {
    for (const name of world.memory.names())
      if (name.startsWith('sessions/')) world.memory.damage(name, undefined);
    for (const round of [1, 2])
      await prune(everything, await open(world.memory, world.state, `pruner ${round}`, context), context);
  });
  await assert.rejects(run, (error) => isFailure(error, 'conflict', 'SESSION_REVOKED'));
  await isWhole(world, context);
  const repository = await open(world.memory, world.state, 'reader', context);
  assert.equal((await snapshotsOf(repository, context)).length, 1, 'the backup that failed left no snapshot');
});
