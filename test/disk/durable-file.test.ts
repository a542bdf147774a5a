// Small files are whole or not there: what cannot be written leaves the file as it was, and nothing beside it.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceFile, syncFolder, writeNewFile } from '../../src/disk/durable-file.ts';
import { scratch } from '../world.ts';

test('a file is put in the place of another, for its owner alone unless told otherwise', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  replaceFile(path, 'one');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const { ino } = statSync(path);
  replaceFile(path, Buffer.from('two'), 0o640);
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.notEqual(statSync(path).ino, ino);
  assert.deepEqual(readdirSync(folder.path), ['file']);
});

test('what cannot be put leaves nothing behind', () => {
  using folder = scratch();
  mkdirSync(join(folder.path, 'taken/inner'), { recursive: true });
  assert.throws(() => replaceFile(join(folder.path, 'taken'), 'content'));
  assert.throws(() => replaceFile(join(folder.path, 'nowhere/file'), 'content'), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(folder.path), ['taken']);
});

test('a new file is never put in the place of another, and one that could not be written is not there', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'mine');
  assert.throws(() => writeNewFile(path, 'other'), { code: 'EEXIST' });
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  const broken = join(folder.path, 'broken');
  assert.throws(() => writeNewFile(broken, { length: 1 } as never));
  assert.deepEqual(readdirSync(folder.path), ['file']);
  writeNewFile(broken, Buffer.from('whole'));
  assert.equal(readFileSync(broken, 'utf8'), 'whole');
  syncFolder(folder.path);
});
