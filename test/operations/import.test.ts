// Import: everything is proven before anything is written, nothing is led out of the target, and what exists stays.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ArchiveEntry, OutgoingEntry } from '../../src/archives/archive.ts';
import { isFailure } from '../../src/base/failure.ts';
import { importArchive } from '../../src/operations/import.ts';
import { archiveOf, fileOf, other } from '../archives/archive-world.ts';
import { noise, scratch, testContext } from '../world.ts';
import { importOf } from './archive-requests.ts';

const text = (path: string, content = path, more: Partial<ArchiveEntry> = {}) =>
  fileOf(path, Buffer.from(content), more);

async function write(folder: string, entries: readonly OutgoingEntry[], format = 'tar'): Promise<string> {
  const file = join(folder, `archive.${format}`);
  writeFileSync(file, await archiveOf(entries, format));
  return file;
}

/** Nothing at all beside the archive itself. */
function assertUntouched(folder: string, more: readonly string[] = []): void {
  const left = readdirSync(folder).filter((name) => !name.startsWith('archive.') && !more.includes(name));
  assert.deepEqual(left, []);
}

const hostile: Readonly<Record<string, readonly OutgoingEntry[]>> = {
  'an absolute name': [text('good'), text('/tmp/holdfast-hostile')],
  'a name with ".."': [text('good'), text('folder/../../outside')],
  'a name that is ".."': [other('..', 'directory')],
  'a further name of what lies outside': [other('passwords', 'hardlink', { target: '/etc/passwd' })],
  'a further name of what lies above': [text('good'), other('up', 'hardlink', { target: '../good' })],
  'a further name of what is not there': [other('link', 'hardlink', { target: 'nothing' })],
  'a file below a symlink': [other('link', 'symlink', { target: '/tmp' }), text('link/file')],
  'a folder in the place of a symlink': [
    other('link', 'symlink', { target: '/tmp' }),
    other('link', 'directory'),
  ],
  'a file below a file': [text('file'), text('file/below')],
  'a name that is there twice': [text('same', 'one'), text('same', 'two')],
  'a name that is there twice, written in two ways': [text('a/same', 'one'), text('./a//same', 'two')],
  'a file without a name': [text('.')],
};

for (const [name, entries] of Object.entries(hostile)) {
  for (const format of ['tar', 'tar.zst', 'zip']) {
    // zip has no links between its entries.
    if (format === 'zip' && entries.some(({ entry }) => entry.kind === 'hardlink')) continue;
    test(`${name} in a ${format} refuses the whole archive, and nothing is written`, async () => {
      using world = scratch();
      const file = await write(world.path, entries, format);
      await assert.rejects(importArchive(importOf(file, join(world.path, 'to')), testContext()), (error) =>
        isFailure(error, 'corrupt', 'ARCHIVE_UNSAFE'),
      );
      assertUntouched(world.path);
      assert.ok(!existsSync('/tmp/holdfast-hostile'));
    });
  }
}

test('a damaged archive writes nothing, wherever the damage lies', async () => {
  using world = scratch();
  const bytes = await archiveOf([text('first'), fileOf('second', noise('damage', 40_000))], 'tar.gz');
  for (let step = 0; step < 20; step += 1) {
    const at = Math.floor((bytes.length * step) / 20);
    const file = join(world.path, 'archive.tar.gz');
    const flipped = Buffer.from(bytes);
    flipped[at + 20]! ^= 0x10;
    for (const bad of [bytes.subarray(0, at), flipped]) {
      writeFileSync(file, bad);
      await assert.rejects(importArchive(importOf(file, join(world.path, 'to')), testContext()), (error) =>
        isFailure(error, 'corrupt'),
      );
    }
  }
  assertUntouched(world.path);
});

test('every checksum that lies beside the archive must be right', async () => {
  using world = scratch();
  const file = await write(world.path, [text('one')]);
  const digest = (name: string) => createHash(name).update(readFileSync(file)).digest('hex');
  for (const name of ['sha256', 'sha1', 'md5'])
    writeFileSync(`${file}.${name}`, `${digest(name)}  archive.tar\n`);
  const fine = await importArchive(importOf(file, join(world.path, 'to')), testContext());
  assert.deepEqual(fine.checksums, { sha256: 'matches', sha1: 'matches', md5: 'matches' });
  for (const name of ['sha256', 'sha1', 'md5']) {
    const right = readFileSync(`${file}.${name}`, 'utf8');
    const first = right[0] === '0' ? '1' : '0';
    writeFileSync(`${file}.${name}`, first + right.slice(1));
    await assert.rejects(importArchive(importOf(file, join(world.path, 'other')), testContext()), {
      code: 'ARCHIVE_CHECKSUM_WRONG',
    });
    writeFileSync(`${file}.${name}`, `${digest(name)}  another.tar\n`);
    await assert.rejects(importArchive(importOf(file, join(world.path, 'other')), testContext()), {
      code: 'ARCHIVE_COMPANION_INVALID',
    });
    writeFileSync(`${file}.${name}`, right);
  }
  assertUntouched(world.path, ['to']);
});

test('a manifest that is none, or tells another checksum, refuses the archive', async () => {
  using world = scratch();
  const file = await write(world.path, [text('one')]);
  const sha256 = '0'.repeat(64);
  for (const [manifest, code] of [
    ['{', 'ARCHIVE_COMPANION_INVALID'],
    ['{"version":2}', 'ARCHIVE_COMPANION_INVALID'],
    ['{"version":1,"seals":[1],"checksums":{}}', 'ARCHIVE_COMPANION_INVALID'],
    ['{"version":1,"seals":[],"checksums":{"sha256":"xyz"}}', 'ARCHIVE_COMPANION_INVALID'],
    [JSON.stringify({ version: 1, seals: [], checksums: { sha256 } }), 'ARCHIVE_CHECKSUM_WRONG'],
  ] as const) {
    writeFileSync(`${file}.manifest.json`, manifest);
    await assert.rejects(importArchive(importOf(file, join(world.path, 'to')), testContext()), { code });
  }
  assertUntouched(world.path);
});

test('what exists refuses the import before anything is written, and is replaced only when asked', async () => {
  using world = scratch();
  const file = await write(world.path, [text('a/new'), text('a/old', 'theirs'), text('b')]);
  const target = join(world.path, 'to');
  mkdirSync(join(target, 'a'), { recursive: true });
  writeFileSync(join(target, 'a/old'), 'mine');
  await assert.rejects(importArchive(importOf(file, target), testContext()), { code: 'TARGET_EXISTS' });
  assert.deepEqual(readdirSync(target), ['a']);
  assert.deepEqual(readdirSync(join(target, 'a')), ['old']);
  const done = await importArchive(importOf(file, target, { overwrite: true }), testContext());
  assert.equal(done.outcome, 'succeeded');
  assert.equal(readFileSync(join(target, 'a/old'), 'utf8'), 'theirs');
});

test('a link in the target is never written through', async () => {
  for (const overwrite of [false, true]) {
    using world = scratch();
    const file = await write(world.path, [text('folder/file'), text('name')]);
    const target = join(world.path, 'to');
    const outside = join(world.path, 'outside');
    mkdirSync(target);
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), 'kept');
    symlinkSync(outside, join(target, 'folder'));
    symlinkSync(join(outside, 'kept'), join(target, 'name'));
    const context = testContext();
    const ended = await importArchive(importOf(file, target, { overwrite }), context).catch((error) => error);
    if (!overwrite) assert.ok(isFailure(ended, 'conflict', 'TARGET_EXISTS'), String(ended));
    else assert.equal(readFileSync(join(target, 'folder/file'), 'utf8'), 'folder/file');
    assert.deepEqual(readdirSync(outside), ['kept']);
    assert.equal(readFileSync(join(outside, 'kept'), 'utf8'), 'kept');
  }
});

test('setuid, setgid and sticky bits stay away unless owners are asked for', async () => {
  using world = scratch();
  const file = await write(world.path, [
    text('tool', 'x', { mode: 0o6755, uid: 12_345, gid: 12_345 }),
    other('shared', 'directory', { mode: 0o1777 }),
  ]);
  const target = join(world.path, 'to');
  await importArchive(importOf(file, target), testContext());
  assert.equal(statSync(join(target, 'tool')).mode & 0o7777, 0o755);
  assert.equal(statSync(join(target, 'tool')).uid, process.getuid?.());
  assert.equal(statSync(join(target, 'shared')).mode & 0o7777, 0o777);
  if (process.getuid?.() !== 0) return;
  const asked = join(world.path, 'asked');
  await importArchive(importOf(file, asked, { owners: true }), testContext());
  assert.equal(statSync(join(asked, 'tool')).mode & 0o7777, 0o6755);
  assert.equal(statSync(join(asked, 'tool')).uid, 12_345);
  assert.equal(statSync(join(asked, 'shared')).mode & 0o7777, 0o1777);
});

test('only what is selected is written, and a further name brings the content that it needs', async () => {
  using world = scratch();
  const file = await write(world.path, [
    text('data/original', 'shared content'),
    other('data/again', 'hardlink', { target: 'data/original', sizeBytes: 14 }),
    other('data/third', 'hardlink', { target: 'data/original', sizeBytes: 14 }),
    text('data/unwanted'),
    other('link', 'symlink', { target: '/etc/hostname' }),
  ]);
  const target = join(world.path, 'to');
  const select = (path: string) => /again|third|link/.test(path);
  const done = await importArchive(importOf(file, target, { select }), testContext());
  assert.equal(done.outcome, 'succeeded');
  assert.deepEqual(readdirSync(join(target, 'data')).sort(), ['again', 'third']);
  assert.equal(readFileSync(join(target, 'data/third'), 'utf8'), 'shared content');
  assert.equal(statSync(join(target, 'data/again')).ino, statSync(join(target, 'data/third')).ino);
  // A link may point anywhere: it is never followed here.
  assert.equal(readlinkSync(join(target, 'link')), '/etc/hostname');
});

test('a dry run and a list prove the archive and write nothing', async () => {
  using world = scratch();
  const file = await write(world.path, [text('one'), text('two')], 'zip');
  const listed: string[] = [];
  const request = importOf(file, join(world.path, 'to'), {
    dryRun: true,
    onEntry: ({ path }) => listed.push(path),
  });
  const outcome = await importArchive(request, testContext());
  assert.deepEqual(listed, ['one', 'two']);
  assert.deepEqual(outcome.found, { all: 2, entries: 2, files: 2, bytes: 6 });
  assertUntouched(world.path);
  const bad = readFileSync(file);
  bad[60]! ^= 1;
  writeFileSync(file, bad);
  listed.length = 0;
  await assert.rejects(importArchive(request, testContext()), (error) => isFailure(error, 'corrupt'));
  assert.deepEqual(listed, [], 'nothing of a damaged archive is shown');
});

test('an entry that cannot be placed is told, and the others are there', async () => {
  using world = scratch();
  const file = await write(world.path, [text('good'), text('n'.repeat(300), 'too long'), text('more')]);
  const target = join(world.path, 'to');
  const context = testContext();
  const outcome = await importArchive(importOf(file, target), context);
  assert.equal(outcome.outcome, 'partial');
  assert.equal(context.problems.length, 1);
  assert.deepEqual(readdirSync(target).sort(), ['good', 'more']);
});

test('devices are left out unless they are asked for, and told as skipped', async () => {
  using world = scratch();
  const file = await write(world.path, [
    other('null', 'character-device', { device: { major: 1, minor: 3 } }),
  ]);
  const outcome = await importArchive(importOf(file, join(world.path, 'to')), testContext());
  assert.equal(outcome.extracted.skipped, 1);
  assert.deepEqual(readdirSync(join(world.path, 'to')), []);
});

test('what is no regular file or is not there is no archive', async () => {
  using world = scratch();
  for (const name of ['', 'nothing']) {
    await assert.rejects(
      importArchive(importOf(join(world.path, name), join(world.path, 'to')), testContext()),
      {
        code: 'ARCHIVE_UNREADABLE',
      },
    );
  }
});
