// The main job through the program: init, backup, snapshots, restore, with the options that people use.

import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { makeSchool } from '../../scripts/make-school.ts';
import { compareTrees } from '../../src/cli/compare-trees.ts';
import { type Event, World } from './holdfast.ts';

function resultOf(end: Event): Record<string, unknown> {
  assert.equal(end.type, 'result', JSON.stringify(end));
  return end.result as Record<string, unknown>;
}

function withFiles(): World {
  const world = new World().init();
  mkdirSync(world.path('files/sub/deep'), { recursive: true });
  writeFileSync(world.path('files/a.txt'), 'a');
  writeFileSync(world.path('files/b.tmp'), 'b');
  writeFileSync(world.path('files/sub/c.txt'), 'c'.repeat(5000));
  writeFileSync(world.path('files/sub/deep/d.txt'), 'd');
  return world;
}

test('a school comes back whole: awkward names, links, holes, attributes', () => {
  using world = new World().init();
  makeSchool(world.path('school'));
  const saved = world.run(['backup', 'school', '--json']);
  assert.equal(saved.exit, 0, saved.output);
  const restored = world.run(['restore', 'latest', '-t', 'back', '--verify', '--json']);
  assert.equal(restored.exit, 0, restored.output);
  const isRoot = process.getuid?.() === 0;
  const { differences, entries } = compareTrees(world.path('school'), world.path('back'), isRoot);
  assert.deepEqual(differences, []);
  assert.ok(entries > 100);
});

test('a second backup reads nothing again, and --force reads everything', () => {
  using world = withFiles();
  assert.equal(world.run(['backup', 'files']).exit, 0);
  const again = resultOf(world.run(['backup', 'files', '--json']).end);
  assert.deepEqual(again.files, { new: 0, changed: 0, unchanged: 4 });
  assert.equal(again.readBytes, 0);
  assert.ok(Number(resultOf(world.run(['backup', 'files', '--force', '--json']).end).readBytes) > 5000);
});

test('what was saved, where, how long and how many problems is told', () => {
  using world = withFiles();
  const { output } = world.run(['backup', 'files']);
  assert.match(output, new RegExp(`Saved ${world.path('files')}: 9 entries|Saved ${world.path('files')}`));
  assert.match(output, new RegExp(`Snapshot [0-9a-f]{12} in ${world.repository}: .* stored, [0-9.]+ s`));
  assert.match(output, /Problems: 0/);
});

test('exclude options leave out what they name', () => {
  using world = withFiles();
  writeFileSync(world.path('patterns'), '# a comment\n\ndeep/\n');
  const words = [
    'backup',
    'files',
    '-e',
    '*.tmp',
    '--exclude-file',
    'patterns',
    '--exclude-larger-than',
    '1K',
  ];
  assert.equal(world.run(words).exit, 0);
  assert.equal(world.run(['restore', 'latest', '-t', 'back']).exit, 0);
  assert.deepEqual(readdirSync(world.path('back'), { recursive: true }).sort(), ['a.txt', 'sub']);
});

test('a restore takes only what --include names and leaves out what --exclude names', () => {
  using world = withFiles();
  world.run(['backup', 'files']);
  assert.equal(world.run(['restore', 'latest', '-t', 'back', '-i', '*.txt', '-e', 'deep/']).exit, 0);
  assert.deepEqual(readdirSync(world.path('back'), { recursive: true }).sort(), [
    'a.txt',
    'sub',
    'sub/c.txt',
  ]);
  assert.equal(world.run(['restore', 'latest', '-t', 'same', '--selective', '/sub/deep']).exit, 0);
  assert.deepEqual(readdirSync(world.path('same'), { recursive: true }).sort(), [
    'sub',
    'sub/deep',
    'sub/deep/d.txt',
  ]);
});

test('SNAPSHOT:PATH lands with its content right in the target', () => {
  using world = withFiles();
  const { snapshotId } = resultOf(world.run(['backup', 'files', '--json']).end);
  const short = String(snapshotId).slice(0, 8);
  assert.equal(world.run(['restore', `${short}:${world.path('files/sub')}`, '-t', 'back']).exit, 0);
  assert.deepEqual(readdirSync(world.path('back')).sort(), ['c.txt', 'deep']);
});

test('several paths land each under its full path', () => {
  using world = withFiles();
  assert.equal(world.run(['backup', 'files/sub', 'files/a.txt']).exit, 0);
  assert.equal(world.run(['restore', 'latest', '-t', 'back']).exit, 0);
  assert.ok(existsSync(world.path('back', world.path('files/sub/c.txt'))));
  assert.ok(existsSync(world.path('back', world.path('files/a.txt'))));
});

test('lists of paths are read by lines and by zero bytes', () => {
  using world = withFiles();
  writeFileSync(world.path('lines'), 'files/a.txt\r\nfiles/b.tmp\n');
  const byLines = resultOf(world.run(['backup', '--files-from', 'lines', '--json']).end);
  const paths = [{ path: world.path('files/a.txt') }, { path: world.path('files/b.tmp') }];
  assert.deepEqual(byLines.paths, paths);
  const input = 'files/a.txt\0files/b.tmp\0';
  const byZeros = resultOf(world.run(['backup', '--files-from-null', '-', '--json'], { input }).end);
  assert.deepEqual(byZeros.paths, paths);
});

test('a path whose bytes are no UTF-8 is saved as named', () => {
  using world = new World().init();
  const name = Buffer.from('Geb\xe4ude', 'latin1');
  writeFileSync(Buffer.concat([Buffer.from(`${world.folder}/`), name]), 'old');
  // The shell passes the byte on as it is; Node alone could not.
  const script = `exec "$0" backup "$(printf 'Geb\\344ude')" --json`;
  const saved = world.run(['snapshots']).exit;
  assert.equal(saved, 0);
  const told = world.shell(script);
  assert.equal(told.exit, 0, told.errors);
  const [path] = resultOf(told.end).paths as { pathBase64: string }[];
  assert.ok(
    Buffer.from(path?.pathBase64 ?? '', 'base64')
      .subarray(-name.length)
      .equals(name),
  );
});

test('standard input comes back byte for byte, of any length', () => {
  using world = new World().init();
  for (const [number, length] of [0, 1, 20_000_000].entries()) {
    const input = Buffer.alloc(length, 'all work and no play ');
    const saved = resultOf(
      world.run(['backup', '--stdin', '--stdin-name', 'dump.sql', '--json'], { input }).end,
    );
    assert.equal(saved.sourceBytes, length);
    const [listed] = resultOf(world.run(['snapshots', 'latest', '--json']).end).snapshots as {
      stats: { bytes: number };
    }[];
    assert.equal(listed?.stats.bytes, length, 'the snapshot says how much was read');
    assert.equal(world.run(['restore', 'latest', '-t', `back${number}`, '--verify']).exit, 0);
    assert.ok(readFileSync(world.path(`back${number}`, 'dump.sql')).equals(input));
  }
});

test('the repository inside of what is saved is left out', () => {
  using world = withFiles();
  const environment = { HOLDFAST_REPOSITORY: world.path('files/repository') };
  assert.equal(world.run(['init', '--kdf', 'pbkdf2-sha256'], { environment }).exit, 0);
  assert.equal(world.run(['backup', 'files'], { environment }).exit, 0);
  assert.equal(world.run(['restore', 'latest', '-t', 'back'], { environment }).exit, 0);
  assert.ok(!existsSync(world.path('back/repository/config')));
  assert.ok(existsSync(world.path('back/a.txt')));
});

test('dry runs store and write nothing', () => {
  using world = withFiles();
  const objects = () => readdirSync(world.repository, { recursive: true }).length;
  world.run(['backup', 'files']);
  writeFileSync(world.path('files/new'), 'new');
  const before = objects();
  const dry = resultOf(world.run(['backup', 'files', '--dry-run', '--json']).end);
  assert.equal(dry.snapshotId, undefined);
  assert.deepEqual(dry.files, { new: 1, changed: 0, unchanged: 4 });
  assert.equal(objects(), before);
  const plan = resultOf(world.run(['restore', 'latest', '-t', 'back', '--dry-run', '--json']).end);
  assert.equal((plan.plan as { files: number }).files, 4);
  assert.ok(!existsSync(world.path('back')));
});

test('--at picks the newest at or before a time, and --tag, --host and --time are recorded', () => {
  using world = withFiles();
  world.run(['backup', 'files', '--time', '2026-01-01', '--tag', 'old', '--host', 'mail']);
  writeFileSync(world.path('files/a.txt'), 'changed');
  world.run(['backup', 'files', '--time', '2026-02-01', '--tag', 'new']);
  assert.equal(world.run(['restore', 'latest', '-t', 'back', '--at', '2026-01-15']).exit, 0);
  assert.equal(readFileSync(world.path('back/a.txt'), 'utf8'), 'a');
  const found = resultOf(world.run(['snapshots', '--tag', 'old', '--host', 'mail', '--json']).end);
  const [only, ...others] = found.snapshots as { time: string; tags: string[]; host: string }[];
  assert.deepEqual(others, []);
  assert.deepEqual([only?.time, only?.tags, only?.host], ['2026-01-01T00:00:00.000Z', ['old'], 'mail']);
});

test('names cannot write escape sequences to the terminal', () => {
  using world = new World().init();
  mkdirSync(world.path('files'));
  const evil = '\u001b[2J\u202egnp.exe';
  writeFileSync(world.path('files', evil), '');
  symlinkSync('nowhere', world.path('files/link'));
  linkSync(world.path('files', evil), world.path('files/hard'));
  const told = world.run(['backup', `files/${evil}`]);
  assert.equal(told.exit, 0, told.errors);
  assert.doesNotMatch(told.output + told.errors, /\u001b|\u202e/);
  assert.match(told.output, /\\x1b\[2J\\u\{202e\}/);
});

test('a restored tree that differs is noticed by the second opinion', () => {
  using world = withFiles();
  world.run(['backup', 'files']);
  world.run(['restore', 'latest', '-t', 'back']);
  const same = () => compareTrees(world.path('files'), world.path('back'), true).differences;
  assert.deepEqual(same(), []);
  truncateSync(world.path('back/sub/c.txt'), 4999);
  writeFileSync(world.path('back/extra'), '');
  assert.deepEqual([...new Set(same().map(({ path }) => path))].sort(), ['/', '/sub/c.txt']);
  assert.ok(same().some(({ what }) => what === 'has 4999 bytes, not 5000'));
});
