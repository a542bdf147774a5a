// bzip2: compressed by the original library, block by block as streams of their own, one behind the other, which every reader
// takes for one; decompressed block by block, so that memory holds one block and what comes out of it.

import { archiveBroken } from './archive.ts';
import { BitInput, EndOfInput } from './bzip2-bits.ts';
import { BlockBroken, BlockDecoder } from './bzip2-block.ts';

const blockSignature = 0x3141_5926_5359;
const endSignature = 0x1772_4538_5090;

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
  const input = new BitInput();
  const source = packed[Symbol.asyncIterator]();
  let decoder: BlockDecoder | undefined;
  let level = 9;
  let decoderLevel = 0;
  let checksum: number | undefined;
  let isEnd = false;
  try {
    for (let streams = 0; ; ) {
      while (!isEnd && input.length < level * codeBytesPerStep + tableBytesMax) {
        const { done, value } = await source.next();
        if (done === true) isEnd = true;
        else input.push(value);
      }
      if (checksum === undefined && streams > 0 && input.isDrained) return;
      let plain: Uint8Array | undefined;
      try {
        if (checksum === undefined) {
          level = readHead(input);
          streams += 1;
          checksum = 0;
          continue;
        }
        const signature = input.bits(24) * 0x100_0000 + input.bits(24);
        if (signature === blockSignature) {
          // Streams of one archive usually have blocks of one size.
          if (decoder === undefined || level !== decoderLevel) decoder = new BlockDecoder(level);
          decoderLevel = level;
          const block = decoder.decode(input);
          plain = block.plain;
          checksum = (((checksum << 1) | (checksum >>> 31)) ^ block.checksum) >>> 0;
        } else if (signature === endSignature) {
          const told = input.bits(16) * 65_536 + input.bits(16);
          if (told !== checksum) throw archiveBroken('has a bzip2 stream with a wrong checksum');
          input.align();
          checksum = undefined;
        } else throw archiveBroken('has a bzip2 block that is none');
      } catch (error) {
        if (error instanceof EndOfInput) throw archiveBroken('ends too early');
        if (error instanceof BlockBroken) throw archiveBroken(`has a bzip2 block that ${error.message}`);
        throw error;
      }
      if (plain === undefined) continue;
      for (let at = 0; at < plain.length; at += 65_536) yield plain.slice(at, at + 65_536);
    }
  } finally {
    await source.return?.();
  }
}

/** `BZh` and the level. */
function readHead(input: BitInput): number {
  const isRight = input.bits(8) === 0x42 && input.bits(8) === 0x5a && input.bits(8) === 0x68;
  const level = input.bits(8) - 0x30;
  if (!isRight || level < 1 || level > 9) throw archiveBroken('goes on after its end');
  return level;
}
