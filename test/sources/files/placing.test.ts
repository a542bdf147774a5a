// Placing makes new entries below its root and nothing else: what stands in the way is never followed, opened or replaced.

import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Problem } from '../../../src/base/context.ts';
import { type Attributes, Placer } from '../../../src/sources/files/placing.ts';
import { openSystem, type System } from '../../../src/sources/files/system.ts';
import { systemError } from '../../../src/sources/files/system-error.ts';
import { scratch, writeTree } from '../../world.ts';

const real = openSystem();
const attributes: Attributes = {
  mode: 0o640,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  mtimeNs: 1_000_000_001n,
  xattrs: [],
};

class Place implements Disposable {
  readonly folder = scratch();
  readonly root = join(this.folder.path, 'root');
  readonly problems: Problem[] = [];
  readonly placer: Placer;

  constructor(system: Partial<System> = {}) {
    mkdirSync(this.root);
    const report = (problem: Problem) => void this.problems.push(problem);
    this.placer = new Placer({ ...real, ...system }, this.root, { owners: false }, report);
  }

  told(): string[] {
    return this.problems.map(({ code, path }) => `${code} ${path}`);
  }

  [Symbol.dispose](): void {
    this.placer[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

const content = Buffer.from('restored');

test('nothing that is there already is written over, followed or removed', () => {
  using place = new Place();
  const { placer, root } = place;
  writeTree(place.folder.path, { outside: 'outside', 'root/file': 'old', 'root/folder/x': 'old' });
  symlinkSync('../outside', join(root, 'link'));
  for (const name of ['file', 'link', 'folder']) {
    assert.equal(placer.writeWhole(name, attributes, content), false);
    assert.equal(placer.createFile(name, 5), false);
    assert.equal(placer.symlink(name, 'elsewhere', attributes), false);
    assert.equal(placer.fifo(name, attributes), false);
    assert.equal(placer.makeDirectory(name), false);
    assert.equal(placer.link(name, 'file'), false);
  }
  assert.deepEqual(
    [...new Set(place.told())],
    ['TARGET_DENIED file', 'TARGET_DENIED link', 'TARGET_DENIED folder'],
  );
  assert.equal(readFileSync(join(root, 'file'), 'utf8'), 'old');
  assert.equal(readFileSync(join(place.folder.path, 'outside'), 'utf8'), 'outside');
});

test('no write is led elsewhere by a symlink on the way', () => {
  using place = new Place();
  const { placer, root } = place;
  mkdirSync(join(place.folder.path, 'elsewhere/deep'), { recursive: true });
  symlinkSync('../elsewhere', join(root, 'link'));
  for (const name of ['link/file', 'link/deep/file']) {
    assert.equal(placer.writeWhole(name, attributes, content), false);
    assert.equal(placer.symlink(name, 'x', attributes), false);
    assert.equal(placer.fifo(name, attributes), false);
    assert.equal(placer.makeDirectory(name), false);
  }
  assert.equal(placer.finishDirectory('link', attributes), false);
  assert.ok(place.problems.every(({ code }) => code === 'TARGET_PATH_IS_LINK'));
  assert.deepEqual(readdirSync(join(place.folder.path, 'elsewhere'), { recursive: true }), ['deep']);
});

test('a folder that is swapped for a symlink after it was made receives nothing through the symlink', () => {
  using place = new Place();
  const { placer, root } = place;
  mkdirSync(join(place.folder.path, 'elsewhere'));
  assert.ok(placer.makeDirectory('folder'));
  assert.ok(placer.writeWhole('folder/first', attributes, content));
  renameSync(join(root, 'folder'), join(root, 'moved'));
  symlinkSync('../elsewhere', join(root, 'folder'));
  placer.writeWhole('folder/second', attributes, content);
  assert.deepEqual(readdirSync(join(place.folder.path, 'elsewhere')), []);
});

test('a file in parts that is swapped for a symlink is not opened again', () => {
  using place = new Place();
  const { placer, root } = place;
  writeTree(place.folder.path, { outside: 'outside' });
  assert.ok(placer.createFile('file', 8));
  renameSync(join(root, 'file'), join(root, 'moved'));
  symlinkSync('../outside', join(root, 'file'));
  assert.equal(placer.openFile('file'), undefined);
  assert.deepEqual(place.told(), ['TARGET_PATH_IS_LINK file']);
});

test('an attribute that the target cannot hold is a problem, and all else of the entry is right', () => {
  const refuse = () => {
    throw systemError(constants.errno.ENOTSUP, 'setxattr');
  };
  using place = new Place({ setXattrFd: refuse, setXattrAt: refuse });
  const xattrs = [[Buffer.from('user.x'), Buffer.from('1')] as const];
  assert.ok(place.placer.writeWhole('file', { ...attributes, xattrs }, content));
  assert.ok(place.placer.fifo('fifo', { ...attributes, xattrs }));
  assert.deepEqual(place.told(), ['TARGET_ATTRIBUTE_LOST file', 'TARGET_ATTRIBUTE_LOST fifo']);
  assert.match(place.problems[0]?.message ?? '', /"user\.x".*ENOTSUP/);
  const { mode, mtimeNs } = lstatSync(join(place.root, 'file'), { bigint: true });
  assert.deepEqual([mode & 0o7777n, mtimeNs], [0o640n, attributes.mtimeNs]);
  assert.equal(readFileSync(join(place.root, 'file'), 'utf8'), 'restored');
});

test('a full target ends the restore, any other trouble is told of its entry', () => {
  for (const { number, code } of [
    { number: constants.errno.ENOSPC, code: 'TARGET_FULL' },
    { number: constants.errno.EDQUOT, code: 'TARGET_FULL' },
    { number: constants.errno.EROFS, code: undefined },
  ]) {
    const mkdirAt = () => {
      throw systemError(number, 'mkdir');
    };
    using place = new Place({ mkdirAt });
    const make = () => place.placer.makeDirectory('folder');
    if (code !== undefined) assert.throws(make, { code });
    else {
      assert.equal(make(), false);
      assert.deepEqual(place.told(), ['TARGET_DENIED folder']);
    }
  }
});

test('nobody else can read what is not finished yet', () => {
  using place = new Place();
  const { placer, root } = place;
  placer.makeDirectory('folder');
  placer.createFile('folder/file', 10);
  assert.equal(lstatSync(join(root, 'folder')).mode & 0o777, 0o700);
  assert.equal(lstatSync(join(root, 'folder/file')).mode & 0o777, 0o600);
  assert.ok(placer.finishDirectory('folder', { ...attributes, mode: 0o755 }));
  assert.equal(lstatSync(join(root, 'folder')).mode & 0o777, 0o755);
});

test('however many folders there are, few descriptors are held and all are given back', (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux lists descriptors');
  const held = () => readdirSync('/proc/self/fd').length;
  const before = held();
  {
    using place = new Place();
    for (let number = 0; number < 500; number += 1) {
      assert.ok(place.placer.makeDirectory(`folder ${number}`));
      assert.ok(place.placer.writeWhole(`folder ${number}/file`, attributes, content));
    }
    assert.ok(held() < before + 140, `${held() - before} descriptors are held`);
    for (let number = 499; number >= 0; number -= 1)
      assert.ok(place.placer.finishDirectory(`folder ${number}`, { ...attributes, mode: 0o755 }));
    assert.ok(existsSync(join(place.root, 'folder 0/file')));
    assert.deepEqual(place.told(), []);
  }
  assert.equal(held(), before);
});
