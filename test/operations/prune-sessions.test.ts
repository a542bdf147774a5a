// A session is over when its snapshot is there, whatever marks it left: prune, forget and status go by that.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { status } from '../../src/operations/status.ts';
import { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { LaggingPlace } from '../storage/lagging-place.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Nobody is provably dead here: the writer is another machine. */
async function openAs(storage: Storage, state: string, node: string): Promise<Repository> {
  const { config, ring, masterKey, state: memory } = await open(storage, state, node, testContext());
  const owner = { node, incarnation: node, isDead: () => false };
  return new Repository({ storage, config, ring, masterKey, state: memory, owner });
}

async function world() {
  const folder = scratch();
  const context = testContext();
  const place = new LaggingPlace(0);
  const state = join(folder.path, 'state');
  const source = join(folder.path, 'source');
  await create(place.connect(), state, context);
  const writer = await openAs(place.connect({ mayDelete: false }), state, 'writer');
  const keeper = await openAs(place.connect(), state, 'keeper');
  writeTree(source, { 'a.bin': noise('a', 5000) });
  await backupFolder(source, writer, context);
  place.advance(1000);
  rmSync(join(source, 'a.bin'));
  writeTree(source, { 'b.bin': noise('b', 5000) });
  await backupFolder(source, writer, context, { force: true });
  const marks = () => place.inner.names().filter((name) => name.startsWith('sessions/'));
  const forgetOldest = async () => {
    const [oldest] = await snapshotsOf(keeper, context);
    const filter = { ids: [oldest!.id] };
    const request = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
    await forget(request, keeper, context);
  };
  return { place, context, writer, keeper, marks, forgetOldest, [Symbol.dispose]: folder[Symbol.dispose] };
}

test('the marks of writers that may not delete hold nothing, and prune removes them a day later', async () => {
  using w = await world();
  assert.equal(w.marks().filter((name) => !name.includes('.borrow.')).length, 2);
  assert.deepEqual((await status({}, w.keeper, w.context)).sessions, []);
  const young = await prune({ dryRun: false, maxUnused: 0 }, w.keeper, w.context);
  assert.equal(young.packsProtected, 0);
  assert.ok(w.marks().length >= 2, 'a writer that has just published may still look for its marks');
  w.place.advance(dayMs);
  await prune({ dryRun: true, maxUnused: 0 }, w.keeper, w.context);
  assert.ok(w.marks().length >= 2, 'a dry run removes nothing');
  await prune({ dryRun: false, maxUnused: 0 }, w.keeper, w.context);
  assert.deepEqual(w.marks(), []);
});

test('what is forgotten is freed, though its writer could not remove its marks', async () => {
  using w = await world();
  await w.forgetOldest();
  const outcome = await prune({ dryRun: false, maxUnused: 0 }, w.keeper, w.context);
  assert.ok(outcome.packsDeleted > 0);
  assert.equal(outcome.packsProtected, 0);
});

test('a session without a snapshot holds what it stored', async () => {
  using w = await world();
  await using session = await Session.open(w.writer, w.context);
  const listed = (await status({}, w.keeper, w.context)).sessions.map((one) => one.id);
  assert.deepEqual(listed, [session.name]);
  w.place.advance(30 * dayMs);
  await prune({ dryRun: false, maxUnused: 0 }, w.keeper, w.context);
  assert.deepEqual(w.marks(), [`sessions/${session.name}`]);
});
