// No compression: for what does not get smaller.

import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';

const none: Codec = {
  comp: 0,
  name: 'none',
  compress: (bytes) => bytes,
  decompress(bytes, plainLength) {
    if (bytes.length !== plainLength) {
      throw new Failure('corrupt', 'CODEC_BROKEN', `stored data has ${bytes.length}, not ${plainLength} bytes`);
    }
    return bytes;
  },
};
export default none;
