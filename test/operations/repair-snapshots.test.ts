// What is lost is told by path, what is left goes on in a new snapshot, and after --forget the repository is whole again.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { prune } from '../../src/operations/prune.ts';
import { type RepairOutcome, type RepairRequest, repair } from '../../src/operations/repair.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import { packObjectName } from '../../src/repository/pack-catalog.ts';
import { findPlace } from '../../src/repository/read-tree.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

interface World extends Disposable {
  readonly context: TestContext;
  readonly source: string;
  readonly memory: MemoryStorage;
  readonly state: string;
  readonly repository: Repository;
}

/** Two snapshots; `new.bin` is in the second only, so its bytes have a data pack of their own. */
async function world(): Promise<World> {
  const folder = scratch();
  const context = testContext();
  const source = join(folder.path, 'source');
  const state = join(folder.path, 'state');
  const memory = new MemoryStorage();
  await create(memory, state, context);
  const repository = await open(memory, state, 'writer', context);
  writeTree(source, { 'a.txt': 'hello', 'b/old.bin': noise('old', 9000), 'b/c/deep.txt': 'deep' });
  await backupFolder(source, repository, context);
  writeTree(source, { 'b/new.bin': noise('new', 9000) });
  await backupFolder(source, repository, context);
  await repository.loadIndex(context);
  return { context, source, memory, state, repository, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

async function treeAt(path: string, snapshot: ListedSnapshot, { repository, context }: World) {
  const place = await findPlace(repository, snapshot.root, path, context);
  return place!.nodes.contents[place!.row]!;
}

/** The object of the pack that holds a blob, and where its frame lies in it. */
function packOf(id: Uint8Array, { repository }: World) {
  const { frame } = repository.locate(id)!;
  return { name: packObjectName(frame.pack), frame };
}

async function flip(name: string, at: number, { memory, context }: World): Promise<void> {
  const bytes = await memory.get(name, { signal: context.signal });
  bytes[at]! ^= 1;
  memory.damage(name, bytes);
}

async function run(
  request: Partial<RepairRequest>,
  { memory, state, context }: World,
): Promise<RepairOutcome & { readonly after: Repository }> {
  const after = await open(memory, state, 'repairer', context);
  return { ...(await repair({ kind: 'all', dryRun: false, ...request }, after, context)), after };
}

async function assertClean(repository: Repository, context: TestContext): Promise<void> {
  const found = await check({ level: 3 }, repository, context);
  assert.deepEqual(found.findings, []);
  assert.equal(found.outcome, 'succeeded');
}

const pathsOf = (found: RepairOutcome, { source }: World): string[] =>
  found.lost.map((one) => one.path.replace(source, '')).sort();

test('a lost data pack costs the files in it; after --forget the check is clean', async () => {
  using it = await world();
  const [older, newer] = await snapshotsOf(it.repository, it.context);
  const lost = packOf((await treeAt(`${it.source}/b/new.bin`, newer!, it)).subarray(0, 32), it).name;
  it.memory.damage(lost, undefined);
  const found = await run({ kind: 'snapshots', forget: true }, it);
  assert.deepEqual(pathsOf(found, it), ['/b/new.bin']);
  assert.deepEqual(found.forgotten, [newer!.id]);
  const left = await snapshotsOf(found.after, it.context);
  assert.equal(left.length, 2);
  assert.equal(left[0]!.id, older!.id);
  const repaired = left[1]!;
  assert.equal(repaired.replaces, newer!.id);
  assert.ok(repaired.tags.includes('repaired'));
  assert.equal(repaired.outcome, 'partial');
  assert.equal(repaired.time, newer!.time);
  assert.equal(repaired.stats.entries, newer!.stats.entries - 1);
  assert.equal(repaired.stats.bytes, newer!.stats.bytes - 9000);
  await assertClean(found.after, it.context);
  assert.notEqual(await restoredDigest(repaired, found.after, it.context), '');
  await prune({ dryRun: false, maxUnused: 0 }, found.after, it.context);
  await assertClean(found.after, it.context);
});

test('a damaged data pack costs only the files of its damaged frames, and only where they are', async () => {
  using it = await world();
  const [older, newer] = await snapshotsOf(it.repository, it.context);
  const { name, frame } = packOf((await treeAt(`${it.source}/b/old.bin`, newer!, it)).subarray(0, 32), it);
  await flip(name, frame.offset + 100, it);
  const found = await run({ forget: true }, it);
  assert.ok(pathsOf(found, it).includes('/b/old.bin'));
  assert.ok(!pathsOf(found, it).includes('/b/new.bin'));
  assert.deepEqual([...found.forgotten].sort(), [older!.id, newer!.id].sort());
  assert.equal(found.rewritten.length, 2);
  await assertClean(found.after, it.context);
});

test('a damaged skeleton costs nothing: it is made again from its tree', async () => {
  using it = await world();
  const snapshots = await snapshotsOf(it.repository, it.context);
  const before = await restoredDigest(snapshots[1]!, it.repository, it.context);
  const content = await treeAt(`${it.source}/b`, snapshots[1]!, it);
  const { name, frame } = packOf(content.subarray(32), it);
  assert.equal(frame.type, boxTypes.skeleton);
  await flip(name, frame.offset + 100, it);
  const mended = await run({ kind: 'snapshots', forget: true }, it);
  assert.deepEqual(mended.lost, []);
  assert.deepEqual(mended.rewritten, []);
  assert.deepEqual(mended.forgotten, []);
  assert.ok(mended.healed > 0);
  await assertClean(mended.after, it.context);
  assert.equal(await restoredDigest(snapshots[1]!, mended.after, it.context), before);
});

test('of a snapshot whose trees are all damaged nothing is left', async () => {
  using it = await world();
  const snapshots = await snapshotsOf(it.repository, it.context);
  const tree = packOf((await treeAt(`${it.source}/b`, snapshots[1]!, it)).subarray(0, 32), it);
  // All trees of one backup share a frame.
  await flip(tree.name, tree.frame.offset + 100, it);
  const found = await run({ kind: 'snapshots', forget: true }, it);
  assert.deepEqual(found.rewritten, []);
  assert.deepEqual(found.forgotten, [snapshots[1]!.id]);
  await assertClean(found.after, it.context);
});

test('a lost folder of an older backup is left out and the rest is kept', async () => {
  using it = await world();
  const snapshots = await snapshotsOf(it.repository, it.context);
  // The tree of b/c did not change, so it lies with the first backup and the trees above it with the second.
  const deep = (await treeAt(`${it.source}/b/c`, snapshots[1]!, it)).subarray(0, 32);
  it.memory.damage(packOf(deep, it).name, undefined);
  const found = await run({ forget: true }, it);
  assert.deepEqual(
    found.lost.filter((one) => one.snapshot === snapshots[1]!.id).map((one) => [one.kind, one.path]),
    [['directory', `${it.source}/b/c`]],
  );
  assert.deepEqual([...found.forgotten].sort(), snapshots.map((one) => one.id).sort());
  const left = await snapshotsOf(found.after, it.context);
  assert.deepEqual(
    left.map((one) => one.replaces),
    [snapshots[1]!.id],
  );
  await assertClean(found.after, it.context);
});

test('a dry run tells the same and changes nothing', async () => {
  using it = await world();
  const [, newer] = await snapshotsOf(it.repository, it.context);
  it.memory.damage(
    packOf((await treeAt(`${it.source}/b/new.bin`, newer!, it)).subarray(0, 32), it).name,
    undefined,
  );
  const before = it.memory.names();
  const planned = await run({ kind: 'snapshots', dryRun: true, forget: true }, it);
  assert.deepEqual(it.memory.names(), before);
  assert.deepEqual(pathsOf(planned, it), ['/b/new.bin']);
  assert.deepEqual(planned.rewritten, []);
  const done = await run({ kind: 'snapshots', forget: true }, it);
  assert.deepEqual(done.lost, planned.lost);
  assert.deepEqual(done.plan, planned.plan);
});

test('without --forget the damaged snapshot stays, and a second run does not write it again', async () => {
  using it = await world();
  const [, newer] = await snapshotsOf(it.repository, it.context);
  it.memory.damage(
    packOf((await treeAt(`${it.source}/b/new.bin`, newer!, it)).subarray(0, 32), it).name,
    undefined,
  );
  const first = await run({}, it);
  assert.equal(first.rewritten.length, 1);
  assert.deepEqual(first.forgotten, []);
  const second = await run({}, it);
  assert.deepEqual(second.rewritten, []);
  assert.equal((await snapshotsOf(second.after, it.context)).length, 3);
  const unclean = await check({ level: 2 }, second.after, it.context);
  assert.deepEqual(
    unclean.findings.flatMap((one) => one.snapshots),
    [newer!.id],
  );
  const third = await run({ forget: true }, it);
  assert.deepEqual(third.forgotten, [newer!.id]);
  await assertClean(third.after, it.context);
});

test('a whole repository needs no repair', async () => {
  using it = await world();
  const before = it.memory.names();
  const found = await run({ forget: true }, it);
  assert.deepEqual([found.plan, found.lost, found.rewritten, found.forgotten], [[], [], [], []]);
  assert.deepEqual(it.memory.names(), before);
  assert.equal(
    await restoredDigest((await snapshotsOf(found.after, it.context))[1]!, found.after, it.context),
    treeDigest(it.source),
  );
});

test('check names every snapshot that suffers, also where they share the folder above', async () => {
  using it = await world();
  // Nothing changed, so this one shares all its trees with the one before.
  await backupFolder(it.source, it.repository, it.context);
  const snapshots = await snapshotsOf(it.repository, it.context);
  const deep = await treeAt(`${it.source}/b/c/deep.txt`, snapshots[0]!, it);
  it.memory.damage(packOf(deep.subarray(0, 32), it).name, undefined);
  const after = await open(it.memory, it.state, 'repairer', it.context);
  await repair({ kind: 'packs', dryRun: false }, after, it.context);
  const found = await check({ level: 2 }, after, it.context);
  const named = found.findings.filter((one) => one.code === 'BLOB_MISSING').flatMap((one) => one.snapshots);
  assert.deepEqual([...new Set(named)].sort(), snapshots.map((one) => one.id).sort());
});

test('a pack that is gone is brought from the other repository before the index forgets it', async () => {
  for (const isMetadata of [false, true]) {
    using it = await world();
    const digests = new Map<string, string>();
    for (const one of await snapshotsOf(it.repository, it.context)) {
      digests.set(one.id, await restoredDigest(one, it.repository, it.context));
    }
    const intact = it.memory.clone();
    const prefix = isMetadata ? 'meta/' : 'packs/';
    const gone = it.memory.names().filter((name) => name.startsWith(prefix));
    for (const name of gone) it.memory.damage(name, undefined);
    const from = await open(intact, it.state, 'other', it.context);
    const planned = await run({ from, dryRun: true }, it);
    // A dry run cannot walk trees that are not here yet.
    if (!isMetadata) assert.deepEqual(planned.lost, []);
    const found = await run({ from }, it);
    assert.equal(found.plan.filter((step) => step.includes('from the other repository')).length, gone.length);
    assert.deepEqual(planned.plan.slice(0, found.plan.length), found.plan);
    assert.deepEqual([found.lost, found.rewritten], [[], []]);
    assert.ok(found.healed >= gone.length);
    await assertClean(found.after, it.context);
    const snapshots = await snapshotsOf(found.after, it.context);
    assert.deepEqual(
      snapshots.map(({ id }) => id),
      [...digests.keys()],
    );
    for (const one of snapshots) {
      assert.equal(await restoredDigest(one, found.after, it.context), digests.get(one.id));
    }
  }
});

test('a pack that is gone everywhere may be put back later under its name', async () => {
  using it = await world();
  const [name] = it.memory.names().filter((one) => one.startsWith('packs/'));
  const bytes = await it.memory.get(name!, { signal: it.context.signal });
  it.memory.damage(name!, undefined);
  const from = await open(it.memory.clone(), it.state, 'other', it.context);
  const found = await run({ from }, it);
  assert.ok(found.lost.length > 0);
  it.memory.damage(name!, bytes);
  const again = await run({ kind: 'index' }, it);
  assert.match(again.plan.join(), /which no index names/);
  for (const one of await snapshotsOf(again.after, it.context)) {
    if (one.replaces === undefined) await restoredDigest(one, again.after, it.context);
  }
});
