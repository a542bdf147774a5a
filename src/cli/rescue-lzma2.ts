// LZMA2, decoded in memory: a range coder, adaptive probabilities, and copies out of what was decoded before. For rescue.mjs alone, which
// has no library for it; ten times slower than one.

/** Not LZMA2, or cut off. */
export class Lzma2Broken extends Error {}

const probabilityStart = 1024;
const states = 12;
const matchLengthMin = 2;
/** Distances below this have a slot of their own; those above are coded in part without probabilities. */
const fullSlots = 14;
const alignBits = 4;

/** Probabilities of one tree: `1 << bits` of them. */
const treeOf = (bits: number): Uint16Array => new Uint16Array(1 << bits).fill(probabilityStart);

class Lengths {
  readonly choice = new Uint16Array(2).fill(probabilityStart);
  readonly low = Array.from({ length: 16 }, () => treeOf(3));
  readonly middle = Array.from({ length: 16 }, () => treeOf(3));
  readonly high = treeOf(8);
}

/** What a reset of the state forgets. */
class Memory {
  readonly isMatch = new Uint16Array(states << 4).fill(probabilityStart);
  readonly isRepeat = new Uint16Array(states).fill(probabilityStart);
  readonly isRepeat0 = new Uint16Array(states).fill(probabilityStart);
  readonly isRepeat1 = new Uint16Array(states).fill(probabilityStart);
  readonly isRepeat2 = new Uint16Array(states).fill(probabilityStart);
  readonly isLongRepeat0 = new Uint16Array(states << 4).fill(probabilityStart);
  readonly slots = Array.from({ length: 4 }, () => treeOf(6));
  readonly distances = new Uint16Array(128).fill(probabilityStart);
  readonly align = treeOf(alignBits);
  readonly matchLengths = new Lengths();
  readonly repeatLengths = new Lengths();
  readonly literals: Uint16Array;
  state = 0;
  repeats: [number, number, number, number] = [0, 0, 0, 0];

  constructor(literalBits: number) {
    this.literals = new Uint16Array(0x300 << literalBits).fill(probabilityStart);
  }
}

interface Properties {
  /** High bits of the byte before, and low bits of the position, that choose among the coders of literals. */
  readonly literalContext: number;
  readonly literalMask: number;
  readonly positionMask: number;
}

/** One block: reads chunks from `position` and writes from `written` on, until the mark of its end. */
export class Lzma2Decoder {
  position: number;
  written: number;
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  /** Copies reach back to here. */
  #dictionaryStart: number;
  #range = 0;
  #code = 0;
  #memory: Memory | undefined;
  #properties: Properties | undefined;

  constructor(input: Uint8Array, position: number, output: Uint8Array, written: number) {
    this.#input = input;
    this.#output = output;
    this.position = position;
    this.written = written;
    this.#dictionaryStart = written;
  }

  run(): void {
    for (let isFirst = true; ; isFirst = false) {
      const control = this.#byte();
      if (control === 0) return;
      const resetsDictionary = control === 1 || control >= 0xe0;
      if (isFirst && !resetsDictionary) throw new Lzma2Broken();
      if (resetsDictionary) this.#dictionaryStart = this.written;
      if (control >= 0x80) this.#packedChunk(control);
      else if (control <= 2) this.#plainChunk();
      else throw new Lzma2Broken();
    }
  }

  #plainChunk(): void {
    const length = this.#short() + 1;
    const end = this.position + length;
    if (end > this.#input.length || this.written + length > this.#output.length) throw new Lzma2Broken();
    this.#output.set(this.#input.subarray(this.position, end), this.written);
    this.position = end;
    this.written += length;
  }

  #packedChunk(control: number): void {
    const end = this.written + ((control & 0x1f) << 16) + this.#short() + 1;
    const inputEnd = this.#short() + 1 + this.position + (control >= 0xc0 ? 1 : 0);
    if (end > this.#output.length) throw new Lzma2Broken();
    if (control >= 0xc0) this.#readProperties(this.#byte());
    const properties = this.#properties;
    if (properties === undefined) throw new Lzma2Broken();
    if (control >= 0xa0) {
      const literalBits = properties.literalContext + Math.log2(properties.literalMask + 1);
      this.#memory = new Memory(literalBits);
    }
    if (this.#memory === undefined) throw new Lzma2Broken();
    this.#range = 0xffff_ffff;
    this.#code = 0;
    if (this.#byte() !== 0) throw new Lzma2Broken();
    for (let count = 0; count < 4; count += 1) this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    while (this.written < end) this.#symbol(this.#memory, properties, end);
    // An encoder leaves the coder ready for the next byte, which is none of this chunk's any more.
    if (this.#range < 0x100_0000) this.#refill();
    if (this.position !== inputEnd) throw new Lzma2Broken();
  }

  #readProperties(byte: number): void {
    if (byte >= 9 * 5 * 5) throw new Lzma2Broken();
    const literalContext = byte % 9;
    const literalPosition = Math.floor(byte / 9) % 5;
    if (literalContext + literalPosition > 4) throw new Lzma2Broken();
    const positionBits = Math.floor(byte / 45);
    this.#properties = {
      literalContext,
      literalMask: (1 << literalPosition) - 1,
      positionMask: (1 << positionBits) - 1,
    };
  }

  #symbol(memory: Memory, properties: Properties, end: number): void {
    const position = (this.written - this.#dictionaryStart) & properties.positionMask;
    const { state } = memory;
    const at = (state << 4) + position;
    if (this.#bit(memory.isMatch, at) === 0) {
      this.#literal(memory, properties);
      return;
    }
    let length: number;
    const { repeats } = memory;
    if (this.#bit(memory.isRepeat, state) === 0) {
      length = this.#length(memory.matchLengths, position);
      memory.repeats = [this.#distance(memory, length), repeats[0], repeats[1], repeats[2]];
      memory.state = state < 7 ? 7 : 10;
    } else if (this.#bit(memory.isRepeat0, state) === 0) {
      const isLong = this.#bit(memory.isLongRepeat0, at) === 1;
      length = isLong ? this.#length(memory.repeatLengths, position) : 1;
      memory.state = state < 7 ? (isLong ? 8 : 9) : 11;
    } else {
      memory.repeats = this.#olderFirst(memory);
      length = this.#length(memory.repeatLengths, position);
      memory.state = state < 7 ? 8 : 11;
    }
    const from = this.written - memory.repeats[0] - 1;
    if (from < this.#dictionaryStart || this.written + length > end) throw new Lzma2Broken();
    // Byte by byte: a copy may reach into what it writes.
    for (let step = 0; step < length; step += 1)
      this.#output[this.written + step] = this.#output[from + step]!;
    this.written += length;
  }

  #olderFirst({ isRepeat1, isRepeat2, state, repeats }: Memory): [number, number, number, number] {
    const [first, second, third, fourth] = repeats;
    if (this.#bit(isRepeat1, state) === 0) return [second, first, third, fourth];
    if (this.#bit(isRepeat2, state) === 0) return [third, first, second, fourth];
    return [fourth, first, second, third];
  }

  #literal(memory: Memory, { literalContext, literalMask }: Properties): void {
    const isStart = this.written === this.#dictionaryStart;
    const before = isStart ? 0 : this.#output[this.written - 1]!;
    const place = (this.written - this.#dictionaryStart) & literalMask;
    const base = 0x300 * ((place << literalContext) + (before >> (8 - literalContext)));
    let symbol = 1;
    if (memory.state >= 7) {
      const from = this.written - memory.repeats[0] - 1;
      if (from < this.#dictionaryStart) throw new Lzma2Broken();
      let match = this.#output[from]!;
      while (symbol < 0x100) {
        match <<= 1;
        const expected = match & 0x100;
        const bit = this.#bit(memory.literals, base + 0x100 + expected + symbol);
        symbol = (symbol << 1) | bit;
        if (expected >> 8 !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(memory.literals, base + symbol);
    this.#output[this.written] = symbol & 0xff;
    this.written += 1;
    const { state } = memory;
    memory.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  #length(lengths: Lengths, position: number): number {
    if (this.#bit(lengths.choice, 0) === 0) return matchLengthMin + this.#tree(lengths.low[position]!, 3);
    if (this.#bit(lengths.choice, 1) === 0)
      return matchLengthMin + 8 + this.#tree(lengths.middle[position]!, 3);
    return matchLengthMin + 16 + this.#tree(lengths.high, 8);
  }

  #distance(memory: Memory, length: number): number {
    const slot = this.#tree(memory.slots[Math.min(length - matchLengthMin, 3)]!, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < fullSlots) return base + this.#reverse(memory.distances, base - slot, bits);
    const direct = this.#direct(bits - alignBits) * 2 ** alignBits;
    return base + direct + this.#reverse(memory.align, 0, alignBits);
  }

  #tree(probabilities: Uint16Array, bits: number): number {
    let symbol = 1;
    for (let bit = 0; bit < bits; bit += 1) symbol = (symbol << 1) | this.#bit(probabilities, symbol);
    return symbol - (1 << bits);
  }

  #reverse(probabilities: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let place = 0; place < bits; place += 1) {
      const bit = this.#bit(probabilities, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << place;
    }
    return value;
  }

  #direct(bits: number): number {
    let value = 0;
    for (let count = 0; count < bits; count += 1) {
      if (this.#range < 0x100_0000) this.#refill();
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
    }
    return value;
  }

  #bit(probabilities: Uint16Array, at: number): 0 | 1 {
    if (this.#range < 0x100_0000) this.#refill();
    const probability = probabilities[at]!;
    const bound = (this.#range >>> 11) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      probabilities[at] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    probabilities[at] = probability - (probability >> 5);
    return 1;
  }

  #refill(): void {
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
  }

  #byte(): number {
    const byte = this.#input[this.position];
    if (byte === undefined) throw new Lzma2Broken();
    this.position += 1;
    return byte;
  }

  #short(): number {
    const high = this.#byte();
    return high * 256 + this.#byte();
  }
}
