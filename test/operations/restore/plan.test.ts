// What the repository has lost is a problem of the entries that need it: everything else comes back.

import assert from 'node:assert/strict';
import { existsSync, linkSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planTree } from '../../../src/operations/restore/plan.ts';
import { type RestoreOutcome, restore } from '../../../src/operations/restore.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  scratch,
  snapshotsOf,
  testContext,
  writeTree,
} from '../../world.ts';

/** Two backups of a folder; then nothing finds any more what the first of them stored. */
async function withLoss(
  first: Readonly<Record<string, string | Buffer>>,
  second: Readonly<Record<string, string | Buffer>>,
) {
  const folder = scratch();
  const context = testContext();
  const storage = new MemoryStorage();
  const state = join(folder.path, 'state');
  const source = join(folder.path, 'source');
  await create(storage, state, context);
  writeTree(source, first);
  await backupFolder(source, await open(storage, state, 'one', context), context);
  const lost = storage.names().filter((name) => name.startsWith('index/'));
  writeTree(source, second);
  if (existsSync(join(source, 'a/lost'))) linkSync(join(source, 'a/lost'), join(source, 'a/lost too'));
  await backupFolder(source, await open(storage, state, 'two', context), context);
  for (const name of lost) storage.damage(name, undefined);
  const repository = await open(storage, state, 'three', context);
  await repository.loadIndex(context);
  const snapshot = (await snapshotsOf(repository, context)).at(-1)!;
  const target = join(folder.path, 'out');
  const bring = (): Promise<RestoreOutcome> => {
    const none = { devices: false, owners: false, workers: 0, dryRun: false, verify: true };
    return restore({ snapshot, target, select: () => true, ...none }, repository, context);
  };
  return { bring, snapshot, target, context, repository, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const codesOf = (problems: readonly { path: string; code: string }[]) =>
  problems.map(({ path, code }) => `${path} ${code}`).sort();

test('a file whose content is lost is a problem under each of its names, and the others come back', async () => {
  const big = noise('kept', 200_000);
  using world = await withLoss({ 'a/lost': noise('lost', 100_000) }, { 'a/kept': big, b: 'b' });
  const done = await world.bring();
  assert.equal(done.outcome, 'partial');
  assert.equal(done.problems, 2);
  assert.deepEqual(codesOf(world.context.problems), ['a/lost BLOB_MISSING', 'a/lost too BLOB_MISSING']);
  assert.ok(readFileSync(join(world.target, 'a/kept')).equals(big));
  assert.ok(!existsSync(join(world.target, 'a/lost')));
  assert.deepEqual(done.verified?.differences, []);
});

test('a folder whose list is lost is a problem, and the others come back', async () => {
  using world = await withLoss({ 'a/x': 'x', 'a/deep/y': 'y' }, { 'b/z': 'z' });
  const done = await world.bring();
  assert.equal(done.outcome, 'partial');
  assert.deepEqual(codesOf(world.context.problems), ['a BLOB_MISSING']);
  assert.equal(readFileSync(join(world.target, 'b/z'), 'utf8'), 'z');
  assert.ok(existsSync(join(world.target, 'a')), 'the folder itself is known from the one above');
});

test('where nothing could be restored at all, the restore fails and makes nothing', async () => {
  using world = await withLoss({ 'a/x': 'x' }, {});
  await assert.rejects(world.bring(), { code: 'BLOB_MISSING' });
  assert.ok(!existsSync(world.target));
  assert.deepEqual(world.context.problems, []);
});

test('a folder whose list is lost stops a restore that deletes what the snapshot does not have', async () => {
  using world = await withLoss({ 'a/x': 'x' }, { 'b/z': 'z' });
  const plan = (repository: Repository, seen?: Set<string>) =>
    planTree(repository, world.snapshot.root, '', () => true, world.context, seen);
  await assert.rejects(plan(world.repository, new Set()), { code: 'BLOB_MISSING' });
  assert.equal((await plan(world.repository)).files.length, 1);
});
