// The walk tells what is there, in one order, without what the rules leave out; trouble with one entry stops nothing.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMatcher } from '../../../src/model/selection.ts';
import type { WalkRules } from '../../../src/sources/files/exclusions.ts';
import files from '../../../src/sources/files/kind.ts';
import { openSystem, sys } from '../../../src/sources/files/system.ts';
import type { ListingState } from '../../../src/sources/source.ts';
import { scratch, testContext, writeTree } from '../../world.ts';

const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n# a cache';

interface Told {
  /** Every entry below the folder, relative to it, in the order of the walk. */
  readonly names: string[];
  readonly states: ReadonlyMap<string, ListingState>;
  readonly problems: string[];
}

/** Walks the roots; entries outside of `folder` are not told. */
function told(folder: string, roots: readonly string[], rules: WalkRules = {}): Told {
  const context = testContext();
  using source = files.open({ paths: roots, rules } as never, context);
  source.probe(context);
  const names: string[] = [];
  const states = new Map<string, ListingState>();
  const open: string[] = [];
  for (const event of source.walk(context)) {
    if (event.type === 'leave') {
      assert.equal(open.pop(), event.path, 'folders are left in the order in which they were entered');
      continue;
    }
    const { listing, state, depth } = event;
    assert.equal(depth, open.length);
    open.push(listing.path);
    states.set(listing.path === folder ? '' : listing.path.slice(folder.length + 1), state);
    assert.deepEqual([...listing.names], [...listing.names].sort());
    assert.equal(listing.names.length, listing.count);
    for (const name of listing.names) {
      const path = join(listing.path, name);
      if (path.startsWith(`${folder}/`)) names.push(path.slice(folder.length + 1));
    }
  }
  assert.deepEqual(open, []);
  const problems = context.problems.map(({ code, path }) => `${code} ${path.slice(folder.length + 1)}`);
  return { names, states, problems };
}

const excluding = (...patterns: string[]): WalkRules => ({ exclude: createMatcher(patterns).matches });

test('the same tree gives the same events, in the order of the bytes of its names', () => {
  using folder = scratch();
  writeTree(folder.path, { 'b/x': '', 'a-b/x': '', 'a/x': '', a0: '', B: '', é: '', '\u{1f3eb}': '' });
  const { names, problems } = told(folder.path, [folder.path]);
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  assert.deepEqual(names, [
    ...['B', 'a', 'a-b', 'a0', 'b', bytes('é'), bytes('\u{1f3eb}')],
    ...['a/x', 'a-b/x', 'b/x'],
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(told(folder.path, [folder.path]).names, names);
});

test('exclude patterns are those of gitignore', () => {
  using folder = scratch();
  writeTree(folder.path, {
    'a.tmp': '',
    'keep.tmp': '',
    'deep/b.tmp': '',
    'deep/cache/x': '',
    cache: 'a file',
    'build/out/x': '',
    'src/build/x': '',
    'new\nline.tmp': '',
    'x.TMP': '',
    '#hash': '',
  });
  const found = (...patterns: string[]) => told(folder.path, [folder.path], excluding(...patterns)).names;
  const all = found();
  const without = (...gone: string[]) => all.filter((name) => !gone.includes(name));
  assert.deepEqual(found('*.tmp', '!keep.tmp'), without('a.tmp', 'deep/b.tmp', 'new\nline.tmp'));
  assert.deepEqual(found('cache/'), without('deep/cache', 'deep/cache/x'));
  assert.deepEqual(found(`${folder.path}/build`), without('build', 'build/out', 'build/out/x'));
  assert.deepEqual(found('**/build/*'), without('build/out', 'build/out/x', 'src/build/x'));
  assert.deepEqual(found('deep/cache'), all);
  assert.deepEqual(found('**/deep/cache'), without('deep/cache', 'deep/cache/x'));
  assert.deepEqual(found('\\#hash'), without('#hash'));
  assert.deepEqual(
    found('deep', '!deep/cache/x'),
    without('deep', 'deep/b.tmp', 'deep/cache', 'deep/cache/x'),
  );
  assert.deepEqual(found('?.TMP', '[a-c].tmp'), without('x.TMP', 'a.tmp', 'deep/b.tmp'));
});

test('a name that is no text can be left out by a wildcard', () => {
  using folder = scratch();
  writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0xff, 0x2e, 0x78])]), '');
  assert.deepEqual(told(folder.path, [folder.path], excluding('*.x')).names, []);
  assert.deepEqual(told(folder.path, [folder.path], excluding('*.y')).names, ['\xff.x']);
});

test('a root is walked whatever the rules say, and so is the way to it', () => {
  using folder = scratch();
  writeTree(folder.path, { 'out/deep/wanted/x': '', 'out/deep/other': '', 'out/file': '', in: '' });
  const roots = [folder.path, join(folder.path, 'out/deep/wanted'), join(folder.path, 'out/file')];
  const { names, states } = told(folder.path, roots, { ...excluding('out', 'file'), fileBytesMax: 0 });
  assert.deepEqual(names, ['in', 'out', 'out/deep', 'out/file', 'out/deep/wanted', 'out/deep/wanted/x']);
  assert.equal(states.get('out'), 'implied');
  assert.equal(states.get('out/deep/wanted'), 'read');
});

test('below a root that a pattern matches, patterns count from there on', () => {
  using folder = scratch();
  writeTree(folder.path, { 'cache/a': '', 'cache/b.tmp': '', 'cache/deep/cache/c': '', 'cache/deep/d': '' });
  const found = told(folder.path, [join(folder.path, 'cache')], excluding('cache', '*.tmp'));
  assert.deepEqual(found.names, ['cache', 'cache/a', 'cache/deep', 'cache/deep/d']);
});

test('a cache is a folder whose tag bears the signature, and keeps the tag alone', () => {
  using folder = scratch();
  writeTree(folder.path, {
    'real/CACHEDIR.TAG': tag,
    'real/x': '',
    'real/sub/y': '',
    'fake/CACHEDIR.TAG': 'Signature: none',
    'fake/x': '',
    'empty/CACHEDIR.TAG': '',
    'linked/x': '',
    'folder/CACHEDIR.TAG/x': '',
  });
  symlinkSync('../real/CACHEDIR.TAG', join(folder.path, 'linked/CACHEDIR.TAG'));
  const { names, states, problems } = told(folder.path, [folder.path], { excludeCaches: true });
  assert.deepEqual(
    names.filter((name) => name.startsWith('real')),
    ['real', 'real/CACHEDIR.TAG'],
  );
  assert.deepEqual([states.get('real'), states.get('fake'), states.get('linked')], ['cache', 'read', 'read']);
  for (const name of ['fake/x', 'linked/x', 'folder/CACHEDIR.TAG/x']) assert.ok(names.includes(name), name);
  assert.deepEqual(problems, []);
  assert.ok(told(folder.path, [folder.path]).names.includes('real/sub/y'));
});

test('a cache that is itself a root is saved, and a root inside of a cache too', () => {
  using folder = scratch();
  writeTree(folder.path, { 'cache/CACHEDIR.TAG': tag, 'cache/x': '', 'cache/sub/y': '' });
  const cache = join(folder.path, 'cache');
  const rules = { excludeCaches: true };
  assert.ok(told(folder.path, [cache], rules).names.includes('cache/x'));
  const { names } = told(folder.path, [folder.path, join(cache, 'sub')], rules);
  assert.deepEqual(names, ['cache', 'cache/CACHEDIR.TAG', 'cache/sub', 'cache/sub/y']);
});

test('files above a size are left out, folders and links never', () => {
  using folder = scratch();
  writeTree(folder.path, { at: '12345', above: '123456', 'folder/x': '1' });
  symlinkSync('a target of more than five bytes', join(folder.path, 'link'));
  writeFileSync(join(folder.path, 'hole'), '');
  truncateSync(join(folder.path, 'hole'), 1e9);
  assert.deepEqual(told(folder.path, [folder.path], { fileBytesMax: 5 }).names, [
    'at',
    'folder',
    'link',
    'folder/x',
  ]);
});

test('a folder left out by its identity is left out under any name', () => {
  using folder = scratch();
  writeTree(folder.path, { 'a/x': '', 'b/y': '' });
  const { device, inode } = openSystem().statAt(sys.atFdCwd, join(folder.path, 'a'));
  assert.deepEqual(told(folder.path, [folder.path], { skip: [{ device, inode }] }).names, ['b', 'b/y']);
});

test('a boundary is listed as empty, unless it is a root or leads to one', () => {
  using folder = scratch();
  writeTree(folder.path, { 'mount/x': '', 'mount/deep/y': '' });
  const mount = join(folder.path, 'mount');
  const rules = { boundaries: new Set([mount]) };
  const around = told(folder.path, [folder.path], rules);
  assert.deepEqual([around.names, around.states.get('mount')], [['mount'], 'boundary']);
  assert.ok(told(folder.path, [mount], rules).names.includes('mount/deep/y'));
  const within = told(folder.path, [folder.path, join(mount, 'deep')], rules).names;
  assert.deepEqual(within, ['mount', 'mount/deep', 'mount/deep/y']);
});

test('roots may overlap, repeat and be spelled in many ways', () => {
  using folder = scratch();
  writeTree(folder.path, { 'a/b/c': '', 'a/d': '', e: '' });
  const { path } = folder;
  const whole = told(path, [`${path}/a`]).names;
  assert.deepEqual(whole, ['a', 'a/b', 'a/d', 'a/b/c']);
  for (const spelled of [`/${path}/a`, `${path}//a/`, `${path}/./a/.`, `${path}/a/../a`]) {
    assert.deepEqual(told(path, [spelled]).names, whole, spelled);
  }
  assert.deepEqual(told(path, [`${path}/a`, `${path}/a`, `${path}/a/b`, `${path}/a/b/c`]).names, whole);
  assert.deepEqual(told(path, [`${path}/e`, `${path}/a/d`]).names, ['a', 'e', 'a/d']);
});

test('"/" is a root like any other', () => {
  using folder = scratch();
  writeTree(folder.path, { 'a/b': '' });
  const steps = folder.path.split('/').map((_, at, all) => all.slice(0, at + 1).join('/'));
  const exclude = (path: string) =>
    path !== '/' && !steps.includes(path) && !path.startsWith(`${folder.path}/`);
  const { names, states } = told(folder.path, ['/'], { exclude });
  assert.deepEqual(names, ['a', 'a/b']);
  assert.deepEqual([...new Set(states.values())], ['read']);
});

test('a root below a symlink is found, and the symlink alone is saved as a symlink', () => {
  using folder = scratch();
  writeTree(folder.path, { 'real/file': '', 'real/other': '' });
  symlinkSync('real', join(folder.path, 'link'));
  const { path } = folder;
  assert.deepEqual(told(path, [`${path}/link/file`]).names, ['link', 'link/file']);
  assert.deepEqual(told(path, [`${path}/link`]).names, ['link']);
  assert.deepEqual(told(path, [`${path}/link/`]).names, ['link']);
});

test('a root that is missing is a problem, and none at all a failure', () => {
  using folder = scratch();
  writeTree(folder.path, { file: '', 'folder/x': '' });
  const { path } = folder;
  const { names, problems } = told(path, [`${path}/file`, `${path}/gone`, `${path}/folder/gone too`]);
  assert.deepEqual(names, ['file', 'folder']);
  assert.deepEqual(problems, ['SOURCE_PATH_MISSING gone', 'SOURCE_PATH_MISSING folder/gone too']);
  assert.throws(() => told(path, [`${path}/gone`]), { code: 'SOURCE_MISSING' });
  const inside = told(path, [path, `${path}/folder/gone`]);
  assert.deepEqual([inside.names.length, inside.problems], [3, ['SOURCE_PATH_MISSING folder/gone']]);
});

test('a folder that is removed during the walk is a problem, and the walk goes on', () => {
  using folder = scratch();
  writeTree(folder.path, { 'a/x': '', 'b/y': '' });
  const context = testContext();
  using source = files.open({ paths: [folder.path] }, context);
  const seen: string[] = [];
  for (const event of source.walk(context)) {
    if (event.type !== 'directory') continue;
    if (event.listing.path === folder.path) rmSync(join(folder.path, 'a'), { recursive: true });
    seen.push(`${event.state} ${event.listing.path.slice(folder.path.length + 1)}`);
  }
  assert.deepEqual(seen.slice(-2), ['unreadable a', 'read b']);
  assert.deepEqual(
    context.problems.map(({ code }) => code),
    ['ENTRY_VANISHED'],
  );
});

test('a canceled walk stops at once', () => {
  using folder = scratch();
  mkdirSync(join(folder.path, 'a'));
  const stop = new AbortController();
  const context = testContext(stop.signal);
  using source = files.open({ paths: [folder.path] }, context);
  const walk = source.walk(context);
  walk.next();
  stop.abort();
  assert.throws(() => [...walk], { code: 'CANCELED' });
});
