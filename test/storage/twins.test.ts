// What two copies promise on a weak storage: either alone is as good as both, a call that is cut off leaves all or nothing, what was deleted
// stays deleted, and check tells of the copy that is not as it should be.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { repair } from '../../src/operations/repair.ts';
import { conformance } from '../../src/storage/conformance.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { atCall, type Fault, withFaults } from '../../src/storage/with/fault.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withTwins } from '../../src/storage/with/twins.ts';
import {
  backupFolder,
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { bytesOf, failure, namesOf, signal, textOf } from './storage-world.ts';

const options = { signal };

/** The memory as a storage of class C, and the twins that its class asks for. */
function weak(memory: Storage): Storage {
  return forwarding(memory, { features: { ...memory.features, durability: 'C' } });
}

function twins(memory: Storage): Storage {
  return withTwins(weak(memory), testContext());
}

function hashed(folder: string, text: string): string {
  return `${folder}/${createHash('sha256').update(text).digest('hex')}`;
}

/** All names lie below a prefix that has twins. */
function below(prefix: string, inner: Storage): Storage {
  return forwarding(inner, {
    put: (name, bytes, given) => inner.put(prefix + name, bytes, given),
    get: (name, given) => inner.get(prefix + name, given),
    stat: async (name, given) => {
      const found = await inner.stat(prefix + name, given);
      return found && { ...found, name };
    },
    async *list(start, given) {
      for await (const one of inner.list(prefix + start, given)) {
        yield { ...one, name: one.name.slice(prefix.length) };
      }
    },
    delete: (name, given) => inner.delete(prefix + name, given),
  });
}

test('a storage with twins keeps the promises, for names that have one and for others', async () => {
  for (const prefix of ['snapshots/', '']) {
    const memory = new MemoryStorage();
    const results = await Array.fromAsync(
      conformance(async () => below(prefix, twins(memory)), { signal, listedObjects: 50 }),
    );
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    assert.deepEqual(memory.names(), []);
  }
});

test('what packs need lies there twice, and nobody sees the second copy', async () => {
  const memory = new MemoryStorage();
  const storage = twins(memory);
  const names = ['config/1', 'keys/slot-1', 'index/a', 'snapshots/a', 'tombstones/a'];
  for (const name of [...names, 'packs/a', 'sessions/a', 'condemned/a']) {
    await storage.put(name, bytesOf(name), options);
  }
  assert.deepEqual(
    memory.names().filter((name) => name.startsWith('twin/')),
    names.map((name) => `twin/${name}`).sort(),
  );
  assert.ok((await namesOf(storage)).every((name) => !name.startsWith('twin/')));
  for (const name of names) await storage.delete(name, options);
  assert.deepEqual(memory.names(), ['condemned/a', 'packs/a', 'sessions/a']);
});

test('an object that is lost, empty or damaged is read, listed and found by its twin', async () => {
  for (const damaged of [undefined, Buffer.alloc(0), bytesOf('other')]) {
    for (const name of [hashed('index', 'right'), hashed('snapshots', 'right')]) {
      const memory = new MemoryStorage();
      const storage = twins(memory);
      await storage.put(name, bytesOf('right'), options);
      memory.damage(name, damaged);
      const isThere = damaged === undefined || damaged.length === 0;
      if (isThere) {
        assert.equal((await storage.stat(name, options))?.sizeBytes, 5);
        for (const prefix of ['', name.slice(0, 4), name.slice(0, 20), name]) {
          const listed = await Array.fromAsync(storage.list(prefix, options));
          assert.deepEqual(
            listed.map((one) => [one.name, one.sizeBytes]),
            [[name, 5]],
          );
        }
      }
      assert.equal(await textOf(storage, name), 'right');
      if (damaged === undefined) assert.equal(await textOf(memory, name), 'right', 'it is put back');
    }
  }
  const memory = new MemoryStorage();
  const storage = twins(memory);
  await storage.put('keys/bundle-1', bytesOf('bundle'), options);
  memory.damage('keys/bundle-1', undefined);
  assert.equal(
    Buffer.from(
      await storage.get('keys/bundle-1', { ...options, range: { offset: 1, length: 3 } }),
    ).toString(),
    'und',
  );
});

test('an object that is put back does not look younger than it is', async () => {
  const memory = new MemoryStorage();
  const storage = twins(memory);
  await storage.put('snapshots/a', bytesOf('a'), options);
  await storage.put('snapshots/b', bytesOf('b'), options);
  const arrived = async () =>
    (await Array.fromAsync(storage.list('snapshots/', options))).map((one) => [one.name, one.modifiedAt]);
  const before = await arrived();
  memory.damage('snapshots/a', undefined);
  assert.equal(await textOf(storage, 'snapshots/a'), 'a');
  assert.ok(memory.names().includes('snapshots/a'));
  assert.deepEqual((await arrived()).sort(), before);
  assert.equal((await storage.stat('snapshots/a', options))?.modifiedAt, before[0]?.[1]);
});

test('two copies that are both damaged are given as they are, and told as missing when both are gone', async () => {
  const memory = new MemoryStorage();
  const storage = twins(memory);
  const name = hashed('index', 'right');
  await storage.put(name, bytesOf('right'), options);
  memory.damage(name, bytesOf('wrong'));
  memory.damage(`twin/${name}`, bytesOf('worse'));
  assert.equal(await textOf(storage, name), 'wrong');
  memory.damage(name, undefined);
  await assert.rejects(storage.get(name, options), failure('missing', 'OBJECT_MISSING'));
  memory.damage(`twin/${name}`, undefined);
  await assert.rejects(storage.get(name, options), failure('missing', 'OBJECT_MISSING'));
  assert.equal(await storage.stat(name, options), undefined);
  assert.deepEqual(await namesOf(storage, 'index/'), []);
});

test('a storage that takes no puts is read from its twins', async () => {
  const memory = new MemoryStorage();
  await twins(memory).put('config/1', bytesOf('one'), options);
  memory.damage('config/1', undefined);
  const full = withFaults(memory, () => undefined).storage;
  const readOnly = forwarding(full, {
    put: (name) => memory.get(`denied/${name}`, options).then(() => undefined),
  });
  assert.equal(await textOf(twins(readOnly), 'config/1'), 'one');
});

test('of two writers of one name only one wins, whoever has put what before', async () => {
  const first = { signal, ifAbsent: true };
  const memory = new MemoryStorage();
  const storage = twins(memory);
  const results = await Promise.allSettled([
    storage.put('keys/bundle-2', bytesOf('a'), first),
    storage.put('keys/bundle-2', bytesOf('b'), first),
  ]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const won = results[0]?.status === 'fulfilled' ? 'a' : 'b';
  assert.equal(await textOf(storage, 'keys/bundle-2'), won);
  assert.equal(await textOf(memory, 'twin/keys/bundle-2'), won);

  // An older program has put the object, before or while we put ours.
  for (const isMeanwhile of [false, true]) {
    const old = new MemoryStorage();
    if (!isMeanwhile) await old.put('keys/bundle-2', bytesOf('old'), first);
    const during = forwarding(old, {
      async put(name, bytes, given) {
        await old.put(name, bytes, given);
        if (isMeanwhile && name.startsWith('twin/')) await old.put('keys/bundle-2', bytesOf('old'), first);
      },
    });
    await assert.rejects(
      twins(during).put('keys/bundle-2', bytesOf('new'), first),
      failure('conflict', 'OBJECT_EXISTS'),
    );
    assert.deepEqual(old.names(), ['keys/bundle-2']);
    assert.equal(await textOf(old, 'keys/bundle-2'), 'old');
  }
  // A reader that saw the twin alone has put the object back before its writer came to it.
  const healed = new MemoryStorage();
  const healing = forwarding(healed, {
    async put(name, bytes, given) {
      await healed.put(name, bytes, given);
      if (name.startsWith('twin/')) await textOf(twins(healed), 'keys/bundle-2');
    },
  });
  await twins(healing).put('keys/bundle-2', bytesOf('new'), first);
  assert.equal(await textOf(healed, 'keys/bundle-2'), 'new');
});

test('a reader that puts an object back while it is deleted does not bring it back', async () => {
  const memory = new MemoryStorage();
  const name = hashed('snapshots', 'gone');
  await twins(memory).put(name, bytesOf('gone'), options);
  memory.damage(name, undefined);
  const slow = forwarding(memory, {
    async put(one, bytes, given) {
      await twins(memory).delete(name, options);
      await memory.put(one, bytes, given);
    },
  });
  assert.equal(await textOf(twins(slow), name), 'gone');
  assert.deepEqual(memory.names(), []);
});

test('twins of worse times go with their objects when the storage is better now', async () => {
  const memory = new MemoryStorage();
  const name = hashed('snapshots', 'one');
  await twins(memory).put(name, bytesOf('one'), options);
  const better = withTwins(memory, testContext());
  assert.equal(better.compareCopies, undefined);
  await better.delete(name, options);
  assert.deepEqual(memory.names(), []);
  // Where there are none it costs one look for all deletions.
  const faulty = withFaults(new MemoryStorage(), () => undefined);
  const strong = withTwins(faulty.storage, testContext());
  for (const one of ['index/a', 'index/b', 'index/c']) await strong.delete(one, options);
  assert.equal(faulty.calls(), 4);
});

test('a call that is cut off leaves all or nothing, and the same call again finishes it', async () => {
  const name = hashed('index', 'text');
  const whole = [name, `twin/${name}`];
  const calls: Readonly<
    Record<string, readonly [MemoryStorage, (storage: Storage) => Promise<unknown>, string[]]>
  > = {
    put: [new MemoryStorage(), (storage) => storage.put(name, bytesOf('text'), options), whole],
    'put if absent': [
      new MemoryStorage(),
      (storage) =>
        storage.put(name, bytesOf('text'), { signal, ifAbsent: true }).catch((error) => {
          if (!(error as Error).message.includes('exists')) throw error;
          return storage.get(name, options);
        }),
      whole,
    ],
    delete: [await withBoth(), (storage) => storage.delete(name, options), []],
    'get of a lost object': [await withBoth(name), (storage) => storage.get(name, options), whole],
  };
  async function withBoth(lost?: string): Promise<MemoryStorage> {
    const memory = new MemoryStorage();
    await twins(memory).put(name, bytesOf('text'), options);
    if (lost !== undefined) memory.damage(lost, undefined);
    return memory;
  }
  let tried = 0;
  for (const [what, [before, run, after]] of Object.entries(calls)) {
    for (const fault of ['before', 'after', 'crash-before', 'crash-after'] satisfies Fault[]) {
      for (let call = 1; ; call += 1) {
        const memory = before.clone();
        const faulty = withFaults(memory, atCall(call, fault));
        await run(twins(faulty.storage)).catch(() => undefined);
        if (faulty.calls() < call) break;
        tried += 1;
        const where = `${what}, ${fault} call ${call}`;
        const storage = twins(memory);
        const listed = await namesOf(memory.clone(), 'index/');
        const isThere = (await storage.stat(name, options)) !== undefined;
        assert.ok(isThere || listed.length === 0, where);
        if (isThere) assert.equal(await textOf(twins(memory.clone()), name), 'text', where);
        await run(storage);
        // A put that found the twin of its first try leaves the object to readers and to repair.
        if (what === 'put if absent') await textOf(storage, name);
        assert.deepEqual(memory.names(), after, where);
      }
    }
  }
  assert.ok(tried >= 40, `${tried} cuts`);
});

interface Small extends Disposable {
  readonly memory: MemoryStorage;
  readonly state: string;
  readonly digests: readonly string[];
}

/** Two snapshots and a tombstone, with two copies of everything that has two. */
async function small(): Promise<Small> {
  const folder = scratch();
  const state = scratch();
  const memory = new MemoryStorage();
  const context = testContext();
  const storage = twins(memory);
  await create(storage, state.path, context);
  const digests: string[] = [];
  for (const text of ['zero', 'one', 'two']) {
    writeTree(folder.path, { [`a/${text}`]: text.repeat(1000) });
    const repository = await open(storage, state.path, text, context);
    await backupFolder(folder.path, repository, context);
    digests.push(treeDigest(folder.path));
  }
  const repository = await open(storage, state.path, 'forget', context);
  const ids = [(await snapshotsOf(repository, context))[0]!.id];
  const asked = { policy: {}, groupBy: [], filter: { ids }, dryRun: false, run: 'test', zoneOffset: () => 0 };
  await forget(asked, repository, context);
  return {
    memory,
    state: state.path,
    digests: digests.slice(1),
    [Symbol.dispose]() {
      folder[Symbol.dispose]();
      state[Symbol.dispose]();
    },
  };
}

async function demandSound({ state, digests }: Small, memory: MemoryStorage, told: string[], where: string) {
  const context = testContext();
  const repository = await open(twins(memory), state, 'look', context);
  const { outcome, findings } = await check({ level: 2 }, repository, context);
  assert.equal(outcome, 'succeeded', `${where}: ${JSON.stringify(findings)}`);
  assert.deepEqual(
    findings.map(({ code }) => code),
    told,
    where,
  );
  const snapshots = await snapshotsOf(repository, context);
  const restored: string[] = [];
  for (const one of snapshots) restored.push(await restoredDigest(one, repository, context));
  assert.deepEqual(restored, digests, where);
}

test('either copy may be lost: all opens and restores, check tells, and repair puts it again', async () => {
  using world = await small();
  await demandSound(world, world.memory.clone(), [], 'whole');
  const names = world.memory
    .names()
    .filter((name) => /^(twin\/)?(config|keys|index|snapshots|tombstones)\//.test(name));
  assert.ok(names.length >= 14, names.join());
  for (const name of names) {
    const memory = world.memory.clone();
    memory.damage(name, undefined);
    // What was read is put back before check comes to it: only a lost twin is left to be told.
    await demandSound(world, memory, name.startsWith('twin/') ? ['COPY_MISSING'] : [], name);
    const context = testContext();
    const repository = await open(twins(memory), world.state, 'repair', context);
    await repair({ kind: 'all', dryRun: false }, repository, context);
    assert.deepEqual(memory.names(), world.memory.names(), name);
  }
  const all = world.memory.clone();
  for (const name of names) if (!name.startsWith('twin/')) all.damage(name, undefined);
  await demandSound(world, all, [], 'all objects but the twins');
});

test('either copy of a snapshot or an index may be damaged at any byte: it is noticed, and read from the other', async () => {
  using world = await small();
  const context = testContext();
  const names = world.memory.names().filter((name) => /^(index|snapshots)\//.test(name));
  let flips = 0;
  for (const name of names.flatMap((one) => [one, `twin/${one}`])) {
    const object = name.replace(/^twin\//, '');
    const right = await world.memory.get(name, options);
    for (let at = 0; at < right.length; at += 1) {
      const wrong = Uint8Array.from(right);
      wrong[at]! ^= 1 << (at % 8);
      const memory = world.memory.clone();
      memory.damage(name, wrong);
      const storage = twins(memory);
      assert.deepEqual(Buffer.from(await storage.get(object, options)), Buffer.from(right));
      flips += 1;
      if (at % 400 !== 0) continue;
      await demandSound(world, memory, ['COPY_DAMAGED'], `${name} at ${at}`);
      const repository = await open(storage, world.state, 'repair', context);
      const { plan } = await repair({ kind: 'index', dryRun: false }, repository, context);
      assert.deepEqual(plan, [`replace the damaged "${name}" by its other copy`]);
      assert.deepEqual(Buffer.from(await memory.get(name, options)), Buffer.from(right));
    }
  }
  assert.ok(flips > 2000, `${flips} flips`);
});

test('two copies of keys that differ are told and left alone', async () => {
  using world = await small();
  const name = 'twin/config/1';
  world.memory.damage(name, bytesOf('{}'));
  await demandSound(world, world.memory, ['COPIES_DIFFER'], name);
  const context = testContext();
  const repository = await open(twins(world.memory), world.state, 'repair', context);
  await repair({ kind: 'all', dryRun: false }, repository, context);
  assert.equal(await textOf(world.memory, name), '{}');
});
