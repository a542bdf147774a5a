import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { listRestores } from '../../src/operations/rollback.ts';
import { openNodeSystem } from '../../src/sources/files/system-node.ts';
import { changeTree, fillTree, fullListing, InPlaceWorld } from './in-place-world.ts';

async function restored(world: InPlaceWorld): Promise<{ readonly before: string; readonly id: string }> {
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.folder);
  const { restoreId } = await world.restore({ delete: true });
  return { before, id: restoreId! };
}

function stagingFolders(world: InPlaceWorld): string[] {
  return readdirSync(world.folder).filter((name) => name.startsWith('.holdfast-restore-'));
}

test('a rollback brings back what was there before, byte for byte', async () => {
  using world = new InPlaceWorld();
  const { before } = await restored(world);
  assert.notEqual(fullListing(world.folder), before);
  const back = await world.rollback();
  assert.deepEqual(world.context.problems, []);
  assert.equal(back.outcome, 'succeeded');
  assert.equal(fullListing(world.folder), before);
  assert.deepEqual(stagingFolders(world), []);
  await assert.rejects(world.rollback(), (error) => isFailure(error, 'missing', 'RESTORE_MISSING'));
});

test('a dry run says what a rollback would do and does nothing', async () => {
  using world = new InPlaceWorld();
  const { id } = await restored(world);
  const before = fullListing(world.path);
  const plan = await world.rollback({ dryRun: true });
  assert.equal(plan.id, id);
  assert.ok(plan.undone > 10);
  assert.equal(fullListing(world.path), before);
});

test('what was changed after the restore is kept beside what was there before', async () => {
  using world = new InPlaceWorld();
  await restored(world);
  // The same inode with other content; another inode; a folder with something new in it; a place that was empty.
  writeFileSync(world.at('letters', 'one.txt'), 'edited since');
  writeFileSync(world.at('draft'), 'saved anew since');
  renameSync(world.at('draft'), world.at('notes.txt'));
  writeFileSync(world.at('becomes-file', 'inner2'), 'added since');
  writeFileSync(world.at('gone.txt'), 'written since');
  mkdirSync(world.at('extra'));
  const back = await world.rollback();
  assert.equal(back.outcome, 'partial');
  assert.equal(back.kept, 5);
  const kept = readdirSync(world.folder).find((name) => name.startsWith('notes.txt.kept-'))!;
  assert.equal(readFileSync(world.at(kept), 'utf8'), 'saved anew since');
  assert.equal(readFileSync(world.at('notes.txt'), 'utf8'), 'notes');
  const letters = readdirSync(world.at('letters')).filter((name) => name.startsWith('one.txt'));
  assert.equal(letters.length, 2);
  assert.equal(readFileSync(world.at('letters', 'one.txt'), 'utf8'), 'one, but longer');
  const folder = readdirSync(world.folder).find((name) => name.startsWith('becomes-file.kept-'))!;
  assert.equal(readFileSync(world.at(folder, 'inner2'), 'utf8'), 'added since');
  assert.equal(readFileSync(world.at('becomes-file'), 'utf8'), 'now a file');
  assert.equal(readFileSync(world.at('gone.txt'), 'utf8'), 'written since');
  assert.equal(readFileSync(world.at('extra', 'deep', 'file'), 'utf8'), 'extra');
});

test('an undo copy that is discarded is gone, and the restored state stays with its times', async () => {
  using world = new InPlaceWorld();
  const { id } = await restored(world);
  const after = fullListing(world.folder);
  await world.rollback({ id: id.slice(0, 6), discard: true });
  assert.deepEqual(stagingFolders(world), []);
  assert.equal(fullListing(world.folder), after);
  assert.deepEqual(listRestores({ pointers: world.pointers }), []);
});

test('a restore is found by its folder when the state directory is lost', async () => {
  using world = new InPlaceWorld();
  const { before, id } = await restored(world);
  rmSync(world.pointers, { recursive: true });
  await assert.rejects(world.rollback(), (error) => isFailure(error, 'missing', 'RESTORE_MISSING'));
  assert.equal(listRestores({ pointers: world.pointers, target: world.folder })[0]?.id, id);
  await world.rollback({ target: world.folder });
  assert.equal(fullListing(world.folder), before);
});

test('of two restores the newer one is undone first', async () => {
  using world = new InPlaceWorld();
  const { before, id } = await restored(world);
  writeFileSync(world.at('notes.txt'), 'changed once more');
  const between = fullListing(world.folder);
  await world.restore();
  assert.equal(listRestores({ pointers: world.pointers }).length, 2);
  await assert.rejects(world.rollback({ id }), (error) => isFailure(error, 'conflict', 'RESTORE_NOT_NEWEST'));
  await world.rollback();
  assert.equal(fullListing(world.folder), between);
  await world.rollback();
  // What was written into a restored file meanwhile is kept.
  assert.equal(readFileSync(world.at('letters', 'one.txt'), 'utf8'), 'one, but longer');
  assert.ok(before.includes('notes.txt') && existsSync(world.at('notes.txt')));
});

test('a journal that was tampered with moves nothing', async () => {
  using world = new InPlaceWorld();
  await restored(world);
  const after = fullListing(world.folder);
  const journal = world.at(stagingFolders(world)[0]!, 'journal');
  const text = readFileSync(journal, 'utf8');
  for (const bad of [
    text.slice(0, -10),
    text.replace('"number":1,', '"number":2,'),
    text.slice(text.indexOf('\n') + 1),
  ]) {
    writeFileSync(journal, bad);
    await assert.rejects(world.rollback(), (error) => isFailure(error, 'corrupt', 'RESTORE_JOURNAL_DAMAGED'));
  }
  assert.equal(fullListing(world.folder), after);
});

test('a staging folder that others may write to is not trusted', async () => {
  using world = new InPlaceWorld();
  await restored(world);
  chmodSync(world.at(stagingFolders(world)[0]!), 0o777);
  await assert.rejects(world.rollback(), (error) => isFailure(error, 'denied', 'STAGING_NOT_OURS'));
});

test('a restore that still runs elsewhere is not undone below its hands', async () => {
  using world = new InPlaceWorld();
  await restored(world);
  const owner = { node: 'test', incarnation: 'two', isDead: () => false };
  await assert.rejects(world.rollback({ owner }), (error) => isFailure(error, 'conflict', 'RESTORE_RUNNING'));
});

test('a disk that is not mounted is asked for, and its restore is not forgotten', async () => {
  using world = new InPlaceWorld();
  await restored(world);
  renameSync(world.folder, join(world.path, 'unmounted'));
  mkdirSync(world.folder);
  await assert.rejects(world.rollback(), (error) => isFailure(error, 'missing', 'RESTORE_FOLDER_MISSING'));
  assert.equal(listRestores({ pointers: world.pointers })[0]?.state, 'missing');
});

test('without native calls all but the finest part of times comes back, too', async () => {
  using world = new InPlaceWorld();
  const system = openNodeSystem('as on another machine');
  await world.save(() => fillTree(world));
  changeTree(world);
  utimesSync(world.at('letters'), 1_653_000_000, 1_653_000_000);
  const before = fullListing(world.folder);
  const done = await world.restore({ delete: true, system });
  assert.equal(readFileSync(world.at('letters', 'one.txt'), 'utf8'), 'one');
  assert.equal(done.outcome, 'partial', 'an attribute of a folder could not be set');
  await world.rollback({ system });
  assert.equal(fullListing(world.folder), before);
});
