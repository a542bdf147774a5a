// Another process forgets and prunes while this one has read the snapshots and not yet the indexes.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { CallOptions, ObjectStat } from '../../src/storage/storage.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

/** Runs something once, before the first list of condemned packs that follows a list of snapshots. */
class BetweenLists extends MemoryStorage {
  #between: (() => Promise<void>) | undefined;
  #hasListed = false;

  arm(between: () => Promise<void>): void {
    this.#between = between;
    this.#hasListed = false;
  }

  override async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    if (prefix === 'snapshots/') this.#hasListed = true;
    if (prefix === 'condemned/' && this.#hasListed) {
      const between = this.#between;
      this.#between = undefined;
      await between?.();
    }
    yield* super.list(prefix, options);
  }
}

test('a prune goes on when a snapshot is forgotten and pruned between its two lists', async () => {
  using folder = scratch();
  const context = testContext();
  const state = join(folder.path, 'state');
  const source = join(folder.path, 'source');
  const memory = new BetweenLists();
  await create(memory, state, context);
  const writer = await open(memory, state, 'writer', context);
  writeTree(source, { 'a.bin': noise('a', 5000) });
  await backupFolder(source, writer, context);
  writeTree(source, { 'a.bin': noise('b', 5000) });
  await backupFolder(source, writer, context, { force: true });
  const [oldest] = await snapshotsOf(writer, context);
  const other = await open(memory, state, 'writer', context);
  const first = await open(memory, state, 'writer', context);
  let ran = false;
  memory.arm(async () => {
    ran = true;
    const filter = { ids: [oldest!.id] };
    await forget(
      { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 },
      other,
      context,
    );
    assert.ok((await prune({ dryRun: false, maxUnused: 0 }, other, context)).packsDeleted > 0);
  });
  await prune({ dryRun: false, maxUnused: 0 }, first, context);
  assert.ok(ran);
  assert.deepEqual((await check({ level: 3 }, first, context)).findings, []);
  assert.equal((await snapshotsOf(first, context)).length, 1);
});
