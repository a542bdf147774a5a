// Plain operations on bytes, without Buffer, so that the pure rooms stay free of the platform.

import { Failure } from './failure.ts';

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** The bytes of lower-case hex; anything else is corrupt/HEX_INVALID. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new Failure('corrupt', 'HEX_INVALID', 'text is not lower-case hexadecimal digits in pairs', {
      facts: { length: text.length },
    });
  }
  return Uint8Array.fromHex(text);
}

/** A new array with all parts, one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Unsigned bytewise order, a prefix first: negative, zero or positive as for `sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Leaks by its time where the first difference lies: never for secrets or authentication codes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** A byte string: text with one character U+0000 to U+00FF per byte, so that names of any encoding can be Map keys. */
export function toByteString(bytes: Uint8Array): string {
  let text = '';
  // In pieces, since all bytes as arguments of one call would overflow the stack.
  for (let offset = 0; offset < bytes.length; offset += 8192) {
    text += String.fromCharCode(...bytes.subarray(offset, offset + 8192));
  }
  return text;
}

/** The bytes of a byte string; a character above U+00FF is a `bug`: the text was decoded already. */
export function fromByteString(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0xff) throw outOfRange(code, 'byte');
    bytes[index] = code;
  }
  return bytes;
}

export function readU32Le(bytes: Uint8Array, offset: number): number {
  checkRange(bytes, offset, 4);
  return (
    (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>>
    0
  );
}

export function writeU32Le(bytes: Uint8Array, offset: number, value: number): void {
  checkRange(bytes, offset, 4);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw outOfRange(value, 'u32');
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

export function readU64Le(bytes: Uint8Array, offset: number): bigint {
  return (BigInt(readU32Le(bytes, offset + 4)) << 32n) | BigInt(readU32Le(bytes, offset));
}

export function writeU64Le(bytes: Uint8Array, offset: number, value: bigint): void {
  checkRange(bytes, offset, 8);
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw outOfRange(value, 'u64');
  writeU32Le(bytes, offset, Number(value & 0xffff_ffffn));
  writeU32Le(bytes, offset + 4, Number(value >> 32n));
}

/**
 * PADME (FORMAT.md § Primitives): the length that `length` bytes are padded to. Costs at most 12 %, and leaks only
 * O(log log length) bits of the length.
 */
export function padme(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) throw outOfRange(length, 'length');
  if (length < 2) return length;
  const exponent = floorLog2(length);
  const step = 2 ** (exponent - (floorLog2(exponent) + 1));
  return step <= 1 ? length : Math.ceil(length / step) * step;
}

/** Exact, where Math.log2 rounds up just below large powers of two. */
function floorLog2(value: number): number {
  if (value < 2 ** 32) return value === 0 ? 0 : 31 - Math.clz32(value);
  return 63 - Math.clz32(Math.floor(value / 2 ** 32));
}

function checkRange(bytes: Uint8Array, offset: number, length: number): void {
  if (!Number.isInteger(offset) || offset < 0 || offset + length > bytes.length) {
    throw new Failure(
      'corrupt',
      'BYTES_TOO_SHORT',
      `${bytes.length} bytes are too few for ${length} at ${offset}`,
      {
        facts: { length: bytes.length, offset },
      },
    );
  }
}

function outOfRange(value: number | bigint, type: string): Failure {
  return new Failure('bug', 'NUMBER_OUT_OF_RANGE', `"${value}" is no ${type}`);
}
