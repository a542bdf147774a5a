// What all codecs say and do alike: results in memory of their own and of their own size, and one wording for data that does not decode.

import { assert, Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';

/** Views with less unused memory than this are not cut to size. */
const slackMax = 64;

/** The same bytes without the memory behind them that they do not use. */
export function fitted(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  // Small results lie in a pool that others use too; those start anywhere and are left alone.
  const isOwn = byteOffset === 0 && buffer.byteLength > Buffer.poolSize + 4096;
  if (!isOwn || buffer.byteLength - length <= slackMax) return bytes;
  return Buffer.from(buffer.transfer(length));
}

/** A level outside of the range is a bug of the caller: what people write is checked where it is read. */
export function checkLevel({ name, levels }: Pick<Codec, 'name' | 'levels'>, level: number): void {
  const isKnown = Number.isInteger(level) && level >= levels.least && level <= levels.most;
  assert(isKnown, `${name} has no level ${level}`);
}

export function overrun(name: string, plainLength: number): Failure {
  return new Failure('corrupt', 'CODEC_OVERRUN', `${name} data decodes to more than ${plainLength} bytes`);
}

export function undecodable(name: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'CODEC_BROKEN', `${name} data does not decode`, { cause });
}

/** `used` of `given` bytes gave `plain`: demands that this is all, and all that was promised. */
export function demandExact(
  name: string,
  plain: Uint8Array,
  plainLength: number,
  { used, given }: { readonly used: number; readonly given: number },
): void {
  if (plain.length > plainLength) throw overrun(name, plainLength);
  if (plain.length < plainLength) {
    const lengths = `${plain.length}, not ${plainLength} bytes`;
    throw new Failure('corrupt', 'CODEC_BROKEN', `${name} data decodes to ${lengths}`);
  }
  if (used !== given) throw trailing(name);
}

export function trailing(name: string): Failure {
  return new Failure('corrupt', 'CODEC_BROKEN', `${name} data goes on behind its end`);
}

/** What is made with the first call, and kept as long as the thread. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
