// bzip2 by its original library, as WebAssembly. The module of the package is taken without the package's own loader, which installs
// handlers for the errors of the whole process and cannot load synchronously.

import { readFileSync } from 'node:fs';
import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';
import { codecKinds } from './kinds.ts';
import { fromPackage } from './package.ts';
import { checkLevel, demandExact, once, overrun, trailing, undecodable } from './result.ts';

interface Library {
  readonly memory: WebAssembly.Memory;
  malloc(length: number): number;
  free(address: number): void;
  __wasm_call_ctors(): void;
  BZ2_bzBuffToBuffCompress(...words: number[]): number;
  BZ2_bzBuffToBuffDecompress(...words: number[]): number;
}

/** Of bzlib.h. */
const outbufFull = -8;
/** The default of the library: how long it sorts before it takes the slower, surer way. */
const workFactor = 30;
const pageLength = 65_536;

const bzip2: Codec = {
  ...codecKinds.bzip2,
  compress(bytes, level) {
    checkLevel(bzip2, level);
    // The manual promises that one part in a hundred and 600 bytes more will do.
    const capacity = bytes.length + Math.ceil(bytes.length / 100) + 600;
    const { status, result } = run('BZ2_bzBuffToBuffCompress', bytes, capacity, [level, 0, workFactor]);
    if (result === undefined) throw new Failure('bug', 'ASSERTION_FAILED', `bzip2 fails with ${status}`);
    return result;
  },
  decompress(bytes, plainLength) {
    const { status, result } = decompressed(bytes, plainLength + 1);
    if (status === outbufFull) throw overrun('bzip2', plainLength);
    if (result === undefined) throw undecodable('bzip2');
    const given = bytes.length;
    demandExact('bzip2', result, plainLength, { used: given, given });
    // The library stops at the end of the stream and does not tell where that was.
    if (!endsWithStream(bytes)) throw trailing('bzip2');
    return result;
  },
};
export default bzip2;

/** Loaded with the first call, which few programs ever make. */
const library: () => Library = once(() => {
  const file = fromPackage('bzip2', (require) => require.resolve('bzip2-wasm/bzip2-1.0.8/bzip2.wasm'));
  const refuse = (): never => {
    throw new WebAssembly.RuntimeError('bzip2 has met an inner error');
  };
  const exports: Library = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    env: {
      exit: refuse,
      emscripten_memcpy_big: (to: number, from: number, length: number) => {
        new Uint8Array(exports.memory.buffer).copyWithin(to, from, from + length);
      },
      emscripten_resize_heap: (length: number) => {
        const more = (length >>> 0) - exports.memory.buffer.byteLength;
        try {
          exports.memory.grow(Math.ceil(Math.max(0, more) / pageLength));
          return 1;
        } catch {
          return 0;
        }
      },
    },
    // Only its messages on inner errors would be written; it ends with `exit` then.
    wasi_snapshot_preview1: { fd_close: () => 0, fd_write: () => 0, fd_seek: () => 0 },
  }).exports as unknown as Library;
  exports.__wasm_call_ctors();
  return exports;
});

function decompressed(bytes: Uint8Array, capacity: number): ReturnType<typeof run> {
  try {
    return run('BZ2_bzBuffToBuffDecompress', bytes, capacity, [0, 0]);
  } catch (cause) {
    if (cause instanceof WebAssembly.RuntimeError) throw undecodable('bzip2', cause);
    throw cause;
  }
}

function run(
  call: 'BZ2_bzBuffToBuffCompress' | 'BZ2_bzBuffToBuffDecompress',
  bytes: Uint8Array,
  capacity: number,
  options: readonly number[],
): { readonly status: number; readonly result: Uint8Array | undefined } {
  const bzlib = library();
  const source = bzlib.malloc(Math.max(1, bytes.length));
  const target = bzlib.malloc(capacity);
  const length = bzlib.malloc(4);
  try {
    if (source === 0 || target === 0 || length === 0) {
      throw new Failure('exhausted', 'OUT_OF_MEMORY', 'there is no memory for bzip2');
    }
    new Uint8Array(bzlib.memory.buffer).set(bytes, source);
    new DataView(bzlib.memory.buffer).setUint32(length, capacity, true);
    const status = bzlib[call](target, length, source, bytes.length, ...options);
    if (status !== 0) return { status, result: undefined };
    const { buffer } = bzlib.memory;
    const end = target + new DataView(buffer).getUint32(length, true);
    return { status, result: Buffer.from(buffer.slice(target, end)) };
  } finally {
    for (const address of [source, target, length]) bzlib.free(address);
  }
}

/** A stream ends with a mark of 48 bits, a checksum of 32 and zero bits up to the next byte. */
const endMark = 0x1772_4538_5090n;
const endBits = 80n;

function endsWithStream(bytes: Uint8Array): boolean {
  const last = bytes.subarray(-11);
  if (last.length < 10) return false;
  const bits = BigInt(`0x${Buffer.from(last).toString('hex')}`);
  for (let filling = 0n; filling < 8n; filling += 1n) {
    if (BigInt(last.length) * 8n < endBits + filling) break;
    if (bits & ((1n << filling) - 1n)) return false;
    if (((bits >> (filling + 32n)) & 0xffff_ffff_ffffn) === endMark) return true;
  }
  return false;
}
