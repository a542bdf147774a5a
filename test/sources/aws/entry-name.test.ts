// Names of AWS as paths: different names stay different, and every file system can hold them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryPath } from '../../../src/sources/aws/entry-name.ts';

test('usual names stay as they are', () => {
  for (const name of ['prod/db', 'a+b=c.d@e_f-g', 'x/y/z']) assert.equal(entryPath(name), name);
  assert.equal(entryPath('/prod/db'), 'prod/db');
});

test('no name leaves its folder, is empty, too long, or meets another', () => {
  const long = 'x'.repeat(512);
  const names = [
    '..',
    '../x',
    'a//b',
    'a/./b',
    'a/../b',
    'a/',
    'a b',
    'a~b',
    'ä',
    'a\0b',
    'a\\b',
    long,
    `${long}y`,
  ];
  const paths = names.map(entryPath);
  assert.equal(new Set(paths).size, names.length);
  for (const path of paths) {
    for (const step of path.split('/')) {
      assert.ok(step !== '' && step !== '.' && step !== '..' && step.length <= 200, path);
      assert.match(step, /^[A-Za-z0-9_+=.@~-]+$/);
    }
  }
});
