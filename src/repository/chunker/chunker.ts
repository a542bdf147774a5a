// Content-defined chunking: FORMAT.md §7. The work is done by a WASM module built from assembly/chunker.ts; twin.ts says the same
// slowly and plainly. One chunker belongs to one thread, its memory is shared so that others may read the chunks.

import { readFileSync } from 'node:fs';

export interface ChunkerParameters {
  readonly minBytes: number;
  /** Up to it the strict mask applies, above it the loose one: sizes gather around it. */
  readonly normalBytes: number;
  readonly maxBytes: number;
  readonly strictMask: bigint;
  readonly looseMask: bigint;
}

export interface Chunker {
  /** Put bytes here, then cut. Shared memory. */
  readonly memory: Uint8Array;
  /** Lengths of the chunks of `length` bytes at `offset`. Without `atEnd` the open tail is left. Valid until the next call. */
  cuts(offset: number, length: number, atEnd: boolean): Uint32Array;
}

/** Mean size of chunks unless asked otherwise: docs/decisions/chunk-size.md. */
const defaultMean = 128 * 1024;
/** Higher bits of the hash have seen more bytes. */
const maskShift = 24n;

/** Parameters for a mean chunk size, a power of two from 16 KiB to 4 MiB. */
export function chunkerParameters(meanBytes: number = defaultMean): ChunkerParameters {
  const bits = BigInt(Math.round(Math.log2(meanBytes)));
  const mask = (count: bigint): bigint => ((1n << count) - 1n) << maskShift;
  const mean = 1 << Number(bits);
  return {
    minBytes: mean / 4,
    normalBytes: mean - mean / 4,
    maxBytes: Math.min(8 * 1024 * 1024, mean * 4),
    strictMask: mask(bits + 2n),
    looseMask: mask(bits - 2n),
  };
}

const tableBytes = 2048;
const pageBytes = 65_536;
const defaultCapacity = 4 * 1024 * 1024;

export function createChunker(
  parameters: ChunkerParameters,
  table: BigUint64Array,
  capacity: number = defaultCapacity,
): Chunker {
  const cutsMax = Math.ceil(capacity / parameters.minBytes) + 2;
  const outBytes = cutsMax * 4;
  const dataStart = Math.ceil((tableBytes + outBytes) / 4096) * 4096;
  const pages = Math.ceil((dataStart + capacity) / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
  new BigUint64Array(memory.buffer, 0, 256).set(table);
  const instance = new WebAssembly.Instance(compiled(), { env: { memory, abort } });
  const cut = instance.exports['cuts'] as (...args: (number | bigint)[]) => number;
  const out = new Uint32Array(memory.buffer, tableBytes, cutsMax);
  const data = new Uint8Array(memory.buffer, dataStart, capacity);
  return {
    memory: data,
    cuts(offset, length, atEnd) {
      const count = cut(
        dataStart + offset,
        length,
        atEnd ? 1 : 0,
        tableBytes,
        parameters.minBytes,
        parameters.normalBytes,
        parameters.maxBytes,
        BigInt.asIntN(64, parameters.strictMask),
        BigInt.asIntN(64, parameters.looseMask),
      );
      return out.subarray(0, count);
    },
  };
}

function compiled(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('./chunker.wasm', import.meta.url)));
}

function abort(): never {
  throw new WebAssembly.RuntimeError('the chunker was called with impossible arguments');
}
