// T-26, two processes, every order that matters: at each storage call of a prune a whole backup begins, stops before a certain put, and goes on
// when the prune has ended. Its packs are in no index, or its borrow is not seen, or its snapshot is not: it restores all the same.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { prune } from '../../src/operations/prune.ts';
import { loadChain } from '../../src/repository/chain.ts';
import { Repository } from '../../src/repository/repository.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { backupFolder, noise, open, restoredDigest, testContext, treeDigest, writeTree } from '../world.ts';
import { begin, fastScratch } from './world.ts';

const context = testContext();

/** Calls `hook` before each call, with what is asked. */
function withHook(inner: Storage, hook: (verb: string, name: string) => Promise<void>): Storage {
  return forwarding(inner, {
    put: async (name, bytes, options) => {
      await hook('put', name);
      await inner.put(name, bytes, options);
    },
    get: async (name, options) => {
      await hook('get', name);
      return inner.get(name, options);
    },
    async *list(prefix, options) {
      await hook('list', prefix);
      yield* inner.list(prefix, options);
    },
    delete: async (name, options) => {
      await hook('delete', name);
      await inner.delete(name, options);
    },
  });
}

for (const stop of ['index/', 'sessions/', 'snapshots/']) {
  test(`a backup that stops before it puts ${stop} loses nothing to a prune`, async () => {
    using folder = fastScratch();
    const source = join(folder.path, 'source');
    mkdirSync(source);
    const beginning = await begin(folder.path, ['anna', 'bert']);
    const first = await open(beginning.storage, join(beginning.stateDirectory, 'anna'), 'first', context);
    // Something to prune: packs that an aborted run left, of which the backup needs a part again.
    writeTree(source, { 'a.txt': noise('a', 3000), 'b.txt': noise('b', 3000) });
    await abandon(source, first);
    writeTree(source, { 'b.txt': noise('b2', 2000) });
    const expected = treeDigest(source);
    let at = 1;
    for (let calls = at; at <= calls; at += 1) {
      const storage = beginning.storage.clone();
      using world = fastScratch();
      cpSync(beginning.stateDirectory, world.path, { recursive: true });
      const stateOf = (name: string) => join(world.path, name);
      let backupEnds: Promise<unknown> | undefined;
      const prunes = Promise.withResolvers<void>();
      const startBackup = () =>
        new Promise<void>((stopped) => {
          const hooked = withHook(storage, async (verb, name) => {
            // The presence comes first of all; what is meant is the borrow.
            const isPresence = name.startsWith('sessions/') && !name.includes('.borrow.');
            if (verb !== 'put' || !name.startsWith(stop) || isPresence) return;
            stopped();
            await prunes.promise;
          });
          backupEnds = open(storage, stateOf('bert'), `backup ${at}`, context)
            .then((repository) => backupFolder(source, through(hooked, repository), context))
            .finally(stopped);
        });
      let call = 0;
      const pruning = withHook(storage, async () => {
        call += 1;
        if (call === at) await startBackup();
      });
      const pruner = await open(storage, stateOf('anna'), `prune ${at}`, context);
      await prune({ dryRun: false, maxUnused: 0 }, through(pruning, pruner), context);
      calls = call;
      prunes.resolve();
      await backupEnds;
      const reader = await open(storage, stateOf('anna'), `reader ${at}`, context);
      const { findings } = await check({ level: 3 }, reader, context);
      assert.deepEqual(
        findings.filter((one) => one.severity === 'error'),
        [],
        `begun at call ${at}`,
      );
      const { snapshots } = await loadChain(reader, context);
      assert.equal(snapshots.length, 1);
      assert.equal(await restoredDigest(snapshots[0]!, reader, context), expected, `begun at call ${at}`);
    }
    assert.ok(at > 20, `only ${at} calls`);
  });
}

/** Stores a folder and ends without a snapshot, its packs indexed, as a canceled run does. */
async function abandon(source: string, repository: Repository): Promise<void> {
  const hooked = withHook(repository.storage, async (verb, name) => {
    if (verb === 'put' && name.startsWith('snapshots/')) throw new Error('canceled here');
  });
  await assert.rejects(backupFolder(source, through(hooked, repository), context), /canceled here/);
}

/** The same repository over another storage, whose owner takes no process for dead. */
function through(storage: Storage, repository: Repository): Repository {
  const { config, ring, masterKey, state } = repository;
  const owner = { ...repository.owner, isDead: () => false };
  return new Repository({ storage, config, ring, masterKey, state, owner });
}
