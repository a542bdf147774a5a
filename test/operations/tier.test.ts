// Old packs go to a cold class, metadata never does, and what is frozen is told, thawed and waited for before anything is read.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { forget } from '../../src/operations/forget.ts';
import { restore } from '../../src/operations/restore.ts';
import { frozenPacks, thaw } from '../../src/operations/thaw.ts';
import { tier } from '../../src/operations/tier.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { freezingStorage } from '../storage/freezing-storage.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const dayMs = 24 * 60 * 60 * 1000;

async function world() {
  const folder = scratch();
  const state = scratch();
  const plain = testContext();
  let ahead = 0;
  const now = () => plain.clock.now() + ahead;
  const context = {
    ...plain,
    clock: {
      ...plain.clock,
      now,
      async sleep(durationMs: number) {
        ahead += durationMs;
      },
    },
  };
  const inner = new MemoryStorage();
  const cold = freezingStorage(inner, now, context);
  await create(cold.storage, state.path, context);
  writeTree(folder.path, { a: noise('tier a', 100_000), 'b/c': 'two' });
  const repository = await open(cold.storage, state.path, 'one', context);
  await backupFolder(folder.path, repository, context);
  return {
    ...cold,
    inner,
    folder,
    state: state.path,
    context,
    repository,
    advance(ms: number) {
      ahead += ms;
    },
    async [Symbol.asyncDispose]() {
      await repository[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
      state[Symbol.dispose]();
    },
  };
}

const request = { storageClass: 'GLACIER', afterDays: 30, maxUnused: 0.2, dryRun: false };

test('packs move when they are old enough, once, and nothing but packs of data', async () => {
  await using w = await world();
  const young = await tier(request, w.repository, w.context);
  assert.deepEqual([young.packsMoved, young.packsTooYoung], [0, 1]);
  w.advance(31 * dayMs);
  const plan = await tier({ ...request, dryRun: true }, w.repository, w.context);
  assert.equal(plan.packsMoved, 1);
  assert.equal(w.classOf.size, 0);
  const moved = await tier(request, w.repository, w.context);
  assert.deepEqual([moved.outcome, moved.packsMoved, moved.bytesMoved], ['succeeded', 1, plan.bytesMoved]);
  assert.deepEqual(
    [...w.classOf.keys()],
    w.inner.names().filter((name) => name.startsWith('packs/')),
  );
  const again = await tier(request, w.repository, w.context);
  assert.deepEqual([again.packsMoved, again.packsThere], [0, 1]);
  // Never back to a warmer class.
  assert.equal(
    (await tier({ ...request, storageClass: 'STANDARD_IA' }, w.repository, w.context)).packsMoved,
    0,
  );
});

test('packs with garbage wait for prune', async () => {
  await using w = await world();
  rmSync(join(w.folder.path, 'a'));
  writeTree(w.folder.path, { d: noise('tier d', 50_000) });
  await backupFolder(w.folder.path, w.repository, w.context);
  const [older] = await snapshotsOf(w.repository, w.context);
  const filter = { ids: [older!.id] };
  await forget(
    { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 },
    w.repository,
    w.context,
  );
  w.advance(31 * dayMs);
  const done = await tier(request, w.repository, w.context);
  assert.deepEqual([done.packsMoved, done.packsWithGarbage], [1, 1]);
});

test('a new backup works beside frozen packs', async () => {
  await using w = await world();
  w.advance(31 * dayMs);
  await tier(request, w.repository, w.context);
  writeTree(w.folder.path, { d: noise('tier d', 50_000) });
  assert.equal((await backupFolder(w.folder.path, w.repository, w.context)).outcome, 'succeeded');
});

test('an unknown class is refused with those that there are', async () => {
  await using w = await world();
  await assert.rejects(tier({ ...request, storageClass: 'ICE' }, w.repository, w.context), {
    kind: 'usage',
    code: 'STORAGE_CLASS_UNKNOWN',
    hint: /STANDARD, STANDARD_IA, GLACIER/,
  });
});

test('a pack that cannot be moved is a problem, the others move', async () => {
  await using w = await world();
  writeTree(w.folder.path, { d: noise('tier d', 50_000) });
  await backupFolder(w.folder.path, w.repository, w.context);
  w.advance(31 * dayMs);
  const [pack] = w.inner.names().filter((name) => name.startsWith('packs/'));
  const transition = w.storage.transition!;
  const storage = forwarding(w.storage, {
    async transition(name, storageClass, options) {
      if (name === pack) throw new Failure('denied', 'STORAGE_DENIED', 'no right to move');
      await transition.call(w.storage, name, storageClass, options);
    },
  });
  await using repository = await open(storage, w.state, 'two', w.context);
  const done = await tier(request, repository, w.context);
  assert.deepEqual([done.outcome, done.packsMoved, done.packsFailed], ['partial', 1, 1]);
  assert.deepEqual(
    w.context.problems.map(({ path, code }) => [path, code]),
    [[pack, 'STORAGE_DENIED']],
  );
});

test('frozen packs are refused with time and price, asked for, or waited for', async () => {
  await using w = await world();
  const { packs } = w.repository.catalog;
  assert.equal(await frozenPacks(packs, w.repository, w.context), undefined);
  w.advance(31 * dayMs);
  await tier(request, w.repository, w.context);
  const frozen = await frozenPacks(w.repository.catalog.packs, w.repository, w.context);
  assert.equal(frozen?.names.length, 1);
  assert.equal(frozen.hours, 5);
  assert.ok(frozen.price > 0);
  await assert.rejects(thaw(frozen, 'refuse', w.repository, w.context), {
    kind: 'conflict',
    code: 'PACKS_FROZEN',
    message: /frozen packs: 1 .* up to 5 hours .* US dollars/,
  });
  assert.equal(w.asked.size, 0);
  await assert.rejects(thaw(frozen, 'request', w.repository, w.context), { code: 'PACKS_THAWING' });
  assert.equal(w.asked.get(frozen.names[0]!), 1);
  await thaw(frozen, 'wait', w.repository, w.context);
  await w.repository.storage.get(frozen.names[0]!, w.context);
});

test('a restore from frozen packs tells, asks, waits, and then gives back every byte', async () => {
  await using w = await world();
  w.advance(31 * dayMs);
  await tier(request, w.repository, w.context);
  const [snapshot] = await snapshotsOf(w.repository, w.context);
  const target = join(w.state, 'out');
  const run = (more: { readonly thaw?: 'request' | 'wait'; readonly dryRun?: boolean }) =>
    restore(
      {
        snapshot: snapshot!,
        target,
        select: () => true,
        verify: true,
        dryRun: false,
        devices: false,
        owners: false,
        workers: 0,
        ...more,
      },
      w.repository,
      w.context,
    );
  assert.equal((await run({ dryRun: true })).frozen?.hours, 5);
  await assert.rejects(run({}), { code: 'PACKS_FROZEN' });
  await assert.rejects(run({ thaw: 'request' }), { code: 'PACKS_THAWING' });
  assert.equal(existsSync(target), false);
  const done = await run({ thaw: 'wait' });
  assert.equal(done.outcome, 'succeeded');
  assert.equal(treeDigest(target), treeDigest(w.folder.path));
});
