// gzip (RFC 1952) by node:zlib: what every other program reads. A frame is one member, without name and time.

import { gunzipSync, gzipSync } from 'node:zlib';
import type { Codec } from './codec.ts';
import { codecKinds } from './kinds.ts';
import { checkLevel, fitted } from './result.ts';
import { decodeBounded } from './zlib.ts';

/** Of head and trailer; incompressible data adds five bytes for each 16 KiB, and there is room for them. */
const framing = 64;

const gzip: Codec = {
  ...codecKinds.gzip,
  compress(bytes, level) {
    checkLevel(gzip, level);
    return fitted(gzipSync(bytes, { level, chunkSize: bytes.length + (bytes.length >>> 10) + framing }));
  },
  decompress: (bytes, plainLength) => decodeBounded('gzip', gunzipSync, bytes, plainLength),
};
export default gzip;
