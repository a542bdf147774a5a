// What a storage keeps against our will (retained) or out of our reach (frozen): prune says so and goes on, and gets it another day.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { check } from '../../src/operations/check.ts';
import { copy } from '../../src/operations/copy.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { repair } from '../../src/operations/repair.ts';
import { status } from '../../src/operations/status.ts';
import { tier } from '../../src/operations/tier.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { freezingStorage } from '../storage/freezing-storage.ts';
import { lockingStorage } from '../storage/locking-storage.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

const dayMs = 24 * 60 * 60 * 1000;
const request = { dryRun: false, maxUnused: 0 };

/** Two snapshots that share a part of the first pack: of the files a and b of the first, the second has b. */
async function world<Kind extends { readonly storage: Storage }>(
  kind: (inner: MemoryStorage, now: () => number, context: Context) => Kind,
) {
  const folder = scratch();
  const plain = testContext();
  let ahead = 0;
  const now = () => plain.clock.now() + ahead;
  const context = { ...plain, clock: { ...plain.clock, now } };
  const inner = new MemoryStorage();
  const place = kind(inner, now, context);
  const state = join(folder.path, 'state');
  const source = join(folder.path, 'source');
  await create(place.storage, state, context);
  const repository = await open(place.storage, state, 'one', context);
  writeTree(source, { a: noise('a', 50_000), b: noise('b', 50_000) });
  await backupFolder(source, repository, context);
  const forgetOldest = async (by: Repository = repository) => {
    const [oldest] = await snapshotsOf(by, context);
    const filter = { ids: [oldest!.id] };
    const forgetting = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
    await forget(forgetting, by, context);
  };
  /** Keeps `names` of the two files and adds another. */
  const change = async (names: readonly string[]) => {
    for (const name of ['a', 'b']) if (!names.includes(name)) rmSync(join(source, name), { force: true });
    writeTree(source, { c: noise('c', 50_000) });
    await backupFolder(source, repository, context);
  };
  return {
    ...place,
    inner,
    context,
    state,
    repository,
    forgetOldest,
    change,
    packs: () => inner.names().filter((name) => name.startsWith('packs/')),
    openAgain: () => open(place.storage, state, 'one', context),
    advance(ms: number) {
      ahead += ms;
    },
    now,
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}

test('packs that are retained are left and counted, and go by a later prune', async () => {
  using w = await world(lockingStorage);
  const [first] = w.packs();
  await w.change([]);
  await w.forgetOldest();
  const until = w.now() + 10 * dayMs;
  w.locks.set(first!, until);
  const kept = await prune(request, w.repository, w.context);
  assert.deepEqual([kept.packsRetained, kept.retainedUntil], [1, until]);
  assert.ok(kept.bytesRetained > 50_000);
  assert.ok(w.packs().includes(first!));
  // It stays useful: who stores the same again finds it.
  assert.equal(w.repository.catalog.byName(first!.slice(-64))?.condemned, false);
  w.advance(11 * dayMs);
  const gone = await prune(request, w.repository, w.context);
  assert.deepEqual([gone.packsDeleted, gone.packsRetained], [1, 0]);
  assert.ok(!w.packs().includes(first!));
  assert.deepEqual((await check({ level: 3 }, w.repository, w.context)).findings, []);
});

test('a storage that refuses to delete without having said so fails nothing', async () => {
  using w = await world(lockingStorage);
  const [first] = w.packs();
  await w.change([]);
  await w.forgetOldest();
  const until = w.now() + 10 * dayMs;
  for (const name of w.inner.names()) if (/^(packs|meta|index)\//.test(name)) w.locks.set(name, until);
  // No word of locks, only the refusal.
  const { stat } = w.inner;
  const silent = forwarding(w.storage, { stat: stat.bind(w.inner) });
  const repository = await open(silent, w.state, 'one', w.context);
  const kept = await prune(request, repository, w.context);
  assert.equal(kept.packsDeleted, 0);
  assert.ok(kept.packsRetained > 0);
  assert.equal(kept.retainedUntil, until);
  const again = await prune(request, repository, w.context);
  assert.deepEqual([again.packsRetained, again.bytesRetained], [kept.packsRetained, kept.bytesRetained]);
  const errors = async () =>
    (await check({ level: 3 }, repository, w.context)).findings.filter((one) => one.severity === 'error');
  assert.deepEqual(await errors(), []);
  w.advance(11 * dayMs);
  const gone = await prune(request, repository, w.context);
  assert.deepEqual([gone.packsDeleted, gone.packsRetained], [kept.packsRetained, 0]);
  assert.ok(!w.packs().includes(first!));
  assert.deepEqual(await errors(), []);
});

test('nothing moves out of a pack that must stay anyway', async () => {
  using w = await world(lockingStorage);
  const [first] = w.packs();
  await w.change(['b']);
  await w.forgetOldest();
  w.locks.set(first!, w.now() + 10 * dayMs);
  const kept = await prune(request, w.repository, w.context);
  assert.ok(w.packs().includes(first!));
  assert.equal(w.packs().length, 2);
  assert.ok(kept.bytesUnusedKept > 40_000);
  w.advance(11 * dayMs);
  const moved = await prune(request, w.repository, w.context);
  assert.ok(moved.packsRepacked >= 1);
  assert.ok(!w.packs().includes(first!));
});

const glacier = { storageClass: 'GLACIER', afterDays: 30, maxUnused: 0.2, dryRun: false };

test('a frozen pack is not rewritten, and goes when nothing needs it, which is told as cost when early', async () => {
  using w = await world(freezingStorage);
  w.advance(31 * dayMs);
  await tier(glacier, w.repository, w.context);
  const [first] = w.packs();
  await w.change(['b']);
  await w.forgetOldest();
  const kept = await prune(request, w.repository, w.context);
  assert.ok(w.packs().includes(first!));
  assert.ok(kept.bytesUnusedKept > 40_000);
  assert.deepEqual([kept.packsEarly, kept.bytesEarly], [0, 0]);
  await w.change([]);
  await w.forgetOldest();
  const plan = await prune({ ...request, dryRun: true }, w.repository, w.context);
  assert.equal(plan.packsEarly, 1);
  const gone = await prune(request, w.repository, w.context);
  assert.deepEqual([gone.packsDeleted > 0, gone.packsEarly, w.packs().includes(first!)], [true, 1, false]);
  assert.ok(gone.bytesEarly > 100_000);
});

/** All data frozen, metadata not. */
async function frozenWorld() {
  const w = await world(freezingStorage);
  w.advance(31 * dayMs);
  await tier(glacier, w.repository, w.context);
  return w;
}

test('check tells what it could not read because it is frozen, and does not call it verified', async () => {
  using w = await frozenWorld();
  const found = await check({ level: 3 }, w.repository, w.context);
  assert.equal(found.outcome, 'succeeded');
  assert.deepEqual(
    found.findings.map((one) => [one.severity, one.code]),
    [['note', 'PACKS_FROZEN']],
  );
  assert.equal(found.packsFrozen, 1);
  assert.ok(found.bytesFrozen > 100_000);
  assert.ok(found.readBytes < 100_000);
  assert.equal(found.oldestVerifiedAt, undefined);
  // A share is a share of what can be read.
  const share = await check({ level: 3, readDataSubset: 0.5 }, w.repository, w.context);
  assert.ok(share.readBytes > 0);
});

test('check tells of frozen packs also where the list does not', async () => {
  using w = await frozenWorld();
  const { storageClasses: _, ...features } = w.storage.features;
  const silent = forwarding(w.storage, {
    features,
    list: (prefix, options) => w.inner.list(prefix, options),
  });
  const repository = await open(silent, w.state, 'one', w.context);
  const found = await check({ level: 3 }, repository, w.context);
  assert.deepEqual([found.outcome, found.packsFrozen], ['succeeded', 1]);
  assert.ok(found.readBytes < 100_000);
});

test('repair leaves frozen packs alone and says so', async () => {
  using w = await frozenWorld();
  const before = w.packs();
  const outcome = await repair({ kind: 'all', dryRun: false }, w.repository, w.context);
  assert.deepEqual(
    w.context.problems.map(({ code }) => code),
    ['PACKS_FROZEN'],
  );
  assert.match(outcome.plan.join('; '), /frozen and cannot be read before a thaw/);
  assert.deepEqual([outcome.quarantined, w.packs()], [[], before]);
  assert.equal((await snapshotsOf(w.repository, w.context)).length, 1);
});

test('copy refuses frozen packs before it writes anything, and waits for them when told', async () => {
  using w = await frozenWorld();
  using second = scratch();
  const target = new MemoryStorage();
  await create(target, second.path, w.context);
  const to = await open(target, second.path, 'two', w.context);
  const before = target.names();
  const snapshots = await snapshotsOf(w.repository, w.context);
  const copying = { snapshots, dryRun: false, compression: { comp: 1, level: 1 } } as const;
  await assert.rejects(copy(copying, w.repository, to, w.context), { code: 'PACKS_FROZEN' });
  assert.deepEqual(target.names(), before);
  await assert.rejects(copy({ ...copying, thaw: 'request' }, w.repository, to, w.context), {
    code: 'PACKS_THAWING',
  });
  w.advance(dayMs);
  const done = await copy({ ...copying, thaw: 'request' }, w.repository, to, w.context);
  assert.deepEqual([done.copied.length, done.frozen?.names.length], [1, 1]);
});

test('status tells how much is frozen, until when something is retained, and who holds space', async () => {
  using w = await frozenWorld();
  const told = await status({}, w.repository, w.context);
  assert.ok(told.bytesFrozen! > 100_000);
  assert.equal(told.retainedUntil, undefined);
  using locked = await world(lockingStorage);
  const [one] = await snapshotsOf(locked.repository, locked.context);
  const until = locked.now() + 10 * dayMs;
  locked.locks.set(`snapshots/${one!.name}`, until);
  await using session = await Session.open(locked.repository, locked.context);
  const found = await status({}, locked.repository, locked.context);
  assert.deepEqual([found.retainedUntil, found.bytesFrozen], [until, undefined]);
  assert.deepEqual(
    found.sessions.map(({ id }) => id),
    [session.name],
  );
});
