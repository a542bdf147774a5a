// brotli (RFC 7932) by node:zlib: a raw stream, which has no checksum of its own; the box around it has.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Codec } from './codec.ts';
import { codecKinds } from './kinds.ts';
import { checkLevel, fitted } from './result.ts';
import { decodeBounded } from './zlib.ts';

const brotli: Codec = {
  ...codecKinds.brotli,
  compress(bytes, level) {
    checkLevel(brotli, level);
    return fitted(
      brotliCompressSync(bytes, {
        chunkSize: bytes.length + (bytes.length >>> 10) + 1024,
        params: {
          [constants.BROTLI_PARAM_QUALITY]: level,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
    );
  },
  decompress: (bytes, plainLength) => decodeBounded('brotli', brotliDecompressSync, bytes, plainLength),
};
export default brotli;
