// What sync promises: the same recovery points there, forgotten there only what was forgotten here by a tombstone, never much at once
// and never what is retained; and a run that is killed at any call loses nothing, the next one finishes.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { type SyncRequest, sync } from '../../src/operations/sync.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { atCall, withFaults } from '../../src/storage/with/fault.ts';
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

const forgetting = { force: false, run: 'test' };

class World implements Disposable {
  readonly folder = scratch();
  readonly state = scratch();
  /** Where this host remembers: a fork of the place needs a fork of the memory. */
  memory = this.state.path;
  readonly context = testContext();
  readonly here = new MemoryStorage();
  readonly there = new MemoryStorage();
  #runs = 0;

  /** With as many snapshots here. */
  static async begin(snapshots: number): Promise<World> {
    const world = new World();
    for (const storage of [world.here, world.there]) await create(storage, world.state.path, world.context);
    for (let at = 0; at < snapshots; at += 1) await world.save(`${at}`);
    return world;
  }

  async use<Result>(storage: Storage, work: (repository: Repository) => Promise<Result>): Promise<Result> {
    this.#runs += 1;
    await using repository = await open(storage, this.memory, `run-${this.#runs}`, this.context);
    return await work(repository);
  }

  async save(seed: string, storage: Storage = this.here): Promise<void> {
    writeTree(this.folder.path, { [`folder/${seed}`]: noise(seed, 20_000), last: seed });
    await this.use(storage, (repository) => backupFolder(this.folder.path, repository, this.context));
  }

  sync(more: Partial<SyncRequest> = {}, from: Storage = this.here, to: Storage = this.there) {
    const request = {
      filter: {},
      newestFirst: false,
      dryRun: false,
      compression: { comp: 1, level: 1 },
      ...more,
    };
    return this.use(from, (one) => this.use(to, (other) => sync(request, one, other, this.context)));
  }

  forget(storage: Storage, ids: readonly string[]) {
    const request = {
      policy: {},
      groupBy: [],
      filter: { ids },
      dryRun: false,
      run: 'test',
      zoneOffset: () => 0,
    };
    return this.use(storage, (repository) => forget(request, repository, this.context));
  }

  /** Oldest time first: ids and originals. */
  async list(storage: Storage): Promise<{ id: string; original: string }[]> {
    const all = await this.use(storage, (repository) => snapshotsOf(repository, this.context));
    return [...all]
      .sort((a, b) => a.time - b.time)
      .map(({ id, original }) => ({ id, original: original ?? id }));
  }

  async originals(storage: Storage): Promise<string[]> {
    return (await this.list(storage)).map(({ original }) => original);
  }

  [Symbol.dispose]() {
    this.folder[Symbol.dispose]();
    this.state[Symbol.dispose]();
  }
}

test('after a sync both places have the same recovery points; what was forgotten here goes there on demand', async () => {
  using world = await World.begin(4);
  const originals = await world.originals(world.here);
  assert.equal((await world.sync({ dryRun: true })).copied.length, 4);
  assert.deepEqual(await world.list(world.there), []);
  assert.equal((await world.sync()).copied.length, 4);
  assert.deepEqual(await world.originals(world.there), originals);
  await world.forget(world.here, originals.slice(0, 1));
  const kept = await world.sync();
  assert.deepEqual([kept.copied, kept.forgotten, kept.vanished], [[], [], []]);
  assert.equal((await world.sync({ forget: forgetting, dryRun: true })).forgotten.length, 1);
  assert.deepEqual(await world.originals(world.there), originals);
  assert.equal((await world.sync({ forget: forgetting })).forgotten.length, 1);
  assert.deepEqual(await world.originals(world.there), originals.slice(1));
});

test('what merely vanished here stays there and is told', async () => {
  using world = await World.begin(3);
  await world.sync();
  const originals = await world.originals(world.there);
  const names = world.here.names().filter((name) => name.startsWith('snapshots/'));
  await world.here.delete(names[0]!, world.context);
  const done = await world.sync({ forget: { force: true, run: 'test' } });
  assert.equal(done.vanished.length, 1);
  assert.deepEqual(done.forgotten, []);
  assert.deepEqual(await world.originals(world.there), originals);
  assert.ok(world.context.warnings.some((message) => message.includes('without a tombstone')));
});

test('more than half is forgotten only when forced, and what lacked is copied all the same', async () => {
  using world = await World.begin(3);
  await world.sync();
  const originals = await world.originals(world.here);
  await world.forget(world.here, originals);
  await world.save('new');
  const plan = { forget: forgetting, dryRun: true };
  await assert.rejects(world.sync(plan), { code: 'SYNC_FORGETS_TOO_MUCH', facts: { forget: 3, copies: 4 } });
  await assert.rejects(world.sync({ forget: forgetting }), { code: 'SYNC_FORGETS_TOO_MUCH' });
  assert.equal((await world.list(world.there)).length, 4);
  assert.equal((await world.sync({ forget: { force: true, run: 'test' } })).forgotten.length, 3);
  assert.deepEqual(await world.originals(world.there), await world.originals(world.here));
});

test('a retained copy stays until its retention ends', async () => {
  using world = await World.begin(3);
  const until = world.context.clock.now() + 1_000_000_000;
  await world.sync({ retainUntil: until });
  const originals = await world.originals(world.here);
  await world.forget(world.here, originals.slice(0, 1));
  const done = await world.sync({ forget: forgetting });
  assert.deepEqual([done.forgotten.length, done.retained.length], [0, 1]);
  assert.deepEqual(await world.originals(world.there), originals);
  await world.context.clock.sleep(1_000_000_000, new AbortController().signal);
  assert.equal((await world.sync({ forget: forgetting })).forgotten.length, 1);
});

test('a filter binds what is copied and what is forgotten', async () => {
  using world = await World.begin(3);
  await world.sync();
  await world.forget(world.here, (await world.originals(world.here)).slice(0, 1));
  await world.save('more');
  const done = await world.sync({ filter: { host: 'another' }, forget: forgetting });
  assert.deepEqual([done.copied, done.forgotten], [[], []]);
});

test('what was forgotten there on purpose is not sent again, also not around a circle of three', async () => {
  using world = await World.begin(3);
  const third = new MemoryStorage();
  await create(third, world.state.path, world.context);
  await world.sync();
  await world.sync({}, world.there, third);
  const [first, second] = await world.list(world.there);
  await world.forget(world.there, [first!.id]);
  const again = await world.sync();
  assert.deepEqual([again.copied, again.declined], [[], [first!.original]]);
  // The third place knows the copy by its original, and the tombstone of the second names that.
  const follow = await world.sync({ forget: forgetting }, world.there, third);
  assert.equal(follow.forgotten.length, 1);
  assert.equal((await world.originals(third))[0], second!.original);
});

test('newest first brings the newest first', async () => {
  using world = await World.begin(3);
  const originals = await world.originals(world.here);
  const done = await world.sync({ newestFirst: true });
  assert.deepEqual(
    done.copied.map(({ from }) => from),
    originals.toReversed(),
  );
});

test('a sync that is killed at any call loses nothing, and the next one finishes', async () => {
  using world = await World.begin(3);
  const first = await world.originals(world.here);
  await world.sync();
  await world.forget(world.here, first.slice(0, 1));
  await world.save('one more');
  const wanted = await world.originals(world.here);
  const before = world.there.clone();
  const digest = treeDigest(world.folder.path);
  let points = 0;
  for (let call = 1; ; call += 7) {
    const there = before.clone();
    using memory = scratch();
    cpSync(world.state.path, memory.path, { recursive: true });
    world.memory = memory.path;
    const faulty = withFaults(there, atCall(call, call % 2 === 0 ? 'crash-before' : 'crash-after'));
    const died = await world.sync({ forget: forgetting }, world.here, faulty.storage).then(
      () => false,
      () => true,
    );
    if (!died && !faulty.hasCrashed()) break;
    points += 1;
    for (const original of wanted.slice(0, 2)) {
      assert.ok((await world.originals(there)).includes(original), `call ${call} lost a copy`);
    }
    const done = await world.sync({ forget: forgetting }, world.here, there);
    assert.equal(done.outcome, 'succeeded');
    assert.deepEqual(await world.originals(there), wanted, `after call ${call}`);
    await world.use(there, async (repository) => {
      const newest = (await snapshotsOf(repository, world.context)).at(-1)!;
      await repository.loadIndex(world.context);
      assert.equal(await restoredDigest(newest, repository, world.context), digest);
      const { findings } = await check({ level: 3 }, repository, world.context);
      assert.deepEqual(
        findings.filter(({ severity }) => severity === 'error'),
        [],
      );
    });
  }
  assert.ok(points >= 7, `${points} points`);
});
