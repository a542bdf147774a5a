// What every codec must keep, whoever wrote it. Each promise throws bug/CODEC_UNFAITHFUL when it is broken.

import { Failure, isFailure } from '../base/failure.ts';
import type { Codec } from './codec.ts';

export interface Promised {
  readonly name: string;
  check(): void;
}

export function conformanceOf(codec: Codec): readonly Promised[] {
  const { least, usual, most } = codec.levels;
  const levels = new Set([least, usual, most]);
  const demand = (kept: boolean, why: string): void => {
    if (!kept) throw new Failure('bug', 'CODEC_UNFAITHFUL', `the codec "${codec.name}" ${why}`);
  };
  const failsWith = (code: string, action: () => unknown): boolean => {
    try {
      action();
    } catch (error) {
      return isFailure(error, 'corrupt', code);
    }
    return false;
  };
  return [
    {
      name: 'what was compressed decompresses, at every level and length',
      check() {
        for (const plain of samples()) {
          for (const level of levels) {
            const packed = codec.compress(Buffer.from(plain), level);
            const back = codec.decompress(packed, plain.length);
            demand(Buffer.compare(back, plain) === 0, `changes ${plain.length} bytes at level ${level}`);
          }
        }
      },
    },
    {
      name: 'more plain bytes than promised are refused as an overrun',
      check() {
        for (const plain of samples()) {
          if (plain.length === 0) continue;
          const packed = codec.compress(plain, usual);
          for (const promised of new Set([0, plain.length >> 1, plain.length - 1])) {
            const isRefused = failsWith('CODEC_OVERRUN', () => codec.decompress(packed, promised));
            demand(isRefused, `gives more than the ${promised} bytes promised`);
          }
        }
      },
    },
    {
      name: 'fewer plain bytes than promised are refused',
      check() {
        for (const plain of samples()) {
          const packed = codec.compress(plain, usual);
          const isRefused = failsWith('CODEC_BROKEN', () => codec.decompress(packed, plain.length + 1));
          demand(isRefused, `accepts ${plain.length} instead of ${plain.length + 1} bytes`);
        }
      },
    },
    {
      name: 'truncated data is refused',
      check() {
        const plain = samples().at(-1)!;
        const packed = codec.compress(plain, usual);
        for (const length of [0, 1, packed.length >> 1, packed.length - 1]) {
          const isRefused = failsWith('CODEC_BROKEN', () =>
            codec.decompress(packed.subarray(0, length), plain.length),
          );
          demand(isRefused, `accepts ${length} of ${packed.length} bytes`);
        }
      },
    },
    {
      name: 'bytes behind the end are refused',
      check() {
        for (const plain of samples()) {
          for (const more of [Buffer.alloc(1), Buffer.alloc(4), Buffer.from('more')]) {
            const packed = Buffer.concat([codec.compress(plain, usual), more]);
            const isRefused =
              failsWith('CODEC_BROKEN', () => codec.decompress(packed, plain.length)) ||
              failsWith('CODEC_OVERRUN', () => codec.decompress(packed, plain.length));
            demand(isRefused, `accepts ${more.length} bytes behind its end`);
          }
        }
      },
    },
    {
      name: 'large results are in memory of their own',
      check() {
        for (const plain of samples()) {
          const packed = codec.compress(plain, usual);
          for (const bytes of [packed, codec.decompress(packed, plain.length)]) {
            if (bytes === plain || bytes === packed || bytes.length < 32_768) continue;
            demand(bytes.buffer.byteLength - bytes.length <= 64, 'keeps more memory than it gives');
          }
        }
      },
    },
    {
      name: 'the input is left as it was',
      check() {
        for (const plain of samples()) {
          const copy = Buffer.from(plain);
          codec.decompress(codec.compress(plain, usual), plain.length);
          demand(copy.equals(plain), 'changes its input');
        }
      },
    },
  ];
}

// Empty, tiny, repetitive, text-like and without pattern, around the sizes where buffers change.
function samples(): Buffer[] {
  const noise = Buffer.alloc(200_000);
  for (let index = 0, state = 1; index < noise.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[index] = state >>> 23;
  }
  return [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.alloc(70_000),
    noise.subarray(0, 1024),
    noise,
    Buffer.alloc(150_000, 'the same words again and again, '),
  ];
}
