// Folders are made with those above them, and a place that refuses them is an error, never a wait without end.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolders } from '../../src/disk/folders.ts';
import { scratch } from '../world.ts';

test('folders are made with those above them, also under names that are not UTF-8', () => {
  using folder = scratch();
  for (const name of ['one', 'a/b/c', 'a//b/d/', 'x/\u00ff/y', 'a/b/line\nbreak/z']) {
    makeFolders(Buffer.from(join(folder.path, '/').concat(name), 'latin1'));
    const made = Buffer.from(`${folder.path}/${name}`, 'latin1');
    assert.ok(statSync(made).isDirectory(), name);
    assert.equal(statSync(made).mode & 0o777, 0o700);
  }
  makeFolders(join(folder.path, 'open/inner'), 0o755);
  assert.equal(statSync(join(folder.path, 'open')).mode & 0o777, 0o755);
});

test('a folder that is there is left as it is, behind a link as well', () => {
  using folder = scratch();
  const there = join(folder.path, 'there');
  mkdirSync(there, { mode: 0o750 });
  symlinkSync(there, join(folder.path, 'link'));
  for (const path of [there, join(folder.path, 'link'), '/', '.', folder.path]) makeFolders(path);
  assert.equal(statSync(there).mode & 0o777, 0o750);
  makeFolders(join(folder.path, 'link/inner'));
  assert.ok(existsSync(join(there, 'inner')));
});

test('a file in the way is an error', () => {
  using folder = scratch();
  writeFileSync(join(folder.path, 'file'), '');
  symlinkSync('nowhere', join(folder.path, 'dangling'));
  assert.throws(() => makeFolders(join(folder.path, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolders(join(folder.path, 'file/inner')), { code: 'ENOTDIR' });
  assert.throws(() => makeFolders(join(folder.path, 'dangling')), { code: 'EEXIST' });
  assert.throws(() => makeFolders(join(folder.path, 'dangling/inner')), { code: 'EEXIST' });
  assert.throws(() => makeFolders(''), { code: 'ENOENT' });
});

test('where nothing can be made, the answer comes at once', { skip: !existsSync('/proc/self') }, () => {
  for (const path of [
    '/proc/nowhere',
    '/proc/nowhere/inner',
    Buffer.from('/proc/nowhere/inner/\u00ff', 'latin1'),
  ]) {
    assert.throws(() => makeFolders(path), { code: 'ENOENT' });
  }
});
