// No compression: for what does not get smaller. Gives back what it is given.

import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';
import { codecKinds } from './kinds.ts';

const none: Codec = {
  ...codecKinds.none,
  compress: (bytes) => bytes,
  decompress(bytes, plainLength) {
    if (bytes.length !== plainLength) {
      const code = bytes.length > plainLength ? 'CODEC_OVERRUN' : 'CODEC_BROKEN';
      throw new Failure('corrupt', code, `stored data has ${bytes.length}, not ${plainLength} bytes`);
    }
    return bytes;
  },
};
export default none;
