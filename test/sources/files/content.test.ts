// A content is the data runs of the inode that the walk saw; what the system cannot tell is a problem, never a crash.

import assert from 'node:assert/strict';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContent } from '../../../src/sources/files/content.ts';
import { openSystem, type System, sys } from '../../../src/sources/files/system.ts';
import { systemError } from '../../../src/sources/files/system-error.ts';
import type { Content } from '../../../src/sources/source.ts';
import { scratch, type TestContext, testContext } from '../../world.ts';

const real = openSystem();
const { errno } = constants;

/** The file read whole, and what was said of it; `system` replaces some calls. */
function read(path: string, system: Partial<System> = {}, bufferBytes = 100_000) {
  const context = testContext();
  const expected = real.statAt(sys.atFdCwd, path);
  const opened = openContent({ ...real, ...system }, path, expected, context);
  if (opened === undefined) return { context, data: undefined, content: undefined };
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(bufferBytes);
  for (let length = opened.read(buffer); length > 0; length = opened.read(buffer))
    parts.push(Buffer.from(buffer.subarray(0, length)));
  const content = opened.finish();
  opened.close();
  return { context, data: Buffer.concat(parts), content };
}

/** The runs put where they belong in a file of zeros. */
function assembled(data: Buffer, content: Content): Buffer {
  const whole = Buffer.alloc(content.sizeBytes);
  let at = 0;
  for (const { offset, length } of content.extents ?? [{ offset: 0, length: content.sizeBytes }]) {
    data.copy(whole, offset, at, at + length);
    at += length;
  }
  assert.equal(at, data.length);
  return whole;
}

const codes = (context: TestContext) => context.problems.map(({ code }) => code);

/** A page of data every `stride` bytes. */
function striped(path: string, runs: number, stride: (run: number) => number): void {
  const file = openSync(path, 'w');
  let at = 0;
  for (let run = 0; run < runs; run += 1) {
    writeSync(file, Buffer.alloc(4096, 1 + (run % 255)), 0, 4096, at);
    at += stride(run);
  }
  ftruncateSync(file, at);
  closeSync(file);
}

test('a file of more holes than a snapshot lists loses the smallest ones and no byte', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  // Every fifth hole is larger than the others.
  striped(path, 5000, (run) => (run % 5 === 0 ? 5 : 2) * 4096);
  const { data, content, context } = read(path);
  assert.ok(assembled(data!, content!).equals(readFileSync(path)));
  assert.equal(content?.extents?.length, 4096);
  let large = 0;
  content?.extents?.forEach(({ offset, length }, index, all) => {
    if ((all[index + 1]?.offset ?? 0) - offset - length === 4 * 4096) large += 1;
  });
  assert.equal(large, 1000);
  assert.deepEqual(codes(context), []);
});

test('a file of very many holes is listed without waiting', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, '');
  truncateSync(path, 400_000 * 8192);
  // As the file system would tell of 400,000 pages, each followed by a hole.
  const system = {
    ...real,
    seekData: (_: number, offset: number) => Math.ceil(offset / 8192) * 8192,
    seekHole: (_: number, offset: number) => offset + 4096,
  };
  const opened = openContent(system, path, real.statAt(sys.atFdCwd, path), testContext());
  assert.equal(opened?.finish()?.extents?.length, 4096);
  opened?.close();
});

test('a file system that cannot tell holes is read whole', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  striped(path, 3, () => 3 * 4096);
  const refuse = () => {
    throw systemError(errno.EINVAL, 'test');
  };
  const { data, content } = read(path, { seekData: refuse });
  assert.ok(data?.equals(readFileSync(path)));
  assert.equal(content?.extents, undefined);
});

test('small reads give the same bytes as large ones', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  striped(path, 20, (run) => (1 + (run % 3)) * 4096);
  const large = read(path);
  assert.ok(read(path, {}, 1000).data?.equals(large.data!));
  assert.ok(assembled(large.data!, large.content!).equals(readFileSync(path)));
});

test('attributes beyond what can be kept are a problem, and the rest is kept', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'x');
  const many = Array.from({ length: 300 }, (_, number) => `user.${String(number).padStart(3, '0')}`);
  const tooMany = read(path, { listXattrsFd: () => [...many], getXattrFd: () => Uint8Array.of(1) });
  assert.equal(tooMany.content?.xattrs.length, 256);
  assert.deepEqual(codes(tooMany.context), ['ENTRY_XATTR_TOO_LARGE']);
  const large = new Uint8Array(400_000);
  const tooLarge = read(path, { listXattrsFd: () => many.slice(0, 5), getXattrFd: () => large });
  assert.equal(tooLarge.content?.xattrs.length, 2);
  assert.deepEqual(codes(tooLarge.context), ['ENTRY_XATTR_TOO_LARGE']);
});

test('an attribute that goes away or may not be read leaves the others', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'x');
  for (const { number, told } of [
    { number: errno.ENODATA, told: [] },
    { number: errno.EIO, told: ['ENTRY_UNREADABLE'] },
  ]) {
    const { content, context } = read(path, {
      listXattrsFd: () => ['user.b', 'user.gone', 'user.a'],
      getXattrFd: (_, name) => {
        if (name === 'user.gone') throw systemError(number, 'test');
        return Uint8Array.of(1);
      },
    });
    assert.deepEqual(
      content?.xattrs.map(({ name }) => Buffer.from(name).toString()),
      ['user.a', 'user.b'],
    );
    assert.deepEqual(codes(context), told);
  }
});

test('a file system without attributes is no problem, and one that fails is', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'x');
  for (const { number, told } of [
    { number: errno.ENOTSUP, told: [] },
    { number: errno.EIO, told: ['ENTRY_UNREADABLE'] },
  ]) {
    const listXattrsFd = () => {
      throw systemError(number, 'test');
    };
    const { content, context } = read(path, { listXattrsFd });
    assert.deepEqual([content?.xattrs, codes(context)], [[], told]);
  }
});

test('another inode than the one expected is not read, and every descriptor is closed', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'x');
  const { device, inode } = real.statAt(sys.atFdCwd, path);
  const closed: number[] = [];
  const close = (file: number) => {
    closed.push(file);
    real.close(file);
  };
  const system = { ...real, close };
  const context = testContext();
  for (const expected of [
    { device, inode: inode + 1n },
    { device: device + 1, inode },
  ]) {
    assert.equal(openContent(system, path, expected, context), undefined);
  }
  assert.equal(openContent(system, folder.path, { device, inode }, context), undefined);
  assert.deepEqual(codes(context), ['ENTRY_VANISHED', 'ENTRY_VANISHED', 'ENTRY_VANISHED']);
  assert.equal(closed.length, 3);
});

test('reading leaves the access time as it was, and who may not ask for that reads all the same', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'x');
  real.setTimesAt(sys.atFdCwd, path, 2_000_000_000n, 1_000_000_000n);
  assert.equal(read(path).data?.toString(), 'x');
  assert.equal(statSync(path).atimeMs, 1000);
  const noAtime = 0o1000000;
  const { data } = read(path, {
    openAt(directory, name, flags, mode) {
      if ((flags & noAtime) !== 0) throw systemError(errno.EPERM, 'test');
      return real.openAt(directory, name, flags, mode);
    },
  });
  assert.equal(data?.toString(), 'x');
});
