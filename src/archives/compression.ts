// Compressions of whole archives, as streams. Readers stop at the first wrong byte, at a cut, and at bytes behind the end.

import { pipeline, Readable, type Transform } from 'node:stream';
import { ReadableStream as WebStream } from 'node:stream/web';
import { promisify } from 'node:util';
import {
  constants,
  createGunzip,
  createGzip,
  createZstdDecompress,
  type ZstdOptions,
  zstdCompress,
} from 'node:zlib';
import { mapAhead } from '../base/ahead.ts';
import { isFailure } from '../base/failure.ts';
import { archiveBroken } from './archive.ts';

export interface Compression {
  readonly name: string;
  /** What follows ".tar" in a name. */
  readonly suffix: string;
  readonly levels: { readonly min: number; readonly max: number; readonly default: number };
  /** The first bytes of what it wrote. */
  readonly magic: readonly number[];
  /** True where `compress` is done with a piece before it asks for the next one. */
  readonly takesLent?: true;
  /** Each piece is lent until the next one is asked for. */
  compress?(plain: AsyncIterable<Uint8Array>, level: number): AsyncIterable<Uint8Array>;
  decompress(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

const gzip: Compression = {
  name: 'gzip',
  suffix: '.gz',
  levels: { min: 1, max: 9, default: 6 },
  magic: [0x1f, 0x8b, 0x08],
  compress: (plain, level) => through(plain, () => createGzip({ level })),
  decompress: (packed) => throughToEnd(packed, () => createGunzip()),
};

const zstd: Compression = {
  name: 'zstd',
  suffix: '.zst',
  levels: { min: 1, max: 19, default: 3 },
  magic: [0x28, 0xb5, 0x2f, 0xfd],
  takesLent: true,
  compress: framesOfZstd,
  decompress: (packed) => throughToEnd(packed, () => createZstdDecompress()),
};

const bzip2: Compression = {
  name: 'bzip2',
  suffix: '.bz2',
  levels: { min: 1, max: 9, default: 9 },
  magic: [0x42, 0x5a, 0x68],
  compress: async function* (plain, level) {
    const { compressBzip2 } = await import('./bzip2.ts');
    yield* compressBzip2(plain, level);
  },
  decompress: async function* (packed) {
    const { decompressBzip2 } = await import('./bzip2.ts');
    yield* decompressBzip2(packed);
  },
};

const xz: Compression = {
  name: 'xz',
  suffix: '.xz',
  // More than 3 takes more memory than a run may: 6 a fifth of a gigabyte, 9 half of one.
  levels: { min: 0, max: 9, default: 1 },
  magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  compress: async function* (plain, level) {
    const { XzCompressor } = await import('@napi-rs/lzma');
    const compressor = new XzCompressor({ preset: level });
    for await (const piece of plain) {
      const packed = compressor.update(piece);
      if (packed.length > 0) yield packed;
    }
    yield await compressor.finish();
  },
  decompress: async function* (packed) {
    const { xz: library } = await import('@napi-rs/lzma');
    yield* throughWeb(packed, (stream) => library.decompressStream(stream));
  },
};

/** The form of xz's forerunner: read only, and recognised by its usual head. */
const lzma: Compression = {
  name: 'lzma',
  suffix: '.lzma',
  levels: { min: 0, max: 9, default: 1 },
  magic: [0x5d, 0x00, 0x00],
  decompress: async function* (packed) {
    const { lzma: library } = await import('@napi-rs/lzma');
    yield* throughWeb(packed, (stream) => library.decompressStream(stream));
  },
};

/** Plain bytes of one frame, the window of the usual levels: measured 1 % larger than one frame for all, and faster. */
const frameLength = 2 * 1024 * 1024;
/** Two are compressed while a third is read: measured an eighth faster than with two in all, and a tenth of the memory more. */
const framesUnderWay = 3;
/** What most frames need: they come in one piece, and the rest joined from several. */
const frameRoom = frameLength / 4;
const compressFrame = promisify<Uint8Array, ZstdOptions, Buffer<ArrayBuffer>>(zstdCompress);

/**
 * One frame after another, as RFC 8878 §2 allows and every reader takes: two are compressed at once, in other threads, while this one
 * reads and seals. (Threads of the library itself are out of the question: node's stream takes a library that does not want more input yet for
 * the end, and cuts the rest off without a word.)
 */
async function* framesOfZstd(plain: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 };
  const packed = mapAhead(blocksOf(plain, frameLength), framesUnderWay, (block) =>
    compressFrame(block, { params, chunkSize: frameRoom, pledgedSrcSize: block.length }),
  );
  for await (const frame of packed) {
    yield frame;
    // Given back at once: memory outside the heap that waits for the collector has it run again and again.
    if (frame.buffer.byteLength >= frameRoom) frame.buffer.transfer(0);
  }
}

/** Pieces joined to blocks of a length; the last may be shorter, and an empty stream is one empty block. A block is valid until as many more were given as are under way. */
async function* blocksOf(plain: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  const blocks = Array.from({ length: framesUnderWay + 1 }, () => Buffer.allocUnsafeSlow(length));
  let number = 0;
  let filled = 0;
  for await (const piece of plain) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + length - filled);
      blocks[number % blocks.length]!.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < length) continue;
      yield blocks[number % blocks.length]!;
      number += 1;
      filled = 0;
    }
  }
  if (filled > 0 || number === 0) yield blocks[number % blocks.length]!.subarray(0, filled);
}

export const compressions: readonly Compression[] = [gzip, bzip2, xz, zstd, lzma];

/** Hands a stream through a transform of node, with backpressure; an error of either side ends both. */
export async function* through(
  input: AsyncIterable<Uint8Array>,
  make: () => Transform,
): AsyncGenerator<Uint8Array> {
  const transform = make();
  // The error reaches the loop below; the callback is there because without one it would be thrown twice.
  pipeline(Readable.from(input, { objectMode: false }), transform, () => undefined);
  for await (const piece of transform) yield piece as Uint8Array;
}

/** Like through, and what the transform did not take, because it came behind the end, is an error. */
async function* throughToEnd(
  input: AsyncIterable<Uint8Array>,
  make: () => Transform & { readonly bytesWritten: number },
): AsyncGenerator<Uint8Array> {
  let given = 0;
  const transform = make();
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of input) {
      given += piece.length;
      yield piece;
    }
  }
  try {
    yield* through(counted(), () => transform);
  } catch (error) {
    throw brokenUnlessFailure(error);
  }
  if (given === 0) throw archiveBroken('is empty');
  if (transform.bytesWritten !== given) throw archiveBroken('goes on after its end');
}

async function* throughWeb(
  input: AsyncIterable<Uint8Array>,
  decompress: (stream: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of decompress(WebStream.from(input) as unknown as ReadableStream<Uint8Array>))
      yield piece;
  } catch (error) {
    throw brokenUnlessFailure(error);
  }
}

function brokenUnlessFailure(error: unknown): unknown {
  if (isFailure(error) || (error as Error).name === 'AbortError') return error;
  return archiveBroken('cannot be decompressed', error);
}
