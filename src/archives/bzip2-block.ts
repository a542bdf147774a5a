// One block of bzip2, decoded: Huffman codes, moves to the front, the inverse of the Burrows-Wheeler transform, runs of four, and the
// checksum over what comes out. Typed arrays and one bit buffer, because this is the slowest part of reading such an archive.

import type { BitInput } from './bzip2-bits.ts';

const codeBitsMax = 20;
const groupLength = 50;
const selectorsMax = 32_768;

/** Bits from the left, polynomial 0x04c11db7: unlike the CRC-32 of gzip and zip. */
const checksums = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value;
});

/** What is wrong with a block, in words. */
export class BlockBroken extends Error {}

function broken(what: string): never {
  throw new BlockBroken(what);
}

/** Buffers for blocks of one archive, made once. */
export class BlockDecoder {
  /** Row of the transform in the low byte, later the next row above it. */
  readonly #rows: Uint32Array;
  readonly #selectors = new Uint8Array(selectorsMax);
  readonly #counts = new Int32Array(256);
  #plain = new Uint8Array(1024 * 1024);

  /** `level` tells the largest block: so many hundred thousand bytes. */
  constructor(level: number) {
    this.#rows = new Uint32Array(level * 100_000);
  }

  /** Decodes the block behind its signature; the bytes are valid until the next call. */
  decode(input: BitInput): { readonly plain: Uint8Array; readonly checksum: number } {
    const told = input.bits(16) * 65_536 + input.bits(16);
    if (input.bits(1) === 1) broken('is randomised, which has been obsolete for long');
    const start = input.bits(24);
    const count = this.#readSymbols(input);
    if (start >= count) broken('begins outside of itself');
    this.#invert(count);
    const plain = this.#expand(start, count);
    let value = 0xffff_ffff;
    for (let at = 0; at < plain.length; at += 1)
      value = (value << 8) ^ checksums[((value >>> 24) ^ plain[at]!) & 0xff]!;
    const checksum = ~value >>> 0;
    if (checksum !== told) broken('has a wrong checksum');
    return { plain, checksum };
  }

  /** Fills the low bytes of the rows; returns how many. */
  #readSymbols(input: BitInput): number {
    const used: number[] = [];
    const rows = input.bits(16);
    for (let row = 0; row < 16; row += 1) {
      if (((rows >>> (15 - row)) & 1) === 0) continue;
      const columns = input.bits(16);
      for (let column = 0; column < 16; column += 1)
        if (((columns >>> (15 - column)) & 1) === 1) used.push(row * 16 + column);
    }
    if (used.length === 0) broken('uses no byte at all');
    const tableCount = input.bits(3);
    const selectorCount = input.bits(15);
    if (tableCount < 2 || tableCount > 6 || selectorCount === 0) broken('has no tables');
    const order = [0, 1, 2, 3, 4, 5];
    for (let at = 0; at < selectorCount; at += 1) {
      let place = 0;
      while (input.bits(1) === 1) {
        place += 1;
        if (place >= tableCount) broken('selects a table that is not there');
      }
      const table = order[place]!;
      order.copyWithin(1, 0, place);
      order[0] = table;
      this.#selectors[at] = table;
    }
    const symbolCount = used.length + 2;
    const tables = Array.from({ length: tableCount }, () => readTable(input, symbolCount));
    return this.#decodeSymbols(input, used, tables, selectorCount);
  }

  #decodeSymbols(
    input: BitInput,
    used: readonly number[],
    tables: readonly Table[],
    selectorCount: number,
  ): number {
    const rows = this.#rows;
    const front = Uint8Array.from(used);
    const counts = this.#counts.fill(0);
    const endSymbol = used.length + 1;
    let selector = 0;
    let left = 0;
    let table = tables[0]!;
    let count = 0;
    let run = 0;
    let weight = 1;
    for (;;) {
      if (left === 0) {
        if (selector >= selectorCount) broken('goes on after its last table');
        table = tables[this.#selectors[selector]!]!;
        selector += 1;
        left = groupLength;
      }
      left -= 1;
      const symbol = decodeSymbol(input, table);
      if (symbol <= 1) {
        run += weight << symbol;
        weight <<= 1;
        if (run > rows.length) broken('is larger than it may be');
        continue;
      }
      if (run > 0) {
        if (count + run > rows.length) broken('is larger than it may be');
        const byte = front[0]!;
        rows.fill(byte, count, count + run);
        counts[byte]! += run;
        count += run;
        run = 0;
        weight = 1;
      }
      if (symbol === endSymbol) return count;
      if (count >= rows.length) broken('is larger than it may be');
      const place = symbol - 1;
      const byte = front[place]!;
      front.copyWithin(1, 0, place);
      front[0] = byte;
      rows[count] = byte;
      counts[byte]! += 1;
      count += 1;
    }
  }

  /** Links each row to the next one of the text. */
  #invert(count: number): void {
    const rows = this.#rows;
    const counts = this.#counts;
    let before = 0;
    for (let byte = 0; byte < 256; byte += 1) {
      const here = counts[byte]!;
      counts[byte] = before;
      before += here;
    }
    for (let row = 0; row < count; row += 1) {
      const byte = rows[row]! & 0xff;
      const place = counts[byte]!;
      rows[place] = rows[place]! | (row << 8);
      counts[byte] = place + 1;
    }
  }

  /** Walks the text, and puts back the runs: after four equal bytes comes how many more there were. */
  #expand(start: number, count: number): Uint8Array {
    const rows = this.#rows;
    let plain = this.#plain;
    let length = 0;
    let entry = rows[rows[start]! >>> 8]!;
    let previous = -1;
    let equal = 0;
    for (let left = count; left > 0; left -= 1) {
      const byte = entry & 0xff;
      entry = rows[entry >>> 8]!;
      if (length + 256 > plain.length) {
        const larger = new Uint8Array(plain.length * 2);
        larger.set(plain);
        plain = this.#plain = larger;
      }
      if (equal === 4) {
        plain.fill(previous, length, length + byte);
        length += byte;
        equal = 0;
        previous = -1;
        continue;
      }
      equal = byte === previous ? equal + 1 : 1;
      previous = byte;
      plain[length] = byte;
      length += 1;
    }
    return plain.subarray(0, length);
  }
}

/** A canonical Huffman code: for each length the largest code of it, and where its symbols begin. */
interface Table {
  readonly shortest: number;
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

function readTable(input: BitInput, symbolCount: number): Table {
  const lengths = new Uint8Array(symbolCount);
  let length = input.bits(5);
  for (let symbol = 0; symbol < symbolCount; symbol += 1) {
    for (;;) {
      if (length < 1 || length > codeBitsMax) broken('has a code of a length that cannot be');
      if (input.bits(1) === 0) break;
      length += input.bits(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const limits = new Int32Array(codeBitsMax + 1).fill(-1);
  const offsets = new Int32Array(codeBitsMax + 1);
  const symbols = new Uint16Array(symbolCount);
  let code = 0;
  let placed = 0;
  let shortest = codeBitsMax;
  for (let bits = 1; bits <= codeBitsMax; bits += 1) {
    const first = placed;
    for (let symbol = 0; symbol < symbolCount; symbol += 1) {
      if (lengths[symbol] !== bits) continue;
      symbols[placed] = symbol;
      placed += 1;
    }
    const here = placed - first;
    if (here > 0) {
      shortest = Math.min(shortest, bits);
      limits[bits] = code + here - 1;
      offsets[bits] = first - code;
    }
    code = (code + here) * 2;
  }
  return { shortest, limits, offsets, symbols };
}

function decodeSymbol(input: BitInput, { shortest, limits, offsets, symbols }: Table): number {
  let bits = shortest;
  let code = input.bits(bits);
  while (code > limits[bits]!) {
    bits += 1;
    if (bits > codeBitsMax) broken('has a code that no table knows');
    code = code * 2 + input.bits(1);
  }
  const symbol = symbols[code + offsets[bits]!];
  return symbol ?? broken('has a code that no table knows');
}
