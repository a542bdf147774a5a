// T-15: every subset of the newest objects is deleted, or rolled back to older ones, before the eyes of a host that has seen them and of one
// that has not. Who has seen a recovery point notices that it is gone; who has not notices it whenever a later entry tells of it, and
// packs and indexes that a snapshot needs are missed by everybody. What nobody outside remembers, nobody can miss.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { loadChain } from '../../src/repository/chain.ts';
import { listSnapshots } from '../../src/repository/snapshots.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import { backupFolder, create, noise, open, scratch, testContext, treeDigest, writeTree } from '../world.ts';
import { bytesOf, type DamageWorld, judge, type Reader, typeOf, withObjects } from './damage-world.ts';

const subsetsOf6 = 64;
const budget = budgetOf('SUBSETS', 80);

interface Entry {
  /** The object's name. */
  readonly object: string;
  /** Snapshot id; absent for a tombstone. */
  readonly id?: string;
  readonly place: Place;
  readonly forgets: readonly (Place & { readonly name: string })[];
}

/** Where an entry stands in the chain of its writer. */
interface Place {
  readonly writerId: string;
  readonly seq: number;
  readonly prev?: readonly string[];
}

interface ChainWorld extends DamageWorld {
  /** Oldest first. */
  readonly entries: readonly Entry[];
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/** Two hosts that take turns; the first one forgets a snapshot of each and sees all there is at the end. */
async function chainWorld(folder: string): Promise<ChainWorld> {
  const context = testContext();
  const memory = new MemoryStorage();
  const source = join(folder, 'source');
  const states = { a: join(folder, 'state-a'), b: join(folder, 'state-b') };
  const digests = new Map<string, string>();
  const moments: MemoryStorage[] = [];
  await create(memory, states.a, context);
  for (const [turn, host] of (['a', 'b', 'a', 'forget', 'b', 'a', 'b', 'a'] as const).entries()) {
    const repository = await open(memory, states[host === 'forget' ? 'a' : host], `run-${turn}`, context);
    if (host === 'forget') {
      const ids = [...digests.keys()].slice(0, 2);
      const request = { policy: {}, groupBy: [], filter: { ids }, dryRun: false, run: 'test' };
      await forget({ ...request, zoneOffset: () => 0 }, repository, context);
      for (const id of ids) digests.delete(id);
    } else {
      writeTree(source, { [`${turn}.txt`]: `turn ${turn}`, 'noise.bin': noise(`turn ${turn}`, 4000) });
      const { snapshotId } = await backupFolder(source, repository, context);
      digests.set(snapshotId!, treeDigest(source));
    }
    moments.push(memory.clone());
  }
  const repository = await open(memory, states.a, 'looking', context);
  await listSnapshots(repository, context);
  const chain = await loadChain(repository, context);
  const arrival = await arrivals(memory);
  const entries: Entry[] = [
    ...chain.snapshots.map((one) => ({
      object: `snapshots/${one.name}`,
      id: one.id,
      place: one,
      forgets: [],
    })),
    ...[...chain.tombstones].map(([name, one]) => ({
      object: `tombstones/${name}`,
      place: one,
      forgets: one.forgotten,
    })),
  ];
  entries.sort((one, other) => arrival.indexOf(one.object) - arrival.indexOf(other.object));
  return {
    context,
    memory,
    stateDirectory: states.a,
    digests,
    living: new Set(digests.keys()),
    moments,
    entries,
    objects: await bytesOf(memory, context),
  };
}

/** Names of all objects, oldest first. */
async function arrivals(memory: MemoryStorage): Promise<string[]> {
  const all: { name: string; modifiedAt: number }[] = [];
  for await (const one of memory.list('', { signal: new AbortController().signal })) all.push(one);
  return all.sort((one, other) => one.modifiedAt - other.modifiedAt).map((one) => one.name);
}

/** By the law of the format: does an entry that is left tell of one that is gone and that no tombstone accounts for? */
function isTold(entries: readonly Entry[], gone: ReadonlySet<string>): boolean {
  const left = entries.filter((one) => !gone.has(one.object));
  const present = new Set(left.map((one) => one.object.slice(one.object.indexOf('/') + 1)));
  const forgotten = left.flatMap((one) => one.forgets);
  const names = new Set(forgotten.map((one) => one.name));
  const places = [...left.map((one) => one.place), ...forgotten];
  const isTaken = ({ writerId }: Place, seq: number) =>
    places.some((one) => one.writerId === writerId && one.seq === seq);
  return places.some(
    (one) =>
      one.prev?.some((name) => !present.has(name) && !names.has(name)) ||
      (one.seq > 1 && !isTaken(one, one.seq - 1)),
  );
}

function subsets<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_one, at) => (bits >> at) & 1));
}

/** Evenly chosen, other ones in each of the eight turns: with a small budget they still share the subsets between them. */
function chosen<Item>(all: readonly Item[], turn: number): Item[] {
  const step = Math.max(1, Math.floor((subsetsOf6 * 8) / budget));
  return all.filter((_one, at) => (at + turn) % step === 0);
}

/** The world as its owner would want to see it when these are gone and cannot be missed. */
function without(world: ChainWorld, gone: ReadonlySet<string>): DamageWorld {
  const ids = world.entries.flatMap((one) => (one.id !== undefined && !gone.has(one.object) ? [one.id] : []));
  return { ...world, living: new Set(ids) };
}

const readers: readonly Reader[] = ['writer', 'stranger'];
let tried = 0;
after(() => report({ campaign: 'T-15', tried, lost: 0, wrong: 0, manual: 0 }));

test('a recovery point that is gone is noticed by who has seen it, and by whoever is told of it', async (t) => {
  using folder = scratch();
  const world = await chainWorld(folder.path);
  const newest = world.entries.slice(-6).map((one) => one.object);
  assert.equal(world.entries.length, 6, 'five snapshots and a tombstone are left');
  let unseen = 0;
  for (const [turn, reader] of readers.entries()) {
    for (const subset of [...chosen(subsets(newest), turn), newest.slice(-1), newest.slice(-2)]) {
      const gone = new Set(subset);
      const damaged = withObjects(
        world.memory,
        subset.map((name) => [name, undefined] as const),
      );
      const what = `${reader}, without ${subset.join(', ')}`;
      const verdict = await judge(damaged, without(world, gone), what, reader);
      const isNoticed = subset.length > 0 && (reader === 'writer' || isTold(world.entries, gone));
      assert.equal(verdict !== 'harmless', isNoticed, what);
      if (subset.length > 0 && !isNoticed) unseen += 1;
      tried += 1;
    }
    // Rolled back: the objects are there, with the content of older ones of their type.
    for (const subset of chosen(subsets(newest), turn + 3)) {
      const damaged = withObjects(
        world.memory,
        subset.map((name) => [name, olderThan(world, name)] as const),
      );
      const what = `${reader}, with older content of ${subset.join(', ')}`;
      const verdict = await judge(damaged, world, what, reader);
      assert.equal(verdict !== 'harmless', subset.length > 0, what);
      tried += 1;
    }
  }
  assert.ok(unseen > 0);
  t.diagnostic(`${tried} subsets of recovery points, ${unseen} that no stranger can notice`);
});

test('packs, indexes and keys that are gone are noticed by everybody', async () => {
  using folder = scratch();
  const world = await chainWorld(folder.path);
  const newest = (await arrivals(world.memory))
    .filter((name) => !/^(snapshots|tombstones)/.test(name))
    .slice(-6);
  assert.deepEqual([...new Set(newest.map(typeOf))].sort(), ['index', 'meta', 'packs']);
  for (const [turn, reader] of readers.entries()) {
    for (const subset of chosen(subsets(newest), turn + 1)) {
      const damaged = withObjects(
        world.memory,
        subset.map((name) => [name, undefined] as const),
      );
      const what = `${reader}, without ${subset.join(', ')}`;
      assert.equal((await judge(damaged, world, what, reader)) !== 'harmless', subset.length > 0, what);
      tried += 1;
    }
    for (const subset of chosen(subsets(newest), turn + 4)) {
      const damaged = withObjects(
        world.memory,
        subset.map((name) => [name, olderThan(world, name)] as const),
      );
      const what = `${reader}, with older content of ${subset.join(', ')}`;
      assert.equal((await judge(damaged, world, what, reader)) !== 'harmless', subset.length > 0, what);
      tried += 1;
    }
  }
});

test('a host that has seen later recovery points writes nothing to a storage that went back in time', async () => {
  using folder = scratch();
  const world = await chainWorld(folder.path);
  const source = join(folder.path, 'source');
  for (const [age, moment] of world.moments.slice(0, -1).entries()) {
    const what = `back to turn ${age}`;
    const state = join(folder.path, `state-${age}`);
    cpSync(world.stateDirectory, state, { recursive: true });
    const before = moment.names();
    const repository = await open(moment, state, 'writer', world.context);
    const found = await check({ level: 1 }, repository, world.context);
    assert.ok(
      found.findings.some((one) => one.code === 'REPOSITORY_ROLLED_BACK'),
      what,
    );
    for (const act of [
      () => backupFolder(source, repository, world.context),
      () =>
        forget(
          { policy: {}, groupBy: [], filter: {}, dryRun: false, run: 'test', zoneOffset: () => 0 },
          repository,
          world.context,
        ),
    ]) {
      await assert.rejects(act, (error) => isFailure(error, 'corrupt', 'REPOSITORY_ROLLED_BACK'), what);
    }
    const added = moment.names().filter((name) => !before.includes(name));
    assert.deepEqual(
      added.filter((name) => /^(snapshots|tombstones)/.test(name)),
      [],
      what,
    );
  }
});

/** The newest object of the same type that is older; any other of its type when there is none. */
function olderThan(world: ChainWorld, name: string): Uint8Array {
  const alike = [...world.objects.keys()].filter((one) => typeOf(one) === typeOf(name));
  const other = alike[alike.indexOf(name) - 1] ?? alike.find((one) => one !== name);
  // There is a single tombstone: a snapshot stands in for an older one.
  return world.objects.get(other ?? world.entries[0]!.object)!;
}
