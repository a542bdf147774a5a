// What rescue.mjs has in the place of the library for bzip2, which it does not carry: decodes a frame with our own reader of blocks.

import { BitInput, EndOfInput } from '../archives/bzip2-bits.ts';
import { BlockBroken, BlockDecoder } from '../archives/bzip2-block.ts';
import { Failure } from '../base/failure.ts';
import type { Codec } from '../codecs/codec.ts';
import { codecKinds } from '../codecs/kinds.ts';
import { demandExact, overrun, undecodable } from '../codecs/result.ts';

const streamMark = 0x42_5a68;
const blockMark = 0x3141_5926_5359;
const endMark = 0x1772_4538_5090;

export const bzip2: Codec = {
  ...codecKinds.bzip2,
  compress() {
    throw new Failure('bug', 'ASSERTION_FAILED', 'rescue.mjs compresses nothing');
  },
  decompress(bytes, plainLength) {
    try {
      return decompress(bytes, plainLength);
    } catch (cause) {
      if (cause instanceof BlockBroken || cause instanceof EndOfInput) throw undecodable('bzip2', cause);
      throw cause;
    }
  },
};

function decompress(bytes: Uint8Array, plainLength: number): Uint8Array {
  const input = new BitInput();
  input.push(bytes);
  if (input.bits(24) !== streamMark) throw undecodable('bzip2');
  const level = input.bits(8) - 0x30;
  if (level < 1 || level > 9) throw undecodable('bzip2');
  const decoder = new BlockDecoder(level);
  const parts: Uint8Array[] = [];
  let checksum = 0;
  for (let length = 0; ; ) {
    const mark = input.bits(24) * 0x100_0000 + input.bits(24);
    if (mark === endMark) break;
    if (mark !== blockMark) throw undecodable('bzip2');
    const block = decoder.decode(input);
    checksum = (((checksum << 1) | (checksum >>> 31)) ^ block.checksum) >>> 0;
    length += block.plain.length;
    if (length > plainLength) throw overrun('bzip2', plainLength);
    parts.push(block.plain.slice());
  }
  if (input.bits(16) * 65_536 + input.bits(16) !== checksum) throw undecodable('bzip2');
  const plain = Buffer.concat(parts);
  demandExact('bzip2', plain, plainLength, { used: bytes.length - input.length, given: bytes.length });
  return plain;
}
