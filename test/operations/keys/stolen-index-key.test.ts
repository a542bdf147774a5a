// Who has the index key and may put objects, but is not believed, cannot make a prune delete what a snapshot or a running writer needs:
// stolen maintenance keys, and stolen write-only keys alike. T-50.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hex } from '../../../src/base/bytes.ts';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { check } from '../../../src/operations/check.ts';
import { addMaintainer } from '../../../src/operations/keys/maintainers.ts';
import { addWriter } from '../../../src/operations/keys/writers.ts';
import { prune } from '../../../src/operations/prune.ts';
import { repair } from '../../../src/operations/repair.ts';
import { boxTypes } from '../../../src/repository/box.ts';
import { sealIndexClass } from '../../../src/repository/indexing.ts';
import { decodeMaintenanceKey } from '../../../src/repository/maintenance-key.ts';
import { openForWriting, openRepository } from '../../../src/repository/open.ts';
import { openForMaintenance } from '../../../src/repository/open-maintenance.ts';
import { type PackRecord, packObjectName } from '../../../src/repository/pack-catalog.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { Session } from '../../../src/repository/session.ts';
import { sealRevocation } from '../../../src/repository/sessions.ts';
import { decodeWriterKey } from '../../../src/repository/writer-key.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  owner,
  password,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../../world.ts';

class World implements Disposable {
  readonly folder = scratch();
  readonly state = scratch();
  readonly otherState = scratch();
  readonly context = testContext();
  readonly storage = new MemoryStorage();
  writerKey = new Secret(new Uint8Array());
  #maintenanceKey = new Secret(new Uint8Array());
  #runs = 0;

  static async begin(): Promise<World> {
    const world = new World();
    const { context } = world;
    await create(world.storage, world.state.path, context);
    writeTree(world.folder.path, { shared: noise('shared', 200_000), 'a.txt': 'content' });
    await using repository = await world.open();
    await backupFolder(world.folder.path, repository, context);
    const keep = (key: Secret) => {
      world.#maintenanceKey = key;
    };
    await addMaintainer({ name: 'stolen', keep }, repository, context);
    await using again = await world.open();
    const keepWriter = (key: Secret) => {
      world.writerKey = key;
    };
    await addWriter({ name: 'client', keep: keepWriter }, again, context);
    return world;
  }

  open(): Promise<Repository> {
    this.#runs += 1;
    return open(this.storage, this.state.path, `run-${this.#runs}`, this.context);
  }

  async openThief(): Promise<Repository> {
    const key = decodeMaintenanceKey(this.#maintenanceKey);
    const state = { directory: this.otherState.path };
    const { storage, context } = this;
    const thief = await openForMaintenance({ storage, state, owner: owner('thief'), key }, context);
    await thief.loadIndex(context);
    return thief;
  }

  openClient(): Promise<Repository> {
    const state = { directory: this.otherState.path };
    const key = decodeWriterKey(this.writerKey);
    return openForWriting({ storage: this.storage, state, owner: owner('client'), key }, this.context);
  }

  async put(thief: Repository, prefix: string, type: number, item: Map<number, unknown>): Promise<void> {
    const object = sealIndexClass(thief, type, item);
    const hash = createHash('sha256').update(object).digest('hex');
    await this.storage.put(`${prefix}${hash}`, object, { signal: this.context.signal });
  }

  /** A pack of nonsense. */
  async putGarbage(): Promise<{ readonly name: Buffer; readonly sizeBytes: number }> {
    const bytes = randomBytes(65_536);
    const name = createHash('sha256').update(bytes).digest();
    const { signal } = this.context;
    await this.storage.put(`packs/${name.toString('hex', 0, 1)}/${hex(name)}`, bytes, { signal });
    return { name, sizeBytes: bytes.length };
  }

  /** As if the thief's objects had come first: then they are listed first. */
  async putLast(names: readonly string[]): Promise<void> {
    const { signal } = this.context;
    for (const name of names) {
      const bytes = await this.storage.get(name, { signal });
      await this.storage.delete(name, { signal });
      await this.storage.put(name, bytes, { signal });
    }
  }

  indexes(): string[] {
    return this.storage.names().filter((name) => name.startsWith('index/'));
  }

  /** Whether it succeeds is all the same; what it may delete is not. */
  async pruneAnyhow(): Promise<void> {
    await using repository = await this.open();
    await prune({ dryRun: false, maxUnused: 0 }, repository, this.context).catch((error: unknown) =>
      assert.ok(isFailure(error, 'corrupt'), String(error)),
    );
  }

  async repairIndexes(): Promise<readonly string[]> {
    await using repository = await this.open();
    return (await repair({ kind: 'index', dryRun: false }, repository, this.context)).plan;
  }

  async proveRestorable(): Promise<void> {
    await using repository = await this.open();
    await repository.loadIndex(this.context);
    const snapshots = await snapshotsOf(repository, this.context);
    assert.equal(
      await restoredDigest(snapshots.at(-1)!, repository, this.context),
      treeDigest(this.folder.path),
    );
  }

  [Symbol.dispose](): void {
    for (const one of [this.folder, this.state, this.otherState]) one[Symbol.dispose]();
  }
}

function indexOf(
  packs: readonly (readonly [Uint8Array, number, boolean, Uint8Array])[],
  supersedes: readonly string[] = [],
): Map<number, unknown> {
  return new Map<number, unknown>([
    [1, packs.map((pack) => [...pack])],
    [2, supersedes.map((name) => Buffer.from(name.slice('index/'.length), 'hex'))],
    [3, randomBytes(16)],
  ]);
}

function rowOf(pack: PackRecord): [Uint8Array, number, boolean, Uint8Array] {
  return [Buffer.from(pack.name, 'hex'), pack.sizeBytes, pack.isMetadata, pack.directory];
}

test('an index that calls all others superseded and names garbage for their packs takes nothing away', async () => {
  using world = await World.begin();
  await using thief = await world.openThief();
  const garbage = await world.putGarbage();
  const metadata = thief.catalog.packs.filter((pack) => pack.isMetadata).map(rowOf);
  const data = thief.catalog.packs.find((pack) => !pack.isMetadata)!;
  const item = indexOf(
    [...metadata, [garbage.name, garbage.sizeBytes, false, data.directory]],
    world.indexes(),
  );
  await world.put(thief, 'index/', boxTypes.index, item);
  await world.pruneAnyhow();
  assert.ok(world.storage.names().includes(packObjectName(data)));
  await world.proveRestorable();
});

test('an index that gives a pack of a full writer another directory is not heard, however early it came', async () => {
  using world = await World.begin();
  await using thief = await world.openThief();
  const right = world.indexes();
  const garbage = await world.putGarbage();
  const data = thief.catalog.packs.find((pack) => !pack.isMetadata)!;
  const metadata = thief.catalog.packs.find((pack) => pack.isMetadata)!;
  const [name, sizeBytes] = rowOf(data);
  const item = indexOf([
    [name, sizeBytes, false, metadata.directory],
    [garbage.name, garbage.sizeBytes, false, data.directory],
  ]);
  await world.put(thief, 'index/', boxTypes.index, item);
  await world.putLast(right);
  await world.pruneAnyhow();
  assert.ok(world.storage.names().includes(packObjectName(data)));
  await world.proveRestorable();
});

test('an index that lies about a pack of a write-only writer stops prune, and repair finds out which one lies', async () => {
  using world = await World.begin();
  const { context } = world;
  writeTree(world.folder.path, { client: noise('client', 150_000) });
  const before = world.indexes();
  await using client = await world.openClient();
  await backupFolder(world.folder.path, client, context);
  const right = world.indexes().filter((name) => !before.includes(name));
  await using thief = await world.openThief();
  const own = thief.catalog.packs.filter((pack) => !pack.trusted);
  const data = own.find((pack) => !pack.isMetadata)!;
  const metadata = own.find((pack) => pack.isMetadata)!;
  const garbage = await world.putGarbage();
  const [name, sizeBytes] = rowOf(data);
  const item = indexOf([
    [name, sizeBytes, false, metadata.directory],
    [garbage.name, garbage.sizeBytes, false, data.directory],
  ]);
  await world.put(thief, 'index/', boxTypes.index, item);
  await world.putLast(right);
  await using repository = await world.open();
  await assert.rejects(prune({ dryRun: false, maxUnused: 0 }, repository, context), (error) =>
    isFailure(error, 'corrupt', 'PRUNE_REFUSED'),
  );
  const plan = await world.repairIndexes();
  assert.ok(
    plan.some((line) => line.startsWith('delete the index')),
    plan.join('\n'),
  );
  await world.pruneAnyhow();
  await world.proveRestorable();
  await using after = await world.open();
  const found = await check({ level: 3 }, after, context);
  assert.deepEqual(
    found.findings.filter((one) => one.severity === 'error'),
    [],
  );
});

test('indexes that say the same of a pack of a write-only writer are no dispute, whoever wrote the second', async () => {
  using world = await World.begin();
  const { context } = world;
  writeTree(world.folder.path, { client: noise('client', 150_000) });
  await using client = await world.openClient();
  await backupFolder(world.folder.path, client, context);
  await using thief = await world.openThief();
  const own = thief.catalog.packs.filter((pack) => !pack.trusted);
  assert.ok(own.length > 0);
  await world.put(thief, 'index/', boxTypes.index, indexOf(own.map(rowOf)));
  await using repository = await world.open();
  await repository.loadIndex(context);
  assert.deepEqual([...repository.disputed], []);
  await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  await world.proveRestorable();
});

test('an index that names another session for what a running writer uploads, a condemnation, or a mark deletes nothing of it', async () => {
  using world = await World.begin();
  const { context } = world;
  const packs = () => world.storage.names().filter((name) => /^(packs|meta)\//.test(name));
  const before = packs();
  // On another machine, so that nothing proves it dead.
  await using writer = await openRepository(
    {
      storage: world.storage,
      state: { directory: world.state.path },
      secrets: [password],
      owner: { node: 'elsewhere', incarnation: 'one', isDead: () => false },
      writerName: 'test',
    },
    context,
  );
  await using session = await Session.open(writer, context);
  const builder = session.builder({ comp: 1, level: 1 }, (frame) => frames.push(frame));
  const frames: Parameters<Session['store']>[0][] = [];
  builder.add(boxTypes.data, noise('running', 100_000), Buffer.alloc(32), 0);
  builder.flush();
  for (const frame of frames) await session.store(frame);
  await session.packs.flush();
  const [uploaded] = packs().filter((name) => !before.includes(name));
  const name = uploaded!.slice(uploaded!.lastIndexOf('/') + 1);
  await using thief = await world.openThief();
  const some = thief.catalog.packs.find((pack) => !pack.isMetadata)!;
  await world.put(
    thief,
    'index/',
    boxTypes.index,
    indexOf([[Buffer.from(name, 'hex'), 131_072, false, some.directory]]),
  );
  await world.pruneAnyhow();
  assert.ok(packs().includes(uploaded!));
  const condemned = new Map<number, unknown>([
    [1, Buffer.from(name, 'hex')],
    [2, 0],
  ]);
  await world.put(thief, 'condemned/', boxTypes.condemned, condemned);
  await world.pruneAnyhow();
  assert.ok(packs().includes(uploaded!));
  const mark = sealRevocation(thief, session.name, 'stolen');
  await world.storage.put(`sessions/${session.name}.revoked`, mark, { signal: context.signal });
  await world.pruneAnyhow();
  assert.ok(packs().includes(uploaded!));
});
