// zstd by node:zlib, synchronous. Level -1 must not be passed on: the library takes it for "unset".

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';

const zstd: Codec = {
  comp: 1,
  name: 'zstd',
  compress(bytes, level) {
    return zstdCompressSync(bytes, {
      // As large as the worst result, so that one buffer comes back and nothing is joined.
      chunkSize: Math.max(1024, bytes.length + (bytes.length >>> 7) + 128),
      params: { [constants.ZSTD_c_compressionLevel]: level },
      pledgedSrcSize: bytes.length,
    });
  },
  decompress(bytes, plainLength) {
    let plain: Uint8Array;
    try {
      plain = zstdDecompressSync(bytes, {
        chunkSize: Math.max(1024, plainLength + 1),
        maxOutputLength: Math.max(1, plainLength),
      });
    } catch (error) {
      throw new Failure('corrupt', 'CODEC_BROKEN', `zstd data does not decode to ${plainLength} bytes`, { cause: error });
    }
    if (plain.length !== plainLength) {
      throw new Failure('corrupt', 'CODEC_BROKEN', `zstd data decodes to ${plain.length}, not ${plainLength} bytes`);
    }
    return plain;
  },
};
export default zstd;
