// The table of codecs by their number in the format.

import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';
import none from './none.ts';
import zstd from './zstd.ts';

export const codecs: readonly Codec[] = [none, zstd];

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
