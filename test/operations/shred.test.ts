// What a shred key promises: with it a repository is as any other, without it nothing of its data opens, a wrong one is told and not taken
// for damage, and when all copies are destroyed the data is gone wherever the repository was copied to.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import { createKeyFile } from '../../src/keyslots/key-file.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { addWriter } from '../../src/operations/keys/writers.ts';
import { rotateGeneration } from '../../src/operations/keys.ts';
import { repair } from '../../src/operations/repair.ts';
import { restore } from '../../src/operations/restore.ts';
import { writeShredCopy } from '../../src/operations/shred/copies.ts';
import { shred } from '../../src/operations/shred.ts';
import { createRepository } from '../../src/repository/create.ts';
import { openRepository } from '../../src/repository/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import {
  backupFolder,
  noise,
  owner,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

/** Key files, because many repositories are opened and no passphrase is to be stretched. */
const slotKey = new Secret(Buffer.from(noise('slot', 32).toString('base64url')));

class World implements Disposable {
  readonly folder = scratch();
  readonly keys = scratch();
  readonly context = testContext();
  readonly storage = new MemoryStorage();
  readonly paths = ['key', 'safe', 'vault'].map((name) => join(this.keys.path, name));
  #runs = 0;

  static async begin(): Promise<World> {
    const world = new World();
    const [first, ...others] = world.paths;
    const key = createKeyFile(first!);
    for (const path of others) writeShredCopy(path, key);
    await createRepository(
      {
        storage: world.storage,
        state: { directory: join(world.keys.path, 'state') },
        secret: slotKey,
        slotType: 'key-file',
        label: 'test',
        profile: 'standard',
        suite: 1,
        owner: owner('init'),
        writerName: 'test',
        shred: { key, copies: world.paths.map((path) => ({ host: 'here', path })) },
      },
      world.context,
    );
    writeTree(world.folder.path, { 'tenant/data.bin': noise('tenant', 50_000), 'tenant/note.txt': 'ours' });
    return world;
  }

  async open(shredKey: string | undefined, storage: Storage = this.storage): Promise<Repository> {
    this.#runs += 1;
    return await openRepository(
      {
        storage,
        state: { directory: join(this.keys.path, 'state') },
        secrets: [slotKey],
        owner: owner(`run-${this.#runs}`),
        writerName: 'test',
        ...(shredKey === undefined ? {} : { shredKey: new Secret(readFileSync(shredKey)) }),
      },
      this.context,
    );
  }

  /** Another name of the same: what a restore of the newest snapshot gives. */
  async bring(repository: Repository, workers: number): Promise<string> {
    using target = scratch();
    const [snapshot] = await snapshotsOf(repository, this.context);
    await repository.loadIndex(this.context);
    await restore(
      {
        snapshot: snapshot!,
        target: join(target.path, 'out'),
        select: () => true,
        verify: false,
        dryRun: false,
        devices: false,
        owners: process.getuid?.() === 0,
        workers,
      },
      repository,
      this.context,
    );
    return treeDigest(join(target.path, 'out'));
  }

  async shred(host = 'here'): Promise<Awaited<ReturnType<typeof shred>>> {
    await using repository = await this.open(undefined);
    return await shred({ host, morePaths: [], dryRun: false }, repository, this.context);
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
    this.keys[Symbol.dispose]();
  }
}

const isCode = (code: string) => (error: unknown) => isFailure(error, 'denied', code);

test('with any copy of the shred key a repository works as any other, in worker threads and over generations', async () => {
  using world = await World.begin();
  for (const [number, path] of world.paths.entries()) {
    await using repository = await world.open(path);
    await backupFolder(world.folder.path, repository, world.context, { workers: number === 1 ? 1 : 0 });
    assert.equal(await world.bring(repository, number === 1 ? 1 : 0), treeDigest(world.folder.path));
    await rotateGeneration(repository, world.context);
    writeFileSync(join(world.folder.path, 'tenant/note.txt'), `ours, number ${number}`);
    await forgetAll(world, repository);
  }
  await using repository = await world.open(world.paths[0]);
  const found = await check({ level: 3 }, repository, world.context);
  assert.deepEqual(
    found.findings.filter(({ severity }) => severity === 'error'),
    [],
  );
});

async function forgetAll(world: World, repository: Repository): Promise<void> {
  const ids = (await snapshotsOf(repository, world.context)).map(({ id }) => id);
  const request = { policy: {}, groupBy: [], filter: { ids }, dryRun: false, run: 'test' };
  await forget({ ...request, zoneOffset: () => 0 }, repository, world.context);
}

test('without the shred key snapshots are listed and forgotten, and nothing is read, written or taken for damaged', async () => {
  using world = await World.begin();
  await using whole = await world.open(world.paths[0]);
  await backupFolder(world.folder.path, whole, world.context);
  await using repository = await world.open(undefined);
  assert.equal((await snapshotsOf(repository, world.context)).length, 1);
  const lacks = isCode('SHRED_KEY_MISSING');
  const names = world.storage.names().filter((name) => !name.startsWith('keys/'));
  await assert.rejects(world.bring(repository, 0), lacks);
  await assert.rejects(backupFolder(world.folder.path, repository, world.context, { force: true }), lacks);
  await assert.rejects(check({ level: 3 }, repository, world.context), lacks);
  for (const kind of ['packs', 'snapshots', 'all'] as const) {
    await assert.rejects(repair({ kind, dryRun: false }, repository, world.context), lacks, kind);
  }
  assert.deepEqual(
    world.storage.names().filter((name) => !name.startsWith('keys/')),
    names,
  );
  await forgetAll(world, repository);
  assert.deepEqual(await snapshotsOf(repository, world.context), []);
});

test('the shred key of another repository is told at opening and is not taken for damage', async () => {
  using world = await World.begin();
  using other = await World.begin();
  await assert.rejects(world.open(other.paths[0]), isCode('SHRED_KEY_WRONG'));
  writeFileSync(join(world.keys.path, 'garbled'), 'no key\n');
  await assert.rejects(world.open(join(world.keys.path, 'garbled')), isCode('SHRED_KEY_WRONG'));
});

test('a copy of the key is never written over a file, nor shared with another repository', async () => {
  using world = await World.begin();
  const key = new Secret(readFileSync(world.paths[0]!));
  assert.throws(() => writeShredCopy(world.paths[1]!, key), isCode('SHRED_COPY_DENIED'));
});

test('destruction takes every copy, says so in the bundle, and restores fail on every copy of the repository', async () => {
  using world = await World.begin();
  await using repository = await world.open(world.paths[0]);
  await backupFolder(world.folder.path, repository, world.context);
  await rotateGeneration(repository, world.context);
  const copy = world.storage.clone();
  const kept = new Secret(readFileSync(world.paths[0]!));
  const done = await world.shred();
  assert.equal(done.outcome, 'succeeded');
  assert.deepEqual(
    done.copies.map(({ fate }) => fate),
    ['destroyed', 'destroyed', 'destroyed'],
  );
  for (const path of world.paths) assert.ok(!existsSync(path));
  assert.ok((done.drill?.frames ?? 0) >= 2 && (done.drill?.bundles ?? 0) >= 2);
  // Here the bundle says why; on the copy, which knows nothing of it, only the key is lacking, and there is none.
  await assert.rejects(world.bring(await world.open(undefined), 0), isCode('SHRED_KEY_DESTROYED'));
  await assert.rejects(world.bring(await world.open(undefined, copy), 0), isCode('SHRED_KEY_MISSING'));
  const again = await world.shred();
  assert.deepEqual([again.outcome, again.destroyedAt], ['succeeded', done.destroyedAt]);
  // The drill is able to fail: this is what a forgotten copy would have done.
  const rescued = join(world.keys.path, 'rescued');
  writeFileSync(rescued, kept.reveal(), { mode: 0o600 });
  await using open = await world.open(rescued, copy);
  assert.equal(await world.bring(open, 0), treeDigest(world.folder.path));
});

test('copies that are out of reach are told, and nothing else than the key is overwritten', async () => {
  using world = await World.begin();
  await using repository = await world.open(world.paths[0]);
  await backupFolder(world.folder.path, repository, world.context);
  const names = world.storage.names();
  // On another machine nothing is found, so nothing may be called destroyed.
  await assert.rejects(world.shred('elsewhere'), (error) =>
    isFailure(error, 'missing', 'SHRED_COPIES_UNREACHED'),
  );
  assert.equal(await world.bring(await world.open(world.paths[0]), 0), treeDigest(world.folder.path));
  assert.deepEqual(
    world.storage.names().filter((name) => !name.startsWith('keys/')),
    names.filter((name) => !name.startsWith('keys/')),
  );
  mkdirSync(join(world.keys.path, 'moved'));
  renameSync(world.paths[1]!, join(world.keys.path, 'moved/safe'));
  writeFileSync(world.paths[2]!, 'somebody put a letter here');
  const plan = await shred({ host: 'here', morePaths: [], dryRun: true }, repository, world.context);
  assert.deepEqual(
    plan.copies.map(({ fate }) => fate),
    ['would be destroyed', 'absent', 'other content'],
  );
  assert.ok(existsSync(world.paths[0]!), 'a dry run only looks');
  const done = await world.shred();
  assert.equal(done.outcome, 'partial');
  assert.deepEqual(
    done.copies.map(({ fate }) => fate),
    ['destroyed', 'absent', 'other content'],
  );
  assert.equal(readFileSync(world.paths[2]!, 'utf8'), 'somebody put a letter here');
  const further = await shred(
    { host: 'here', morePaths: [join(world.keys.path, 'moved/safe')], dryRun: false },
    await world.open(undefined),
    world.context,
  );
  assert.equal(further.copies.at(-1)?.fate, 'destroyed');
});

test('a destruction that was cut off after the last copy is finished by the same command', async () => {
  using world = await World.begin();
  await using repository = await world.open(world.paths[0]);
  await backupFolder(world.folder.path, repository, world.context);
  // The bundle that says so is what the killed run could not store any more.
  let puts = 0;
  const dying = new Proxy(world.storage, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key === 'put')
        return async (...words: Parameters<Storage['put']>) => {
          puts += 1;
          if (puts === 2) throw new Error('killed');
          await target.put(...words);
        };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const doomed = await world.open(undefined, dying);
  await assert.rejects(
    shred({ host: 'here', morePaths: [], dryRun: false }, doomed, world.context),
    /killed/,
  );
  for (const path of world.paths) assert.ok(!existsSync(path));
  const done = await world.shred();
  assert.equal(done.outcome, 'succeeded');
  await assert.rejects(world.bring(await world.open(undefined), 0), isCode('SHRED_KEY_DESTROYED'));
});

test('no write-only writer is added, since what it adds would outlive the key', async () => {
  using world = await World.begin();
  await using repository = await world.open(world.paths[0]);
  const keep = () => assert.fail('a key was made');
  await assert.rejects(addWriter({ name: 'web', keep }, repository, world.context), (error) =>
    isFailure(error, 'conflict', 'SHRED_KEY_WRITERS'),
  );
});
