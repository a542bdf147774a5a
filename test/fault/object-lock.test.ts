// T-24: lives on a storage that refuses to delete what is retained: its clock goes otherwise than ours, and extending a retention fails at
// every call of it, for good or for once. What was reported restores after every step, what is retained cannot be forgotten, what may go goes.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { isRetained } from '../../src/operations/backup/retention.ts';
import { backup } from '../../src/operations/backup.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import type { Repository } from '../../src/repository/repository.ts';
import files from '../../src/sources/files/kind.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withRetention } from '../../src/storage/with/retention.ts';
import { report } from '../campaign.ts';
import { lockingStorage } from '../storage/locking-storage.ts';
import {
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;

interface Trouble {
  /** By how much the storage's clock is ahead of ours. */
  readonly skewMs: number;
  /** Which call that extends a retention fails; 0: none. */
  readonly failing: number;
  readonly kind: 'denied' | 'unavailable';
}

/** Returns how many calls extended a retention. */
async function life({ skewMs, failing, kind }: Trouble): Promise<number> {
  using folder = scratch();
  const plain = testContext();
  let ahead = 0;
  const now = () => plain.clock.now() + ahead;
  const context = { ...plain, clock: { ...plain.clock, now } };
  const state = join(folder.path, 'state');
  const source = join(folder.path, 'source');
  const { storage: locking } = lockingStorage(new MemoryStorage(), () => now() + skewMs, context);
  let extensions = 0;
  const storage = forwarding(locking, {
    async retain(name, until, options) {
      extensions += 1;
      if (extensions === failing) throw new Failure(kind, 'STORAGE_TROUBLE', `no retention of "${name}"`);
      await locking.retain!(name, until, options);
    },
  });
  await create(storage, state, context);
  const digests = new Map<string, string>();

  const save = async (retainUntil?: number): Promise<string> => {
    const place = retainUntil === undefined ? storage : withRetention(storage, retainUntil, isRetained);
    await using repository = await open(place, state, 'run', context);
    using files_ = files.open({ paths: [source] } as never, context);
    const { outcome, snapshotId } = await backup(
      {
        source: files_,
        sourceSpec: { kind: 'files', config: { paths: [source] } },
        paths: [source],
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
    assert.ok(snapshotId);
    digests.set(snapshotId, treeDigest(source));
    return outcome;
  };
  const demandSound = async (repository: Repository, where: string) => {
    const { findings } = await check({ level: 2 }, repository, context);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
      where,
    );
    const snapshots = await snapshotsOf(repository, context);
    assert.deepEqual(snapshots.map(({ id }) => id).sort(), [...digests.keys()].sort(), where);
    for (const one of snapshots)
      assert.equal(await restoredDigest(one, repository, context), digests.get(one.id), where);
  };
  const forgetOne = async (repository: Repository, id: string) => {
    const filter = { ids: [id] };
    const asked = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
    await forget(asked, repository, context);
    digests.delete(id);
  };
  const isKept = (error: unknown) => isFailure(error, 'denied', 'SNAPSHOT_RETAINED');

  writeTree(source, { a: noise('a', 30_000), b: noise('b', 30_000) });
  assert.equal(await save(), 'succeeded');
  rmSync(join(source, 'a'));
  writeTree(source, { c: noise('c', 30_000) });
  const until = now() + 30 * dayMs;
  // A snapshot that may lose its protection too early is never called a success.
  assert.equal(await save(until), failing === 0 || failing > extensions ? 'succeeded' : 'partial');
  const calls = extensions;
  if (failing > 0) {
    writeTree(source, { d: noise('d', 30_000) });
    assert.equal(await save(until), 'succeeded', 'the next run extends what was left');
  }

  await using repository = await open(storage, state, 'prune', context);
  const [oldest, ...kept] = await snapshotsOf(repository, context);
  for (const one of kept) await assert.rejects(forgetOne(repository, one.id), isKept);
  await forgetOne(repository, oldest!.id);
  await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  await demandSound(repository, 'after the first prune');

  // Our clock says that the time is over; the storage may think otherwise.
  ahead = 31 * dayMs;
  const isLocked = now() + skewMs < until;
  if (isLocked) await assert.rejects(forgetOne(repository, kept[0]!.id), isKept);
  else await forgetOne(repository, kept[0]!.id);
  await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  await demandSound(repository, 'after the second prune');

  ahead = 31 * dayMs + 20 * yearMs;
  if (isLocked) await forgetOne(repository, kept[0]!.id);
  writeTree(source, { e: noise('e', 30_000) });
  await save();
  await using last = await open(storage, state, 'last', context);
  await prune({ dryRun: false, maxUnused: 0 }, last, context);
  await demandSound(last, 'at the end');
  return calls;
}

let tried = 0;

for (const hours of [0, 1, -1, 48, -48, 10 * 365 * 24, -10 * 365 * 24]) {
  test(`a storage with locks whose clock is ${hours} hours ahead loses nothing and lets go in the end`, async () => {
    await life({ skewMs: hours * hourMs, failing: 0, kind: 'denied' });
    tried += 1;
  });
}

test('an extension that fails at any call makes the run partial, and the next one whole', async () => {
  const calls = await life({ skewMs: 0, failing: 0, kind: 'denied' });
  assert.ok(calls >= 3, `${calls} calls`);
  for (let failing = 1; failing <= calls; failing += 1) {
    // Each call once, refused and cut off by turns.
    await life({ skewMs: 0, failing, kind: failing % 2 === 0 ? 'denied' : 'unavailable' });
    tried += 1;
  }
});

test('the figures of T-24', (t) => {
  t.diagnostic(`T-24: ${tried} lives with locks, 0 lost, 0 wrong`);
  report({ campaign: 'T-24', tried, lost: 0, wrong: 0, manual: 0 });
});
