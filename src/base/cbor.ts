// Deterministic CBOR (RFC 8949 §4.2) in the subset of FORMAT.md § Primitives: integers, byte and text strings, arrays,
// maps with unsigned or text keys, true, false, null. One value has exactly one encoding, and the decoder refuses all
// others: what was signed or hashed can be compared as bytes.

import { compareBytes } from './bytes.ts';
import { Failure } from './failure.ts';
import { cborArraysMax, cborBytesMax, cborDepthMax, cborItemsMax, cborMapsMax } from './limits.ts';

/** What can be encoded. Integers come back as `number` when safe, else as `bigint`. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>;

/**
 * The only encoding of `value`. Whatever is outside the subset (a fraction, `undefined`, an object that is no Map) is
 * a `bug`, and so is what a decoder would refuse for its depth or size.
 */
export function encode(value: unknown): Uint8Array {
  const output: Output = { bytes: new Uint8Array(1024), length: 0, items: 0, arrays: 0, maps: 0 };
  writeValue(output, value, 0);
  if (output.length > cborBytesMax) throw unencodable('more bytes than a decoder accepts');
  return output.bytes.slice(0, output.length);
}

/** Decodes exactly one item that fills `bytes`. Byte strings are views into `bytes`. */
export function decode(bytes: Uint8Array, bytesMax: number = cborBytesMax): unknown {
  if (bytes.length > bytesMax) throw invalid(`more than ${bytesMax} bytes`, bytesMax);
  const { value, end } = decodeFirst(bytes, bytesMax);
  if (end !== bytes.length) throw invalid('bytes behind the item', end);
  return value;
}

/** Decodes the item `bytes` begins with, which must end within `bytesMax`, and tells where. Byte strings are views. */
export function decodeFirst(
  bytes: Uint8Array,
  bytesMax: number = cborBytesMax,
): { readonly value: unknown; readonly end: number } {
  // A plain view, whatever subclass came in: byte strings are then plain Uint8Arrays in every program.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, bytesMax));
  const input: Input = { bytes: view, offset: 0, argument: 0, items: 0, arrays: 0, maps: 0 };
  const value = readValue(input, 0);
  return { value, end: input.offset };
}

interface Output {
  bytes: Uint8Array;
  length: number;
  items: number;
  arrays: number;
  maps: number;
}

const utf8 = new TextEncoder();

function writeValue(output: Output, value: unknown, depth: number): void {
  output.items += 1;
  if (output.items > cborItemsMax) throw unencodable('more items than a decoder accepts');
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw unencodable(`the number ${value}`);
    if (value >= 0) writeHead(output, 0x00, value);
    else writeHead(output, 0x20, -1 - value);
  } else if (value instanceof Uint8Array) {
    writeHead(output, 0x40, value.length);
    reserve(output, value.length);
    output.bytes.set(value, output.length);
    output.length += value.length;
  } else if (typeof value === 'string') writeText(output, value);
  else if (value === false) writeByte(output, 0xf4);
  else if (value === true) writeByte(output, 0xf5);
  else if (value === null) writeByte(output, 0xf6);
  else if (typeof value === 'bigint') writeBigint(output, value);
  else if (Array.isArray(value)) {
    if (depth >= cborDepthMax) throw unencodable(`more than ${cborDepthMax} levels`);
    output.arrays += 1;
    if (output.arrays > cborArraysMax) throw unencodable('more arrays than a decoder accepts');
    writeHead(output, 0x80, value.length);
    for (const element of value) writeValue(output, element, depth + 1);
  } else if (value instanceof Map) {
    if (depth >= cborDepthMax) throw unencodable(`more than ${cborDepthMax} levels`);
    writeMap(output, value, depth);
  } else throw unencodable(value === undefined ? 'undefined' : `a value of type ${typeof value}`);
}

function writeMap(output: Output, map: ReadonlyMap<unknown, unknown>, depth: number): void {
  output.maps += 1;
  if (output.maps > cborMapsMax) throw unencodable('more maps than a decoder accepts');
  writeHead(output, 0xa0, map.size);
  const keys = [...map.keys()];
  for (const key of keys) checkKey(key);
  for (const key of keys.sort(compareKeys)) {
    writeValue(output, key, depth + 1);
    writeValue(output, map.get(key), depth + 1);
  }
}

/** Of checked keys, the bytewise order of their encodings: unsigned integers by value, then texts by length in UTF-8, then bytewise. */
function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  const [left, right] = [utf8.encode(a as string), utf8.encode(b as string)];
  return left.length - right.length || compareBytes(left, right);
}

function checkKey(key: unknown): void {
  if (typeof key === 'string' || (Number.isSafeInteger(key) && (key as number) >= 0)) return;
  throw unencodable('a map key that is neither an unsigned integer nor text');
}

function writeText(output: Output, text: string): void {
  // A lone surrogate has no UTF-8: it would silently become another text.
  if (!text.isWellFormed()) throw unencodable('text with a lone surrogate');
  const encoded = utf8.encode(text);
  writeHead(output, 0x60, encoded.length);
  reserve(output, encoded.length);
  output.bytes.set(encoded, output.length);
  output.length += encoded.length;
}

function writeBigint(output: Output, value: bigint): void {
  const isNegative = value < 0n;
  const argument = isNegative ? -1n - value : value;
  if (argument > 0xffff_ffff_ffff_ffffn) throw unencodable('an integer of more than 64 bits');
  const major = isNegative ? 0x20 : 0x00;
  if (argument <= BigInt(Number.MAX_SAFE_INTEGER)) {
    writeHead(output, major, Number(argument));
    return;
  }
  writeByte(output, major | 27);
  reserve(output, 8);
  for (let shift = 56n; shift >= 0n; shift -= 8n) {
    output.bytes[output.length] = Number((argument >> shift) & 0xffn);
    output.length += 1;
  }
}

function writeHead(output: Output, major: number, argument: number): void {
  reserve(output, 9);
  const { bytes } = output;
  let at = output.length;
  if (argument < 24) bytes[at++] = major | argument;
  else if (argument < 0x100) {
    bytes[at++] = major | 24;
    bytes[at++] = argument;
  } else if (argument < 0x1_0000) {
    bytes[at++] = major | 25;
    bytes[at++] = argument >>> 8;
    bytes[at++] = argument;
  } else {
    const isLong = argument > 0xffff_ffff;
    bytes[at++] = major | (isLong ? 27 : 26);
    if (isLong) {
      const high = Math.floor(argument / 0x1_0000_0000);
      bytes[at++] = high >>> 24;
      bytes[at++] = high >>> 16;
      bytes[at++] = high >>> 8;
      bytes[at++] = high;
    }
    bytes[at++] = argument >>> 24;
    bytes[at++] = argument >>> 16;
    bytes[at++] = argument >>> 8;
    bytes[at++] = argument;
  }
  output.length = at;
}

function writeByte(output: Output, byte: number): void {
  reserve(output, 1);
  output.bytes[output.length] = byte;
  output.length += 1;
}

function reserve(output: Output, more: number): void {
  const needed = output.length + more;
  if (needed <= output.bytes.length) return;
  const grown = new Uint8Array(Math.max(needed, output.bytes.length * 2));
  grown.set(output.bytes.subarray(0, output.length));
  output.bytes = grown;
}

interface Input {
  readonly bytes: Uint8Array;
  offset: number;
  /** The argument of the head just read. */
  argument: number | bigint;
  items: number;
  arrays: number;
  maps: number;
}

// `ignoreBOM` keeps a leading U+FEFF, which would otherwise vanish and break the round trip.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readValue(input: Input, depth: number): unknown {
  const start = input.offset;
  input.items += 1;
  if (input.items > cborItemsMax) throw invalid(`more than ${cborItemsMax} items`, start);
  const initial = input.bytes[start];
  if (initial === undefined) throw invalid('the end inside an item', start);
  if (initial >= 0xe0) return readSimple(input, initial);
  readArgument(input, initial);
  switch (initial >> 5) {
    case 0:
      return input.argument;
    case 1:
      return negative(input.argument);
    case 2:
      return takeBytes(input, start);
    case 3:
      return readText(input, start);
    case 4:
      return readArray(input, depth, start);
    case 5:
      return readMap(input, depth, start);
    default:
      throw invalid('a tag', start);
  }
}

function readSimple(input: Input, initial: number): boolean | null {
  input.offset += 1;
  if (initial === 0xf4) return false;
  if (initial === 0xf5) return true;
  if (initial === 0xf6) return null;
  throw invalid('a float, simple value or break', input.offset - 1);
}

function negative(argument: number | bigint): number | bigint {
  if (typeof argument === 'bigint') return -1n - argument;
  // -1 - (2^53 - 1) = -2^53 is the one value whose argument is safe and which itself is not.
  return argument === Number.MAX_SAFE_INTEGER ? -1n - BigInt(argument) : -1 - argument;
}

function readArgument(input: Input, initial: number): void {
  const start = input.offset;
  const { bytes } = input;
  const length = initial & 0x1f;
  if (length < 24) {
    input.argument = length;
    input.offset = start + 1;
    return;
  }
  if (length > 27) throw invalid('an indefinite or reserved length', start);
  const width = 1 << (length - 24);
  if (start + 1 + width > bytes.length) throw invalid('the end inside an item', bytes.length);
  let argument = 0;
  // The first four bytes, or all that are fewer.
  for (let index = 1; index <= Math.min(width, 4); index += 1)
    argument = argument * 256 + bytes[start + index]!;
  let isShortest = argument >= (length === 24 ? 24 : length === 25 ? 0x100 : 0x1_0000);
  if (width === 8) {
    const high = argument;
    let low = 0;
    for (let index = 5; index <= 8; index += 1) low = low * 256 + bytes[start + index]!;
    isShortest = high > 0;
    input.argument = high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
  } else input.argument = argument;
  if (!isShortest) throw invalid('an integer that is not in its shortest form', start);
  input.offset = start + 1 + width;
}

/** The argument as a number of things of which each takes at least `width` bytes: bounded before anything is allocated. */
function takeCount(input: Input, width: number, start: number): number {
  const { argument } = input;
  if (typeof argument === 'bigint' || argument * width > input.bytes.length - input.offset) {
    throw invalid('the end inside an item', start);
  }
  return argument;
}

function takeBytes(input: Input, start: number): Uint8Array {
  const begin = input.offset;
  const end = begin + takeCount(input, 1, start);
  input.offset = end;
  return input.bytes.subarray(begin, end);
}

function readText(input: Input, start: number): string {
  const encoded = takeBytes(input, start);
  try {
    return strictUtf8.decode(encoded);
  } catch (cause) {
    throw invalid('text that is not UTF-8', start, cause);
  }
}

function readArray(input: Input, depth: number, start: number): unknown[] {
  if (depth >= cborDepthMax) throw invalid(`more than ${cborDepthMax} levels`, start);
  input.arrays += 1;
  if (input.arrays > cborArraysMax) throw invalid(`more than ${cborArraysMax} arrays`, start);
  const count = takeCount(input, 1, start);
  const array: unknown[] = [];
  for (let index = 0; index < count; index += 1) array.push(readValue(input, depth + 1));
  return array;
}

function readMap(input: Input, depth: number, start: number): Map<number | string, unknown> {
  if (depth >= cborDepthMax) throw invalid(`more than ${cborDepthMax} levels`, start);
  input.maps += 1;
  if (input.maps > cborMapsMax) throw invalid(`more than ${cborMapsMax} maps`, start);
  const count = takeCount(input, 2, start);
  const map = new Map<number | string, unknown>();
  let previousBegin = 0;
  let previousEnd = 0;
  for (let index = 0; index < count; index += 1) {
    const begin = input.offset;
    const key = readValue(input, depth + 1);
    if (!(typeof key === 'string' || (typeof key === 'number' && key >= 0))) {
      throw invalid('a map key that is neither an unsigned integer nor text', begin);
    }
    const end = input.offset;
    if (index > 0 && !ascends(input.bytes, previousBegin, previousEnd, begin, end)) {
      throw invalid('map keys that do not ascend', begin);
    }
    previousBegin = begin;
    previousEnd = end;
    map.set(key, readValue(input, depth + 1));
  }
  return map;
}

/** Whether the second encoded key is strictly greater. Equal keys do not ascend: duplicates are refused with the same check. */
function ascends(bytes: Uint8Array, begin: number, end: number, nextBegin: number, nextEnd: number): boolean {
  const shared = Math.min(end - begin, nextEnd - nextBegin);
  for (let index = 0; index < shared; index += 1) {
    const [left, right] = [bytes[begin + index]!, bytes[nextBegin + index]!];
    if (left !== right) return left < right;
  }
  return end - begin < nextEnd - nextBegin;
}

function invalid(found: string, offset: number, cause?: unknown): Failure {
  return new Failure('corrupt', 'CBOR_INVALID', `CBOR has ${found} at byte ${offset}`, {
    facts: { offset },
    hint: 'Run "holdfast check" to see what is affected.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function unencodable(what: string): Failure {
  return new Failure('bug', 'CBOR_UNENCODABLE', `CBOR here cannot hold ${what}`);
}
