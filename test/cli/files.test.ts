// The program over trees of every kind: mounts, folders it may not read, and every verb that looks at what was saved.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { compareTrees } from '../../src/cli/compare-trees.ts';
import { openSystem, sys } from '../../src/sources/files/system.ts';
import { asRoot, bytes, hasProgram, isRoot, say } from '../operations/round-trip.ts';
import { treeDigest, writeTree } from '../world.ts';
import { type Event, type Ran, World } from './holdfast.ts';

const resultOf = ({ end, output, errors }: Ran): Record<string, unknown> => {
  assert.equal(end.type, 'result', output + errors);
  return end.result as Record<string, unknown>;
};

const problemsOf = ({ events }: Ran): string[] =>
  events
    .filter(({ type }) => type === 'problem')
    .map((one: Event) => `${one.code} ${basename(String(one.path))}`);

/** A tree with something of every kind that a user may make. */
function makeTree(world: World): void {
  const { path } = world;
  const at = (...names: string[]) => path.call(world, 'tree', ...names);
  writeTree(at(), { 'a/file': 'x', 'a/large': bytes('l', 9_000_000), 'b/deep/empty': '', ' -n\n': 'odd' });
  mkdirSync(at('nothing'));
  symlinkSync('../a/file', at('b/link'));
  symlinkSync('nowhere', at('dangling'));
  linkSync(at('a/file'), at('b/file too'));
  say('mkfifo', at('fifo'));
  say('truncate', '-s', '20M', at('hole'));
  chmodSync(at('a'), 0o2750);
  const system = openSystem();
  system.setXattrAt(sys.atFdCwd, at('a/file'), 'user.x', Uint8Array.of(0, 1, 255));
  system.setXattrAt(sys.atFdCwd, at('nothing'), 'user.y', Uint8Array.of(1));
  say('setfacl', '-m', 'u:54321:r,d:u:54321:rw', at('b'));
  if (isRoot) say('chown', '-h', '12345:54321', at('a/large'), at('dangling'), at('nothing'));
  for (const name of ['a/large', 'dangling', 'nothing', 'b', '.'])
    system.setTimesAt(sys.atFdCwd, at(name), -1_000_000_007n);
}

test('a tree of every kind passes every verb and comes back whole', (t) => {
  if (!hasProgram(t, 'setfacl', 'acl') || !hasProgram(t, 'mkfifo', 'coreutils')) return;
  using world = new World().init();
  makeTree(world);
  const tree = world.path('tree');
  const ran = (...words: string[]) => {
    const done = world.run([...words, '--json']);
    assert.equal(done.exit, 0, `${words.join(' ')}: ${done.output}${done.errors}`);
    return resultOf(done);
  };
  const wasAt = treeDigest(tree);
  const first = String(ran('backup', 'tree').snapshotId);
  ran('check', '--read-data');
  ran('restore', 'latest', '-t', 'back', '--verify');
  assert.deepEqual(compareTrees(tree, world.path('back'), isRoot).differences, []);
  assert.equal(treeDigest(world.path('back')), wasAt);
  assert.equal(treeDigest(tree), wasAt, 'a backup changes nothing');

  writeFileSync(world.path('tree/b/new'), 'new');
  const second = String(ran('backup', 'tree').snapshotId);
  assert.match(world.run(['ls', `latest:${tree}`, '--recursive', '--long']).output, /dangling -> nowhere/);
  assert.equal(world.run(['cat', `latest:${tree}/a/file`]).output, 'x');
  assert.match(world.run(['find', 'large']).output, /a\/large/);
  assert.match(world.run(['diff', first, second]).output, /b\/new/);
  assert.equal((ran('snapshots').snapshots as unknown[]).length, 2);
  ran('stats');
  ran('status');
  ran('forget', '--keep-last', '1', '--prune');
  ran('prune');
  ran('repair', 'index');
  ran('check', '--read-data');
  ran('restore', second, '-t', 'again', '--verify');
  assert.deepEqual(compareTrees(tree, world.path('again'), isRoot).differences, []);

  const environment = { HOLDFAST_REPOSITORY: world.path('copy') };
  const made = world.run(['init', '--kdf', 'pbkdf2-sha256'], { environment });
  assert.equal(made.exit, 0, made.errors);
  ran('copy', '--to', world.path('copy'), '--to-password-file', world.passwordFile);
  assert.equal(world.run(['restore', 'latest', '-t', 'third', '--verify'], { environment }).exit, 0);
  assert.deepEqual(compareTrees(tree, world.path('third'), isRoot).differences, []);
});

test('what may not be read is a problem: the rest is saved, the exit code is 1', () => {
  using world = new World();
  writeTree(world.path('tree'), {
    open: 'x',
    closed: 'y',
    'closed folder/x': '',
    'listed/x': '',
    'large and closed': bytes('c', 9_000_000),
  });
  if (isRoot) say('chown', '-R', '65534:65534', world.folder);
  for (const name of ['closed', 'large and closed']) chmodSync(world.path('tree', name), 0);
  chmodSync(world.path('tree/closed folder'), 0);
  // Names can be read here, entries cannot be looked at.
  chmodSync(world.path('tree/listed'), 0o444);
  const nobody = {
    ...(isRoot ? { uid: 65534 } : {}),
    environment: { XDG_CACHE_HOME: world.path('cache') },
  };
  assert.equal(world.run(['init', '--kdf', 'pbkdf2-sha256'], nobody).exit, 0);
  const saved = world.run(['backup', 'tree', '--json'], nobody);
  assert.equal(saved.exit, 1, saved.output);
  const problems = [...new Set(problemsOf(saved))].sort();
  assert.deepEqual(
    problems,
    ['closed', 'closed folder', 'large and closed', 'x'].map((name) => `ENTRY_UNREADABLE ${name}`),
  );
  assert.equal(resultOf(saved).outcome, 'partial');
  const restored = world.run(['restore', 'latest', '-t', 'back', '--verify', '--json'], nobody);
  assert.equal(restored.exit, 0, restored.output);
  assert.deepEqual(readdirSync(world.path('back')).sort(), ['closed folder', 'listed', 'open']);
  chmodSync(world.path('tree/closed'), 0o600);
  chmodSync(world.path('tree/closed folder'), 0o700);
  const again = world.run(['backup', 'tree', '--json'], nobody);
  assert.deepEqual([...new Set(problemsOf(again))].sort(), [
    'ENTRY_UNREADABLE large and closed',
    'ENTRY_UNREADABLE x',
  ]);
  assert.equal(world.run(['restore', 'latest', '-t', 'later'], nobody).exit, 0);
  assert.ok(existsSync(world.path('later/closed')) && existsSync(world.path('later/closed folder/x')));
});

/** Runs a line of the shell in a mount namespace of its own: "$0" is the program, mounts vanish with it. */
function withMounts(world: World, line: string): Ran {
  return world.shell(`exec unshare -m --propagation private /bin/sh -ec '${line}' "$0"`);
}

test('other file systems are entered, and left out with --one-file-system unless they are named', (t) => {
  if (!asRoot(t) || !hasProgram(t, 'unshare', 'util-linux')) return;
  using world = new World().init();
  writeTree(world.path('tree'), { file: 'x', 'mount/below': 'hidden by the mount' });
  const mounted = (words: string) =>
    withMounts(
      world,
      `mount -t tmpfs none tree/mount; mkdir tree/mount/inner; echo y >tree/mount/inner/file; "$0" backup ${words} --json`,
    );
  const names = (target: string) => {
    assert.equal(world.run(['restore', 'latest', '-t', target]).exit, 0);
    return readdirSync(world.path(target), { recursive: true }).map(String).sort();
  };
  for (const [number, { words, found }] of [
    { words: 'tree', found: ['file', 'mount', 'mount/inner', 'mount/inner/file'] },
    { words: 'tree --one-file-system', found: ['file', 'mount'] },
    { words: 'tree/mount --one-file-system', found: ['inner', 'inner/file'] },
  ].entries()) {
    const saved = mounted(words);
    assert.equal(saved.exit, 0, saved.output + saved.errors);
    assert.deepEqual(names(`back${number}`), found, words);
  }
  const both = mounted('tree tree/mount/inner --one-file-system');
  assert.equal(both.exit, 0, both.output + both.errors);
  assert.equal(world.run(['restore', `latest:${world.path('tree')}`, '-t', 'both']).exit, 0);
  assert.ok(existsSync(world.path('both/mount/inner/file')));
});

test('file systems of the kernel are listed as empty, so that "/" can be saved', (t) => {
  if (!asRoot(t) || !hasProgram(t, 'unshare', 'util-linux')) return;
  using world = new World().init();
  writeTree(world.path('tree'), { file: 'x', 'proc/below': '', 'with blank/x': '' });
  const saved = withMounts(
    world,
    'mount -t proc none tree/proc; mount -t proc none "tree/with blank"; "$0" backup tree --json',
  );
  assert.equal(saved.exit, 0, saved.output + saved.errors);
  assert.equal(world.run(['restore', 'latest', '-t', 'back']).exit, 0);
  assert.deepEqual(readdirSync(world.path('back'), { recursive: true }).sort(), [
    'file',
    'proc',
    'with blank',
  ]);
});

test('a folder that is mounted inside of itself is told and not walked for ever', (t) => {
  if (!asRoot(t) || !hasProgram(t, 'unshare', 'util-linux')) return;
  using world = new World().init();
  writeTree(world.path('tree'), { file: 'x', 'inner/x': '' });
  const saved = withMounts(world, 'mount --bind tree tree/inner; "$0" backup tree --json');
  assert.equal(saved.exit, 1, saved.output + saved.errors);
  assert.deepEqual(problemsOf(saved), ['ENTRY_LOOP inner']);
});

test('nothing that was not asked for is touched: no access time changes', (t) => {
  if (!asRoot(t)) return;
  using world = new World().init();
  writeTree(world.path('tree'), { file: 'x', large: bytes('t', 9_000_000) });
  const system = openSystem();
  const names = ['file', 'large'];
  for (const name of names) system.setTimesAt(sys.atFdCwd, world.path('tree', name), 2n, 1n);
  assert.equal(world.run(['backup', 'tree']).exit, 0);
  const stat = spawnSync('stat', ['-c', '%X', ...names.map((name) => world.path('tree', name))], {
    encoding: 'utf8',
  });
  assert.equal(stat.stdout, '0\n0\n');
});

test('who is not root gets back all that is theirs to set, and is told what is not', (t) => {
  if (!asRoot(t) || !hasProgram(t, 'setfattr', 'attr')) return;
  using world = new World();
  writeTree(world.path('tree'), { file: 'x', 'closed/inside': 'y', special: 'z' });
  symlinkSync('file', world.path('tree/link'));
  say('mkfifo', world.path('tree/fifo'));
  say('setfattr', '-n', 'trusted.x', '-v', '1', world.path('tree/special'));
  say('setfattr', '-n', 'user.x', '-v', '1', world.path('tree/file'));
  chmodSync(world.path('tree/file'), 0o4755);
  chmodSync(world.path('tree/closed/inside'), 0);
  chmodSync(world.path('tree/closed'), 0o500);
  world.init();
  assert.equal(world.run(['backup', 'tree']).exit, 0);
  say('chown', '-R', '65534:65534', world.folder);
  chmodSync(world.folder, 0o700);
  const nobody = { uid: 65534, environment: { XDG_CACHE_HOME: world.path('cache') } };
  const restored = world.run(['restore', 'latest', '-t', 'back', '--json'], nobody);
  assert.equal(restored.exit, 1, restored.output + restored.errors);
  assert.deepEqual(problemsOf(restored), ['TARGET_ATTRIBUTE_LOST special']);
  const stat = (name: string) => lstatSync(world.path('back', name));
  assert.deepEqual([stat('file').uid, stat('file').mode & 0o7777], [65534, 0o755]);
  assert.deepEqual([stat('closed').mode & 0o7777, stat('closed/inside').mode & 0o7777], [0o500, 0]);
  assert.ok(stat('fifo').isFIFO() && stat('link').isSymbolicLink());
  assert.equal(stat('special').size, 1);
  assert.match(say('getfattr', '-d', world.path('back/file')), /user\.x="1"/);
});

test('what the account may not read again after a restore is named by --verify, and all else is proven', (t) => {
  if (!asRoot(t)) return;
  using world = new World();
  writeTree(world.path('tree'), {
    'private/file': 'x',
    'private/large': bytes('p', 9_000_000),
    'no bits': 'y',
  });
  chmodSync(world.path('tree/private/file'), 0o200);
  chmodSync(world.path('tree/private'), 0o300);
  chmodSync(world.path('tree/no bits'), 0);
  world.init();
  assert.equal(world.run(['backup', 'tree']).exit, 0);
  say('chown', '-R', '65534:65534', world.folder);
  const nobody = { uid: 65534, environment: { XDG_CACHE_HOME: world.path('cache') } };
  const restored = world.run(['restore', 'latest', '-t', 'back', '--verify', '--json'], nobody);
  assert.equal(restored.exit, 8, restored.output + restored.errors);
  const differences = (resultOf(restored).verified as { differences: { path: string; what: string }[] })
    .differences;
  for (const { what } of differences) assert.equal(what, 'could not be read (EACCES)');
  assert.deepEqual(differences.map(({ path }) => path).sort(), ['no bits', 'private/file']);
});
