// On storages that prove no exclusive writing, or whose lists lag, prune deletes after a day of the storage's own time, or when a person vouches
// that nobody else writes. The clock of this machine decides nothing: here it is years behind that of the storage.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import type { StorageFeatures } from '../../src/storage/storage.ts';
import { LaggingPlace } from '../storage/lagging-place.ts';
import {
  backupFolder,
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

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const request = { dryRun: false, maxUnused: 0 };

/** Two snapshots of which the first is forgotten: one pack of data that nobody needs, and one that is needed in part. */
async function world(lagMs: number, told: Partial<StorageFeatures> = {}) {
  const folder = scratch();
  const place = new LaggingPlace(lagMs, told);
  const context = place.contextFrom(testContext());
  const stateOf = (node: string) => join(folder.path, node);
  const source = join(folder.path, 'source');
  await create(place.connect(), stateOf('one'), context);
  for (const node of ['other', 'reader']) {
    place.advance(lagMs);
    await open(place.connect(), stateOf(node), 'joining', context);
  }
  place.advance(lagMs);
  const openAs = async (node: string): Promise<Repository> => {
    const storage = place.connect();
    const { config, ring, masterKey, state: memory } = await open(storage, stateOf(node), node, context);
    const owner = { node, incarnation: node, isDead: () => false };
    return new Repository({ storage, config, ring, masterKey, state: memory, owner });
  };
  const repository = await openAs('one');
  writeTree(source, { 'a.bin': noise('a', 5000) });
  await backupFolder(source, repository, context);
  place.advance(1000);
  rmSync(join(source, 'a.bin'));
  writeTree(source, { 'b.bin': noise('b', 5000) });
  await backupFolder(source, repository, context);
  const [oldest] = await snapshotsOf(repository, context);
  const filter = { ids: [oldest!.id] };
  const forgetting = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
  await forget(forgetting, repository, context);
  const packs = () => place.inner.names().filter((name) => /^(packs|meta)\//.test(name));
  const sound = async () => {
    place.advance(lagMs);
    const reader = await openAs('reader');
    assert.deepEqual((await check({ level: 3 }, reader, context)).findings, []);
    const last = (await snapshotsOf(reader, context)).at(-1)!;
    assert.equal(await restoredDigest(last, reader, context), treeDigest(source));
  };
  const parts = { place, context, repository, openAs, packs, sound, source };
  return { ...parts, [Symbol.dispose]: folder[Symbol.dispose] };
}

const kinds: readonly [string, number, Partial<StorageFeatures>][] = [
  ['class C', 0, { durability: 'C' }],
  ['lists that lag a minute', minuteMs, { durability: 'B', listLagMs: minuteMs }],
];

for (const [kind, lagMs, told] of kinds) {
  test(`${kind}: the first prune condemns and deletes nothing, one a day later deletes`, async () => {
    using w = await world(lagMs, told);
    const before = w.packs();
    const first = await prune(request, w.repository, w.context);
    assert.equal(first.packsDeleted, 0);
    assert.ok(first.packsWaiting > 0);
    assert.ok(before.every((name) => w.packs().includes(name)));
    const until = first.waitingUntil!;
    assert.ok(until >= w.place.now + dayMs && until <= w.place.now + dayMs + lagMs);
    w.place.advance(dayMs - 3 * lagMs - 1);
    const early = await prune(request, w.repository, w.context);
    assert.deepEqual(
      [early.packsDeleted, early.waitingUntil],
      [0, until],
      'not a moment too early, nor anew',
    );
    w.place.advance(4 * lagMs + 1);
    const plan = await prune({ ...request, dryRun: true }, w.repository, w.context);
    const last = await prune(request, w.repository, w.context);
    assert.deepEqual([last.packsDeleted, last.packsWaiting, last.bytesWaiting], [first.packsWaiting, 0, 0]);
    assert.equal(plan.packsDeleted, last.packsDeleted);
    await w.sound();
  });

  test(`${kind}: --exclusive deletes at once, but not while another session is seen`, async () => {
    using w = await world(lagMs, told);
    const other = await Session.open(await w.openAs('other'), w.context);
    w.place.advance(lagMs);
    const count = w.packs().length;
    await assert.rejects(prune({ ...request, exclusive: true }, w.repository, w.context), {
      kind: 'conflict',
      code: 'PRUNE_NOT_ALONE',
      message: /of "other" may still write/,
    });
    assert.equal(w.packs().length, count);
    await other.end();
    const outcome = await prune({ ...request, exclusive: true }, w.repository, w.context);
    assert.ok(outcome.packsDeleted > 0);
    assert.equal(outcome.packsWaiting, 0);
    await w.sound();
  });

  test(`${kind}: a session that began before the mark was seen by all keeps what was condemned`, async () => {
    using w = await world(lagMs, told);
    await prune(request, w.repository, w.context);
    const slow = await Session.open(await w.openAs('other'), w.context);
    w.place.advance(10 * dayMs);
    const held = await prune(request, w.repository, w.context);
    // Without lag it saw the mark and relies on nothing that was condemned.
    if (lagMs > 0) assert.equal(held.packsDeleted, 0);
    await slow.end();
    await prune(request, w.repository, w.context);
    assert.equal((await prune(request, w.repository, w.context)).packsWaiting, 0);
    await w.sound();
  });
}

test('a session that is seen only after the first look stops --exclusive before anything is deleted', async () => {
  using w = await world(minuteMs);
  await Session.open(await w.openAs('other'), w.context);
  const count = w.packs().length;
  await assert.rejects(prune({ ...request, exclusive: true }, w.repository, w.context), {
    code: 'PRUNE_NOT_ALONE',
  });
  assert.ok(w.packs().length >= count);
});

test('what was condemned and is needed again moves and is not deleted before', async () => {
  using w = await world(minuteMs);
  // Its snapshot is hidden from the prune that condemns what it needs.
  w.place.advance(1000);
  const writer = await w.openAs('other');
  writeTree(w.source, { 'a.bin': noise('a', 5000) });
  await backupFolder(w.source, writer, w.context);
  const first = await prune(request, w.repository, w.context);
  assert.equal(first.packsDeleted, 0);
  for (let round = 0; round < 3; round += 1) {
    w.place.advance(2 * dayMs);
    await prune(request, w.repository, w.context);
    await w.sound();
  }
});
