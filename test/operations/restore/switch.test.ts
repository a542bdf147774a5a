// Between the comparison and the switch others may change the folder: what is not what was compared is left alone, and nothing else suffers.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { compareWithDisk } from '../../../src/operations/restore/changes.ts';
import { saveAttributes } from '../../../src/operations/restore/journal.ts';
import { makeJournal, performJournal, restoreFolders } from '../../../src/operations/restore/switch.ts';
import { planSnapshot } from '../../../src/operations/restore/wanted.ts';
import { Handles } from '../../../src/sources/files/handles.ts';
import { openSystem } from '../../../src/sources/files/system.ts';
import { writeTree } from '../../world.ts';
import { InPlaceWorld } from '../in-place-world.ts';

const system = openSystem();

/** Two folders have other modes than they were saved with; `meanwhile` happens after that was seen. */
async function journalAfter(world: InPlaceWorld, meanwhile: () => void) {
  const { context } = world;
  await world.save(() => {
    writeTree(world.folder, { 'one/a': 'a', 'two/b': 'b' });
    for (const name of ['one', 'two']) chmodSync(world.at(name), 0o755);
  });
  for (const name of ['one', 'two']) chmodSync(world.at(name), 0o700);
  const { plan, root } = await planSnapshot(
    { snapshot: world.snapshot, select: () => true },
    world.repository,
    context,
  );
  const handles = new Handles(system, world.folder);
  const rules = { overwrite: 'if-changed', select: () => true, owners: true, devices: false } as const;
  const changes = compareWithDisk(
    plan,
    root,
    world.folder,
    handles,
    { ...rules, mounts: new Set<string>(), keep: [] },
    context,
  );
  const attributes = saveAttributes(system, handles.root);
  const site = { base: world.folder, inode: system.statFd(handles.root).inode.toString(), attributes };
  meanwhile();
  handles.forget();
  const journal = makeJournal(handles, '.holdfast-restore-test', site, changes, () => false, context);
  return { handles, journal };
}

for (const [what, change] of [
  ['became a file', (path: string) => writeFileSync(path, 'mine')],
  ['is gone', () => undefined],
] as const) {
  test(`a folder that ${what} while a restore worked is left alone, and the others get their attributes`, async () => {
    using world = new InPlaceWorld();
    const { handles, journal } = await journalAfter(world, () => {
      rmSync(world.at('one'), { recursive: true });
      change(world.at('one'));
    });
    using _ = handles;
    assert.deepEqual(
      journal.directories.map(({ path }) => path),
      ['two', ''],
    );
    performJournal(handles, '.holdfast-restore-test', 'test', world.folder, journal, world.context);
    assert.deepEqual(world.context.problems, []);
    assert.equal(statSync(world.at('two')).mode & 0o777, 0o755);
    if (what === 'became a file') assert.equal(readFileSync(world.at('one'), 'utf8'), 'mine');
  });
}

test('a folder that another one took the place of after the journal keeps its own attributes, and undoing says so', async () => {
  using world = new InPlaceWorld();
  const { handles, journal } = await journalAfter(world, () => undefined);
  using _ = handles;
  renameSync(world.at('one'), world.at('moved'));
  writeTree(world.folder, { 'one/other': 'other' });
  chmodSync(world.at('one'), 0o711);
  performJournal(handles, '.holdfast-restore-test', 'test', world.folder, journal, world.context);
  assert.equal(statSync(world.at('one')).mode & 0o777, 0o711);
  assert.equal(statSync(world.at('moved')).mode & 0o777, 0o700);
  assert.equal(statSync(world.at('two')).mode & 0o777, 0o755);
  handles.forget();
  restoreFolders(handles, world.folder, journal.directories, world.context);
  assert.equal(statSync(world.at('one')).mode & 0o777, 0o711);
  assert.equal(statSync(world.at('two')).mode & 0o777, 0o700);
  assert.deepEqual(
    world.context.problems.map(({ path, code }) => [path, code]),
    [[world.at('one'), 'TARGET_CHANGED']],
  );
});
