// The kernel's table of mounts, with all its escapes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMounts, readMounts, virtualMountPaths } from '../../../src/sources/files/mounts.ts';

test('lines with blanks, tags and options are read, and others passed over', () => {
  const mounts = parseMounts(
    [
      '22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw',
      '23 22 0:21 / /proc rw,nosuid - proc proc rw',
      '24 22 0:22 / /with\\040blank\\011tab\\012line\\134slash rw shared:2 master:1 - tmpfs none rw',
      '25 22 0:23 / /bytes\\303\\244\xff rw - sysfs none rw',
      'nonsense',
      '26 22 x / /y',
      '',
    ].join('\n'),
  );
  assert.deepEqual(mounts, [
    { path: '/', type: 'ext4', device: 8 * 2 ** 32 + 2 },
    { path: '/proc', type: 'proc', device: 21 },
    { path: '/with blank\ttab\nline\\slash', type: 'tmpfs', device: 22 },
    { path: '/bytes\xc3\xa4\xff', type: 'sysfs', device: 23 },
  ]);
  assert.deepEqual([...virtualMountPaths(mounts)], ['/proc', '/bytes\xc3\xa4\xff']);
});

test('the table of this machine names what holds the files and what does not', (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux has this table');
  const mounts = readMounts();
  assert.ok(mounts.some(({ path }) => path === '/'));
  assert.ok(virtualMountPaths(mounts).has('/proc'));
  assert.ok(!virtualMountPaths(mounts).has('/'));
});
