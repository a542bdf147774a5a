// What rescue.mjs has in the place of the library for xz, which it does not carry: the blocks of a stream whose container is proven already.

import { crc32 } from 'node:zlib';
import { Failure } from '../base/failure.ts';
import type { Codec } from '../codecs/codec.ts';
import { codecKinds } from '../codecs/kinds.ts';
import { demandExact, undecodable } from '../codecs/result.ts';
import { checkXz } from '../codecs/xz-stream.ts';
import { Lzma2Broken, Lzma2Decoder } from './rescue-lzma2.ts';

const streamHeadLength = 12;
/** Which check follows each block, and its length; the last byte of the stream's flags. */
const flagsAt = 7;
const checkCrc32 = 1;
const checkLengths: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };

export const xz: Codec = {
  ...codecKinds.xz,
  compress() {
    throw new Failure('bug', 'ASSERTION_FAILED', 'rescue.mjs compresses nothing');
  },
  decompress(bytes, plainLength) {
    checkXz(bytes, plainLength);
    const plain = new Uint8Array(plainLength);
    let length = 0;
    try {
      for (let at = streamHeadLength; bytes[at] !== 0; ) {
        at += (bytes[at]! + 1) * 4;
        const decoder = new Lzma2Decoder(bytes, at, plain, length);
        decoder.run();
        const block = plain.subarray(length, decoder.written);
        length = decoder.written;
        at = decoder.position + (-decoder.position & 3);
        const check = bytes[flagsAt]!;
        const told = Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).readUInt32LE();
        if (check === checkCrc32 && told !== crc32(block)) throw new Lzma2Broken();
        at += checkLengths[check]!;
      }
    } catch (cause) {
      if (cause instanceof Lzma2Broken) throw undecodable('xz', cause);
      throw cause;
    }
    demandExact('xz', plain.subarray(0, length), plainLength, { used: bytes.length, given: bytes.length });
    return plain;
  },
};
