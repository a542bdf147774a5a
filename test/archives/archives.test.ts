// Archives in memory: what was written is read, the same entries give the same bytes, and nothing that was changed is taken for whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { fileFormats, findFormat, levelOf } from '../../src/archives/all.ts';
import type { ArchiveEntry, OutgoingEntry } from '../../src/archives/archive.ts';
import { isFailure } from '../../src/base/failure.ts';
import { noise } from '../world.ts';
import { archiveOf, attributes, fileOf, other, readAll } from './archive-world.ts';

const long = `deep/${'d'.repeat(120)}/${'e'.repeat(140)}/${'f'.repeat(200)}`;
const simple: readonly OutgoingEntry[] = [
  other('folder', 'directory', { mode: 0o750 }),
  fileOf('folder/empty', new Uint8Array(0), { mode: 0o600 }),
  fileOf('folder/text', Buffer.from('hello\n'.repeat(1000))),
  fileOf('folder/noise', noise('archive', 250_000), { mode: 0o4755 }),
  fileOf('folder/gr\xc3\xbcn', Buffer.from('green')),
  fileOf('folder/lat\xe9n', Buffer.from('no UTF-8')),
  fileOf(long, Buffer.from('far below')),
  other('folder/link', 'symlink', { target: `../${'t'.repeat(150)}`, mode: 0o777 }),
];
const special: readonly OutgoingEntry[] = [
  other('folder/again', 'hardlink', { target: 'folder/text', sizeBytes: 6000 }),
  other('folder/pipe', 'fifo'),
  other('folder/null', 'character-device', { device: { major: 1, minor: 3 } }),
  other('folder/disk', 'block-device', { device: { major: 259, minor: 70_000 } }),
];

function essence(entry: ArchiveEntry): unknown {
  const { path, kind, mode, uid, gid, target, device } = entry;
  return { path, kind, mode, uid, gid, target, device };
}

async function contentOf(outgoing: OutgoingEntry): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of outgoing.content?.() ?? []) parts.push(part);
  return Buffer.concat(parts);
}

for (const { name } of fileFormats) {
  const entries = name === 'zip' ? simple : [...simple, ...special];

  test(`${name} gives back names, kinds, attributes and contents`, async () => {
    const read = await readAll(await archiveOf(entries, name));
    assert.deepEqual(
      read.map(({ entry }) => essence(entry)),
      entries.map(({ entry }) => essence(entry)),
    );
    for (const [index, { entry, content }] of read.entries()) {
      assert.ok(content.equals(await contentOf(entries[index]!)), entry.path);
      // zip knows whole seconds.
      const expected = name === 'zip' ? 1_700_000_000_000_000_000n : attributes.mtimeNs;
      assert.equal(entry.mtimeNs, expected);
    }
  });

  test(`${name} is the same for the same entries`, async () => {
    assert.ok((await archiveOf(entries, name)).equals(await archiveOf(entries, name)));
  });

  test(`${name} without any entry is whole`, async () => {
    assert.deepEqual(await readAll(await archiveOf([], name)), []);
  });

  test(`${name} that was cut off anywhere is refused`, async () => {
    const bytes = await archiveOf(
      [fileOf('one', noise('one', 3000)), fileOf('two', noise('two', 900))],
      name,
    );
    // The last blocks of a tar are fill: without them nothing is lost, so they are not counted.
    const end = name === 'tar' ? 3000 + 900 : bytes.length;
    for (let step = 0; step <= 40; step += 1) {
      const at = Math.min(end - 1, Math.floor((end * step) / 40));
      await assert.rejects(
        readAll(bytes.subarray(0, at)),
        (error) => isFailure(error, 'corrupt'),
        `cut at ${at}`,
      );
    }
  });

  test(`${name} with bytes behind its end is refused`, async () => {
    const bytes = Buffer.concat([await archiveOf(simple, name), Buffer.from('and more')]);
    await assert.rejects(readAll(bytes), (error) => isFailure(error, 'corrupt'));
  });

  if (name === 'tar') continue;
  test(`${name} with a bit turned is refused or gives what was written`, async () => {
    const content = noise('bits', 5000);
    const bytes = await archiveOf([fileOf('one', content)], name);
    let refused = 0;
    for (let step = 0; step < 60; step += 1) {
      const bad = Buffer.from(bytes);
      const at = Math.floor((bytes.length * step) / 60);
      bad[at]! ^= 1 << (step % 8);
      try {
        const [read] = await readAll(bad);
        assert.ok(read?.content.equals(content), `bit of byte ${at}`);
      } catch (error) {
        // A head that tells of other features is refused as such.
        assert.ok(isFailure(error, 'corrupt') || isFailure(error, 'usage'), `byte ${at}: ${error}`);
        refused += 1;
      }
    }
    assert.ok(refused > 50, `${refused} of 60`);
  });
}

test('a tar header that was changed is refused', async () => {
  const bytes = await archiveOf([fileOf('one', Buffer.from('content'))], 'tar');
  for (const at of [0, 100, 108, 124, 136, 148, 156, 265]) {
    const bad = Buffer.from(bytes);
    // The time has a pax header in front: both are tried.
    for (const header of [0, 1024]) {
      bad[header + at]! ^= 1;
      await assert.rejects(readAll(bad), (error) => isFailure(error, 'corrupt'), `byte ${header + at}`);
      bad[header + at]! ^= 1;
    }
  }
});

test('names, numbers and times that ustar has no room for come back from tar', async () => {
  const entries = [
    fileOf('a', Buffer.from('x'), { uid: 4_000_000_000, gid: 3_000_000, mtimeNs: -1_500_000_000n }),
    fileOf('b', Buffer.from('x'), { user: 'u'.repeat(40), group: 'g\xe9'.repeat(20), mtimeNs: 1n << 62n }),
    fileOf('\xff'.repeat(300), Buffer.from('x')),
    other('c', 'symlink', { target: '\xfe'.repeat(500) }),
    fileOf('d', Buffer.from('x'), { xattrs: [['user.a', Buffer.from([0, 10, 255, 61])]] }),
  ];
  const read = await readAll(await archiveOf(entries, 'tar'));
  for (const [index, { entry }] of read.entries()) {
    const { user, group, mtimeNs, xattrs } = entries[index]!.entry;
    assert.deepEqual(essence(entry), essence(entries[index]!.entry));
    assert.deepEqual([entry.user, entry.group, entry.mtimeNs], [user, group, mtimeNs]);
    assert.deepEqual(
      entry.xattrs?.map(([name, value]) => [name, Buffer.from(value)]),
      xattrs?.map(([name, value]) => [name, Buffer.from(value)]),
    );
  }
});

test('a zip with a ZIP64 end is read, and one that lies in it is refused', async () => {
  const bytes = await archiveOf(
    [fileOf('one', Buffer.from('content')), fileOf('two', new Uint8Array(0))],
    'zip',
  );
  const end = bytes.length - 22;
  const large = Buffer.alloc(76);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) large.writeBigUInt64LE(2n, at);
  large.writeBigUInt64LE(BigInt(bytes.readUInt32LE(end + 12)), 40);
  large.writeBigUInt64LE(BigInt(bytes.readUInt32LE(end + 16)), 48);
  large.writeUInt32LE(0x07064b50, 56);
  large.writeBigUInt64LE(BigInt(end), 64);
  const last = Buffer.from(bytes.subarray(end)).fill(0xff, 8, 20);
  const whole = Buffer.concat([bytes.subarray(0, end), large, last]);
  assert.equal((await readAll(whole)).length, 2);
  for (const at of [32, 40, 48]) {
    const bad = Buffer.from(whole);
    bad[end + at]! ^= 1;
    await assert.rejects(readAll(bad), (error) => isFailure(error, 'corrupt'), `byte ${at}`);
  }
});

test('a bomb is stopped by its ratio, and the failure says what to raise', async () => {
  const zeros = new Uint8Array(70 * 1024 * 1024);
  const tar = await archiveOf([fileOf('zeros', zeros)], 'tar');
  const zip = await archiveOf([fileOf('zeros', zeros)], 'zip');
  for (const bytes of [gzipSync(tar), zstdCompressSync(tar), zip]) {
    await assert.rejects(
      readAll(bytes),
      (error) => isFailure(error, 'exhausted', 'ARCHIVE_TOO_LARGE') && /--max-ratio/.test(error.hint ?? ''),
    );
  }
});

test('more entries or bytes than are allowed are refused, and the failure says what to raise', async () => {
  const entries = Array.from({ length: 20 }, (_, index) => fileOf(`f${index}`, Buffer.alloc(100, index)));
  for (const name of ['tar', 'zip', 'tar.gz']) {
    const bytes = await archiveOf(entries, name);
    await assert.rejects(readAll(bytes, { entriesMax: 19 }), (error) =>
      /--max-entries/.test(String((error as { hint?: string }).hint)),
    );
    await assert.rejects(readAll(bytes, { bytesMax: 1999 }), (error) =>
      /--max-bytes/.test(String((error as { hint?: string }).hint)),
    );
    assert.equal((await readAll(bytes, { entriesMax: 20, bytesMax: 2000 })).length, 20);
  }
});

test('a zip whose directory says other than its contents is refused', async () => {
  const bytes = await archiveOf(
    [fileOf('good', Buffer.from('content')), fileOf('else', Buffer.from('x'))],
    'zip',
  );
  const directory = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  // Name, checksum, size and place of the first entry.
  for (const at of [46, 16, 24, 42]) {
    const bad = Buffer.from(bytes);
    bad[directory + at]! ^= 1;
    await assert.rejects(
      readAll(bad),
      (error) => isFailure(error, 'corrupt', 'ARCHIVE_BROKEN'),
      `byte ${at}`,
    );
  }
});

test('random bytes and text are no archive', async () => {
  for (const bytes of [noise('junk', 5000), Buffer.from('just text\n'.repeat(100)), Buffer.alloc(0)]) {
    await assert.rejects(readAll(bytes), (error) => isFailure(error, 'corrupt', 'ARCHIVE_BROKEN'));
  }
});

test('levels outside a format are refused, and each format has one of its own', () => {
  for (const format of fileFormats) {
    const { levels } = format;
    assert.throws(() => levelOf(format, (levels?.max ?? 0) + 1), { code: 'ARCHIVE_LEVEL_INVALID' });
    if (levels !== undefined) assert.equal(levelOf(format, undefined), levels.default);
  }
  assert.throws(() => findFormat('rar'), { code: 'ARCHIVE_FORMAT_UNKNOWN' });
});
