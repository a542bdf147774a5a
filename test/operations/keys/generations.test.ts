// Generations of keys over the years: all that they sealed stays readable, what is old can be sealed anew in portions, and a key is
// destroyed only when nothing needs it. security: §2.13, T-58, I8.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import { isFailure } from '../../../src/base/failure.ts';
import {
  type GenerationUse,
  generationUses,
  type KeyKind,
  keyKinds,
  retireGeneration,
} from '../../../src/operations/keys/generations.ts';
import { keyStatus } from '../../../src/operations/keys/key-status.ts';
import { rotateGeneration } from '../../../src/operations/keys.ts';
import { prune } from '../../../src/operations/prune.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { Session } from '../../../src/repository/session.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { budgetOf, report } from '../../campaign.ts';
import { CrashingStorage } from '../../fault/crashing-storage.ts';
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
} from '../../world.ts';

const context = testContext();
const monthMs = 30 * 24 * 60 * 60 * 1000;

interface World {
  readonly storage: MemoryStorage;
  readonly state: string;
  readonly tree: string;
}

async function world(folder: string): Promise<World> {
  const all = { storage: new MemoryStorage(), state: join(folder, 'state'), tree: join(folder, 'tree') };
  await create(all.storage, all.state, context);
  return all;
}

function openWorld({ storage, state }: World, incarnation = 'run'): Promise<Repository> {
  return open(storage, state, incarnation, context);
}

/** A backup of one more file, each sealed with a generation of its own. */
async function backUpEach(all: World, months: number): Promise<void> {
  for (let month = 0; month < months; month += 1) {
    const repository = await openWorld(all, `month ${month}`);
    if (month > 0) await rotateGeneration(repository, context);
    await repository[Symbol.asyncDispose]();
    const next = await openWorld(all, `backup ${month}`);
    writeTree(all.tree, { [`${month}.bin`]: noise(`month ${month}`, 3000) });
    await backupFolder(all.tree, next, context);
  }
}

async function usesNow(all: World, kind: KeyKind): Promise<readonly GenerationUse[]> {
  const repository = await openWorld(all, 'look');
  await repository.loadIndex(context);
  return (await generationUses(repository, context)).filter((use) => use.kind === kind);
}

/** Generations below the one in use that frames need. */
async function oldOnes(all: World): Promise<readonly number[]> {
  const uses = [...(await usesNow(all, 'data')), ...(await usesNow(all, 'index'))];
  return uses.filter(({ state, frames }) => state !== 'active' && frames > 0).map((use) => use.generation);
}

async function newestRestores(all: World, storage = all.storage): Promise<void> {
  const repository = await open(storage, all.state, 'restore', context);
  const snapshots = await snapshotsOf(repository, context);
  await repository.loadIndex(context);
  assert.equal(await restoredDigest(snapshots.at(-1)!, repository, context), treeDigest(all.tree));
  for (const one of snapshots) await restoredDigest(one, repository, context);
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'none';
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.code;
  }
}

const everything = { dryRun: false, maxUnused: 0, reencrypt: () => true };

test('what older keys sealed is sealed anew in portions, everything restores after each, and nothing is done twice', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  await backUpEach(all, 4);
  assert.deepEqual([...new Set(await oldOnes(all))], [1, 2, 3]);
  const isOld = (_: 'data' | 'index', generation: number) => generation < 4;
  const portion = { ...everything, reencrypt: isOld, maxRepackBytes: 200_000 };
  const plain = await prune({ dryRun: false, maxUnused: 0 }, await openWorld(all), context);
  assert.equal(plain.packsRepacked, 0, 'without being asked to it leaves full packs alone');
  let portions = 0;
  while ((await oldOnes(all)).length > 0) {
    const outcome = await prune(portion, await openWorld(all, `portion ${portions}`), context);
    assert.ok(outcome.packsRepacked > 0 && outcome.bytesRepacked <= portion.maxRepackBytes);
    await newestRestores(all);
    portions += 1;
    assert.ok(portions < 20);
  }
  assert.ok(portions > 1, 'in more than one go');
  const again = await prune(portion, await openWorld(all, 'again'), context);
  assert.equal(again.packsRepacked, 0);
});

test('only the generations that were named are sealed anew', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  await backUpEach(all, 3);
  const second = (_: 'data' | 'index', generation: number) => generation === 2;
  await prune({ ...everything, reencrypt: second }, await openWorld(all), context);
  const left = new Set(await oldOnes(all));
  assert.ok(left.has(1) && !left.has(2));
  await newestRestores(all);
});

test('killed while it seals anew it loses nothing, and the next run goes on', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  await backUpEach(all, 2);
  const isOld = (_: 'data' | 'index', generation: number) => generation < 2;
  for (let call = 2, isDone = false; !isDone; call += 2) {
    const storage = all.storage.clone();
    const crashing = new CrashingStorage(storage, { call, moment: call % 4 === 0 ? 'after' : 'before' });
    const run = async () =>
      prune({ ...everything, reencrypt: isOld }, await open(crashing, all.state, 'killed', context), context);
    isDone = (await codeOf(run)) === 'none';
    await newestRestores(all, storage);
    const request = { ...everything, reencrypt: isOld };
    await prune(request, await open(storage, all.state, 'second', context), context);
    await newestRestores(all, storage);
    assert.deepEqual(await oldOnes({ ...all, storage }), [], `call ${call}`);
  }
});

test('a key is destroyed only when it is old and nothing needs it, and then it is in no bundle', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  await backUpEach(all, 2);
  const retire = async (generation: number, kinds: readonly KeyKind[] = ['data'], dryRun = false) =>
    retireGeneration({ generation, kinds, dryRun }, await openWorld(all, 'retire'), context);
  assert.equal(await codeOf(() => retire(2)), 'GENERATION_ACTIVE');
  assert.equal(await codeOf(() => retire(9)), 'GENERATION_UNKNOWN');
  assert.equal(await codeOf(() => retire(1)), 'GENERATION_IN_USE');
  const key = (await openWorld(all)).ring.domain.generations[0]!.key;
  await prune({ ...everything, reencrypt: (_, generation) => generation < 2 }, await openWorld(all), context);
  assert.equal(await codeOf(() => retire(1, keyKinds)), 'GENERATION_IN_USE', 'snapshots stay as they are');
  const writing = await openWorld(all, 'writer');
  const session = await Session.open(writing, context);
  assert.equal(await codeOf(() => retire(1)), 'WRITERS_RUNNING');
  await session.end();
  const before = all.storage.names();
  await retire(1, ['data'], true);
  assert.deepEqual(all.storage.names(), before);
  assert.deepEqual((await retire(1)).retained, []);
  const repository = await openWorld(all, 'later');
  const [oldest] = repository.ring.domain.generations;
  assert.equal(oldest?.state, 'destroyed');
  assert.notDeepEqual(oldest?.key, key);
  assert.equal(all.storage.names().filter((name) => name.startsWith('keys/bundle-')).length, 1);
  await newestRestores(all);
  await rotateGeneration(repository, context);
  assert.equal((await openWorld(all, 'after')).ring.dataGeneration, 3, 'its number is not used again');
});

test('a key is not destroyed while an index is lost that may have named what it sealed', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  await backUpEach(all, 2);
  const indexes = all.storage.names().filter((name) => name.startsWith('index/'));
  const kept = new Map<string, Uint8Array>();
  for (const name of indexes) {
    kept.set(name, await all.storage.get(name, { signal: context.signal }));
    await all.storage.delete(name, { signal: context.signal });
  }
  const retire = async () =>
    retireGeneration({ generation: 1, kinds: ['data'], dryRun: false }, await openWorld(all), context);
  assert.equal(await codeOf(retire), 'BLOB_MISSING');
  for (const [name, bytes] of kept) await all.storage.put(name, bytes, { signal: context.signal });
  await newestRestores(all);
});

test('with no snapshot left all kinds of keys of a generation can go', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const repository = await openWorld(all);
  await rotateGeneration(repository, context);
  await retireGeneration({ generation: 1, kinds: keyKinds, dryRun: false }, await openWorld(all), context);
  writeTree(all.tree, { a: 'a' });
  await backupFolder(all.tree, await openWorld(all, 'backup'), context);
  await newestRestores(all);
});

test('rotated every month for ten years by the clock, all that was ever saved restores, and the bundle stays small (T-58)', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  let now = 1_700_000_000_000;
  const clock = { ...context.clock, now: () => (now += 1000) };
  const monthly: Context = { ...context, clock };
  const run = (incarnation: string) => open(all.storage, all.state, incarnation, monthly);
  const digests: string[] = [];
  // A backup reads all those before it, so 120 are many seconds; a full campaign makes them all.
  const every = Math.ceil(120 / budgetOf('HOLDFAST_T58', 15));
  for (let month = 0; month < 120; month += 1) {
    const rotating = await run(`rotate ${month}`);
    await rotateGeneration(rotating, monthly);
    now += monthMs;
    if (month % every !== 0) continue;
    writeTree(all.tree, { [`${month % 6}.bin`]: noise(`month ${month}`, 500) });
    const repository = await run(`backup ${month}`);
    await backupFolder(all.tree, repository, monthly);
    digests.push(treeDigest(all.tree));
  }
  const repository = await run('restore');
  assert.equal(repository.ring.dataGeneration, 121);
  const states = repository.ring.domain.generations.map(({ state }) => state);
  assert.deepEqual([states.length, states.filter((state) => state === 'active').length], [121, 1]);
  const snapshots = await snapshotsOf(repository, monthly);
  assert.equal(snapshots.length, digests.length);
  await repository.loadIndex(monthly);
  for (const [number, snapshot] of snapshots.entries())
    assert.equal(await restoredDigest(snapshot, repository, monthly), digests[number], `backup ${number}`);
  const bundles = all.storage.names().filter((name) => name.startsWith('keys/bundle-'));
  const sizes = await Promise.all(bundles.map(async (name) => (await all.storage.get(name, monthly)).length));
  assert.ok(
    Math.max(...sizes) < 64 * 1024,
    `${Math.max(...sizes)} bytes of the 1 MiB that a bundle may have`,
  );
  report({ campaign: 'T-58', tried: digests.length, lost: 0, wrong: 0, manual: 0 });
});

test('what is wrong with the keys is told: one alone, a weak passphrase, an old generation, much that is sealed with older ones', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const adviceAt = async (now: number) => {
    const repository = await openWorld(all, 'status');
    await repository.loadIndex(context);
    const clock = { ...context.clock, now: () => now };
    return (await keyStatus(repository, { ...context, clock })).advice.map(({ code }) => code);
  };
  const made = (await openWorld(all)).ring.domain.generations[0]!.createdAt;
  assert.deepEqual(await adviceAt(made), ['single-key', 'weak-kdf']);
  assert.deepEqual(await adviceAt(made + 2 * monthMs), ['single-key', 'weak-kdf', 'rotation-due']);
  await backUpEach(all, 2);
  assert.deepEqual(await adviceAt(made), ['single-key', 'weak-kdf', 'old-generations']);
});
