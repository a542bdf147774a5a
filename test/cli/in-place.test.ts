// Restores in place and their undoing through the program, also killed for real in the middle of the switch.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fullListing } from '../operations/in-place-world.ts';
import { World } from './holdfast.ts';

function withChanges(): World {
  const world = new World({ secret: 'key-file' }).init();
  mkdirSync(world.path('files/sub/deep'), { recursive: true });
  mkdirSync(world.path('files/folder'));
  writeFileSync(world.path('files/a.txt'), 'a');
  writeFileSync(world.path('files/sub/c.txt'), 'c'.repeat(5000));
  writeFileSync(world.path('files/sub/deep/d.txt'), 'd');
  writeFileSync(world.path('files/folder/inner'), 'inner');
  assert.equal(world.run(['backup', 'files']).exit, 0);
  writeFileSync(world.path('files/a.txt'), 'a, changed');
  rmSync(world.path('files/sub/deep'), { recursive: true });
  rmSync(world.path('files/folder'), { recursive: true });
  symlinkSync('sub', world.path('files/folder'));
  writeFileSync(world.path('files/sub/extra'), 'extra');
  return world;
}

test('a restore in place tells what it did and how to undo it, and the undo brings all back', () => {
  using world = withChanges();
  const before = fullListing(world.path('files'));
  const plan = world.run(['restore', 'latest', '--in-place', '--delete', '--dry-run', '--json']);
  assert.equal(plan.exit, 0, plan.output);
  const { changes } = plan.end.result as { changes: Record<string, number> };
  assert.deepEqual([changes.create, changes.replace, changes.delete], [3, 2, 1]);
  assert.equal(fullListing(world.path('files')), before);
  const done = world.run(['restore', 'latest', '--in-place', '--delete', '--verify']);
  assert.equal(done.exit, 0, done.errors);
  assert.equal(readFileSync(world.path('files/a.txt'), 'utf8'), 'a');
  assert.deepEqual(readdirSync(world.path('files/sub')), ['c.txt', 'deep']);
  const id = /holdfast rollback ([0-9a-f]{16})"/.exec(done.output)?.[1];
  assert.ok(id !== undefined, done.output);
  assert.match(world.run(['rollback', '--list']).output, new RegExp(`${id}.* done .*files`));
  // The newest snapshot is now the restore point, and "latest" does not mean it.
  assert.match(world.run(['snapshots']).output, /restore-point/);
  assert.match(
    world.run(['restore', 'latest', '--in-place', '--delete']).output,
    /Nothing had to be changed/,
  );
  const back = world.run(['rollback', id.slice(0, 8)]);
  assert.equal(back.exit, 0, back.errors);
  assert.equal(fullListing(world.path('files')), before);
  assert.match(world.run(['rollback', '--list', '--lang', 'de']).output, /Es gibt nichts/);
});

test('a target that is not empty needs --overwrite, and mixed options are refused', () => {
  using world = withChanges();
  const refused = world.run(['restore', 'latest', '-t', 'files', '--json']);
  assert.equal(refused.end.code, 'TARGET_NOT_EMPTY');
  assert.equal(world.run(['restore', 'latest', '-t', 'files', '--overwrite', 'never']).exit, 0);
  assert.equal(readFileSync(world.path('files/a.txt'), 'utf8'), 'a, changed');
  assert.equal(world.run(['restore', 'latest', '-t', 'x', '--in-place', '--json']).end.code, 'RESTORE_MIXED');
  assert.equal(
    world.run(['restore', 'latest', '-t', 'x', '--delete', '--json']).end.code,
    'DELETE_NEEDS_OVERWRITE',
  );
  assert.equal(world.run(['rollback', '--discard', '--json']).end.code, 'RESTORE_NOT_NAMED');
});

test('what cannot be saved first is not replaced', () => {
  using world = new World({ secret: 'key-file' });
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: 65534 } : {};
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a'), 'a');
  writeFileSync(world.path('files/b'), 'b');
  if (isRoot) spawnSync('chown', ['-R', '65534:65534', world.folder]);
  world.init([], as);
  assert.equal(world.run(['backup', 'files'], as).exit, 0);
  chmodSync(world.path('files/a'), 0);
  writeFileSync(world.path('files/b'), 'changed');
  const before = fullListing(world.path('files'));
  const refused = world.run(['restore', 'latest', '--in-place', '--json'], as);
  assert.equal(refused.end.code, 'RESTORE_POINT_PARTIAL', refused.output);
  assert.equal(fullListing(world.path('files')), before);
  const path = `latest:${world.path('files/b')}`;
  const other = world.run(['restore', path, '--in-place'], as);
  assert.equal(other.exit, 0, other.errors);
  assert.equal(readFileSync(world.path('files/b'), 'utf8'), 'b');
  assert.match(world.run(['rollback'], as).output, /Undone: 1 /);
  assert.equal(fullListing(world.path('files')), before);
});

test('a restore that takes the folder of our own state with it leaves that alone', () => {
  using world = withChanges();
  assert.equal(world.run(['backup', '.']).exit, 0);
  writeFileSync(world.path('files/a.txt'), 'changed once more');
  const done = world.run(['restore', 'latest', '--in-place', '--delete', '--json']);
  assert.equal(done.exit, 0, done.output);
  assert.equal(readFileSync(world.path('files/a.txt'), 'utf8'), 'a, changed');
  assert.equal(readdirSync(world.path('state/holdfast/restores')).length, 1);
  assert.equal(world.run(['check', '--read-data']).exit, 0);
  assert.equal(world.run(['rollback']).exit, 0);
  assert.equal(readFileSync(world.path('files/a.txt'), 'utf8'), 'changed once more');
});

test('folders that their owner may not write to are restored and undone by their owner, too', () => {
  using world = new World({ secret: 'key-file' });
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: 65534 } : {};
  const run = (words: readonly string[]) => world.run(words, as);
  mkdirSync(world.path('files/closed/sub'), { recursive: true });
  mkdirSync(world.path('files/gone'));
  writeFileSync(world.path('files/closed/a'), 'a');
  writeFileSync(world.path('files/closed/sub/b'), 'b');
  writeFileSync(world.path('files/gone/c'), 'c');
  const close = (...names: string[]) => {
    for (const name of names) chmodSync(world.path(name), 0o555);
  };
  close('files/closed/sub', 'files/closed', 'files/gone', 'files');
  if (isRoot) spawnSync('chown', ['-R', '65534:65534', world.folder]);
  world.init([], as);
  assert.equal(run(['backup', 'files']).exit, 0);
  const saved = fullListing(world.path('files'));
  chmodSync(world.path('files'), 0o755);
  writeFileSync(world.path('files/closed/a'), 'changed');
  for (const name of ['files/closed', 'files/closed/sub', 'files/gone']) chmodSync(world.path(name), 0o755);
  rmSync(world.path('files/closed/sub'), { recursive: true });
  rmSync(world.path('files/gone'), { recursive: true });
  writeFileSync(world.path('files/closed/sub'), 'a file now');
  mkdirSync(world.path('files/more'));
  writeFileSync(world.path('files/more/x'), 'x');
  close('files/more', 'files/closed');
  if (isRoot) spawnSync('chown', ['-R', '65534:65534', world.folder]);
  const before = fullListing(world.path('files'));
  const restored = () => run(['restore', 'latest', '--in-place', '--delete']);
  const first = restored();
  assert.equal(first.exit, 0, first.errors);
  assert.equal(fullListing(world.path('files')), saved);
  const back = run(['rollback']);
  assert.equal(back.exit, 0, back.errors);
  assert.equal(fullListing(world.path('files')), before);
  assert.equal(restored().exit, 0);
  const id = /^[0-9a-f]{16}/.exec(run(['rollback', '--list']).output)?.[0] ?? '';
  const gone = run(['rollback', '--discard', id]);
  assert.equal(gone.exit, 0, gone.errors);
  assert.equal(fullListing(world.path('files')), saved);
  assert.deepEqual(readdirSync(world.path('files')), ['closed', 'gone']);
});

const hasStrace = spawnSync('strace', ['-V']).status === 0;

test('killed for real at a rename, restore and rollback are undone by the next rollback', {
  skip: hasStrace ? false : 'strace is not installed',
}, () => {
  using world = withChanges();
  const before = fullListing(world.path('files'));
  // Every thread costs strace much time, and none but the main one renames.
  const restore = ['restore', 'latest', '--in-place', '--delete', '--concurrency', '1'];
  const kill = (when: number, words: readonly string[]) =>
    world.shell(
      `strace -f -qq -o ${world.path('trace')} -e trace=renameat2 -e inject=renameat2:signal=KILL:when=${when} "$0" ${words.join(' ')}`,
    );
  let killed = 0;
  for (const when of [1, 2, 4, 6]) {
    const ran = kill(when, restore);
    if (ran.exit !== 0) killed += 1;
    const back = world.run(['rollback']);
    assert.ok(back.exit === 0 || /RESTORE_MISSING|nothing|no in-place/.test(back.errors), back.errors);
    assert.equal(fullListing(world.path('files')), before, `killed at rename ${when}`);
  }
  assert.ok(killed >= 3, `${killed} were killed: ${readFileSync(world.path('trace'), 'utf8')}`);
  assert.equal(world.run(restore).exit, 0);
  assert.notEqual(kill(3, ['rollback']).exit, 0);
  assert.equal(world.run(['rollback']).exit, 0);
  assert.equal(fullListing(world.path('files')), before);
});
