// T-95: what went wrong elsewhere, done to this repository. Each test names the incident; what other campaigns try at every point
// (locks, clocks, crashes, swapped objects, failed fsyncs) is not repeated here.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { codecOf } from '../../src/codecs/all.ts';
import { check } from '../../src/operations/check.ts';
import { prune } from '../../src/operations/prune.ts';
import { repair } from '../../src/operations/repair.ts';
import { acceptRollback } from '../../src/operations/status.ts';
import { loadChain } from '../../src/repository/chain.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { atCall, withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { World as Program } from '../cli/holdfast.ts';
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

const everything = { dryRun: false, maxUnused: 0 };

/** A repository with two recovery points of a folder that changed between them. */
class World implements Disposable {
  readonly #scratch = scratch();
  readonly source = join(this.#scratch.path, 'source');
  readonly state = join(this.#scratch.path, 'state');
  readonly context = testContext();
  readonly memory = new MemoryStorage();
  /** What the folder was at each recovery point. */
  readonly digests: string[] = [];
  #opened = 0;

  static async begin(): Promise<World> {
    const world = new World();
    await create(world.memory, world.state, world.context);
    for (const seed of ['first', 'second']) {
      writeTree(world.source, { [`${seed}.bin`]: noise(seed, 40_000), 'note.txt': seed });
      await backupFolder(world.source, await world.open(), world.context);
      world.digests.push(treeDigest(world.source));
    }
    return world;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  /** A new process of this host; `state` of another folder is another host. */
  open(storage: Storage = this.memory, state = this.state): Promise<Repository> {
    this.#opened += 1;
    return open(storage, state, `process ${this.#opened}`, this.context);
  }

  /** A host that remembers nothing of this repository. */
  otherState(): string {
    this.#opened += 1;
    return join(this.#scratch.path, `other-${this.#opened}`);
  }

  /** A copy of what this host remembers. */
  copiedState(): string {
    const state = this.otherState();
    cpSync(this.state, state, { recursive: true });
    return state;
  }

  async restores(repository: Repository, digests = this.digests): Promise<void> {
    await repository.loadIndex(this.context);
    const found: string[] = [];
    for (const snapshot of await snapshotsOf(repository, this.context))
      found.push(await restoredDigest(snapshot, repository, this.context));
    assert.deepEqual(found, digests);
  }

  bytes(name: string, from = this.memory): Promise<Uint8Array> {
    return from.get(name, { signal: this.context.signal });
  }
}

/** What a prune may take away, or condemn. */
const storedIn = (memory: MemoryStorage) =>
  memory.names().filter((name) => /^(packs|meta|index|condemned|snapshots)\//.test(name));
const packsOf = (memory: MemoryStorage) => memory.names().filter((name) => /^(packs|meta)\//.test(name));

test('restic 0.16: a compressor that corrupts data ends the backup before anything is published', async (t) => {
  using world = await World.begin();
  const zstd = codecOf(1);
  const compress = zstd.compress.bind(zstd);
  writeTree(world.source, { 'third.txt': 'third '.repeat(5000) });
  const repository = await world.open();
  t.mock.method(zstd, 'compress', (bytes: Uint8Array, level: number) => {
    const other = Uint8Array.from(bytes);
    other[other.length - 1]! ^= 1;
    return compress(other, level);
  });
  await assert.rejects(backupFolder(world.source, repository, world.context), (error) =>
    isFailure(error, 'corrupt', 'FRAME_NOT_REPRODUCED'),
  );
  t.mock.restoreAll();
  await world.restores(await world.open());
  assert.equal((await check({ level: 3 }, await world.open(), world.context)).outcome, 'succeeded');
});

test('restic on rclone: a listing that fails or is empty makes no prune delete a pack', async () => {
  using world = await World.begin();
  const prefixes = ['snapshots/', 'tombstones/', 'sessions/', 'index/', 'packs/', 'meta/', 'condemned/'];
  const refusals = new Map<string, string>();
  for (const prefix of prefixes) {
    for (const trouble of ['failed', 'empty']) {
      for (const host of ['this', 'new']) {
        // A host that remembers nothing, and is told of no recovery point at all, cannot know that there are any.
        if (prefix === 'snapshots/' && trouble === 'empty' && host === 'new') continue;
        const memory = world.memory.clone();
        const blind = forwarding(memory, {
          async *list(asked, options) {
            if (asked !== prefix) yield* memory.list(asked, options);
            else if (trouble === 'failed') throw new Failure('unavailable', 'STORAGE_FAILED', 'no answer');
          },
        });
        const stored = storedIn(memory);
        const state = host === 'this' ? world.copiedState() : world.otherState();
        try {
          await prune(everything, await world.open(blind, state), world.context);
        } catch (error) {
          assert.ok(isFailure(error), String(error));
          refusals.set(`${prefix} ${trouble} ${host}`, error.code);
        }
        assert.deepEqual(storedIn(memory), stored, `${prefix} ${trouble}, ${host} host`);
        await world.restores(await world.open(memory, world.otherState()));
      }
    }
  }
  assert.equal(refusals.get('snapshots/ failed new'), 'STORAGE_FAILED');
  assert.equal(refusals.get('snapshots/ empty this'), 'REPOSITORY_ROLLED_BACK');
});

test('borg: a storage that is full ends the backup, and is no problem of a file', async () => {
  using world = await World.begin();
  writeTree(world.source, { 'third.bin': noise('third', 40_000) });
  const full = forwarding(world.memory, {
    async put(name, bytes, options) {
      if (name.startsWith('packs/')) throw new Failure('exhausted', 'STORAGE_FULL', 'no room');
      return world.memory.put(name, bytes, options);
    },
  });
  await assert.rejects(backupFolder(world.source, await world.open(full), world.context), (error) =>
    isFailure(error, 'exhausted', 'STORAGE_FULL'),
  );
  assert.deepEqual(world.context.problems, []);
  await world.restores(await world.open());
});

test('borg: an old copy of the repository is noticed, and a reason lets its owner go on', async () => {
  using world = await World.begin();
  const old = world.memory.clone();
  writeTree(world.source, { 'third.txt': 'third' });
  await backupFolder(world.source, await world.open(), world.context);
  const rolledBack = (error: unknown) => isFailure(error, 'corrupt', 'REPOSITORY_ROLLED_BACK');
  const repository = await world.open(old);
  await assert.rejects(backupFolder(world.source, repository, world.context), rolledBack);
  await assert.rejects(prune(everything, repository, world.context), rolledBack);
  await world.restores(repository);
  await acceptRollback({ reason: 'the disk was replaced' }, repository, world.context);
  const again = await world.open(old);
  await backupFolder(world.source, again, world.context);
  await world.restores(again, [...world.digests, treeDigest(world.source)]);
});

test('borg 1.2: no byte of the newest recovery point can be changed so that a new host sees fewer and no error', async () => {
  using world = await World.begin();
  const oldest = (await snapshotsOf(await world.open(), world.context))[0]!.name;
  const newest = world.memory
    .names()
    .find((name) => name.startsWith('snapshots/') && !name.endsWith(oldest))!;
  const bytes = await world.bytes(newest);
  const state = world.otherState();
  const repository = await world.open(world.memory, state);
  for (let at = 0; at < bytes.length; at += 7) {
    const copy = Uint8Array.from(bytes);
    copy[at]! ^= 1 << (at % 8);
    world.memory.damage(newest, copy);
    const chain = await loadChain(repository, world.context);
    assert.deepEqual(
      chain.broken.map(({ name }) => name),
      [newest],
      `byte ${at}`,
    );
  }
  assert.equal((await check({ level: 1 }, repository, world.context)).outcome, 'failed');
  // Nor does a prune take what only the unreadable one needs.
  const packs = packsOf(world.memory);
  await prune(everything, repository, world.context).catch((error: unknown) => assert.ok(isFailure(error)));
  assert.deepEqual(packsOf(world.memory), packs);
});

test('borg: an index of no bytes after a power loss costs neither a restore nor the next backup', async () => {
  using world = await World.begin();
  for (const name of world.memory.names().filter((one) => one.startsWith('index/')))
    world.memory.damage(name, new Uint8Array(0));
  await repair({ kind: 'index', dryRun: false }, await world.open(), world.context);
  await world.restores(await world.open());
  writeTree(world.source, { 'third.txt': 'third' });
  await backupFolder(world.source, await world.open(), world.context);
  await world.restores(await world.open(), [...world.digests, treeDigest(world.source)]);
});

test('tarsnap 1.0.28, kopia: the same bytes sealed twice with the same keys are as different as chance', async () => {
  using world = await World.begin();
  const memory = new MemoryStorage();
  const state = world.otherState();
  await create(memory, state, world.context);
  const sealed: Uint8Array[] = [];
  for (const twin of [memory.clone(), memory.clone()]) {
    const copy = world.otherState();
    cpSync(state, copy, { recursive: true });
    await backupFolder(world.source, await world.open(twin, copy), world.context);
    const pack = twin.names().find((name) => name.startsWith('packs/'))!;
    sealed.push(await world.bytes(pack, twin));
  }
  const [one, other] = sealed as [Uint8Array, Uint8Array];
  assert.equal(one.length, other.length);
  // The first bytes say in clear what a pack is; of the rest one byte in 256 is the same by chance.
  const same = one.reduce((sum, byte, at) => sum + (at >= 512 && byte === other[at] ? 1 : 0), 0);
  assert.ok(same / one.length < 0.01, `${same} of ${one.length} bytes are the same`);
});

test('borg 1.1: a repair that is planned, cut off anywhere and run again loses nothing that was readable', async () => {
  using world = await World.begin();
  const before = world.memory.names();
  const pack = before.find((name) => name.startsWith('packs/'))!;
  const bytes = await world.bytes(pack);
  const copy = Uint8Array.from(bytes);
  copy[bytes.length - 1000]! ^= 1;
  world.memory.damage(pack, copy);
  const request = { kind: 'all', dryRun: false } as const;
  const planned = await repair({ ...request, dryRun: true }, await world.open(), world.context);
  assert.ok(planned.plan.length > 0);
  assert.deepEqual(world.memory.names(), before);
  const ready = world.memory.clone();
  const readable = await restorable(world, await world.open(ready, world.copiedState()));
  for (let call = 1, isDone = false; !isDone; call += 2) {
    const memory = ready.clone();
    const faulty = withFaults(memory, atCall(call, 'crash-after'));
    const run = world.open(faulty.storage, world.copiedState());
    await run
      .then((repository) => repair(request, repository, world.context))
      .catch((error: unknown) => assert.ok(isFailure(error), String(error)));
    isDone = !faulty.hasCrashed();
    await repair(request, await world.open(memory, world.copiedState()), world.context);
    const now = await restorable(world, await world.open(memory, world.copiedState()));
    assert.deepEqual(now, readable, `cut off at call ${call}`);
    for (const name of before.filter((one) => one !== pack && !one.startsWith('index/')))
      assert.deepEqual(await world.bytes(name, memory), await world.bytes(name, ready), name);
    const kept = memory.names().find((one) => one === pack || one.startsWith('quarantine/'))!;
    assert.deepEqual(await world.bytes(kept, memory), copy, 'the damaged pack itself is kept');
  }
});

test('restic before 0.19: a path that is missing never ends with exit 0', () => {
  using world = new Program();
  world.init();
  writeTree(world.path('source'), { file: 'content' });
  const [there, missing] = [world.path('source'), world.path('missing')];
  const partial = world.run(['backup', there, missing, '--json']);
  assert.deepEqual([partial.exit, partial.end['outcome']], [1, 'partial']);
  const failed = world.run(['backup', missing, '--json']);
  assert.deepEqual([failed.exit, failed.end['code']], [4, 'SOURCE_MISSING']);
  assert.equal(world.run(['backup', there, '--json']).exit, 0);
});

/** Digests of what still restores; undefined for what is lost. */
async function restorable(world: World, repository: Repository): Promise<(string | undefined)[]> {
  await repository.loadIndex(world.context);
  const found: (string | undefined)[] = [];
  for (const snapshot of await snapshotsOf(repository, world.context)) {
    const digest = await restoredDigest(snapshot, repository, world.context).catch((error: unknown) => {
      if (!isFailure(error)) throw error;
      return undefined;
    });
    found.push(digest);
  }
  return found;
}
