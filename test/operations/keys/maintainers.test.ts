// Maintenance keys: they free what a full prune would delete whole, open no snapshot, tree or data, refuse where a ref lacks, and a thief of
// one can put nothing under what others store. FORMAT.md §15.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hex } from '../../../src/base/bytes.ts';
import { Failure, isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { check } from '../../../src/operations/check.ts';
import { checkByRefs } from '../../../src/operations/check-by-refs.ts';
import { forget } from '../../../src/operations/forget.ts';
import {
  addMaintainer,
  listMaintainers,
  removeMaintainer,
} from '../../../src/operations/keys/maintainers.ts';
import { addWriter } from '../../../src/operations/keys/writers.ts';
import { rotateGeneration } from '../../../src/operations/keys.ts';
import { type PruneOutcome, prune } from '../../../src/operations/prune.ts';
import { boxTypes } from '../../../src/repository/box.ts';
import { loadChain } from '../../../src/repository/chain.ts';
import { sealIndexClass } from '../../../src/repository/indexing.ts';
import { decodeMaintenanceKey } from '../../../src/repository/maintenance-key.ts';
import { openForWriting, openRepository } from '../../../src/repository/open.ts';
import { openForMaintenance } from '../../../src/repository/open-maintenance.ts';
import { packObjectName } from '../../../src/repository/pack-catalog.ts';
import { putRef, readRefs } from '../../../src/repository/refs.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { Session } from '../../../src/repository/session.ts';
import { openSnapshot, openTombstone } from '../../../src/repository/snapshot.ts';
import { decodeWriterKey } from '../../../src/repository/writer-key.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import type { Storage } from '../../../src/storage/storage.ts';
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
  readonly keeperState = scratch();
  readonly context = testContext();
  storage = new MemoryStorage();
  key = new Secret(new Uint8Array());
  id = '';
  #runs = 0;

  /** One snapshot of before the key, then the key. */
  static async begin(): Promise<World> {
    const world = new World();
    await create(world.storage, world.state.path, world.context);
    await world.save({ shared: noise('shared', 200_000), 'a.txt': 'of before' });
    await using repository = await world.open();
    const keep = (key: Secret) => {
      world.key = key;
    };
    world.id = (await addMaintainer({ name: 'nightly', keep }, repository, world.context)).id;
    return world;
  }

  open(storage: Storage = this.storage): Promise<Repository> {
    this.#runs += 1;
    return open(storage, this.state.path, `run-${this.#runs}`, this.context);
  }

  openKeeper(storage: Storage = this.storage): Promise<Repository> {
    this.#runs += 1;
    return openForMaintenance(
      {
        storage,
        state: { directory: this.keeperState.path },
        owner: owner(`keeper-${this.#runs}`),
        key: decodeMaintenanceKey(this.key),
      },
      this.context,
    );
  }

  async save(tree: Readonly<Record<string, string | Buffer>>): Promise<void> {
    writeTree(this.folder.path, tree);
    await using repository = await this.open();
    await backupFolder(this.folder.path, repository, this.context);
  }

  /** Two more snapshots, of which the first, with half a megabyte of its own, is forgotten. */
  async saveAndForget(): Promise<void> {
    await this.save({ mine: noise('going', 500_000) });
    rmSync(join(this.folder.path, 'mine'));
    await this.save({ 'b.txt': 'stays' });
    await using repository = await this.open();
    const [, second] = await snapshotsOf(repository, this.context);
    await this.forget(second!.id, repository);
  }

  async forget(id: string, repository: Repository): Promise<void> {
    await forget(
      { policy: {}, groupBy: [], filter: { ids: [id] }, dryRun: false, run: 'test', zoneOffset: () => 0 },
      repository,
      this.context,
    );
  }

  async pruneAsKeeper(storage: Storage = this.storage): Promise<PruneOutcome> {
    await using keeper = await this.openKeeper(storage);
    return prune({ dryRun: false, maxUnused: 1 }, keeper, this.context);
  }

  async pruneInFull(maxUnused = 1): Promise<PruneOutcome> {
    await using repository = await this.open();
    return prune({ dryRun: false, maxUnused }, repository, this.context);
  }

  packs(): string[] {
    return this.storage
      .names()
      .filter((name) => /^(packs|meta)\//.test(name))
      .sort();
  }

  refs(): string[] {
    return this.storage.names().filter((name) => name.startsWith('refs/'));
  }

  /** Everything that is listed is sound and restores. */
  async prove(snapshots: number): Promise<void> {
    await using repository = await this.open();
    const found = await check({ level: 3 }, repository, this.context);
    assert.deepEqual(
      found.findings.filter((one) => one.severity === 'error'),
      [],
    );
    const all = await snapshotsOf(repository, this.context);
    assert.equal(all.length, snapshots);
    for (const one of all) await restoredDigest(one, repository, this.context);
  }

  [Symbol.dispose](): void {
    for (const one of [this.folder, this.state, this.keeperState]) one[Symbol.dispose]();
  }
}

test('a prune with a maintenance key deletes the packs that a full prune deletes, and frees as much', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  const before = world.storage.clone();
  const byKeeper = await world.pruneAsKeeper();
  const left = world.packs();
  world.storage = before;
  const inFull = await world.pruneInFull();
  assert.deepEqual(left, world.packs());
  assert.ok(byKeeper.bytesFreed >= 500_000, `${byKeeper.bytesFreed}`);
  assert.equal(byKeeper.bytesFreed, inFull.bytesFreed);
  assert.equal(byKeeper.packsDeleted, inFull.packsDeleted);
});

test('what it left is sound and restores, counts once as freed, and a full prune puts the indexes right', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  await world.pruneAsKeeper();
  await world.prove(2);
  const again = await world.pruneAsKeeper();
  assert.equal(again.packsDeleted, 0);
  assert.equal(again.bytesFreed, 0);
  const inFull = await world.pruneInFull();
  assert.equal(inFull.packsDeleted, 0);
  assert.equal(inFull.bytesFreed, 0);
  await using repository = await world.open();
  await repository.loadIndex(world.context);
  const there = new Set(world.packs());
  for (const pack of repository.catalog.packs) assert.ok(there.has(packObjectName(pack)), pack.name);
  await world.prove(2);
});

test('backups go on after it and do not borrow what it deleted', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  await world.pruneAsKeeper();
  await world.save({ mine: noise('going', 500_000) });
  await world.prove(3);
});

test('it opens no snapshot, no tombstone, no tree and no data, and has no master key', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  await using keeper = await world.openKeeper();
  const denied = (error: unknown) => isFailure(error, 'denied', 'MAINTENANCE_ONLY');
  assert.throws(() => keeper.masterKey, denied);
  let tried = 0;
  for (const name of world.storage.names()) {
    const openOne = name.startsWith('snapshots/')
      ? openSnapshot
      : name.startsWith('tombstones/')
        ? openTombstone
        : undefined;
    if (openOne === undefined) continue;
    const bytes = await world.storage.get(name, { signal: world.context.signal });
    assert.throws(() => openOne(keeper.ring, bytes, name), denied);
    tried += 1;
  }
  await keeper.loadIndex(world.context);
  for (let number = 0; number < keeper.catalog.frameCount; number += 1) {
    if (keeper.catalog.frame(number).type === boxTypes.skeleton) continue;
    await assert.rejects(keeper.readFrame(number, world.context), denied);
    tried += 1;
  }
  assert.ok(tried >= 6, `${tried} boxes were tried`);
  await assert.rejects(backupFolder(world.folder.path, keeper, world.context), denied);
  await assert.rejects(loadChain(keeper, world.context), denied);
});

test('it prunes and checks without reading an object below snapshots or tombstones', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  const read: string[] = [];
  const inner = world.storage;
  const watched = new Proxy(inner, {
    get: (target, property) => {
      if (property === 'get')
        return (...call: Parameters<Storage['get']>) => {
          read.push(call[0]);
          return inner.get(...call);
        };
      const value = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await world.pruneAsKeeper(watched);
  await using keeper = await world.openKeeper(watched);
  const found = await checkByRefs({ level: 3 }, keeper, world.context);
  assert.equal(found.outcome, 'succeeded');
  assert.ok(read.length > 0);
  assert.deepEqual(
    read.filter(
      (name) => /^(snapshots|tombstones|keys\/slot|keys\/bundle)\b/.test(name) && !name.startsWith('keys/'),
    ),
    [],
  );
});

test('a snapshot whose ref is lost stops its prune, is told by check, and a full prune makes the ref anew', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  const { signal } = world.context;
  await world.storage.delete(world.refs()[0]!, { signal });
  const packs = world.packs();
  const lacks = (error: unknown) => isFailure(error, 'corrupt', 'REF_MISSING');
  await assert.rejects(world.pruneAsKeeper(), lacks);
  assert.deepEqual(world.packs(), packs);
  await using keeper = await world.openKeeper();
  const found = await checkByRefs({ level: 1 }, keeper, world.context);
  assert.deepEqual(
    found.findings.filter((one) => one.severity === 'error').map((one) => one.code),
    ['REF_MISSING'],
  );
  await using repository = await world.open();
  const inFull = await check({ level: 1 }, repository, world.context);
  assert.deepEqual(
    inFull.findings.map((one) => one.code),
    ['REF_MISSING'],
  );
  await world.pruneInFull();
  await world.pruneAsKeeper();
  await world.prove(2);
});

test('a ref that was changed, or stands under the name of another, stops its prune', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  const { signal } = world.context;
  const [one, other] = world.refs();
  const bytes = await world.storage.get(one!, { signal });
  const packs = world.packs();
  const swapped = new MemoryStorage();
  const copyTo = async (target: MemoryStorage, replaced: Uint8Array) => {
    for (const name of world.storage.names())
      await target.put(name, name === other ? replaced : await world.storage.get(name, { signal }), {
        signal,
      });
  };
  await copyTo(swapped, bytes);
  await assert.rejects(world.pruneAsKeeper(swapped), (error) => isFailure(error, 'corrupt', 'REF_MISSING'));
  const damaged = new MemoryStorage();
  await copyTo(damaged, Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.of(bytes.at(-1)! ^ 1)]));
  await assert.rejects(world.pruneAsKeeper(damaged), (error) => isFailure(error, 'corrupt', 'REF_MISSING'));
  assert.deepEqual(world.packs(), packs);
});

test('a snapshot that somebody took away keeps what it needs while its ref is there', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  await world.pruneAsKeeper();
  const packs = world.packs();
  const taken = world.storage.names().filter((name) => name.startsWith('snapshots/'));
  for (const name of taken) await world.storage.delete(name, { signal: world.context.signal });
  const outcome = await world.pruneAsKeeper();
  assert.equal(outcome.packsDeleted, 0);
  assert.deepEqual(world.packs(), packs);
});

test('each snapshot has its ref before it is there, and forgetting takes the ref after the snapshot', async () => {
  using world = await World.begin();
  const steps: string[] = [];
  const inner = world.storage;
  const watched = new Proxy(inner, {
    get: (target, property) => {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...call: readonly unknown[]) => {
        const name = String(call[0]);
        if ((property === 'put' || property === 'delete') && /^(snapshots|refs)\//.test(name))
          steps.push(`${property} ${name.split('/')[0]}`);
        return Reflect.apply(value, target, call);
      };
    },
  });
  writeTree(world.folder.path, { more: 'more' });
  await using repository = await world.open(watched);
  await backupFolder(world.folder.path, repository, world.context);
  const last = (await snapshotsOf(repository, world.context)).at(-1)!;
  await world.forget(last.id, repository);
  assert.deepEqual(steps, ['put refs', 'put snapshots', 'delete snapshots', 'delete refs']);
});

test('a forgetting that was cut off before it took the ref keeps everything until a full prune', async () => {
  using world = await World.begin();
  await world.save({ mine: noise('going', 500_000) });
  rmSync(join(world.folder.path, 'mine'));
  await world.save({ 'b.txt': 'stays' });
  const inner = world.storage;
  const cut = new Proxy(inner, {
    get: (target, property) => {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...call: readonly unknown[]) => {
        if (property === 'delete' && String(call[0]).startsWith('refs/')) throw new Error('killed');
        return Reflect.apply(value, target, call);
      };
    },
  });
  await using repository = await world.open(cut);
  const [, second] = await snapshotsOf(repository, world.context);
  await assert.rejects(world.forget(second!.id, repository), /killed/);
  assert.equal(world.refs().length, 3);
  const kept = await world.pruneAsKeeper();
  assert.equal(kept.packsDeleted, 0);
  const freed = await world.pruneInFull();
  assert.ok(freed.bytesFreed >= 500_000, `${freed.bytesFreed}`);
  assert.equal(world.refs().length, 2);
  await world.pruneAsKeeper();
  await world.prove(2);
});

test('a full prune leaves the ref of a backup that is about to publish, and takes it once that has ended without', async () => {
  using world = await World.begin();
  const { context } = world;
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
  const [listed] = await snapshotsOf(writer, context);
  const ref = { snapshot: 'ab'.repeat(32), skeleton: listed!.skeleton, sessionId: session.name };
  const name = await putRef(writer, ref, context);
  await world.pruneInFull();
  assert.ok(world.refs().includes(name));
  await session.end();
  await world.pruneInFull();
  assert.ok(!world.refs().includes(name));
  assert.equal(world.refs().length, 1);
});

test('sealing anew under new keys reaches refs, which then are as good as before', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  await using first = await world.open();
  await rotateGeneration(first, world.context);
  await using repository = await world.open();
  const { indexGeneration } = repository.ring;
  const reencrypt = (_: string, generation: number) => generation < indexGeneration;
  await prune({ dryRun: false, maxUnused: 1, reencrypt }, repository, world.context);
  const { all } = await readRefs(repository, world.context);
  assert.deepEqual(
    all.map((ref) => ref.generation),
    [indexGeneration, indexGeneration],
  );
  await using keeper = await world.openKeeper();
  await assert.rejects(prune({ dryRun: false, maxUnused: 1, reencrypt }, keeper, world.context), (error) =>
    isFailure(error, 'denied', 'MAINTENANCE_ONLY'),
  );
  await world.pruneAsKeeper();
  await world.prove(2);
});

test('a prune with the key may be killed before each of its changes, and the next one finishes', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  const start = world.storage;
  let freed = 0;
  for (let changes = 0; ; changes += 1) {
    world.storage = start.clone();
    const inner = world.storage;
    let done = 0;
    const mortal = new Proxy(inner, {
      get: (target, property) => {
        const value = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...call: readonly unknown[]) => {
          if (property !== 'put' && property !== 'delete') return Reflect.apply(value, target, call);
          done += 1;
          if (done > changes) throw new Failure('unavailable', 'KILLED', 'killed');
          return Reflect.apply(value, target, call);
        };
      },
    });
    const finished = await world.pruneAsKeeper(mortal).then(
      () => true,
      (error: unknown) => {
        assert.ok(isFailure(error, 'unavailable', 'KILLED'), String(error));
        return false;
      },
    );
    await world.prove(2);
    freed = (await world.pruneAsKeeper()).bytesFreed;
    await world.pruneInFull();
    await world.prove(2);
    if (finished) break;
    assert.ok(changes < 40);
  }
  assert.equal(freed, 0);
});

test('a thief of the key can neither vouch for a pack nor make a full prune delete what it stands beside', async () => {
  using world = await World.begin();
  const { context } = world;
  const { signal } = context;
  await using thief = await world.openKeeper();
  await thief.loadIndex(context);
  const real = thief.catalog.packs.find((pack) => !pack.isMetadata)!;
  const put = async (prefix: string, type: number, item: Map<number, unknown>) => {
    const object = sealIndexClass(thief, type, item);
    const hash = createHash('sha256').update(object).digest('hex');
    await world.storage.put(`${prefix}${hash}`, object, { signal });
  };
  // A pack of garbage, told by an unsigned index to hold what the real one holds, and listed before the indexes that are right.
  const garbage = randomBytes(65_536);
  const hash = createHash('sha256').update(garbage).digest();
  const name = hex(hash);
  await world.storage.put(`packs/${name.slice(0, 2)}/${name}`, garbage, { signal });
  const rightOnes = world.storage.names().filter((one) => one.startsWith('index/'));
  await put(
    'index/',
    boxTypes.index,
    new Map<number, unknown>([
      [1, [[hash, garbage.length, false, real.directory]]],
      [2, []],
      [3, randomBytes(16)],
    ]),
  );
  for (const one of rightOnes) {
    const bytes = await world.storage.get(one, { signal });
    await world.storage.delete(one, { signal });
    await world.storage.put(one, bytes, { signal });
  }
  await using writer = await world.open();
  await using session = await Session.open(writer, context);
  assert.equal(writer.catalog.byName(name)?.trusted, false);
  await session.end();
  // The real one condemned: then no pack is beyond doubt.
  const item = new Map<number, unknown>([
    [1, Buffer.from(real.name, 'hex')],
    [2, 0],
  ]);
  await put('condemned/', boxTypes.condemned, item);
  await world.pruneAsKeeper();
  assert.ok(world.packs().includes(packObjectName(real)));
  await world.pruneInFull();
  await using repository = await world.open();
  await repository.loadIndex(context);
  for (const one of await snapshotsOf(repository, context))
    assert.equal(await restoredDigest(one, repository, context), treeDigest(world.folder.path));
});

test('write-only writers put refs as well, and a key goes on after keys rotated', async () => {
  using world = await World.begin();
  let writerKey = new Secret(new Uint8Array());
  await using repository = await world.open();
  await addWriter({ name: 'client', keep: (key) => (writerKey = key) }, repository, world.context);
  await using again = await world.open();
  await rotateGeneration(again, world.context);
  using clientState = scratch();
  await using client = await openForWriting(
    {
      storage: world.storage,
      state: { directory: clientState.path },
      owner: owner('client'),
      key: decodeWriterKey(writerKey),
    },
    world.context,
  );
  writeTree(world.folder.path, { client: noise('client', 100_000) });
  await backupFolder(world.folder.path, client, world.context);
  await world.saveAndForget();
  const outcome = await world.pruneAsKeeper();
  assert.ok(outcome.packsDeleted > 0);
  await using keeper = await world.openKeeper();
  const found = await checkByRefs({ level: 3 }, keeper, world.context);
  assert.equal(found.outcome, 'succeeded');
  assert.ok(found.readBytes > 0);
});

test('its check finds a pack that is gone and one whose bytes changed', async () => {
  using world = await World.begin();
  const { signal } = world.context;
  const [first, second] = world.packs();
  const bytes = await world.storage.get(first!, { signal });
  await world.storage.delete(first!, { signal });
  await world.storage.put(first!, Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)]), {
    signal,
  });
  await world.storage.delete(second!, { signal });
  await using keeper = await world.openKeeper();
  const found = await checkByRefs({ level: 3 }, keeper, world.context);
  const codes = found.findings.filter((one) => one.severity === 'error').map((one) => one.code);
  assert.ok(codes.includes('PACK_MISSING') && codes.includes('PACK_HASH_WRONG'), codes.join());
});

test('a running backup is respected, whoever it is by', async () => {
  using world = await World.begin();
  await world.saveAndForget();
  await using writer = await world.open();
  await using session = await Session.open(writer, world.context);
  for (let row = 0; row < writer.index.size; row += 1) writer.index.markUsed(row);
  assert.ok(await session.borrow());
  const outcome = await world.pruneAsKeeper();
  assert.equal(outcome.packsDeleted, 0);
  assert.ok(outcome.packsProtected > 0);
});

test('a key that was removed opens nothing, and others still do', async () => {
  using world = await World.begin();
  await using repository = await world.open();
  assert.deepEqual(
    listMaintainers(repository).map(({ id, name }) => [id, name]),
    [[world.id, 'nightly']],
  );
  await removeMaintainer(world.id, repository, world.context);
  await assert.rejects(world.openKeeper(), (error) => isFailure(error, 'denied', 'MAINTENANCE_KEY_REVOKED'));
  await using after = await world.open();
  assert.deepEqual(listMaintainers(after), []);
  // What the old key knew stays known: nobody's bare word is believed again.
  assert.ok(after.ring.needsVouching);
  await assert.rejects(removeMaintainer(world.id, after, world.context), (error) =>
    isFailure(error, 'missing', 'MAINTAINER_UNKNOWN'),
  );
});

test('a file that is no maintenance key is told without quoting it, and one of another repository is refused', async () => {
  using world = await World.begin();
  const secret = new Secret(Buffer.from('holdfast-maintenance-1:tellnobody'));
  assert.throws(
    () => decodeMaintenanceKey(secret),
    (error) => isFailure(error, 'usage', 'MAINTENANCE_KEY_INVALID') && !String(error).includes('tellnobody'),
  );
  using other = await World.begin();
  await assert.rejects(world.openKeeper(other.storage), (error) =>
    isFailure(error, 'denied', 'MAINTENANCE_KEY_FOREIGN'),
  );
});
