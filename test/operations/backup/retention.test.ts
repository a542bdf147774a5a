// A retained snapshot keeps everything it needs: what it brings, what it borrows, and what opens the repository.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/failure.ts';
import { isRetained } from '../../../src/operations/backup/retention.ts';
import { backup } from '../../../src/operations/backup.ts';
import { forget } from '../../../src/operations/forget.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import files from '../../../src/sources/files/kind.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { forwarding } from '../../../src/storage/with/forwarding.ts';
import { withRetention } from '../../../src/storage/with/retention.ts';
import { lockingStorage } from '../../storage/locking-storage.ts';
import { create, open, scratch, snapshotsOf, type TestContext, testContext, writeTree } from '../../world.ts';

const day = 24 * 60 * 60 * 1000;

async function retained(
  folder: string,
  repository: Repository,
  retainUntil: number | undefined,
  context: TestContext,
) {
  using source = files.open({ paths: [folder] } as never, context);
  return backup(
    {
      source,
      sourceSpec: { kind: 'files', config: { paths: [folder] } },
      paths: [folder],
      host: 'test',
      user: 'tester',
      tags: [],
      force: false,
      dryRun: false,
      workers: 0,
      compression: { comp: 1, level: 1 },
      tool: 'test',
      ...(retainUntil === undefined ? {} : { retainUntil }),
    },
    repository,
    context,
  );
}

async function world() {
  const folder = scratch();
  const state = scratch();
  const context = testContext();
  let ahead = 0;
  const inner = new MemoryStorage();
  const { storage, locks } = lockingStorage(inner, () => context.clock.now() + ahead, context);
  await create(storage, state.path, context);
  writeTree(folder.path, { a: 'one', b: 'two' });
  const openFor = (until: number | undefined, over: Storage = storage) =>
    open(until === undefined ? over : withRetention(over, until, isRetained), state.path, 'one', context);
  return {
    folder,
    context,
    inner,
    storage,
    locks,
    openFor,
    advance(ms: number) {
      ahead += ms;
    },
    [Symbol.dispose]() {
      folder[Symbol.dispose]();
      state[Symbol.dispose]();
    },
  };
}

const forgetting = (ids: readonly string[]) => ({
  policy: {},
  groupBy: [],
  filter: { ids },
  dryRun: false,
  run: 'test',
  zoneOffset: () => 0,
});

test('everything a retained snapshot needs is locked, borrowed packs included; marks of sessions are not', async () => {
  using w = await world();
  {
    await using repository = await w.openFor(undefined);
    await retained(w.folder.path, repository, undefined, w.context);
  }
  assert.equal(w.locks.size, 0);
  writeTree(w.folder.path, { c: 'three' });
  const until = w.context.clock.now() + 30 * day;
  await using repository = await w.openFor(until);
  const done = await retained(w.folder.path, repository, until, w.context);
  assert.equal(done.outcome, 'succeeded');
  const [older, newer] = await snapshotsOf(repository, w.context);
  const free = w.inner.names().filter((name) => w.locks.get(name) !== until);
  // Only what the older snapshot alone needs: itself, and the pack of its tree.
  assert.deepEqual(
    free.map((name) => name.split('/')[0]),
    ['meta', 'snapshots'],
  );
  assert.ok(free.includes(`snapshots/${older!.name}`));
  assert.ok(w.inner.names().filter((name) => name.startsWith('packs/')).length >= 2);
  assert.equal(newer?.retainUntil, until);
  await assert.rejects(repository.storage.delete(`snapshots/${newer.name}`, w.context), {
    code: 'OBJECT_RETAINED',
  });
});

test('forget refuses a retained snapshot by name, says until when, and lets it go afterwards', async () => {
  using w = await world();
  const until = w.context.clock.now() + 30 * day;
  await using repository = await w.openFor(until);
  await retained(w.folder.path, repository, until, w.context);
  const [snapshot] = await snapshotsOf(repository, w.context);
  await assert.rejects(forget(forgetting([snapshot!.id]), repository, w.context), {
    kind: 'denied',
    code: 'SNAPSHOT_RETAINED',
    message: new RegExp(new Date(until).toISOString()),
  });
  assert.deepEqual(
    w.inner.names().filter((name) => name.startsWith('tombstones/')),
    [],
  );
  const later = { ...w.context, clock: { ...w.context.clock, now: () => until + 1 } };
  w.advance(31 * day);
  assert.equal((await forget(forgetting([snapshot!.id]), repository, later)).forgotten.length, 1);
});

test('a lock of the storage that the snapshot does not know of is respected before anything is written', async () => {
  using w = await world();
  await using repository = await w.openFor(undefined);
  await retained(w.folder.path, repository, undefined, w.context);
  const [snapshot] = await snapshotsOf(repository, w.context);
  await w.storage.retain?.(`snapshots/${snapshot!.name}`, w.context.clock.now() + day, w.context);
  await assert.rejects(forget(forgetting([snapshot!.id]), repository, w.context), {
    code: 'SNAPSHOT_RETAINED',
  });
  assert.deepEqual(
    w.inner.names().filter((name) => name.startsWith('tombstones/')),
    [],
  );
});

test('a run whose extension is refused is partial, with the reason', async () => {
  using w = await world();
  {
    await using repository = await w.openFor(undefined);
    await retained(w.folder.path, repository, undefined, w.context);
  }
  const until = w.context.clock.now() + 30 * day;
  const refusing = forwarding(w.storage, {
    retain: async () => {
      throw new Failure('denied', 'STORAGE_DENIED', 'no right to retain');
    },
  });
  await using repository = await w.openFor(until, refusing);
  assert.equal((await retained(w.folder.path, repository, until, w.context)).outcome, 'partial');
  assert.deepEqual(
    w.context.problems.map(({ code }) => code),
    ['RETENTION_FAILED'],
  );
  assert.match(w.context.problems[0]!.message, /no right to retain/);
});

test('where the storage cannot refuse deletion, forget still does, and the run says so', async () => {
  using w = await world();
  const until = w.context.clock.now() + 30 * day;
  await using repository = await w.openFor(until, w.inner);
  assert.equal((await retained(w.folder.path, repository, until, w.context)).outcome, 'succeeded');
  assert.match(w.context.warnings.join(), /cannot refuse deletion/);
  const [snapshot] = await snapshotsOf(repository, w.context);
  await assert.rejects(forget(forgetting([snapshot!.id]), repository, w.context), {
    code: 'SNAPSHOT_RETAINED',
  });
});
