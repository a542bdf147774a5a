// A repository that an earlier release wrote is opened, checked, restored, extended, pruned and repaired by this one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Secret } from '../../src/base/secret.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { repair } from '../../src/operations/repair.ts';
import { restore } from '../../src/operations/restore.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import { openRepository } from '../../src/repository/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { noSecrets, openStorage } from '../../src/storage/all.ts';
import { differencesOf, listTree, type TreeEntry } from '../interop/tree-list.ts';
import {
  backupFolder,
  noise,
  owner,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  writeTree,
} from '../world.ts';

interface Manifest {
  readonly format: number;
  readonly snapshots: readonly {
    readonly id: string;
    readonly time: number;
    readonly source: string;
    readonly tree: readonly TreeEntry[];
  }[];
}

const goldenFolder = import.meta.dirname;
const reader = resolve(goldenFolder, '../interop/reader.mjs');
const golden = readdirSync(goldenFolder).filter((name) => name.startsWith('format-'));

class Golden implements Disposable {
  readonly context: TestContext = testContext();
  readonly manifest: Manifest;
  readonly folder: string;
  readonly #scratch = scratch();

  constructor(name: string) {
    this.folder = this.#scratch.path;
    cpSync(join(goldenFolder, name), this.folder, { recursive: true });
    this.manifest = JSON.parse(readFileSync(this.path('manifest.json'), 'utf8')) as Manifest;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async open(secret = 'password'): Promise<Repository> {
    const storage = await openStorage(this.path('repository'), noSecrets, this.context);
    const secrets = [new Secret(readFileSync(this.path(secret)))];
    const state = { directory: this.path('state') };
    const access = { storage, state, secrets, owner: owner('golden'), writerName: 'golden' };
    return openRepository(access, this.context);
  }

  /** The manifest's snapshots as the repository lists them. */
  async snapshots(
    repository: Repository,
  ): Promise<{ snapshot: ListedSnapshot; tree: readonly TreeEntry[] }[]> {
    const listed = await snapshotsOf(repository, this.context);
    return this.manifest.snapshots.map(({ id, tree }) => {
      const snapshot = listed.find((one) => one.id === id);
      assert.ok(snapshot !== undefined, `snapshot ${id} is not listed`);
      return { snapshot, tree };
    });
  }

  async proveWhole(repository: Repository): Promise<void> {
    const found = await check({ level: 3 }, repository, this.context);
    const errors = found.findings.filter(({ severity }) => severity === 'error');
    assert.deepEqual([found.outcome, errors], ['succeeded', []]);
    for (const { snapshot, tree } of await this.snapshots(repository)) {
      assert.deepEqual(differencesOf(await this.restored(snapshot, repository), tree), [], snapshot.id);
    }
  }

  async restored(snapshot: ListedSnapshot, repository: Repository): Promise<TreeEntry[]> {
    using folder = scratch();
    const target = join(folder.path, 'out');
    await repository.loadIndex(this.context);
    const plain = { verify: false, dryRun: false, devices: false, owners: false, workers: 0 };
    await restore({ ...plain, snapshot, target, select: () => true }, repository, this.context);
    return listTree(target);
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

test('there is a golden repository of every format, and of every codec and cipher that joined it', () => {
  const joined = ['brotli', 'bzip2', 'cascade', 'gzip', 'xz'].map((name) => `format-1-${name}`);
  assert.deepEqual(golden.sort(), ['format-1', ...joined]);
});

for (const name of golden) {
  test(`${name}: lists, checks and restores with either secret`, async () => {
    using world = new Golden(name);
    for (const secret of ['password', 'key-file']) {
      const repository = await world.open(secret);
      assert.equal((await snapshotsOf(repository, world.context)).length, world.manifest.snapshots.length);
      for (const [n, { snapshot }] of (await world.snapshots(repository)).entries()) {
        assert.equal(snapshot.time, world.manifest.snapshots[n]!.time);
        assert.deepEqual(snapshot.paths, [world.manifest.snapshots[n]!.source]);
      }
      await world.proveWhole(repository);
    }
  });

  test(`${name}: is backed up into, forgotten from and pruned, and keeps what it had`, async () => {
    using world = new Golden(name);
    const files = world.path('files');
    writeTree(files, { 'new.bin': noise('golden new', 50_000), 'sub/words': 'words' });
    const expected = listTree(files);
    const added = await backupFolder(files, await world.open(), world.context);
    const repository = await world.open();
    const fresh = (await snapshotsOf(repository, world.context)).find(({ id }) => id === added.snapshotId);
    assert.deepEqual(differencesOf(await world.restored(fresh!, repository), expected), []);
    const request = { policy: {}, groupBy: [], filter: { ids: [fresh!.id] }, dryRun: false, run: 'test' };
    await forget({ ...request, zoneOffset: () => 0 }, repository, world.context);
    const pruner = await world.open();
    const pruned = await prune({ dryRun: false, maxUnused: 0 }, pruner, world.context);
    assert.ok(pruned.packsDeleted >= 1, 'the pack of the forgotten snapshot is still there');
    await world.proveWhole(await world.open());
  });

  test(`${name}: is repaired when all its indexes are gone`, async () => {
    using world = new Golden(name);
    const index = world.path('repository/index');
    rmSync(index, { recursive: true });
    mkdirSync(index);
    await repair({ kind: 'index', dryRun: false }, await world.open(), world.context);
    await world.proveWhole(await world.open());
  });

  test(`${name}: is restored by the other reader`, () => {
    using world = new Golden(name);
    for (const [n, { id, source, tree }] of world.manifest.snapshots.entries()) {
      const target = world.path(`back-${n}`);
      const secret = world.path(n === 0 ? 'password' : 'key-file');
      const words = [reader, world.path('repository'), secret, 'restore', id, target];
      const done = spawnSync(process.execPath, words, { encoding: 'utf8' });
      assert.equal(done.status, 0, done.stderr);
      assert.deepEqual(differencesOf(listTree(join(target, source)), tree), []);
    }
  });
}
