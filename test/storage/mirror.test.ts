// What a mirror promises: the port's promises, also with a member away; nothing counts as stored before enough members have it; what is missing
// is never concluded from too few; a member that lagged is filled, and brings nothing back that was deleted.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { createStorage, openStorage } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import mirror, { healConfiguredMirror } from '../../src/storage/mirror.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withMirror } from '../../src/storage/with/mirror.ts';
import { healMirror } from '../../src/storage/with/mirror-heal.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

const away = failure('unavailable', 'MIRROR_MEMBERS_UNAVAILABLE');

interface Member {
  readonly memory: MemoryStorage;
  readonly storage: Storage;
  isAway: boolean;
}

function newMember(): Member {
  const memory = new MemoryStorage();
  const guard = () => {
    if (member.isAway) throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'this member is away');
  };
  const storage = forwarding(memory, {
    async put(name, bytes, options) {
      guard();
      await memory.put(name, bytes, options);
    },
    async get(name, options) {
      guard();
      return memory.get(name, options);
    },
    async stat(name, options) {
      guard();
      return memory.stat(name, options);
    },
    async *list(prefix, options) {
      guard();
      yield* memory.list(prefix, options);
    },
    async delete(name, options) {
      guard();
      await memory.delete(name, options);
    },
  });
  const member: Member = { memory, storage, isAway: false };
  return member;
}

const over = (members: readonly Member[], writesMin: number, blank?: Member) =>
  withMirror(
    members.map((one) => ({ storage: one.storage, isBlank: one === blank })),
    writesMin,
    stillContext(),
  );

const partsOf = (members: readonly Member[]) => members.map(({ storage }) => ({ storage, isBlank: false }));

test('a mirror keeps the promises of the port, also with a member away that it may do without', async () => {
  for (const [count, writesMin, awayAt] of [
    [2, 2, undefined],
    [3, 2, undefined],
    [3, 2, 0],
    [3, 2, 2],
  ] as const) {
    const members = Array.from({ length: count }, newMember);
    if (awayAt !== undefined) members[awayAt]!.isAway = true;
    // One connection: a note of a deletion is seen by others at their next list, not before.
    const one = over(members, writesMin);
    const kept = forwarding(one, { [Symbol.asyncDispose]: async () => undefined });
    for await (const { name, ok, detail } of conformance(async () => kept, { signal, listedObjects: 60 })) {
      // The one thing that waits for the member: an old name anew, which no object of a repository ever needs.
      const isExcused = awayAt !== undefined && name.includes('put anew');
      assert.ok(ok !== isExcused, `${count}/${writesMin}/${awayAt}: ${name}: ${detail}`);
    }
  }
});

test('nothing counts as stored before all have it, also when it is tried again', async () => {
  const members = [newMember(), newMember()];
  const [one, two] = members as [Member, Member];
  const storage = over(members, 2);
  two.isAway = true;
  const again = withRetry(storage, () => 0, stillContext());
  await assert.rejects(again.put('a', bytesOf('x'), { signal, ifAbsent: true }), (error) =>
    isFailure(error, 'unavailable'),
  );
  await assert.rejects(storage.stat('a', { signal }), away);
  two.isAway = false;
  assert.equal(await textOf(storage, 'a'), 'x');
  assert.deepEqual(two.memory.names(), ['a'], 'what was read as stored is everywhere');
  assert.deepEqual(one.memory.names(), ['a']);
});

test('a put that reached one of three goes on with two of them, whoever is away by then', async () => {
  const members = [newMember(), newMember(), newMember()];
  const [one, two, three] = members as [Member, Member, Member];
  const storage = over(members, 2);
  await storage.put('before', bytesOf('y'), { signal });
  two.isAway = true;
  three.isAway = true;
  await assert.rejects(storage.put('a', bytesOf('x'), { signal }), away);
  two.isAway = false;
  assert.equal(await textOf(storage, 'a'), 'x');
  assert.deepEqual(
    [one, two, three].map(({ memory }) => memory.names()),
    [['a', 'before'], ['a', 'before'], ['before']],
  );
});

test('reading falls over when an object is missing, damaged or out of reach in one member', async () => {
  const members = [newMember(), newMember()];
  const [one, two] = members as [Member, Member];
  const storage = over(members, 2);
  for (const name of ['a', 'b', 'c']) await storage.put(name, bytesOf(`text ${name}`), { signal });
  one.memory.damage('a', undefined);
  one.memory.damage('b', bytesOf('te'));
  assert.equal(await textOf(storage, 'a'), 'text a');
  const range = { offset: 0, length: 6 };
  assert.equal(Buffer.from(await storage.get('b', { signal, range })).toString(), 'text b');
  one.isAway = true;
  assert.equal(await textOf(storage, 'c'), 'text c');
  assert.deepEqual(await namesOf(storage), ['a', 'b', 'c']);
  two.isAway = true;
  await assert.rejects(textOf(storage, 'c'), away);
  await assert.rejects(namesOf(storage), away);
});

test('what is missing is never concluded from too few members', async () => {
  const members = [newMember(), newMember(), newMember()];
  const [one, two, three] = members as [Member, Member, Member];
  const storage = over(members, 2);
  three.isAway = true;
  await storage.put('a', bytesOf('x'), { signal });
  three.isAway = false;
  one.isAway = true;
  two.isAway = true;
  const fresh = over(members, 2);
  await assert.rejects(fresh.stat('a', { signal }), away);
  await assert.rejects(textOf(fresh, 'a'), away);
  await assert.rejects(namesOf(fresh), away);
  await assert.rejects(fresh.put('b', bytesOf('x'), { signal }), away);
});

test('a member that lagged brings nothing back that was deleted, before healing and after', async () => {
  const members = [newMember(), newMember(), newMember()];
  const three = members[2]!;
  const storage = over(members, 2);
  for (const name of ['a', 'b']) await storage.put(name, bytesOf(name), { signal });
  three.isAway = true;
  await storage.delete('a', { signal });
  await storage.put('c', bytesOf('c'), { signal });
  three.isAway = false;
  for (const one of [storage, over(members, 2), over(members.toReversed(), 2)]) {
    assert.deepEqual(await namesOf(one), ['b', 'c']);
    assert.equal(await one.stat('a', { signal }), undefined);
    await assert.rejects(textOf(one, 'a'), failure('missing', 'OBJECT_MISSING'));
  }
  const planned = await healMirror(partsOf(members), stillContext(), { dryRun: true });
  assert.deepEqual(three.memory.names(), ['a', 'b']);
  const healing = await healMirror(partsOf(members), stillContext());
  assert.deepEqual(planned, healing);
  assert.deepEqual(healing, { copied: 1, deleted: 1, different: [] });
  for (const { memory } of members) assert.deepEqual(memory.names(), ['b', 'c']);
  assert.equal((await healMirror(partsOf(members), stillContext())).copied, 0);
});

test('a name that was deleted while a member was away can be used again once it is back', async () => {
  const members = [newMember(), newMember(), newMember()];
  const storage = over(members, 2);
  await storage.put('a', bytesOf('old'), { signal });
  members[1]!.isAway = true;
  await storage.delete('a', { signal });
  await assert.rejects(storage.put('a', bytesOf('new one'), { signal }), away);
  members[1]!.isAway = false;
  await storage.put('a', bytesOf('new one'), { signal, ifAbsent: true });
  for (const { memory } of members) assert.equal(await textOf(memory, 'a'), 'new one');
});

test('healing compares any number of names in groups, and tells what it cannot decide', async () => {
  const members = [newMember(), newMember()];
  const [one, two] = members as [Member, Member];
  for (let index = 0; index < 400; index += 1) {
    const name = `packs/${(index % 16).toString(16)}/${index}`;
    if (index % 3 !== 0) await one.memory.put(name, bytesOf(name), { signal });
    if (index % 3 !== 1) await two.memory.put(name, bytesOf(name), { signal });
  }
  for (const name of ['packs', 'packs/0', 'zero']) await one.memory.put(name, bytesOf(name), { signal });
  await one.memory.put('d', bytesOf('1'), { signal });
  await two.memory.put('d', bytesOf('22'), { signal });
  const { copied, different } = await healMirror(partsOf(members), stillContext(), { groupMax: 10 });
  assert.deepEqual(different, ['d']);
  assert.equal(copied, 134 + 133 + 3);
  assert.deepEqual(one.memory.names(), two.memory.names());
});

test('a blank member is written to, and is not believed when it lacks something', async () => {
  const members = [newMember(), newMember()];
  const [one, two] = members as [Member, Member];
  await one.memory.put('a', bytesOf('x'), { signal });
  const storage = over(members, 2, two);
  assert.equal(await textOf(storage, 'a'), 'x');
  await storage.put('b', bytesOf('y'), { signal });
  assert.deepEqual(two.memory.names(), ['b']);
  one.isAway = true;
  await assert.rejects(namesOf(over(members, 2, two)), away);
});

test('a mirror of folders is made, opened, loses a disk, gets a new one and is healed', async () => {
  using folder = scratch();
  const paths = ['one', 'two'].map((name) => join(folder.path, name));
  const url = `mirror:?${paths.map((path) => `member=${encodeURIComponent(`file:${path}`)}`).join('&')}`;
  const noSecrets = async () => undefined;
  const context = stillContext();
  {
    await using made = await createStorage(url, noSecrets, context);
    await made.put('a/b', bytesOf('x'), { signal });
  }
  renameSync(paths[0]!, `${paths[0]!}-away`);
  {
    await using opened = await openStorage(url, noSecrets, context);
    assert.deepEqual(await namesOf(opened), ['a/b']);
    await assert.rejects(opened.put('c', bytesOf('y'), { signal }), away);
  }
  // As if the disk were not mounted.
  mkdirSync(paths[0]!);
  {
    await using opened = await openStorage(url, noSecrets, context);
    assert.deepEqual(await namesOf(opened), ['a/b']);
  }
  const members = paths.map((path) => ({ kind: 'file', path }));
  assert.equal((await healConfiguredMirror({ members }, false, context)).copied, 1);
  rmSync(paths[1]!, { recursive: true });
  await using opened = await openStorage(url, noSecrets, context);
  assert.equal(await textOf(opened, 'a/b'), 'x');
  assert.ok(readdirSync(paths[0]!).length > 0);
  const swapped = `mirror:?${paths
    .toReversed()
    .map((path) => `member=${encodeURIComponent(path)}`)
    .join('&')}`;
  await assert.rejects(openStorage(swapped, noSecrets, context), failure('conflict', 'MEMBERS_MIXED_UP'));
});

test('URLs: members are encoded, secrets are asked for by member, nonsense is refused', async () => {
  assert.deepEqual(mirror.fromUrl('mirror:?member=file%3A%2Fa&member=%2Fb&writes=1'), {
    memberUrls: ['file:/a', '/b'],
    writes: '1',
  });
  for (const url of ['mirror:', 'mirror:?member=a', 'mirror:?member=a&member=b&unknown=1']) {
    assert.throws(
      () => mirror.fromUrl(url),
      (error) => isFailure(error, 'usage', 'STORAGE_URL_INVALID') && error.hint !== undefined,
    );
  }
  for (const [url, code] of [
    ['mirror:?member=/a&member=/b&writes=3', 'STORAGE_CONFIG_INVALID'],
    ['mirror:?member=/a&member=/b&writes=0', 'STORAGE_CONFIG_INVALID'],
    ['mirror:?member=/a&member=nonsense%3Ab', 'STORAGE_UNKNOWN_SCHEME'],
  ] as const) {
    await assert.rejects(
      openStorage(url, async () => undefined, stillContext()),
      failure('usage', code),
    );
  }
});
