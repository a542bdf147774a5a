// T-57: erasure. What was erased comes back from nowhere, its bytes are gone or the proof says until when they are not, nothing else is
// touched, and a run that was cut off is simply run again.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { cat } from '../../src/operations/browse.ts';
import { check } from '../../src/operations/check.ts';
import { copy } from '../../src/operations/copy.ts';
import { type EraseOutcome, erase } from '../../src/operations/erase.ts';
import { snapshotEntries } from '../../src/operations/export/of-snapshot.ts';
import { repair } from '../../src/operations/repair.ts';
import { restore } from '../../src/operations/restore.ts';
import { sync } from '../../src/operations/sync.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { budgetOf } from '../campaign.ts';
import { CrashingStorage, type CrashPoint } from '../fault/crashing-storage.ts';
import { campaignSeed, sample } from '../fault/sampling.ts';
import { lockingStorage } from '../storage/locking-storage.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

const secret = noise('the person that wants to be forgotten', 60_000);
const other = noise('somebody else', 60_000);

class World implements Disposable {
  readonly folder = scratch();
  state = scratch();
  readonly context = testContext();
  readonly memory = new MemoryStorage();
  storage: Storage = this.memory;
  #runs = 0;

  static async begin(): Promise<World> {
    const world = new World();
    await create(world.storage, world.state.path, world.context);
    return world;
  }

  get anna(): string {
    return join(this.folder.path, 'anna');
  }

  open(storage: Storage = this.storage): Promise<Repository> {
    this.#runs += 1;
    return open(storage, this.state.path, `run-${this.#runs}`, this.context);
  }

  /** Two snapshots that hold the folder "anna", in one pack with what stays, and one without it. */
  async fill(): Promise<this> {
    writeTree(this.folder.path, { 'anna/letter.bin': secret, 'anna/deep/note.txt': 'hers' });
    writeTree(this.folder.path, { 'bert/letter.bin': other, 'readme.txt': 'ours' });
    await this.save();
    writeFileSync(join(this.folder.path, 'readme.txt'), 'ours, changed');
    await this.save();
    rmSync(this.anna, { recursive: true });
    await this.save();
    return this;
  }

  async save(): Promise<void> {
    await using repository = await this.open();
    await backupFolder(this.folder.path, repository, this.context);
  }

  async erase(
    more: { snapshots?: readonly string[]; dryRun?: boolean; prune?: boolean; storage?: Storage } = {},
  ): Promise<EraseOutcome> {
    await using repository = await this.open(more.storage);
    return await erase(
      {
        matches: (path) => path === this.anna,
        reason: 'request 1',
        dryRun: more.dryRun ?? false,
        tool: 'test',
        ...(more.snapshots === undefined ? {} : { snapshots: more.snapshots }),
        ...((more.prune ?? true) ? { prune: { exclusive: false } } : {}),
      },
      repository,
      this.context,
    );
  }

  /** What the oldest, or any, snapshot restores to: path to content. */
  async bring(
    snapshot: ListedSnapshot,
    repository: Repository,
    includeErased = false,
  ): Promise<{ has(path: string): boolean; text(path: string): string; erased: number; outcome: string }> {
    using target = scratch();
    const out = join(target.path, 'out');
    await repository.loadIndex(this.context);
    const { erased, outcome } = await restore(
      {
        snapshot,
        target: out,
        select: () => true,
        verify: false,
        dryRun: false,
        devices: false,
        owners: false,
        workers: 0,
        includeErased,
      },
      repository,
      this.context,
    );
    const names = ['anna', 'anna/letter.bin', 'anna/deep/note.txt', 'bert/letter.bin', 'readme.txt'];
    const there = new Map(
      names
        .filter((name) => existsSync(join(out, name)))
        .map((name) => [name, name.includes('.') ? readFileSync(join(out, name), 'latin1') : '']),
    );
    return {
      erased,
      outcome,
      has: (path) => there.has(path),
      text: (path) => there.get(path) ?? '',
    };
  }

  async isSound(storage: Storage = this.storage): Promise<void> {
    await using repository = await this.open(storage);
    const found = await check({ level: 3 }, repository, this.context);
    assert.deepEqual(
      found.findings.filter(({ severity }) => severity === 'error'),
      [],
    );
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
    this.state[Symbol.dispose]();
  }
}

/** Everybody's view: no snapshot brings it back, all of them bring the rest. */
async function assertErased(world: World, storage: Storage = world.storage): Promise<void> {
  await using repository = await world.open(storage);
  const snapshots = await snapshotsOf(repository, world.context);
  assert.equal(snapshots.length, 3);
  for (const snapshot of snapshots) {
    const found = await world.bring(snapshot, repository);
    assert.ok(!found.has('anna'), 'it came back');
    assert.equal(found.text('bert/letter.bin'), other.toString('latin1'));
    assert.match(found.text('readme.txt'), /^ours/);
    assert.equal(found.outcome, 'succeeded');
  }
  await world.isSound(storage);
}

test('erased paths are gone from every snapshot, with their packs, and all else stays as it was', async () => {
  using world = await (await World.begin()).fill();
  await using before = await world.open();
  const old = await snapshotsOf(before, world.context);
  const packs = new Set(world.memory.names().filter((name) => /^(packs|meta)\//.test(name)));
  const done = await world.erase();
  assert.equal(done.outcome, 'succeeded');
  assert.deepEqual(done.paths, [{ host: 'test', path: world.anna }]);
  assert.equal(done.snapshots.length, 2);
  assert.deepEqual(done.remaining, { snapshots: [], unreadable: [], packs: [] });
  for (const name of done.packsDeleted) {
    assert.ok([...packs].some((object) => object.endsWith(name)));
    assert.ok(!world.memory.names().some((object) => object.endsWith(name)));
  }
  assert.ok(done.packsDeleted.length > 0);
  await assertErased(world);
  await using after = await world.open();
  const now = await snapshotsOf(after, world.context);
  for (const one of done.snapshots) {
    const was = old.find(({ id }) => id === one.old);
    const is = now.find(({ id }) => id === one.new);
    assert.ok(was !== undefined && is !== undefined);
    assert.ok(!now.some(({ id }) => id === one.old));
    // Else retention would take all that was rewritten for made today, and keep one of them.
    assert.equal(is.arrivedAt, was.arrivedAt);
    const { time, host, paths, tags } = is;
    assert.deepEqual(
      { time, host, paths, tags, replaces: is.replaces },
      {
        time: was.time,
        host: was.host,
        paths: was.paths,
        tags: was.tags,
        replaces: was.id,
      },
    );
  }
  const again = await world.erase();
  assert.deepEqual([again.snapshots, again.ledgerAdded, again.outcome], [[], 0, 'succeeded']);
});

test('a dry run tells what would go and changes nothing', async () => {
  using world = await (await World.begin()).fill();
  const before = world.memory.names();
  const done = await world.erase({ dryRun: true });
  assert.deepEqual(done.paths, [{ host: 'test', path: world.anna }]);
  assert.equal(done.snapshots.length, 2);
  assert.deepEqual(world.memory.names(), before);
});

test('a snapshot with nothing else in it is forgotten without another in its place', async () => {
  using world = await World.begin();
  writeTree(world.folder.path, { 'anna/letter.bin': secret });
  await using repository = await world.open();
  await backupFolder(world.anna, repository, world.context);
  const done = await world.erase();
  assert.equal(done.snapshots[0]?.new, undefined);
  assert.deepEqual(await snapshotsOf(repository, world.context), []);
  assert.equal(done.outcome, 'succeeded');
});

test('only the snapshots that were named lose it, and only there the ledger holds', async () => {
  using world = await (await World.begin()).fill();
  await using repository = await world.open();
  const [first, second] = await snapshotsOf(repository, world.context);
  const done = await world.erase({ snapshots: [first!.id] });
  assert.deepEqual(
    done.snapshots.map((one) => one.old),
    [first!.id],
  );
  const found = await world.bring(second!, repository);
  assert.equal(found.text('anna/letter.bin'), secret.toString('latin1'));
  assert.equal(found.erased, 0);
});

test('on locked storage the proof names what stays and until when, and no restore brings it back', async () => {
  using world = await World.begin();
  let now = 1_700_000_000_000;
  const { storage, locks } = lockingStorage(world.memory, () => now, world.context);
  await world.fill();
  world.storage = storage;
  const until = now + 1_000_000_000;
  for (const name of world.memory.names())
    if (/^(packs|meta|snapshots|index)\//.test(name)) locks.set(name, until);
  const done = await world.erase();
  assert.equal(done.outcome, 'partial');
  assert.deepEqual(
    done.remaining.snapshots.map((one) => one.until),
    [until, until],
  );
  assert.ok(done.remaining.packs.length > 0);
  for (const one of done.remaining.packs) assert.equal(one.until, until);
  await using repository = await world.open();
  for (const one of done.remaining.snapshots) {
    const locked = (await snapshotsOf(repository, world.context)).find(({ id }) => id === one.id);
    const found = await world.bring(locked!, repository);
    assert.ok(!found.has('anna'));
    assert.equal(found.erased, 2);
    assert.equal(found.text('bert/letter.bin'), other.toString('latin1'));
    const asked = await world.bring(locked!, repository, true);
    assert.equal(asked.text('anna/letter.bin'), secret.toString('latin1'));
    await assert.rejects(async () => {
      const path = join(world.anna, 'deep/note.txt');
      for await (const _ of cat({ snapshot: locked!, path }, repository, world.context));
    }, isErased);
    const exported: string[] = [];
    for await (const { entry } of snapshotEntries({ snapshot: locked! }, repository, world.context))
      exported.push(entry.path);
    assert.ok(exported.some((path) => path.endsWith('bert/letter.bin')));
    assert.ok(!exported.some((path) => path.includes('anna')), 'an export leaves out what was erased');
    await assert.rejects(async () => {
      const request = { snapshot: locked!, path: world.anna };
      for await (const _ of snapshotEntries(request, repository, world.context));
    }, isErased);
  }
  now = until + 1;
  world.context.clock.sleep(2_000_000_000, world.context.signal);
  const later = await world.erase();
  assert.deepEqual([later.outcome, later.remaining.packs], ['succeeded', []]);
  await assertErased(world);
});

function isErased(error: unknown): boolean {
  return isFailure(error, 'denied', 'PATH_ERASED');
}

test('an older copy that is put back is restored without what was erased since', async () => {
  using world = await (await World.begin()).fill();
  const old = world.memory.clone();
  await world.erase();
  // The tombstones say what was forgotten; snapshots and packs come from the older copy.
  for (const name of old.names()) {
    if (world.memory.names().includes(name)) continue;
    await world.memory.put(name, await old.get(name, world.context), world.context);
  }
  await using repository = await world.open();
  await repair({ kind: 'index', dryRun: false }, repository, world.context);
  const snapshots = await snapshotsOf(repository, world.context);
  assert.equal(snapshots.length, 5);
  for (const snapshot of snapshots) assert.ok(!(await world.bring(snapshot, repository)).has('anna'));
  // Asked for by its name, it is refused, since silence would look like loss.
  const request = { snapshot: snapshots[0]!, path: join(world.anna, 'letter.bin'), target: '/nowhere' };
  const rest = { select: () => true, verify: false, dryRun: true, devices: false, owners: false, workers: 0 };
  await assert.rejects(restore({ ...request, ...rest }, repository, world.context), isErased);
});

test('a path that is saved again later comes back as it was saved later', async () => {
  using world = await (await World.begin()).fill();
  await world.erase();
  writeTree(world.folder.path, { 'anna/letter.bin': 'a new customer of that name' });
  await world.save();
  await using repository = await world.open();
  const newest = (await snapshotsOf(repository, world.context)).at(-1)!;
  const found = await world.bring(newest, repository);
  assert.equal(found.text('anna/letter.bin'), 'a new customer of that name');
});

test('a copy carries the ledger on: what it already holds is not restored there either', async () => {
  using world = await (await World.begin()).fill();
  const there = new MemoryStorage();
  await create(there, world.state.path, world.context);
  const compression = { comp: 1, level: 1 };
  await using from = await world.open();
  await using to = await world.open(there);
  const snapshots = await snapshotsOf(from, world.context);
  await copy({ snapshots, dryRun: false, compression }, from, to, world.context);
  await world.erase();
  const rest = { filter: {}, newestFirst: false, dryRun: false, compression };
  await sync(rest, from, to, world.context);
  const copies = await snapshotsOf(to, world.context);
  assert.equal(copies.length, 5);
  for (const snapshot of copies) assert.ok(!(await world.bring(snapshot, to)).has('anna'));
  const done = await sync({ ...rest, forget: { force: false, run: 'test' } }, from, to, world.context);
  assert.equal(done.forgotten.length, 2, 'copies of erased snapshots stay as if they lived on');
  await assertErased(world, there);
  const tombstones = there.names().filter((name) => name.startsWith('tombstones/')).length;
  await sync(rest, from, to, world.context);
  assert.equal(there.names().filter((name) => name.startsWith('tombstones/')).length, tombstones);
});

test('an empty ledger costs a backup and a restore no call', async () => {
  using world = await (await World.begin()).fill();
  const calls: RecordedCall[] = [];
  await using repository = await world.open(withRecording(world.storage, calls));
  const [first] = await snapshotsOf(repository, world.context);
  calls.length = 0;
  const found = await world.bring(first!, repository);
  assert.ok(found.has('anna/letter.bin'));
  assert.deepEqual(
    calls.filter(({ name }) => name.startsWith('tombstones/')),
    [],
  );
});

test('cut off at any change, the same command again erases all and loses nothing else', async () => {
  using world = await (await World.begin()).fill();
  const start = world.memory.clone();
  const before = world.state;
  /** As the host and the storage were before the first try. */
  const rewind = (): MemoryStorage => {
    world.state = scratch();
    cpSync(before.path, world.state.path, { recursive: true });
    return start.clone();
  };
  const fuse = { point: { call: 1_000_000, moment: 'before' } as CrashPoint, calls: 0, crashed: false };
  await world.erase({ storage: new CrashingStorage(rewind(), fuse.point, fuse) });
  world.state[Symbol.dispose]();
  assert.ok(fuse.calls > 10);
  const budget = budgetOf('HOLDFAST_T57', 6);
  for (const position of sample(campaignSeed(), 'forget-path', fuse.calls * 2, budget)) {
    const memory = rewind();
    using _ = world.state;
    const point: CrashPoint = {
      call: (position + 1) >> 1,
      moment: position % 2 === 1 ? 'before' : 'after',
    };
    const name = `${point.moment} call ${point.call}`;
    const doomed = new CrashingStorage(memory, point);
    // The last calls only tidy up, and a run that cannot may have done its work.
    await world.erase({ storage: doomed }).catch(() => undefined);
    assert.ok(doomed.crashed, name);
    world.storage = memory;
    await using witness = await world.open();
    for (const snapshot of await snapshotsOf(witness, world.context)) {
      const found = await world.bring(snapshot, witness);
      assert.equal(found.text('bert/letter.bin'), other.toString('latin1'), name);
    }
    const done = await world.erase();
    assert.equal(done.outcome, 'succeeded', name);
    await assertErased(world);
  }
  world.state = before;
});
