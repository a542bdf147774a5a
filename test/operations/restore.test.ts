// Entries of every kind come back as they were: bytes, holes, links, names, owners, modes, times and attributes.

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSystem, sys } from '../../src/sources/files/system.ts';
import { writeTree } from '../world.ts';
import { asRoot, bytes, hasProgram, RoundTrip, say } from './round-trip.ts';

const system = openSystem();
const MiB = 1024 * 1024;

/** A file of `size` bytes that is all hole but for the given runs. */
function sparse(path: string, size: number, ...runs: (readonly [number, number])[]): void {
  const file = openSync(path, 'wx');
  ftruncateSync(file, size);
  for (const [offset, length] of runs) writeSync(file, bytes(path, length), 0, length, offset);
  closeSync(file);
}

/** Where the file has data, as the file system tells. */
function dataOf(path: string): [number, number][] {
  const { size } = lstatSync(path);
  const file = openSync(path, 'r');
  const runs: [number, number][] = [];
  for (let at = system.seekData(file, 0); at !== undefined && at < size; ) {
    const end = system.seekHole(file, at) ?? size;
    runs.push([at, end]);
    at = system.seekData(file, end);
  }
  closeSync(file);
  return runs;
}

const identity = (path: string) => {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return `${dev}:${ino}`;
};

test('files and folders come back whole, empty ones too', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, {
    empty: '',
    'one byte': 'x',
    'a/b/c/deep': 'deep',
    'twice 1': bytes('twice', 70_000),
    'twice 2': bytes('twice', 70_000),
    large: bytes('large', 9 * MiB),
    zeros: Buffer.alloc(3 * MiB),
  });
  mkdirSync(trip.at('nothing in here/nor here'), { recursive: true });
  const target = await trip.there();
  assert.deepEqual(readdirSync(join(target, 'nothing in here/nor here')), []);
});

test('worker threads bring back the same tree as the main thread', async () => {
  await using trip = await RoundTrip.begin();
  for (let number = 0; number < 18; number += 1)
    writeTree(trip.source, { [`folder ${number % 3}/file ${number}`]: bytes(`${number}`, MiB) });
  sparse(trip.at('sparse'), 30 * MiB, [12 * MiB, 9 * MiB]);
  await trip.save({ workers: 2 });
  await trip.there({ workers: 2 });
});

test('symlinks come back as they are: dangling, absolute, in circles, longest, to bytes that are no text', async () => {
  await using trip = await RoundTrip.begin();
  const targets: Readonly<Record<string, string | Buffer>> = {
    dangling: 'no/such/thing',
    absolute: '/etc/passwd',
    itself: 'itself',
    there: 'back',
    back: 'there',
    up: '../../../../../..',
    longest: 'x'.repeat(4095),
    'no text': Buffer.from([0xff, 0x0a, 0xfe]),
  };
  for (const [name, to] of Object.entries(targets)) symlinkSync(to, trip.at(name));
  const target = await trip.there();
  for (const [name, to] of Object.entries(targets))
    assert.deepEqual(readlinkSync(join(target, name), 'buffer'), Buffer.from(to), name);
});

test('names of one file are one file again, in one folder and across folders', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'z/first': 'shared', 'a/other': 'shared', empty: '' });
  linkSync(trip.at('z/first'), trip.at('z/second'));
  linkSync(trip.at('z/first'), trip.at('a/third'));
  linkSync(trip.at('empty'), trip.at('empty too'));
  const target = await trip.there();
  const [first, ...more] = ['z/first', 'z/second', 'a/third'].map((name) => identity(join(target, name)));
  assert.deepEqual(more, [first, first]);
  assert.notEqual(identity(join(target, 'a/other')), first);
  assert.equal(identity(join(target, 'empty')), identity(join(target, 'empty too')));
});

test('names of one file in several roots are one file again', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'one/file': 'shared', 'two/x': '' });
  linkSync(trip.at('one/file'), trip.at('two/file'));
  await trip.save({ paths: [trip.at('one'), trip.at('two')] });
  const { target } = await trip.bring();
  assert.equal(identity(join(target, trip.at('one/file'))), identity(join(target, trip.at('two/file'))));
  const { target: half } = await trip.bring({ path: trip.at('two') });
  assert.equal(readFileSync(join(half, 'file'), 'utf8'), 'shared');
});

test('symlinks, FIFOs and sockets with several names come back with all of them', async (t) => {
  await using trip = await RoundTrip.begin();
  if (!hasProgram(t, 'mkfifo', 'coreutils')) return;
  symlinkSync('nowhere', trip.at('link'));
  linkSync(trip.at('link'), trip.at('link too'));
  say('mkfifo', trip.at('fifo'));
  linkSync(trip.at('fifo'), trip.at('a fifo too'));
  const target = await trip.there();
  assert.equal(identity(join(target, 'link')), identity(join(target, 'link too')));
  assert.equal(identity(join(target, 'fifo')), identity(join(target, 'a fifo too')));
});

test('a name far down is linked to a name just as far down elsewhere', async () => {
  await using trip = await RoundTrip.begin();
  const deep = (top: string) => join(top, ...new Array<string>(150).fill('d'));
  for (const top of ['a', 'b']) mkdirSync(trip.at(deep(top)), { recursive: true });
  writeFileSync(trip.at(deep('a'), 'file'), 'deep');
  linkSync(trip.at(deep('a'), 'file'), trip.at(deep('b'), 'file'));
  const target = await trip.there();
  assert.equal(identity(join(target, deep('a'), 'file')), identity(join(target, deep('b'), 'file')));
});

test('holes stay holes wherever they lie', async () => {
  await using trip = await RoundTrip.begin();
  sparse(trip.at('begin'), 4 * MiB, [3 * MiB, MiB]);
  sparse(trip.at('end'), 4 * MiB, [0, MiB]);
  sparse(trip.at('middle'), 4 * MiB, [0, 4096], [4 * MiB - 4096, 4096]);
  sparse(trip.at('all'), 4 * MiB);
  sparse(trip.at('odd end'), 4 * MiB + 17, [4 * MiB, 17]);
  sparse(trip.at('odd hole'), 4 * MiB + 17, [MiB, 5]);
  sparse(trip.at('large'), 40 * MiB, [MiB, 9 * MiB], [30 * MiB, 4096]);
  sparse(trip.at('many'), 16 * MiB, ...Array.from({ length: 500 }, (_, run) => [run * 32768, 4096] as const));
  const target = await trip.there();
  for (const name of readdirSync(trip.source)) {
    assert.deepEqual(dataOf(join(target, name)), dataOf(trip.at(name)), name);
    const [was, is] = [lstatSync(trip.at(name)).blocks, lstatSync(join(target, name)).blocks];
    assert.ok(is <= was + 16, `${name} took ${was} blocks and takes ${is}`);
  }
});

test('a file of a tebibyte that is nearly all hole comes back and is verified at once', async () => {
  await using trip = await RoundTrip.begin();
  const size = 1024 * 1024 * MiB;
  sparse(trip.at('disk'), size, [512 * 1024 * MiB, 8192], [size - 3, 3]);
  assert.equal((await trip.save()).outcome, 'succeeded');
  const { target, outcome } = await trip.bring({ verify: true });
  assert.deepEqual([outcome.outcome, outcome.verified?.differences], ['succeeded', []]);
  assert.equal(lstatSync(join(target, 'disk')).size, size);
  assert.deepEqual(dataOf(join(target, 'disk')), dataOf(trip.at('disk')));
});

test('FIFOs come back, sockets are counted as skipped', async (t) => {
  await using trip = await RoundTrip.begin();
  if (!hasProgram(t, 'mkfifo', 'coreutils')) return;
  say('mkfifo', '-m', '640', trip.at('fifo'));
  // The path of a socket may have 107 bytes only.
  const server = createServer().listen(trip.at('s'));
  await new Promise((listening) => server.once('listening', listening));
  try {
    const saved = await trip.save();
    assert.deepEqual([saved.outcome, saved.entries], ['succeeded', countBelow(trip.source) + 3]);
    const { target, outcome } = await trip.bring();
    assert.deepEqual([outcome.outcome, outcome.skipped, outcome.restored.specials], ['succeeded', 1, 1]);
    assert.ok(lstatSync(join(target, 'fifo')).isFIFO());
    assert.equal(lstatSync(join(target, 'fifo')).mode & 0o7777, 0o640);
    assert.deepEqual(readdirSync(target), ['fifo']);
  } finally {
    await new Promise((closed) => server.close(closed));
  }
});

/** The folders that lead to the source, without the source itself. */
function countBelow(path: string): number {
  return path.split('/').length - 2;
}

test('devices come back only when asked for, with several names too', async (t) => {
  if (!asRoot(t)) return;
  await using trip = await RoundTrip.begin();
  system.mknodAt(sys.atFdCwd, trip.at('null'), sys.typeCharacterDevice | 0o666, 1, 3);
  system.mknodAt(sys.atFdCwd, trip.at('block'), sys.typeBlockDevice | 0o660, 259, 1_000_000);
  linkSync(trip.at('null'), trip.at('null too'));
  await trip.save();
  const without = await trip.bring();
  assert.deepEqual([without.outcome.outcome, readdirSync(without.target)], ['succeeded', []]);
  assert.equal(without.outcome.skipped, 3);
  const target = await trip.there({ devices: true });
  assert.equal(identity(join(target, 'null')), identity(join(target, 'null too')));
  assert.equal(lstatSync(join(target, 'block')).rdev, lstatSync(trip.at('block')).rdev);
});

test('extended attributes come back: binary, empty, large, many, on files and folders', async (t) => {
  if (!hasProgram(t, 'setfattr', 'attr')) return;
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'folder/file': 'x', many: '', large: '', binary: '', small: bytes('s', 9 * MiB) });
  const set = (name: string, key: string, value: Uint8Array) =>
    system.setXattrAt(sys.atFdCwd, trip.at(name), `user.${key}`, value);
  set('binary', 'b', Uint8Array.of(0, 255, 10, 0));
  set('binary', 'empty', new Uint8Array(0));
  set('binary', 'n\xe4me', Uint8Array.of(1));
  set('large', 'l', bytes('xattr', 3500));
  for (let number = 0; number < 60; number += 1) set('many', `k${number}`, Buffer.from(`${number}`));
  set('folder', 'f', Buffer.from('folder'));
  set('', 'root', Buffer.from('root'));
  set('small', 'of a large file', Buffer.from('1'));
  const target = await trip.there();
  assert.match(say('getfattr', '-d', join(target, 'folder')), /user\.f="folder"/);
  assert.match(say('getfattr', '-d', target), /user\.root="root"/);
  assert.deepEqual(
    Buffer.from(system.getXattrAt(sys.atFdCwd, join(target, 'large'), 'user.l')),
    bytes('xattr', 3500),
  );
});

test('attributes that only root sees come back, of symlinks and special files too', async (t) => {
  if (!asRoot(t) || !hasProgram(t, 'setfattr', 'attr')) return;
  await using trip = await RoundTrip.begin();
  symlinkSync('nowhere', trip.at('link'));
  say('mkfifo', trip.at('fifo'));
  writeFileSync(trip.at('program'), '#!/bin/sh\n', { mode: 0o755 });
  const set = (name: string, key: string, value: string | Uint8Array) =>
    system.setXattrAt(sys.atFdCwd, trip.at(name), key, Buffer.from(value));
  set('link', 'trusted.holdfast', 'link');
  set('fifo', 'trusted.holdfast', 'fifo');
  // cap_net_raw+ep: lost by a chown that comes too late.
  set('program', 'security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex'));
  chownSync(trip.at('program'), 0, 12345);
  set('program', 'security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex'));
  await trip.there();
});

test('access control lists come back as getfacl shows them', async (t) => {
  if (!hasProgram(t, 'setfacl', 'acl')) return;
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { file: 'x', 'masked file': 'y', 'folder/inside': 'z' });
  say('setfacl', '-m', 'u:65534:rw,g:12345:r', trip.at('file'));
  say('setfacl', '-m', 'u:54321:rwx,m::r', trip.at('masked file'));
  say('setfacl', '-m', 'u:65534:rwx', '-m', 'd:u:65534:rwx,d:g:54321:rx,d:o::-', trip.at('folder'));
  writeFileSync(trip.at('folder/inherited'), 'born with a list');
  const lists = (folder: string) =>
    ['.', 'file', 'masked file', 'folder', 'folder/inside', 'folder/inherited']
      .map((name) => say('getfacl', '-p', '-n', join(folder, name)).replace(/^# file: .*/m, `# ${name}`))
      .join('\n');
  const target = await trip.there();
  assert.equal(lists(target), lists(trip.source));
  assert.match(lists(target), /default:user:65534:rwx/);
});

test('owners that have the same number here come back by it, known by name or not', async (t) => {
  if (!asRoot(t)) return;
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { known: 'x', 'unknown/inside': 'y', largest: '' });
  symlinkSync('nowhere', trip.at('link'));
  say('mkfifo', trip.at('fifo'));
  say('chown', '-h', '65534:1', trip.at('link'));
  chownSync(trip.at('known'), 1, 2);
  chownSync(trip.at('unknown'), 54321, 54322);
  chownSync(trip.at('unknown/inside'), 54321, 0);
  chownSync(trip.at('largest'), 4294967294, 4294967294);
  chownSync(trip.at('fifo'), 1, 54322);
  const target = await trip.there();
  assert.deepEqual([lstatSync(join(target, 'link')).uid, lstatSync(join(target, 'link')).gid], [65534, 1]);
  const { owners } = await trip.newest();
  assert.equal(owners.users.get(1), 'daemon');
  assert.equal(owners.users.has(54321), false);
});

test('owners come back by name where it is known here, else by number, and by number alone when asked for', async (t) => {
  if (!asRoot(t) || !hasProgram(t, 'setfacl', 'acl')) return;
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'folder/moved': 'x', stranger: 'y', root: 'z' });
  for (const path of ['folder', 'folder/moved']) chownSync(trip.at(path), 50001, 50002);
  chownSync(trip.at('stranger'), 50003, 50002);
  say('setfacl', '-m', 'u:50001:rwx,g:50002:r,u:50003:x', trip.at('root'));
  await trip.save();
  // As from a machine where these names have those numbers.
  const newest = await trip.newest();
  const users = new Map([
    [0, 'daemon'],
    [50001, 'daemon'],
    [50003, 'nobody-knows-this-user'],
  ]);
  const snapshot = { ...newest, owners: { users, groups: new Map([[50002, 'daemon']]) } };
  const lists = (path: string) =>
    say('getfacl', '-c', '-n', path)
      .split('\n')
      .filter((line) => /:5|:1:/.test(line));
  for (const numericIds of [false, true]) {
    const { target, outcome } = await trip.bring({ snapshot, numericIds });
    assert.deepEqual([outcome.outcome, outcome.verified?.differences], ['succeeded', []]);
    const idsOf = (path: string) => [lstatSync(join(target, path)).uid, lstatSync(join(target, path)).gid];
    const expected = numericIds ? [50001, 50002] : [1, 1];
    assert.deepEqual(idsOf('folder'), expected);
    assert.deepEqual(idsOf('folder/moved'), expected);
    assert.deepEqual(idsOf('stranger'), [50003, expected[1]]);
    assert.deepEqual(idsOf('root'), [0, 0]);
    assert.deepEqual(
      lists(join(target, 'root')),
      numericIds
        ? ['user:50001:rwx', 'user:50003:--x', 'group:50002:r--']
        : ['user:1:rwx', 'user:50003:--x', 'group:1:r--'],
    );
  }
});

test('owners and special bits are left alone without --owners, and all else comes back', async (t) => {
  if (!asRoot(t)) return;
  await using trip = await RoundTrip.begin();
  writeFileSync(trip.at('file'), 'x');
  chownSync(trip.at('file'), 1, 1);
  chmodSync(trip.at('file'), 0o4755);
  await trip.save();
  const { target, outcome } = await trip.bring({ owners: false });
  assert.equal(outcome.outcome, 'succeeded');
  const { uid, gid, mode } = lstatSync(join(target, 'file'));
  assert.deepEqual([uid, gid, mode & 0o7777], [0, 0, 0o755]);
});

test('capabilities of a program come back with its owner, and not without', async (t) => {
  if (!asRoot(t) || !hasProgram(t, 'setfattr', 'attr')) return;
  await using trip = await RoundTrip.begin();
  writeFileSync(trip.at('small'), 'x');
  writeFileSync(trip.at('large'), bytes('large', 9 * MiB));
  // cap_net_bind_service, effective and permitted.
  const capability = '0x0100000200040000000000000000000000000000';
  const names = ['small', 'large'];
  for (const name of names) {
    chownSync(trip.at(name), 1, 1);
    chmodSync(trip.at(name), 0o4755);
    say('setfattr', '-n', 'security.capability', '-v', capability, trip.at(name));
  }
  const found = (path: string) =>
    say('getfattr', '-h', '-m', '-', '-d', '-e', 'hex', '--absolute-names', path);
  const target = await trip.there();
  for (const name of names) assert.match(found(join(target, name)), new RegExp(capability));
  const without = await trip.bring({ owners: false });
  assert.deepEqual([without.outcome.outcome, without.outcome.verified?.differences], ['succeeded', []]);
  for (const name of names) assert.doesNotMatch(found(join(without.target, name)), /security\.capability/);
});

test('modes come back to the last bit, also those that forbid', async (t) => {
  if (!asRoot(t)) return;
  await using trip = await RoundTrip.begin();
  const modes = [0, 0o1, 0o400, 0o644, 0o777, 0o4755, 0o2755, 0o6711, 0o1644, 0o7777];
  for (const mode of modes) {
    writeFileSync(trip.at(`file ${mode}`), `${mode}`);
    mkdirSync(trip.at(`folder ${mode}`));
    writeFileSync(trip.at(`folder ${mode}/inside`), '');
    chownSync(trip.at(`file ${mode}`), 1, 1);
    chmodSync(trip.at(`file ${mode}`), mode);
    chmodSync(trip.at(`folder ${mode}`), mode);
  }
  const target = await trip.there();
  for (const mode of modes) assert.equal(lstatSync(join(target, `file ${mode}`)).mode & 0o7777, mode);
});

test('times come back to the nanosecond, before 1970 and after 2038, of folders and symlinks too', async () => {
  await using trip = await RoundTrip.begin();
  const times = [0n, -1n, 1n, 999_999_999n, -999_999_999n, -1_500_000_000_123_456_789n];
  times.push(1_234_567_890_123_456_789n, 2_147_483_648_000_000_001n, 7_258_118_400_987_654_321n);
  const named: string[] = [];
  for (const time of times) {
    for (const kind of ['file', 'folder', 'link']) {
      const name = `${kind} ${time}`;
      named.push(name);
      if (kind === 'folder') writeTree(trip.source, { [`${name}/inside`]: '' });
      else if (kind === 'link') symlinkSync('x', trip.at(name));
      else writeFileSync(trip.at(name), '');
      system.setTimesAt(sys.atFdCwd, trip.at(name), time);
    }
  }
  system.setTimesAt(sys.atFdCwd, trip.source, -5n);
  const target = await trip.there();
  for (const name of named) {
    const { mtimeNs } = lstatSync(join(target, name), { bigint: true });
    assert.equal(mtimeNs, BigInt(name.split(' ')[1]!), name);
  }
  assert.equal(lstatSync(target, { bigint: true }).mtimeNs, -5n);
});

test('any name that the file system takes comes back, byte for byte', async () => {
  await using trip = await RoundTrip.begin();
  const names = [
    Buffer.from([0xff, 0xfe, 0x80]),
    Buffer.from('Geb\xe4ude', 'latin1'),
    Buffer.from('two\nlines\r'),
    Buffer.from('-rf'),
    Buffer.from(' '),
    Buffer.from('...'),
    Buffer.from('~'),
    Buffer.from('\\*?[x]"\'$(x)\u001b[2J'),
    Buffer.from('n'.repeat(255)),
    Buffer.alloc(255, 0xc3),
    Buffer.from('é'),
    Buffer.from('e\u0301'),
    Buffer.from('constructor'),
    Buffer.from('__proto__'),
    Buffer.from(Array.from({ length: 254 }, (_, at) => at + 1).filter((byte) => byte !== 0x2f)),
  ];
  const path = (folder: string, name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name]);
  for (const name of names) {
    mkdirSync(path(trip.at(), name));
    writeFileSync(Buffer.concat([path(trip.at(), name), Buffer.from('/'), name]), name);
  }
  const target = await trip.there();
  const found = readdirSync(target, 'buffer');
  assert.deepEqual(
    found.map((name) => name.toString('hex')).sort(),
    names.map((name) => name.toString('hex')).sort(),
  );
});

test('a path longer than the kernel takes at once is saved, restored and verified', async () => {
  await using trip = await RoundTrip.begin();
  const name = 'd'.repeat(250);
  const open = (top: string, depth: number, make: boolean) => {
    let folder = system.openAt(sys.atFdCwd, top, 0o200000);
    for (let level = 0; level < depth; level += 1) {
      if (make) system.mkdirAt(folder, name, 0o755);
      const next = system.openAt(folder, name, 0o200000);
      system.close(folder);
      folder = next;
    }
    return folder;
  };
  const depth = 36;
  const bottom = open(trip.source, depth, true);
  const file = system.openAt(bottom, 'file', 0o102, 0o640);
  writeSync(file, 'deep down');
  system.close(file);
  const large = system.openAt(bottom, 'large', 0o102, 0o640);
  writeSync(large, bytes('deep', 9 * MiB));
  system.close(large);
  system.symlinkAt('over there', bottom, 'link');
  system.mkfifoAt(bottom, 'fifo', 0o600);
  system.linkAt(bottom, 'file', bottom, 'file too');
  system.mkdirAt(bottom, 'folder', 0o755);
  system.setXattrAt(bottom, 'folder', 'user.deep', Buffer.from('yes'));
  system.close(bottom);
  const saved = await trip.save();
  assert.deepEqual([saved.outcome, trip.context.problems], ['succeeded', []]);
  const { target, outcome } = await trip.bring();
  assert.deepEqual([outcome.outcome, outcome.verified?.differences], ['succeeded', []]);
  const found = open(target, depth, false);
  assert.deepEqual(system.listNames(found).sort(), ['fifo', 'file', 'file too', 'folder', 'large', 'link']);
  assert.equal(system.readlinkAt(found, 'link'), 'over there');
  assert.equal(Buffer.from(system.getXattrAt(found, 'folder', 'user.deep')).toString(), 'yes');
  const read = system.openAt(found, 'file', 0);
  assert.equal(readFileSync(read, 'utf8'), 'deep down');
  system.close(read);
  system.close(found);
});

test('a folder of 10,000 entries comes back', async () => {
  await using trip = await RoundTrip.begin();
  for (let number = 0; number < 10_000; number += 1)
    writeFileSync(trip.at(`entry ${number}`), number % 100 === 0 ? `${number}` : '');
  await trip.there();
});

test('a root that is a file or a symlink lands under its own name', async () => {
  await using trip = await RoundTrip.begin();
  writeFileSync(trip.at('file'), 'x');
  symlinkSync('file', trip.at('link'));
  for (const name of ['file', 'link']) {
    assert.equal((await trip.save({ paths: [trip.at(name)] })).outcome, 'succeeded');
    const { target, outcome } = await trip.bring();
    assert.equal(outcome.outcome, 'succeeded');
    assert.deepEqual(readdirSync(target), [name]);
  }
  const { target } = await trip.bring();
  assert.equal(readlinkSync(join(target, 'link')), 'file');
});

test('a target that holds something is refused and left as it was', async () => {
  await using trip = await RoundTrip.begin();
  writeFileSync(trip.at('file'), 'new');
  await trip.save();
  writeTree(trip.beside('target1'), { file: 'old' });
  await assert.rejects(trip.bring(), { code: 'TARGET_NOT_EMPTY' });
  assert.equal(readFileSync(trip.beside('target1/file'), 'utf8'), 'old');
});

test('what is selected comes back with the folders that lead to it and with their attributes', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'a/b/wanted': 'x', 'a/b/other': 'y', 'c/d': 'z' });
  chmodSync(trip.at('a'), 0o750);
  system.setTimesAt(sys.atFdCwd, trip.at('a'), 123n);
  await trip.save();
  const { target } = await trip.bring({ select: (path) => path === 'a/b/wanted' });
  assert.deepEqual(readdirSync(target, { recursive: true }).sort(), ['a', 'a/b', 'a/b/wanted']);
  const { mode, mtimeNs } = lstatSync(join(target, 'a'), { bigint: true });
  assert.deepEqual([mode & 0o7777n, mtimeNs], [0o750n, 123n]);
  assert.ok(!existsSync(join(target, 'c')));
});
