// T-95: what other programs believed, or gave up on, done to this one: objects in the place of others, an index that power loss emptied,
// an old copy put back, a source that is not there. Every test names the incident.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { repair } from '../../src/operations/repair.ts';
import { acceptRollback } from '../../src/operations/status.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { report } from '../campaign.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

interface World {
  readonly memory: MemoryStorage;
  readonly source: string;
  readonly state: string;
  /** Of what was in the source at each backup. */
  readonly digests: string[];
}

async function worldIn(folder: string, context: TestContext): Promise<World> {
  const memory = new MemoryStorage();
  const source = join(folder, 'source');
  const state = join(folder, 'state');
  await create(memory, state, context);
  const digests: string[] = [];
  for (const round of ['first', 'second']) {
    writeTree(source, { 'a.txt': `hello ${round}`, [`${round}.bin`]: noise(round, 40_000) });
    await backupFolder(source, await open(memory, state, round, context), context);
    digests.push(treeDigest(source));
  }
  return { memory, source, state, digests };
}

/** Opens, checks and restores all: true when check was content. A restore that succeeds must give what went in. */
async function seemsSound(
  world: World,
  memory: MemoryStorage,
  state: string,
  context: TestContext,
): Promise<boolean> {
  try {
    const repository = await open(memory, state, 'reader', context);
    const { outcome } = await check({ level: 3 }, repository, context);
    for (const snapshot of await snapshotsOf(repository, context)) {
      const digest = await restoredDigest(snapshot, repository, context).catch((error: unknown) => {
        if (!isFailure(error)) throw error;
        return undefined;
      });
      if (digest !== undefined) assert.ok(world.digests.includes(digest), 'wrong bytes were restored');
    }
    return outcome === 'succeeded';
  } catch (error) {
    if (!isFailure(error)) throw error;
    return false;
  }
}

test('borg CVE-2016-10099 and CVE-2023-36811: no object passes for another, of this repository or of one with the same password', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(join(folder.path, 'one'), context);
  const other = await worldIn(join(folder.path, 'other'), context);
  const bytesOf = async (memory: MemoryStorage, name: string) => memory.get(name, { signal: context.signal });
  const names = world.memory.names();
  const forged = [
    ...names.map((name) => ({ name, from: world.memory })),
    ...other.memory.names().map((name) => ({ name, from: other.memory })),
  ];
  let tried = 0;
  for (const name of names) {
    // A few of each in every test run; neighbours in this order are of different kinds.
    for (const forgery of forged.filter((_, at) => (at * 7 + names.indexOf(name)) % 5 === 0)) {
      const bytes = await bytesOf(forgery.from, forgery.name);
      if (Buffer.compare(bytes, await bytesOf(world.memory, name)) === 0) continue;
      const memory = world.memory.clone();
      memory.damage(name, bytes);
      const state = join(folder.path, `state-${tried}`);
      cpSync(world.state, state, { recursive: true });
      assert.equal(
        await seemsSound(world, memory, state, context),
        false,
        `${forgery.name} passed for ${name}`,
      );
      tried += 1;
    }
  }
  assert.ok(tried > 30, `${tried} forgeries`);
  report({ campaign: 'T-95', tried, lost: 0, wrong: 0, manual: 0 });
});

test('borg: an index of no bytes after power loss hides nothing: check tells, and repair brings everything back', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  for (const name of world.memory.names().filter((one) => one.startsWith('index/')))
    world.memory.damage(name, new Uint8Array(0));
  assert.equal(await seemsSound(world, world.memory, world.state, context), false);
  const repository = await open(world.memory, world.state, 'repairer', context);
  await repair({ kind: 'index', dryRun: false }, repository, context);
  assert.equal(await seemsSound(world, world.memory, world.state, context), true);
  const whole = await open(world.memory, world.state, 'reader', context);
  await whole.loadIndex(context);
  const snapshots = await snapshotsOf(whole, context);
  assert.equal(snapshots.length, 2);
  for (const [at, snapshot] of snapshots.entries())
    assert.equal(await restoredDigest(snapshot, whole, context), world.digests[at]);
});

test('borg 2026: an old copy that was put back is noticed, can be read, and a person can accept it', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  const old = world.memory.clone();
  writeTree(world.source, { 'third.txt': 'third' });
  await backupFolder(world.source, await open(world.memory, world.state, 'third', context), context);

  const repository = await open(old, world.state, 'after', context);
  await assert.rejects(backupFolder(world.source, repository, context), (error) =>
    isFailure(error, 'corrupt', 'REPOSITORY_ROLLED_BACK'),
  );
  await repository.loadIndex(context);
  const [first] = await snapshotsOf(repository, context);
  assert.equal(await restoredDigest(first!, repository, context), world.digests[0]);
  await acceptRollback({ reason: 'put back from tape' }, repository, context);
  const outcome = await backupFolder(world.source, await open(old, world.state, 'again', context), context);
  assert.equal(outcome.outcome, 'succeeded');
});

test('restic before 0.19: a source that is not there is no success', async () => {
  using folder = scratch();
  const context = testContext();
  const world = await worldIn(folder.path, context);
  const repository = await open(world.memory, world.state, 'missing', context);
  const outcome = await backupFolder(join(folder.path, 'not there'), repository, context).catch(
    (error: unknown) => {
      if (!isFailure(error, 'missing') && !isFailure(error, 'usage')) throw error;
      return undefined;
    },
  );
  assert.notEqual(outcome?.outcome, 'succeeded');
});
