// What a copy promises: the same content under other keys, nothing read or sent twice, nothing published that the other place does not
// give back, and a snapshot that cannot be read whole does not hold up the others.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copy } from '../../src/operations/copy.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
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

class World implements Disposable {
  readonly folder = scratch();
  readonly state = scratch();
  readonly context = testContext();
  readonly from = new MemoryStorage();
  readonly to = new MemoryStorage();
  #runs = 0;

  static async begin(): Promise<World> {
    const world = new World();
    await create(world.from, world.state.path, world.context);
    await create(world.to, world.state.path, world.context);
    return world;
  }

  open(storage: Storage): Promise<Repository> {
    this.#runs += 1;
    return open(storage, this.state.path, `run-${this.#runs}`, this.context);
  }

  async save(tree: Readonly<Record<string, string | Buffer>>): Promise<string> {
    writeTree(this.folder.path, tree);
    await using repository = await this.open(this.from);
    await backupFolder(this.folder.path, repository, this.context);
    return treeDigest(this.folder.path);
  }

  async copy(storages: { from?: Storage; to?: Storage } = {}, more: { verifyShare?: number } = {}) {
    await using from = await this.open(storages.from ?? this.from);
    await using to = await this.open(storages.to ?? this.to);
    const snapshots = await snapshotsOf(from, this.context);
    const request = { snapshots, dryRun: false, compression: { comp: 1, level: 1 }, ...more };
    return await copy(request, from, to, this.context);
  }

  async digests(): Promise<string[]> {
    await using repository = await this.open(this.to);
    const snapshots = await snapshotsOf(repository, this.context);
    await repository.loadIndex(this.context);
    const digests: string[] = [];
    for (const one of snapshots) digests.push(await restoredDigest(one, repository, this.context));
    return digests;
  }

  [Symbol.dispose]() {
    this.folder[Symbol.dispose]();
    this.state[Symbol.dispose]();
  }
}

const tree = {
  'a/one': noise('one', 400_000),
  'a/two': noise('one', 400_000),
  'b/three': 'three',
  'b/c/large': noise('large', 5_000_000),
};

function readFrom(calls: readonly RecordedCall[], prefix: string): number {
  return calls.filter(({ verb, name }) => verb === 'get' && name.startsWith(prefix)).length;
}

test('a copy restores to the same bytes, and the next one sends only what is new', async () => {
  using world = await World.begin();
  const first = await world.save(tree);
  const done = await world.copy();
  assert.equal(done.outcome, 'succeeded');
  assert.ok(done.verified.blobs > 0 && done.verified.bytes > 0, 'nothing was read back');
  const second = await world.save({ 'a/new': noise('new', 200_000) });
  const again = await world.copy();
  assert.equal(again.copied.length, 1);
  assert.equal(again.skipped.length, 1);
  assert.ok(again.storedBytes < 500_000, `${again.storedBytes} bytes were sent`);
  assert.deepEqual(await world.digests(), [first, second]);
});

test('content that was sent before is learnt from the trees and not read again', async () => {
  using world = await World.begin();
  await world.save(tree);
  await world.copy();
  await world.save({ 'b/three': 'another' });
  const calls: RecordedCall[] = [];
  await world.copy({ from: withRecording(world.from, calls) }, { verifyShare: 0 });
  const packs = readFrom(calls, 'packs/');
  assert.ok(packs <= 1, `${packs} reads of content for one small file`);
  assert.equal(world.context.problems.length, 0);
});

test('each frame is read once, and neighbours together', async () => {
  using world = await World.begin();
  const names = Array.from({ length: 24 }, (_, at) => [`${at % 5}/${at}`, noise(`${at}`, 300_000)] as const);
  await world.save(Object.fromEntries(names));
  const calls: RecordedCall[] = [];
  await world.copy({ from: withRecording(world.from, calls) }, { verifyShare: 0 });
  const packs = readFrom(calls, 'packs/');
  assert.ok(packs <= 6, `${packs} reads for 7 MB`);
});

test('nothing is published where the place gives back other bytes than it was given', async () => {
  using world = await World.begin();
  await world.save(tree);
  const { to } = world;
  const lying = forwarding(to, {
    async get(name, options) {
      const bytes = Uint8Array.from(await to.get(name, options));
      if (/^(packs|meta)\//.test(name)) bytes[bytes.length - 1]! ^= 1;
      return bytes;
    },
  });
  await assert.rejects(world.copy({ to: lying }), { code: 'COPY_DIFFERS' });
  assert.deepEqual(
    to.names().filter((name) => name.startsWith('snapshots/')),
    [],
  );
  assert.equal((await world.copy()).copied.length, 1);
});

test('a snapshot that cannot be read whole stays behind and is named; the others arrive', async () => {
  using world = await World.begin();
  await world.save({ one: noise('one', 300_000) });
  const before = new Set(world.from.names());
  await world.save({ two: noise('two', 300_000) });
  const pack = world.from.names().find((name) => name.startsWith('packs/') && !before.has(name))!;
  const bytes = await world.from.get(pack, world.context);
  bytes.fill(0, bytes.length / 4, bytes.length / 2);
  world.from.damage(pack, bytes);
  writeFileSync(join(world.folder.path, 'two'), 'two');
  const third = await world.save({});
  const done = await world.copy();
  assert.equal(done.outcome, 'partial');
  assert.equal(done.copied.length, 2);
  assert.deepEqual(
    world.context.problems.map(({ path }) => path),
    done.failed,
  );
  assert.equal(done.failed.length, 1);
  assert.equal((await world.digests()).at(-1), third);
});
