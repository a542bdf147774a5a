// bzip2: compressed by the original library, block by block as streams of their own, one behind the other, which every reader
// takes for one; decompressed block by block, so that memory holds one block and what comes out of it.

import { archiveBroken } from './archive.ts';

/** Out of one block of 900,000 bytes come at most 259 for every five, by runs. */
const plainFactorMax = 52;
/** A block's code takes at most 20 bits for a byte, and its tables far less than this. */
const codeBytesPerStep = 260_000;
const tableBytesMax = 64_000;

export async function* compressBzip2(
  plain: AsyncIterable<Uint8Array>,
  level: number,
): AsyncGenerator<Uint8Array> {
  const { default: BZip2 } = await import('bzip2-wasm');
  const library = new BZip2();
  await library.init();
  const block = new Uint8Array(level * 100_000);
  // What cannot be compressed grows by a hundredth and some.
  const room = Math.ceil(block.length * 1.02) + 1_000;
  let filled = 0;
  let written = false;
  for await (const piece of plain) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + block.length - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < block.length) continue;
      yield library.compress(block, level, room);
      written = true;
      filled = 0;
    }
  }
  if (filled > 0 || !written) yield library.compress(block.subarray(0, filled), level, room);
}

export async function* decompressBzip2(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: decoder } = await import('unbzip2-stream/lib/bzip2.js');
  const input = new BitInput();
  const source = packed[Symbol.asyncIterator]();
  try {
    let isEnd = false;
    let level = 9;
    let checksum: number | null = null;
    let streams = 0;
    let plain = new Uint8Array(1_048_576);
    for (;;) {
      while (!isEnd && input.length < level * codeBytesPerStep + tableBytesMax) {
        const { done, value } = await source.next();
        if (done === true) isEnd = true;
        else input.push(value);
      }
      if (input.length === 0 && checksum === null && streams > 0) return;
      let length = 0;
      const limit = level * 100_000 * plainFactorMax;
      const take = (byte: number) => {
        if (length === plain.length) {
          const larger = new Uint8Array(Math.min(plain.length * 2, limit));
          if (larger.length === length) throw archiveBroken('has a bzip2 block larger than one can be');
          larger.set(plain);
          plain = larger;
        }
        plain[length] = byte;
        length += 1;
      };
      try {
        if (checksum === null) {
          level = decoder.header(input.bits);
          streams += 1;
          checksum = 0;
          continue;
        }
        const buffer = new Int32Array(level * 100_000);
        checksum = decoder.decompress(input.bits, take, buffer, buffer.length, checksum);
      } catch (error) {
        if (error instanceof EndOfInput) throw archiveBroken('ends too early');
        throw archiveBroken('cannot be decompressed', error);
      }
      for (let at = 0; at < length; at += 65_536) yield plain.slice(at, Math.min(at + 65_536, length));
    }
  } finally {
    await source.return?.();
  }
}

class EndOfInput extends Error {}

/** Bits from the left out of pieces; `bits(null)` goes on to the next whole byte. */
class BitInput {
  readonly #pieces: Uint8Array[] = [];
  #at = 0;
  #held = 0;
  #heldBits = 0;
  /** Whole bytes that were not begun. */
  length = 0;

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  readonly bits = (count: number | null): number => {
    if (count === null) {
      this.#heldBits = 0;
      return 0;
    }
    let result = 0;
    for (let left = count; left > 0; ) {
      if (this.#heldBits === 0) {
        this.#held = this.#nextByte();
        this.#heldBits = 8;
      }
      const taken = Math.min(left, this.#heldBits);
      this.#heldBits -= taken;
      result = (result << taken) | ((this.#held >>> this.#heldBits) & ((1 << taken) - 1));
      left -= taken;
    }
    return result;
  };

  #nextByte(): number {
    const piece = this.#pieces[0];
    if (piece === undefined) throw new EndOfInput();
    const byte = piece[this.#at]!;
    this.#at += 1;
    this.length -= 1;
    if (this.#at === piece.length) {
      this.#pieces.shift();
      this.#at = 0;
    }
    return byte;
  }
}
