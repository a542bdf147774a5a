import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isEncrypted,
  isReadOnly,
  type Mount,
  mountOf,
  parseMountInfo,
  requireNetworkMount,
} from '../../src/storage/nfs/mount.ts';
import { failure } from './storage-world.ts';

/** Lines as kernels write them. */
const table = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
90 27 0:45 / /mnt/nas rw,relatime shared:7 - nfs4 nas:/export rw,vers=4.2,rsize=1048576,hard,proto=tcp,timeo=600,retrans=2,sec=sys,clientaddr=10.0.0.2
91 27 0:46 / /mnt/soft rw,relatime shared:8 master:2 propagate_from:1 - nfs nas:/soft rw,vers=3,soft,proto=tcp,sec=krb5p
92 27 0:47 / /mnt/softerr rw,relatime - nfs4 nas:/s rw,softerr
93 27 0:48 / /mnt/readable ro,relatime - nfs4 nas:/r rw,hard
94 27 0:49 / /mnt/exported rw,relatime - nfs4 nas:/r2 ro,hard,xprtsec=mtls
95 27 0:50 / /mnt/smb rw - cifs //nas/share rw,vers=3.1.1,username=backup,seal,hard
96 27 0:51 / /mnt/my\\040nas\\134a\\011b rw - fuse.sshfs user@nas:/my\\040data rw,user_id=0
97 27 0:52 / /mnt/auto rw - autofs /etc/auto.nas rw,fd=7,direct
98 27 0:53 / /mnt/twice rw - ext4 /dev/vdb rw
99 98 0:54 / /mnt/twice rw - nfs4 nas:/twice rw,hard
100 27 0:55 / /mnt/nas/inner rw - tmpfs none rw
101 27 0:56 /sub/folder /mnt/bound rw - nfs4 nas:/export rw,hard
this is no line of the table
102 27 0:57 / /mnt/nobar rw nfs4 nas:/x rw

`;
const mounts = parseMountInfo(table);
const at = (path: string): Mount => {
  const mount = mountOf(mounts, path);
  assert.ok(mount !== undefined);
  return mount;
};

test('the table of mounts is read, with its escapes and its optional fields', () => {
  assert.equal(mounts.length, 14);
  assert.deepEqual(
    { ...at('/mnt/soft'), options: undefined },
    {
      point: '/mnt/soft',
      type: 'nfs',
      source: 'nas:/soft',
      options: undefined,
    },
  );
  assert.equal(at('/mnt/nas').options.get('vers'), '4.2');
  assert.equal(at('/mnt/nas').options.get('hard'), '');
  assert.equal(at('/mnt/my nas\\a\tb/x').source, 'user@nas:/my data');
  assert.deepEqual(parseMountInfo(''), []);
});

test('a path lies on the innermost mount, and on the last one at a point', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['/', '/', 'ext4'],
    ['/mnt', '/', 'ext4'],
    ['/mnt/nas', '/mnt/nas', 'nfs4'],
    ['/mnt/nas/repository/a', '/mnt/nas', 'nfs4'],
    ['/mnt/nasty', '/', 'ext4'],
    ['/mnt/nas/inner/x', '/mnt/nas/inner', 'tmpfs'],
    ['/mnt/twice/x', '/mnt/twice', 'nfs4'],
    ['/mnt/bound', '/mnt/bound', 'nfs4'],
    ['/mnt/nobar', '/', 'ext4'],
  ];
  for (const [path, point, type] of cases) {
    assert.deepEqual([at(path).point, at(path).type], [point, type], path);
  }
  assert.equal(mountOf([], '/mnt/nas'), undefined);
});

test('only a hard mount of another machine is taken', () => {
  for (const path of [
    '/mnt/nas',
    '/mnt/smb',
    '/mnt/my nas\\a\tb',
    '/mnt/twice',
    '/mnt/bound',
    '/mnt/readable',
  ]) {
    assert.equal(requireNetworkMount(at(path), path, undefined), at(path));
  }
  for (const path of ['/mnt/soft', '/mnt/softerr']) {
    assert.throws(
      () => requireNetworkMount(at(path), path, undefined),
      failure('denied', 'STORAGE_SOFT_MOUNT'),
    );
    assert.throws(
      () => requireNetworkMount(at(path), path, at(path).type),
      failure('denied', 'STORAGE_SOFT_MOUNT'),
    );
  }
  for (const path of ['/', '/mnt/auto', '/mnt/nas/inner', '/proc']) {
    assert.throws(
      () => requireNetworkMount(at(path), path, undefined),
      failure('missing', 'STORAGE_NOT_MOUNTED'),
    );
  }
  assert.throws(
    () => requireNetworkMount(undefined, '/x', undefined),
    failure('missing', 'STORAGE_NOT_MOUNTED'),
  );
  assert.throws(
    () => requireNetworkMount(at('/mnt/auto'), '/x', 'autofs'),
    failure('missing', 'STORAGE_NOT_MOUNTED'),
  );
  assert.equal(requireNetworkMount(at('/mnt/nas/inner'), '/x', 'tmpfs').type, 'tmpfs');
});

test('read-only is seen in the options of the mount and of the file system', () => {
  assert.deepEqual(
    ['/mnt/nas', '/mnt/readable', '/mnt/exported'].map((path) => isReadOnly(at(path))),
    [false, true, true],
  );
});

test('encryption on the way is claimed only where the mount says so', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/mnt/nas', 'no'],
    ['/mnt/soft', 'yes'],
    ['/mnt/exported', 'yes'],
    ['/mnt/smb', 'yes'],
    ['/mnt/my nas\\a\tb', 'yes'],
    ['/mnt/nas/inner', 'unknown'],
  ];
  for (const [path, expected] of cases) assert.equal(isEncrypted(at(path)), expected, path);
});
