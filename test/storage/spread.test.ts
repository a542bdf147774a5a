// What a spread promises: the port's promises; shares by weight; a full member's objects go elsewhere and are found; a member that is away, gone
// or not mounted makes calls unavailable, never an object missing.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { createStorage, openStorage } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withSpread } from '../../src/storage/with/spread.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

const away = failure('unavailable', 'SPREAD_MEMBER_UNAVAILABLE');
const noSecrets = async () => undefined;

const over = (storages: readonly Storage[], weights: readonly number[], prefixes = ['packs/']) =>
  withSpread(
    storages.map((storage, index) => ({ storage, weight: weights[index]! })),
    prefixes,
  );

test('a spread keeps the promises of the port', async () => {
  const memories = [new MemoryStorage(), new MemoryStorage(), new MemoryStorage()];
  const open = async () => over(memories, [1, 2, 1], ['probe/', 'packs/']);
  for await (const { name, ok, detail } of conformance(open, { signal, listedObjects: 60 })) {
    assert.ok(ok, `${name}: ${detail}`);
  }
  for (const memory of memories) assert.deepEqual(memory.names(), []);
});

test('shared objects go by weight, all others to the first member', async () => {
  const memories = [new MemoryStorage(), new MemoryStorage(), new MemoryStorage()];
  const storage = over(memories, [1, 3, 0]);
  const names = Array.from({ length: 800 }, (_, index) => `packs/${index}`);
  for (const name of names) await storage.put(name, bytesOf(name), { signal });
  await storage.put('index/a', bytesOf('x'), { signal });
  const [one, two, three] = memories.map((memory) => memory.names().length);
  assert.ok(one! > 150 && one! < 250, `${one} on the first`);
  assert.equal(one! + two!, 801);
  assert.equal(three, 0);
  assert.ok(memories[0]!.names().includes('index/a'));
  assert.deepEqual(await namesOf(storage), ['index/a', ...names].sort());
});

test('objects are found, and not put twice, when weights change or a member is added', async () => {
  const memories = [new MemoryStorage(), new MemoryStorage()];
  const before = over(memories, [1, 1]);
  const names = Array.from({ length: 60 }, (_, index) => `packs/${index}`).sort();
  for (const name of names) await before.put(name, bytesOf(name), { signal });
  const after = over([...memories, new MemoryStorage()], [0, 1, 5]);
  for (const name of names) {
    assert.equal(await textOf(after, name), name);
    await assert.rejects(
      after.put(name, bytesOf(name), { signal, ifAbsent: true }),
      failure('conflict', 'OBJECT_EXISTS'),
    );
  }
  assert.deepEqual(await namesOf(after, 'packs/'), names);
  for (const name of names) await after.delete(name, { signal });
  assert.deepEqual(await namesOf(after), []);
  for (const memory of memories) assert.deepEqual(memory.names(), []);
});

test('what a full member does not take goes to another; when all are full, it says so', async () => {
  const memories = [new MemoryStorage(), new MemoryStorage()];
  const full = memories.map(() => true);
  const storages = memories.map((memory, index) =>
    forwarding(memory, {
      async put(name, bytes, options) {
        if (full[index]) throw new Failure('exhausted', 'STORAGE_FULL', 'full');
        await memory.put(name, bytes, options);
      },
    }),
  );
  const storage = over(storages, [1, 1]);
  await assert.rejects(
    storage.put('packs/a', bytesOf('x'), { signal }),
    failure('exhausted', 'STORAGE_FULL'),
  );
  full[1] = false;
  for (let index = 0; index < 20; index += 1) await storage.put(`packs/${index}`, bytesOf('x'), { signal });
  assert.equal(memories[1]!.names().length, 20);
  assert.equal(await textOf(storage, 'packs/7'), 'x');
  await assert.rejects(
    storage.put('index/a', bytesOf('x'), { signal }),
    failure('exhausted', 'STORAGE_FULL'),
  );
});

/** Tells how much room it has, and runs full. */
function disk(memory: MemoryStorage, totalBytes: number, usedBytes: number): Storage {
  let used = usedBytes;
  return forwarding(memory, {
    async put(name, bytes, options) {
      if (used + bytes.length > totalBytes) throw new Failure('exhausted', 'STORAGE_FULL', 'full');
      await memory.put(name, bytes, options);
      used += bytes.length;
    },
    room: async () => ({ totalBytes, freeBytes: totalBytes - used }),
  });
}

test('a member with little room left gets nothing new, until the others have no more', async () => {
  const memories = [new MemoryStorage(), new MemoryStorage(), new MemoryStorage()];
  const [tight, roomy, silent] = memories as [MemoryStorage, MemoryStorage, MemoryStorage];
  const storage = over([disk(tight, 1000, 940), disk(roomy, 1000, 100)], [1, 1]);
  assert.deepEqual(await storage.room?.({ signal }), { freeBytes: 60, totalBytes: 1000 });
  const put = (name: string) => storage.put(`packs/${name}`, Buffer.alloc(10), { signal });
  for (let index = 0; index < 80; index += 1) await put(`${index}`);
  // 10 bytes above what is kept free, so one object, if it is drawn.
  assert.ok(tight.names().length <= 1, `${tight.names().length} on the tight one`);
  // The other one is at its own mark soon; then both are filled to the brim before anybody is refused.
  for (let index = 80; index < 96; index += 1) await put(`${index}`);
  assert.deepEqual([tight.names().length, roomy.names().length], [6, 90]);
  await assert.rejects(put('last'), failure('exhausted', 'STORAGE_FULL'));
  assert.equal((await namesOf(storage, 'packs/')).length, 96);

  // Who cannot tell, or fails to, is taken at its word that it has room.
  const failing = forwarding(silent, {
    room: async () => {
      throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'no answer');
    },
  });
  const other = over([disk(new MemoryStorage(), 1000, 1000), failing], [1, 1]);
  await other.put('packs/a', Buffer.alloc(10), { signal });
  assert.deepEqual(silent.names(), ['packs/a']);
});

test('with a member away nothing is missing and no list is shorter', async () => {
  for (const [error, expected] of [
    [
      new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'no answer'),
      failure('unavailable', 'STORAGE_UNAVAILABLE'),
    ],
    [new Failure('missing', 'STORAGE_MISSING', 'no such bucket'), away],
  ] as const) {
    const fail = async () => {
      throw error;
    };
    const memory = new MemoryStorage();
    const gone = forwarding(memory, {
      put: fail,
      get: fail,
      stat: fail,
      delete: fail,
      // biome-ignore lint/correctness/useYield: it fails before it yields.
      async *list() {
        await fail();
      },
    });
    const storage = over([memory, gone], [1, 1]);
    await assert.rejects(textOf(storage, 'packs/a'), expected);
    await assert.rejects(storage.stat('packs/a', { signal }), expected);
    await assert.rejects(namesOf(storage), expected);
    await assert.rejects(namesOf(storage, 'packs/a'), expected);
    await assert.rejects(storage.delete('packs/a', { signal }), expected);
    // What lies on the first alone does not need the others.
    await storage.put('index/a', bytesOf('x'), { signal });
    assert.deepEqual(await namesOf(storage, 'index/'), ['index/a']);
  }
});

test('a spread over folders is not opened without one of its disks, or with an empty one in its place', async () => {
  using folder = scratch();
  const paths = ['one', 'two'].map((name) => join(folder.path, name));
  const members = paths.map((path) => `member=${encodeURIComponent(`file:${path}`)}`).join('&');
  const context = stillContext();
  {
    await using made = await createStorage(`spread:?${members}&weights=1,2`, noSecrets, context);
    for (let index = 0; index < 20; index += 1) await made.put(`packs/${index}`, bytesOf('x'), { signal });
  }
  {
    await using opened = await openStorage(`spread:?${members}`, noSecrets, context);
    assert.equal((await namesOf(opened)).length, 20);
  }
  renameSync(paths[1]!, `${paths[1]!}-away`);
  await assert.rejects(openStorage(`spread:?${members}`, noSecrets, context), away);
  mkdirSync(paths[1]!);
  await assert.rejects(openStorage(`spread:?${members}`, noSecrets, context), away);
  for (const weights of ['1', '0,0', 'a,b', '1,2,3']) {
    await assert.rejects(
      openStorage(`spread:?${members}&weights=${weights}`, noSecrets, context),
      failure('usage', 'STORAGE_CONFIG_INVALID'),
    );
  }
});
