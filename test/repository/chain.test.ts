// What a chain of recovery points says while others write to it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { acceptRollback, status } from '../../src/operations/status.ts';
import { loadChain, nextInChain } from '../../src/repository/chain.ts';
import { gapsOf, inBoth } from '../../src/repository/gaps.ts';
import { sealTombstone } from '../../src/repository/snapshot.ts';
import { listSnapshots } from '../../src/repository/snapshots.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { backupFolder, create, open, scratch, testContext, writeTree } from '../world.ts';

const context = testContext();

test('a recovery point that another process of this host publishes during a listing is no rollback', async () => {
  using folder = scratch();
  writeTree(folder.path, { 'source/file': 'content' });
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const save = async () =>
    backupFolder(`${folder.path}/source`, await open(memory, folder.path, 'other', context), context);
  await save();
  let published = 0;
  const storage = forwarding(memory, {
    async *list(prefix, options) {
      yield* memory.list(prefix, options);
      if (prefix !== 'snapshots/' || published > 0) return;
      published += 1;
      await save();
    },
  });
  const chain = await loadChain(await open(storage, folder.path, 'one', context), context);
  assert.equal(published, 1);
  assert.deepEqual(chain.rolledBack, []);
});

const policyOfNames = { policy: {}, groupBy: [], dryRun: false, run: 'test', zoneOffset: () => 0 };

for (const program of ['this program', 'an older program'] as const) {
  test(`a recovery point that only a forgotten one named is missed when it goes, forgotten by ${program}`, async () => {
    using folder = scratch();
    const memory = new MemoryStorage();
    await create(memory, folder.path, context);
    const run = () => open(memory, folder.path, 'run', context);
    for (let turn = 0; turn < 3; turn += 1) {
      writeTree(folder.path, { 'source/file': `turn ${turn}` });
      await backupFolder(`${folder.path}/source`, await run(), context);
    }
    const repository = await run();
    const chain = await loadChain(repository, context);
    const [first, second, third] = chain.snapshots;
    if (program === 'this program') {
      await forget({ ...policyOfNames, filter: { ids: [second!.id] } }, repository, context);
    } else {
      const { writerId } = repository.writer;
      const { name, id, seq } = second!;
      const forgotten = [{ name, id, writerId, seq, rule: 'test' }];
      const entry = { ...nextInChain(chain, writerId), writerId, time: 0, run: 'test', forgotten };
      const bytes = sealTombstone(repository.ring, entry, repository.writer);
      await memory.put(`tombstones/${createHash('sha256').update(bytes).digest('hex')}`, bytes, context);
      memory.damage(`snapshots/${name}`, undefined);
    }
    assert.equal((await check({ level: 1 }, repository, context)).outcome, 'succeeded');
    memory.damage(`snapshots/${first!.name}`, undefined);
    const codes = (await check({ level: 1 }, repository, context)).findings.map((one) => one.code);
    assert.deepEqual(codes, ['MISSING_RECOVERY_POINT']);
    assert.equal((await status({}, repository, context)).missing, 1);
    const warnings = context.warnings.length;
    assert.deepEqual(
      (await listSnapshots(repository, context)).map((one) => one.id),
      [third!.id],
    );
    assert.equal(context.warnings.length, warnings + 1);
    const everything = { dryRun: false, maxUnused: 0 };
    await assert.rejects(prune(everything, repository, context), (error) =>
      isFailure(error, 'corrupt', 'PRUNE_REFUSED'),
    );
    await acceptRollback({ reason: 'deleted by hand' }, repository, context);
    const stranger = await open(memory, `${folder.path}/stranger`, 'run', context);
    assert.equal((await check({ level: 2 }, stranger, context)).outcome, 'succeeded');
    await prune(everything, stranger, context);
    assert.equal((await check({ level: 2 }, stranger, context)).outcome, 'succeeded');
  });
}

test('a host without memory gives no place of a forgotten entry again', async () => {
  using folder = scratch();
  writeTree(folder.path, { 'source/file': 'content' });
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const repository = await open(memory, folder.path, 'run', context);
  await backupFolder(`${folder.path}/source`, repository, context);
  writeTree(folder.path, { 'source/file': 'more content' });
  const { snapshotId } = await backupFolder(`${folder.path}/source`, repository, context);
  const { writerId } = repository.writer;
  const forgetter = await open(memory, `${folder.path}/other`, 'other', context);
  await forget({ ...policyOfNames, filter: { ids: [snapshotId!] } }, forgetter, context);
  // The keys of the other host came into the bundle after the first opening.
  const later = await open(memory, folder.path, 'later', context);
  later.state.rememberHeads({});
  assert.equal(nextInChain(await loadChain(later, context), writerId).seq, 3);
});

test('gaps are counted once, whatever places a writer claims', () => {
  const known = (name: string) => name === 'known';
  const entry = (seq: number, prev: readonly string[] = ['known']) => ({ writerId: 'w', seq, prev });
  assert.deepEqual(gapsOf([entry(1), entry(2), entry(2), entry(3)], [], known), []);
  assert.deepEqual(gapsOf([entry(0), entry(2, ['lost']), entry(2)], [], known), []);
  const far = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(gapsOf([entry(far), entry(5, ['lost'])], [], known), [
    { writerId: 'w', from: 1, to: 3 },
    { writerId: 'w', from: 6, to: far - 1 },
  ]);
  const gap = (from: number, to: number, writerId = 'w') => ({ writerId, from, to });
  assert.deepEqual(gapsOf([entry(9)], [gap(2, 5), gap(4, 6), gap(12, 13)], known), [
    gap(1, 1),
    gap(7, 8),
    gap(10, 11),
  ]);
  assert.deepEqual(inBoth([gap(1, 5), gap(8, 9)], [gap(3, 8), gap(1, 9, 'other')]), [gap(3, 5), gap(8, 8)]);
});

for (const [what, bytes] of [
  ['no bytes', Buffer.alloc(0)],
  ['other bytes', Buffer.from('what is this?')],
] as const) {
  test(`a newest recovery point of ${what} is told by all who look, and nobody takes an older one for it unwarned`, async () => {
    using folder = scratch();
    const memory = new MemoryStorage();
    await create(memory, folder.path, context);
    for (const turn of ['one', 'two']) {
      writeTree(folder.path, { 'source/file': turn });
      const repository = await open(memory, folder.path, 'run', context);
      await backupFolder(`${folder.path}/source`, repository, context);
    }
    const whole = await open(memory, folder.path, 'run', context);
    const [first, second] = (await loadChain(whole, context)).snapshots;
    const name = `snapshots/${second!.name}`;
    memory.damage(name, bytes);
    for (const state of [folder.path, `${folder.path}/stranger`]) {
      const repository = await open(memory, state, 'run', context);
      const { findings } = await check({ level: 1 }, repository, context);
      assert.ok(findings.some((one) => one.severity === 'error' && one.object === name));
      assert.deepEqual((await status({}, repository, context)).unreadable, [name]);
      context.warnings.length = 0;
      assert.deepEqual(
        (await listSnapshots(repository, context)).map((one) => one.id),
        [first!.id],
      );
      assert.ok(context.warnings.some((warning) => warning.includes(name)));
      await assert.rejects(prune({ dryRun: false, maxUnused: 0 }, repository, context));
      assert.equal(memory.names().includes(name), true);
    }
  });
}

test('a recovery point that the disk does not give is told, and the others are there', async () => {
  using folder = scratch();
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  for (const turn of ['one', 'two']) {
    writeTree(folder.path, { 'source/file': turn });
    const repository = await open(memory, folder.path, 'run', context);
    await backupFolder(`${folder.path}/source`, repository, context);
  }
  const whole = await open(memory, folder.path, 'run', context);
  const [first, second] = (await loadChain(whole, context)).snapshots;
  const bad = `snapshots/${second!.name}`;
  const answer = (code: string) =>
    forwarding(memory, {
      async get(name, options) {
        if (name === bad) throw new Failure('unavailable', code, 'no answer');
        return await memory.get(name, options);
      },
    });
  const ofDisk = await loadChain(
    await open(answer('STORAGE_IO_ERROR'), folder.path, 'run', context),
    context,
  );
  assert.deepEqual(
    ofDisk.snapshots.map((one) => one.id),
    [first!.id],
  );
  assert.deepEqual(
    ofDisk.broken.map((one) => one.name),
    [bad],
  );
  assert.deepEqual(ofDisk.rolledBack, []);
  const ofServer = await open(answer('SERVER_SILENT'), folder.path, 'run', context);
  await assert.rejects(loadChain(ofServer, context), (error) => isFailure(error, 'unavailable'));
});

test('recovery points that arrived at one moment stand in the same order for everybody', async () => {
  using folder = scratch();
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const run = () => open(memory, folder.path, 'run', context);
  for (let turn = 0; turn < 4; turn += 1) {
    writeTree(folder.path, { 'source/file': `turn ${turn}` });
    await backupFolder(`${folder.path}/source`, await run(), context);
  }
  const orders = [false, true].map(async (isReversed) => {
    const storage = forwarding(memory, {
      async *list(prefix, options) {
        const all = await Array.fromAsync(memory.list(prefix, options));
        for (const one of isReversed ? all.reverse() : all) yield { ...one, modifiedAt: 1_000 };
      },
    });
    const chain = await loadChain(await open(storage, folder.path, 'run', context), context);
    return chain.snapshots.map(({ seq }) => seq);
  });
  assert.deepEqual(await Promise.all(orders), [
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
});
