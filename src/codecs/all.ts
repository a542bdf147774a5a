// The table of codecs by their number in the format. Libraries that are not Node's own are loaded by the first call.

import { Failure } from '../base/failure.ts';
import brotli from './brotli.ts';
import bzip2 from './bzip2.ts';
import type { Codec } from './codec.ts';
import gzip from './gzip.ts';
import none from './none.ts';
import xz from './xz.ts';
import zstd from './zstd.ts';

export const codecs: readonly Codec[] = [none, zstd, gzip, brotli, bzip2, xz];

export function codecOf(comp: number): Codec {
  const codec = codecs[comp];
  if (codec === undefined) {
    throw new Failure('corrupt', 'CODEC_UNKNOWN', `compression ${comp} is not known`, {
      facts: { comp },
      hint: 'The object is damaged, or a newer Holdfast wrote it.',
    });
  }
  return codec;
}
