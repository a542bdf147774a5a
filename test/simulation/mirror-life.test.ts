// A repository lives on a mirror whose members come and go, one at a time and in the middle of commands. Two of three must take everything: no
// command fails for it, and after one healing each member alone holds all that was reported.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withMirror } from '../../src/storage/with/mirror.ts';
import { healMirror } from '../../src/storage/with/mirror-heal.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { budgetOf } from '../campaign.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { chanceOf, pick } from './scheduler.ts';
import { fastScratch } from './world.ts';

/** Calls that begin while `isAway` says so fail. */
function leaving(memory: MemoryStorage, isAway: () => boolean): Storage {
  const guard = () => {
    if (isAway()) throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'this member is away');
  };
  return forwarding(memory, {
    async put(name, bytes, options) {
      guard();
      await memory.put(name, bytes, options);
    },
    async get(name, options) {
      guard();
      return memory.get(name, options);
    },
    async stat(name, options) {
      guard();
      return memory.stat(name, options);
    },
    async *list(prefix, options) {
      guard();
      yield* memory.list(prefix, options);
    },
    async delete(name, options) {
      guard();
      await memory.delete(name, options);
    },
  });
}

test('a repository survives members that come and go, and each holds all of it after healing', async () => {
  const seeds = budgetOf('MIRRORS', 2);
  for (let seed = 1; seed <= seeds; seed += 1) {
    using folder = fastScratch();
    const chance = chanceOf(seed);
    const context = testContext();
    const source = join(folder.path, 'source');
    mkdirSync(source);
    const memories = [0, 1, 2].map(() => new MemoryStorage());
    let away = -1;
    let calls = 0;
    const storages = memories.map((memory, index) =>
      leaving(memory, () => {
        calls += 1;
        if (calls % 40 === 0) away = pick([-1, 0, 1, 2], chance);
        return away === index;
      }),
    );
    // Every command is a process of its own, which knows nothing but what it reads.
    const connect = () =>
      withRetry(
        withMirror(
          storages.map((storage) => ({ storage, isBlank: false })),
          2,
          context,
        ),
        chance,
        context,
      );
    const state = join(folder.path, 'state');
    await create(connect(), state, context);
    const digests = new Map<string, string>();
    for (let round = 0; round < 8; round += 1) {
      writeTree(source, {
        [`file-${round % 3}`]: noise(`${seed}:${round}`, 3000),
        same: noise('same', 5000),
      });
      const repository = await open(connect(), state, `run ${round}`, context);
      const { snapshotId } = await backupFolder(source, repository, context);
      digests.set(snapshotId!, treeDigest(source));
      if (round % 3 !== 2) continue;
      const keeper = await open(connect(), state, `keep ${round}`, context);
      const rules = { groupBy: ['host', 'paths'] as const, filter: {}, dryRun: false, zoneOffset: () => 0 };
      await forget({ policy: { keepLast: 2 }, run: 'mirror', ...rules }, keeper, context);
      await prune(
        { dryRun: false, maxUnused: 0 },
        await open(connect(), state, `prune ${round}`, context),
        context,
      );
    }
    away = -1;
    calls = Number.NEGATIVE_INFINITY;
    const { different } = await healMirror(
      storages.map((storage) => ({ storage, isBlank: false })),
      context,
    );
    assert.deepEqual(different, []);
    for (const memory of memories) {
      assert.deepEqual(memory.names(), memories[0]!.names());
      const alone = await open(memory.clone(), state, 'alone', context);
      assert.deepEqual((await check({ level: 3 }, alone, context)).findings, [], `seed ${seed}`);
      const snapshots = await snapshotsOf(alone, context);
      // The last two that were kept, and what came after.
      assert.equal(snapshots.length, 4);
      await alone.loadIndex(context);
      for (const one of snapshots) {
        assert.equal(await restoredDigest(one, alone, context), digests.get(one.id), `seed ${seed}`);
      }
    }
  }
});
