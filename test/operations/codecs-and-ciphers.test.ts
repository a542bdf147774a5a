// Every codec and every cipher through the whole life of a repository: saved, restored, checked, pruned with repacking, copied, its index
// made anew; and a cipher that changes in between, where what is there stays as it was sealed.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ciphers } from '../../src/ciphers/all.ts';
import { cipherNameOf, cipherNames, suites } from '../../src/ciphers/kinds.ts';
import { codecs } from '../../src/codecs/all.ts';
import { check } from '../../src/operations/check.ts';
import { copy } from '../../src/operations/copy.ts';
import { forget } from '../../src/operations/forget.ts';
import { changeCipher, rotateGeneration } from '../../src/operations/keys.ts';
import { prune } from '../../src/operations/prune.ts';
import { repair } from '../../src/operations/repair.ts';
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
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const words = 'words that are found again and again, '.repeat(3000);

class World implements Disposable {
  readonly #scratch = scratch();
  readonly context = testContext();
  readonly storage = new MemoryStorage();
  readonly files = join(this.#scratch.path, 'files');
  readonly state = join(this.#scratch.path, 'state');
  #runs = 0;

  static async begin(suite: number): Promise<World> {
    const world = new World();
    await create(world.storage, world.state, world.context, suite);
    writeTree(world.files, {
      'old.txt': `old ${words}`,
      'old.bin': noise('old', 90_000),
      'stays.txt': words,
    });
    return world;
  }

  open(): Promise<Repository> {
    this.#runs += 1;
    return open(this.storage, this.state, `run-${this.#runs}`, this.context);
  }

  /** Returns the digest of what was saved. */
  async save(comp: number, level: number, workers = 0): Promise<string> {
    await using repository = await this.open();
    const saved = await backupFolder(this.files, repository, this.context, {
      compression: { comp, level },
      workers,
    });
    assert.equal(saved.outcome, 'succeeded');
    return treeDigest(this.files);
  }

  /** Everything is whole, and the snapshots restore to these digests, oldest first. */
  async prove(digests: readonly string[]): Promise<void> {
    await using repository = await this.open();
    const found = await check({ level: 3 }, repository, this.context);
    assert.deepEqual([found.outcome, found.findings], ['succeeded', []]);
    const snapshots = await snapshotsOf(repository, this.context);
    const restored: string[] = [];
    for (const one of [...snapshots].sort((a, b) => a.time - b.time))
      restored.push(await restoredDigest(one, repository, this.context));
    assert.deepEqual(restored.sort(), [...digests].sort());
  }

  /** Forgets the oldest and moves what others still need out of its packs. */
  async forgetFirst(): Promise<void> {
    const [first] = [...(await snapshotsOf(await this.open(), this.context))].sort((a, b) => a.seq - b.seq);
    const request = { policy: {}, groupBy: [], filter: { ids: [first!.id] }, dryRun: false, run: 'test' };
    await forget({ ...request, zoneOffset: () => 0 }, await this.open(), this.context);
    const pruned = await prune({ dryRun: false, maxUnused: 0 }, await this.open(), this.context);
    assert.ok(pruned.packsDeleted > 0, 'nothing was pruned');
  }

  async suitesOfPacks(): Promise<string[]> {
    await using repository = await this.open();
    await repository.loadIndex(this.context);
    const names = repository.catalog.packs.filter(({ condemned }) => !condemned);
    return [...new Set(names.map(({ suite }) => cipherNameOf(suite)))].sort();
  }

  async codecsOfFrames(): Promise<Set<number>> {
    await using repository = await this.open();
    await repository.loadIndex(this.context);
    const { catalog } = repository;
    return new Set(Array.from({ length: catalog.frameCount }, (_, number) => catalog.frame(number).comp));
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

for (const { comp, name, levels } of codecs) {
  test(`${name}: what was saved is restored, checked and pruned, and other codecs may join`, async () => {
    using world = await World.begin(1);
    await world.save(comp, levels.least);
    assert.deepEqual([...(await world.codecsOfFrames())].sort(), comp === 0 ? [0] : [0, comp]);
    rmSync(join(world.files, 'old.txt'));
    rmSync(join(world.files, 'old.bin'));
    writeTree(world.files, { 'new.txt': `new ${words}` });
    const second = await world.save(comp, levels.usual);
    await world.forgetFirst();
    await world.prove([second]);
    writeTree(world.files, { 'other.txt': `other ${words}` });
    const third = await world.save(1, 1);
    await world.prove([second, third]);
  });
}

test('worker threads compress with the codecs that bring a library of their own, too', async () => {
  for (const { comp, levels } of codecs.filter((one) => ['bzip2', 'xz'].includes(one.name))) {
    using world = await World.begin(4);
    // More than is read on the main thread.
    writeTree(world.files, { 'large.bin': noise('large', 4 * 1024 * 1024), 'large.txt': words.repeat(8) });
    const digest = await world.save(comp, levels.least, 1);
    await world.prove([digest]);
  }
});

for (const { suite, name } of ciphers) {
  test(`${name}: what was saved is restored, checked, pruned, indexed anew, and damage is seen`, async () => {
    using world = await World.begin(suite);
    await world.save(1, 1);
    rmSync(join(world.files, 'old.txt'));
    writeTree(world.files, { 'new.bin': noise('new', 90_000) });
    const second = await world.save(1, 1);
    await world.forgetFirst();
    await world.prove([second]);
    assert.deepEqual(await world.suitesOfPacks(), [name]);
    for await (const { name: index } of world.storage.list('index/', world.context))
      await world.storage.delete(index, world.context);
    await repair({ kind: 'index', dryRun: false }, await world.open(), world.context);
    await world.prove([second]);
    const packs: string[] = [];
    for await (const { name: pack } of world.storage.list('packs/', world.context)) packs.push(pack);
    const bytes = Buffer.from(await world.storage.get(packs[0]!, world.context));
    bytes[bytes.length >> 1]! ^= 1;
    await world.storage.delete(packs[0]!, world.context);
    await world.storage.put(packs[0]!, bytes, world.context);
    const found = await check({ level: 3 }, await world.open(), world.context);
    assert.notEqual(found.outcome, 'succeeded');
  });
}

test('a cipher that changes holds for new data, and old data moves to it when it is repacked', async () => {
  using world = await World.begin(1);
  const digests = [await world.save(1, 1)];
  for (const cipher of ['cascade', 'chacha20-poly1305'] as const) {
    assert.equal((await changeCipher(cipher, await world.open(), world.context)).cipher, cipher);
    await rotateGeneration(await world.open(), world.context);
    assert.equal((await world.open()).ring.suite, suites[cipher]);
    writeTree(world.files, { [cipher]: noise(cipher, 80_000) });
    digests.push(await world.save(1, 1));
  }
  assert.deepEqual(await world.suitesOfPacks(), [...cipherNames].sort());
  await world.prove(digests);
  await changeCipher('cascade', await world.open(), world.context);
  rmSync(join(world.files, 'old.bin'));
  digests.push(await world.save(1, 1));
  for (let round = 0; round < 3; round += 1) await world.forgetFirst();
  await world.prove([digests.at(-1)!]);
  assert.deepEqual(await world.suitesOfPacks(), ['cascade', 'chacha20-poly1305']);
});

test('a change to the cipher that holds already writes nothing, and one over another change is refused', async () => {
  using world = await World.begin(1);
  const [one, other] = [await world.open(), await world.open()];
  const before = world.storage.clone();
  assert.deepEqual(await changeCipher('aes-256-gcm', one, world.context), {
    cipher: 'aes-256-gcm',
    before: 'aes-256-gcm',
  });
  const names = async (storage: MemoryStorage) => {
    const found: string[] = [];
    for await (const { name } of storage.list('', world.context)) found.push(name);
    return found.sort();
  };
  assert.deepEqual(await names(world.storage), await names(before));
  await changeCipher('cascade', one, world.context);
  await assert.rejects(changeCipher('chacha20-poly1305', other, world.context), { code: 'BUNDLE_CONTENDED' });
  assert.equal((await world.open()).ring.suite, 4);
});

test('a host that joins while the cipher changes keeps the change', async () => {
  using world = await World.begin(1);
  const one = await world.open();
  let changed = false;
  // The new host finds its number taken: by the change of the cipher.
  const put = world.storage.put.bind(world.storage);
  world.storage.put = async (name, bytes, options) => {
    if (!changed && name.startsWith('keys/bundle-')) {
      changed = true;
      await changeCipher('cascade', one, world.context);
    }
    await put(name, bytes, options);
  };
  using state = scratch();
  const joined = await open(world.storage, state.path, 'new', world.context);
  assert.equal(changed, true);
  assert.equal(joined.ring.suite, 4);
  assert.equal((await world.open()).ring.suite, 4);
});

test('copies go between repositories of any two ciphers', async () => {
  for (const [from, to] of [
    [1, 4],
    [4, 2],
    [4, 4],
  ] as const) {
    using here = await World.begin(from);
    using there = await World.begin(to);
    const digest = await here.save(2, 1);
    const [source, target] = [await here.open(), await there.open()];
    const snapshots = await snapshotsOf(source, here.context);
    const request = { snapshots, dryRun: false, compression: { comp: 5, level: 0 } };
    assert.equal((await copy(request, source, target, here.context)).copied.length, 1);
    await there.prove([digest]);
    assert.deepEqual(await there.suitesOfPacks(), [cipherNameOf(to)]);
  }
});
