// The decompressors of node:zlib, each with the same bounds. The output chunk is as large as the result, so that one buffer comes back
// and nothing is joined.

import type { ZlibOptions } from 'node:zlib';
import { demandExact, overrun, undecodable } from './result.ts';

interface Informed {
  readonly buffer: Buffer<ArrayBuffer>;
  /** `bytesWritten` counts what was read of the input. */
  readonly engine: { readonly bytesWritten: number };
}

type Bounds = Pick<ZlibOptions, 'chunkSize' | 'maxOutputLength' | 'info'>;

/** `decode` is one of the synchronous decompressors, which give an object where `info` is asked for: their types do not say so. */
export function decodeBounded(
  name: string,
  decode: (bytes: Uint8Array, bounds: Bounds) => unknown,
  bytes: Uint8Array,
  plainLength: number,
): Uint8Array {
  let result: Informed;
  try {
    result = decode(bytes, {
      // One byte more than expected: a full buffer makes the library ask for another.
      chunkSize: Math.max(1024, plainLength + 1),
      maxOutputLength: Math.max(1, plainLength),
      info: true,
    }) as Informed;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw overrun(name, plainLength);
    throw undecodable(name, cause);
  }
  const plain = result.buffer;
  demandExact(name, plain, plainLength, { used: result.engine.bytesWritten, given: bytes.length });
  return plain;
}
