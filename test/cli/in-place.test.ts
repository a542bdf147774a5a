// Restores in place and their undoing through the program, also killed for real in the middle of the switch.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fullListing } from '../operations/in-place-world.ts';
import { World } from './holdfast.ts';

function withChanges(): World {
  const world = new World().init();
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

const hasStrace = spawnSync('strace', ['-V']).status === 0;

test('killed for real at a rename, restore and rollback are undone by the next rollback', {
  skip: hasStrace ? false : 'strace is not installed',
}, () => {
  using world = withChanges();
  const before = fullListing(world.path('files'));
  const kill = (when: number, words: readonly string[]) =>
    world.shell(
      `strace -f -qq -o ${world.path('trace')} -e trace=renameat2 -e inject=renameat2:signal=KILL:when=${when} "$0" ${words.join(' ')}`,
    );
  let killed = 0;
  for (const when of [1, 2, 4, 6]) {
    const ran = kill(when, ['restore', 'latest', '--in-place', '--delete']);
    if (ran.exit !== 0) killed += 1;
    const back = world.run(['rollback']);
    assert.ok(back.exit === 0 || /RESTORE_MISSING|nothing|no in-place/.test(back.errors), back.errors);
    assert.equal(fullListing(world.path('files')), before, `killed at rename ${when}`);
  }
  assert.ok(killed >= 3, `${killed} were killed: ${readFileSync(world.path('trace'), 'utf8')}`);
  assert.equal(world.run(['restore', 'latest', '--in-place', '--delete']).exit, 0);
  assert.notEqual(kill(3, ['rollback']).exit, 0);
  assert.equal(world.run(['rollback']).exit, 0);
  assert.equal(fullListing(world.path('files')), before);
});
