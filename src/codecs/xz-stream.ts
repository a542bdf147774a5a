// The container of xz around LZMA2, as far as one frame needs it: written here because the library gives either levels or a stream of its
// own, and walked here before anything is decoded, because LZMA2 tells in the clear what each of its chunks decodes to.

import { crc32 } from 'node:zlib';
import { overrun, trailing, undecodable } from './result.ts';

const magic = Buffer.from('fd377a585a00', 'hex');
const endMagic = Buffer.from('YZ', 'latin1');
/** Stream flags: each block carries a CRC32. */
const checkCrc32 = 1;
/** Lengths of the checks by their number; others are not used by anybody. */
const checkLengths: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };
const headLength = 12;
const footerLength = 12;
const lzma2Filter = 0x21;
/** What `xz -9` asks a reader for. Larger ones would let 30 bytes take all memory. */
const dictionaryMax = 64 * 1024 * 1024;

/** The smallest dictionary of LZMA2's scale that holds so many bytes: 2 or 3 times a power of two, from 4 KiB. */
export function dictionaryFor(length: number): { readonly code: number; readonly bytes: number } {
  let code = 0;
  while (dictionaryBytes(code) < length) code += 1;
  return { code, bytes: dictionaryBytes(code) };
}

function dictionaryBytes(code: number): number {
  return (2 | (code & 1)) * 2 ** ((code >>> 1) + 11);
}

/** One stream of one block: `packed` is the LZMA2 data of `plain`. */
export function wrapXz(packed: Uint8Array, plain: Uint8Array, dictionaryCode: number): Buffer<ArrayBuffer> {
  const flags = Buffer.from([0, checkCrc32]);
  const blockHead = Buffer.from([2, 0, lzma2Filter, 1, dictionaryCode, 0, 0, 0]);
  const unpadded = blockHead.length + 4 + packed.length + 4;
  const index = padded(Buffer.concat([Buffer.from([0, 1]), variable(unpadded), variable(plain.length)]));
  const footer = Buffer.concat([u32((index.length + 4) / 4 - 1), flags]);
  return join([
    magic,
    flags,
    u32(crc32(flags)),
    blockHead,
    u32(crc32(blockHead)),
    packed,
    Buffer.alloc(-packed.length & 3),
    u32(crc32(plain)),
    index,
    u32(crc32(index)),
    u32(crc32(footer)),
    footer,
    endMagic,
  ]);
}

/** Proves, without decoding, that this is one xz stream of LZMA2 which decodes to no more than `plainLength` bytes. */
export function checkXz(bytes: Uint8Array, plainLength: number): void {
  const at = (offset: number): number => {
    const byte = bytes[offset];
    if (byte === undefined) throw undecodable('xz');
    return byte;
  };
  if (Buffer.compare(bytes.subarray(0, magic.length), magic) !== 0) throw undecodable('xz');
  const checkLength = checkLengths[at(magic.length + 1)];
  if (checkLength === undefined) throw undecodable('xz');
  let offset = headLength;
  let total = 0;
  // A block's head begins with its length, the index with a zero.
  while (at(offset) !== 0) {
    checkDictionary(bytes, offset);
    offset += (at(offset) + 1) * 4;
    for (let control = at(offset); control !== 0; control = at(offset)) {
      const isPacked = control >= 0x80;
      if (!isPacked && control > 2) throw undecodable('xz');
      const size = (at(offset + 1) << 8) + at(offset + 2) + 1;
      total += isPacked ? ((control & 0x1f) << 16) + size : size;
      if (total > plainLength) throw overrun('xz', plainLength);
      // A reset of the properties brings one byte more.
      const headed = control >= 0xc0 ? 6 : 5;
      offset += isPacked ? headed + (at(offset + 3) << 8) + at(offset + 4) + 1 : 3 + size;
    }
    offset += 1;
    offset += (-offset & 3) + checkLength;
  }
  const footer = indexEnd(bytes, offset);
  if (footer + footerLength > bytes.length) throw undecodable('xz');
  if (footer + footerLength < bytes.length) throw trailing('xz');
}

/** The filters of a block: only LZMA2 alone, with a dictionary that a reader may be asked for. */
function checkDictionary(bytes: Uint8Array, start: number): void {
  const end = start + (bytes[start]! + 1) * 4;
  const flags = bytes[start + 1] ?? 0xff;
  let offset = start + 2;
  // The lengths of the block may be told here; the chunks tell them, too.
  for (const flag of [0x40, 0x80]) if (flags & flag) offset = variableEnd(bytes, offset, end);
  const isPlain = (flags & 0x3f) === 0 && bytes[offset] === lzma2Filter && bytes[offset + 1] === 1;
  const code = bytes[offset + 2];
  if (!isPlain || code === undefined || offset + 3 > end || dictionaryBytes(code) > dictionaryMax) {
    throw undecodable('xz');
  }
}

function indexEnd(bytes: Uint8Array, start: number): number {
  let offset = start + 1;
  let records = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[offset];
    if (byte === undefined || shift > 2 ** 28) throw undecodable('xz');
    records += (byte & 0x7f) * shift;
    offset += 1;
    if (byte < 0x80) break;
  }
  for (let record = 0; record < records; record += 1) {
    offset = variableEnd(bytes, offset, bytes.length);
    offset = variableEnd(bytes, offset, bytes.length);
  }
  return offset + (-offset & 3) + 4;
}

/** Behind a number of seven bits a byte. */
function variableEnd(bytes: Uint8Array, start: number, end: number): number {
  let offset = start;
  while (offset < end && bytes[offset]! >= 0x80) offset += 1;
  if (offset >= end) throw undecodable('xz');
  return offset + 1;
}

function variable(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** As Buffer.concat, in memory of its own. */
function join(parts: readonly Uint8Array[]): Buffer<ArrayBuffer> {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
