import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Changes, compareWithDisk } from '../../../src/operations/restore/changes.ts';
import { planSnapshot } from '../../../src/operations/restore/wanted.ts';
import { Handles } from '../../../src/sources/files/handles.ts';
import { openSystem } from '../../../src/sources/files/system.ts';
import { writeTree } from '../../world.ts';
import { InPlaceWorld } from '../in-place-world.ts';

async function compare(world: InPlaceWorld, mounts: readonly string[]): Promise<Changes> {
  const seen = new Set<string>();
  const wanted = { snapshot: world.snapshot, select: () => true, seen };
  const { plan, root } = await planSnapshot(wanted, world.repository, world.context);
  using handles = new Handles(openSystem(), world.folder);
  const rules = {
    overwrite: 'if-changed',
    seen,
    select: () => true,
    owners: true,
    devices: false,
    mounts: new Set(mounts.map((name) => world.at(name))),
    keep: [],
  } as const;
  return compareWithDisk(plan, root, world.folder, handles, rules, world.context);
}

test('below a mount point nothing is made, replaced or deleted, and that is told', async () => {
  using world = new InPlaceWorld();
  await world.save(() => writeTree(world.folder, { 'mounted/a': 'a', 'mounted/b': 'b', plain: 'p' }));
  writeTree(world.folder, { 'mounted/a': 'changed', 'mounted/extra': 'x' });
  rmSync(world.at('mounted', 'b'));
  const changes = await compare(world, ['mounted']);
  assert.deepEqual([...changes.switched.keys()], []);
  assert.deepEqual(changes.deleted, []);
  assert.deepEqual(
    world.context.problems.map(({ code }) => code),
    ['TARGET_OTHER_FILE_SYSTEM'],
  );
});

test('a mount point that the snapshot has nothing for is left alone without a word', async () => {
  using world = new InPlaceWorld();
  await world.save(() => {
    mkdirSync(world.at('proc'));
    writeTree(world.folder, { plain: 'p' });
  });
  writeTree(world.folder, { 'proc/self': 'x' });
  const changes = await compare(world, ['proc']);
  assert.deepEqual(changes.deleted, []);
  assert.deepEqual(world.context.problems, []);
});

test('a folder with a mount point in it is neither replaced nor deleted as a whole', async () => {
  using world = new InPlaceWorld();
  await world.save(() => writeTree(world.folder, { file: 'was a file' }));
  rmSync(world.at('file'));
  writeTree(world.folder, { 'file/deep/mounted/x': 'x', 'extra/mounted/x': 'x', 'extra/y': 'y' });
  const changes = await compare(world, ['file/deep/mounted', 'extra/mounted']);
  assert.deepEqual([...changes.switched.keys()], []);
  assert.deepEqual(changes.deleted, ['extra/y']);
  assert.equal(world.context.problems.length, 2);
});

test('comparing touches nothing and counts each entry once', async () => {
  using world = new InPlaceWorld();
  await world.save(() => writeTree(world.folder, { 'a/b/c': 'c', 'a/d': 'd', e: 'e' }));
  rmSync(world.at('a', 'b'), { recursive: true });
  writeFileSync(world.at('e'), 'another');
  writeTree(world.folder, { 'f/g': 'g' });
  const before = world.digest();
  const { counts, switched, deleted, staged } = await compare(world, []);
  assert.equal(world.digest(), before);
  assert.deepEqual([counts.create, counts.replace, counts.delete, counts.attributes], [2, 1, 2, 2]);
  assert.deepEqual([...switched.keys()], ['a/b', 'e']);
  assert.deepEqual(deleted, ['f']);
  assert.deepEqual(staged.files.map(({ path }) => path).sort(), ['a/b/c', 'e']);
});
