// No compression: for what does not get smaller. Gives back what it is given.

import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';

const none: Codec = {
  comp: 0,
  name: 'none',
  levels: { least: 0, usual: 0, most: 0 },
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
