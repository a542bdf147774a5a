// What codecs there are, without the codecs: numbers, names and levels, for whoever reads a wish before anything is compressed.

import type { Codec } from './codec.ts';

export type CodecKind = Pick<Codec, 'comp' | 'name' | 'levels'>;

export const codecKinds = {
  none: { comp: 0, name: 'none', levels: { least: 0, usual: 0, most: 0 } },
  zstd: { comp: 1, name: 'zstd', levels: { least: -7, usual: 3, most: 22 } },
  gzip: { comp: 2, name: 'gzip', levels: { least: 1, usual: 6, most: 9 } },
  brotli: { comp: 3, name: 'brotli', levels: { least: 0, usual: 5, most: 11 } },
  bzip2: { comp: 4, name: 'bzip2', levels: { least: 1, usual: 9, most: 9 } },
  xz: { comp: 5, name: 'xz', levels: { least: 0, usual: 6, most: 9 } },
} as const satisfies Readonly<Record<string, CodecKind>>;
