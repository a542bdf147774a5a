// zip: written as a stream with deflate, sizes behind each content, ZIP64 where 32 bits are too few, Unix modes, owners and symlinks.
// Reading is zip-reader.ts. The same entries give the same bytes.

import { crc32, createDeflateRaw } from 'node:zlib';
import type { Context } from '../base/context.ts';
import { type ArchiveEntry, type ArchiveFormat, archiveUnsupported, type OutgoingEntry } from './archive.ts';
import { through } from './compression.ts';
import { isUtf8 } from './tar.ts';
import { openZip } from './zip-reader.ts';

const max16 = 0xffff;
const max32 = 0xffff_ffff;
/** Deflate may make a little more of what cannot be compressed: from here on sizes are written in 64 bits. */
const zip64From = 0xf000_0000;

export const zip: ArchiveFormat = { name: 'zip', write: writeZip, open: openZip };

const typeBits: Readonly<Partial<Record<ArchiveEntry['kind'], number>>> = {
  file: 0o100000,
  hardlink: 0o100000,
  symlink: 0o120000,
  directory: 0o040000,
};

export function zipHolds(entry: ArchiveEntry): boolean {
  return typeBits[entry.kind] !== undefined;
}

/** What is written must be held by zip (zipHolds); a hard link becomes a file of its own. */
async function* writeZip(
  entries: AsyncIterable<OutgoingEntry>,
  { level }: { readonly level: number },
  context: Context,
): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = [];
  let position = 0;
  for await (const { entry, content } of entries) {
    context.signal.throwIfAborted();
    if (!zipHolds(entry)) throw archiveUnsupported(`cannot hold an entry of the kind "${entry.kind}"`);
    const start = position;
    const name = Buffer.from(entry.kind === 'directory' ? `${entry.path}/` : entry.path, 'latin1');
    const isLarge = entry.sizeBytes >= zip64From;
    const deflated = (entry.kind === 'file' || entry.kind === 'hardlink') && entry.sizeBytes > 0;
    const common = headFields(entry, name, deflated);
    // Sizes of what is not streamed are known: its content stands in the header's place for them.
    const small = entry.kind === 'symlink' ? Buffer.from(entry.target ?? '', 'latin1') : Buffer.alloc(0);
    const head = localHead(common, name, extraOf(entry), isLarge, deflated ? undefined : small);
    position += head.length;
    yield head;
    let checksum = 0;
    let size = 0;
    let packed = 0;
    if (!deflated) {
      checksum = crc32(small);
      size = packed = small.length;
      if (small.length > 0) yield small;
    } else {
      const plain = measured(content!(), (piece) => {
        checksum = crc32(piece, checksum);
        size += piece.length;
      });
      for await (const piece of through(plain, () => createDeflateRaw({ level }))) {
        packed += piece.length;
        yield piece;
      }
    }
    position += packed;
    if (deflated) {
      const tail = dataDescriptor(checksum, packed, size, isLarge);
      position += tail.length;
      yield tail;
    }
    directory.push(centralHead(entry, common, name, checksum, packed, size, start));
  }
  const directoryStart = position;
  for (const head of directory) {
    position += head.length;
    yield head;
  }
  yield endRecords(directory.length, directoryStart, position - directoryStart);
}

async function* measured(
  input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of input) {
    take(piece);
    // Lent to us, and kept by the stream until it is compressed.
    yield Uint8Array.from(piece);
  }
}

/** Version needed, flags, method, time, date: the same in both headers. */
function headFields(entry: ArchiveEntry, name: Buffer, deflated: boolean): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16LE(entry.sizeBytes >= zip64From ? 45 : 20, 0);
  const utf8 = name.some((byte) => byte > 127) && isUtf8(name.toString('latin1')) ? 0x0800 : 0;
  fields.writeUInt16LE((deflated ? 0x0008 : 0) | utf8, 2);
  fields.writeUInt16LE(deflated ? 8 : 0, 4);
  const [time, date] = dosTime(entry.mtimeNs);
  fields.writeUInt16LE(time, 6);
  fields.writeUInt16LE(date, 8);
  return fields;
}

function localHead(
  common: Buffer,
  name: Buffer,
  extra: Buffer,
  isLarge: boolean,
  stored: Buffer | undefined,
): Buffer {
  // Tells readers that the sizes behind the content are of 64 bits.
  const large = isLarge ? Buffer.from('0100100000000000000000000000000000000000', 'hex') : Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  common.copy(head, 4);
  if (stored !== undefined) {
    head.writeUInt32LE(crc32(stored), 14);
    head.writeUInt32LE(stored.length, 18);
    head.writeUInt32LE(stored.length, 22);
  } else if (isLarge) {
    head.writeUInt32LE(max32, 18);
    head.writeUInt32LE(max32, 22);
  }
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(large.length + extra.length, 28);
  return Buffer.concat([head, name, large, extra]);
}

function dataDescriptor(checksum: number, packed: number, size: number, isLarge: boolean): Buffer {
  const tail = Buffer.alloc(isLarge ? 24 : 16);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(checksum, 4);
  if (isLarge) {
    tail.writeBigUInt64LE(BigInt(packed), 8);
    tail.writeBigUInt64LE(BigInt(size), 16);
  } else {
    tail.writeUInt32LE(packed, 8);
    tail.writeUInt32LE(size, 12);
  }
  return tail;
}

function centralHead(
  entry: ArchiveEntry,
  common: Buffer,
  name: Buffer,
  checksum: number,
  packed: number,
  size: number,
  start: number,
): Buffer {
  const isLarge = entry.sizeBytes >= zip64From;
  const wide = isLarge ? [size, packed] : [];
  const isFar = start >= max32;
  if (isFar) wide.push(start);
  const large = Buffer.alloc(wide.length === 0 ? 0 : 4 + wide.length * 8);
  if (wide.length > 0) {
    large.writeUInt16LE(1, 0);
    large.writeUInt16LE(wide.length * 8, 2);
    for (const [index, value] of wide.entries()) large.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  }
  const extra = extraOf(entry);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  // Made on Unix: the upper half of the attributes is a mode.
  head.writeUInt16LE((3 << 8) | 45, 4);
  common.copy(head, 6);
  if (isFar) head.writeUInt16LE(45, 6);
  head.writeUInt32LE(checksum, 16);
  head.writeUInt32LE(isLarge ? max32 : packed, 20);
  head.writeUInt32LE(isLarge ? max32 : size, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(large.length + extra.length, 30);
  const mode = typeBits[entry.kind]! | (entry.mode & 0o7777);
  head.writeUInt32LE(((mode << 16) | (entry.kind === 'directory' ? 0x10 : 0)) >>> 0, 38);
  head.writeUInt32LE(isFar ? max32 : start, 42);
  return Buffer.concat([head, name, large, extra]);
}

/** The time in seconds (UT) and the owner's numbers (ux), as Info-ZIP writes them. */
function extraOf({ mtimeNs, uid, gid }: ArchiveEntry): Buffer {
  const seconds = mtimeNs / 1_000_000_000n - (mtimeNs < 0n && mtimeNs % 1_000_000_000n !== 0n ? 1n : 0n);
  const fits = seconds >= -0x8000_0000n && seconds <= 0x7fff_ffffn;
  const time = Buffer.alloc(fits ? 9 : 0);
  if (fits) {
    time.writeUInt16LE(0x5455, 0);
    time.writeUInt16LE(5, 2);
    time.writeUInt8(1, 4);
    time.writeInt32LE(Number(seconds), 5);
  }
  const owner = Buffer.alloc(15);
  owner.writeUInt16LE(0x7875, 0);
  owner.writeUInt16LE(11, 2);
  owner.writeUInt8(1, 4);
  owner.writeUInt8(4, 5);
  owner.writeUInt32LE(uid, 6);
  owner.writeUInt8(4, 10);
  owner.writeUInt32LE(gid, 11);
  return Buffer.concat([time, owner]);
}

/** UTC, in steps of two seconds from 1980 to 2107: all that the oldest readers know. */
function dosTime(mtimeNs: bigint): [time: number, date: number] {
  const first = Date.UTC(1980, 0, 1);
  const last = Date.UTC(2107, 11, 31, 23, 59, 58);
  const at = new Date(Math.min(last, Math.max(first, Number(mtimeNs / 1_000_000n))));
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  return [time, date];
}

function endRecords(count: number, start: number, length: number): Buffer {
  const isLarge = count >= max16 || start >= max32 || length >= max32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, max16), 8);
  end.writeUInt16LE(Math.min(count, max16), 10);
  end.writeUInt32LE(Math.min(length, max32), 12);
  end.writeUInt32LE(Math.min(start, max32), 16);
  if (!isLarge) return end;
  const large = Buffer.alloc(56 + 20);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE((3 << 8) | 45, 12);
  large.writeUInt16LE(45, 14);
  large.writeBigUInt64LE(BigInt(count), 24);
  large.writeBigUInt64LE(BigInt(count), 32);
  large.writeBigUInt64LE(BigInt(length), 40);
  large.writeBigUInt64LE(BigInt(start), 48);
  large.writeUInt32LE(0x07064b50, 56);
  large.writeBigUInt64LE(BigInt(start + length), 64);
  large.writeUInt32LE(1, 72);
  return Buffer.concat([large, end]);
}
