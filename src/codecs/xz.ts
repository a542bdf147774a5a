// xz: LZMA2 by a library in its own thread, in a container of ours (xz-stream.ts). The smallest results and by far the slowest.

import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { Failure } from '../base/failure.ts';
import type { Codec } from './codec.ts';
import { codecKinds } from './kinds.ts';
import { fromPackage } from './package.ts';
import { checkLevel, demandExact, fitted, once, undecodable } from './result.ts';
import type { XzAnswer, XzJob, XzSetup } from './xz-compressor.ts';
import { checkXz, dictionaryFor, wrapXz } from './xz-stream.ts';

/** No frame takes this long: a thread that does not answer has died. */
const answerMax = 600_000;

const xz: Codec = {
  ...codecKinds.xz,
  compress(bytes, level) {
    checkLevel(xz, level);
    const { code, bytes: dictSize } = dictionaryFor(bytes.length);
    // LZMA2 of nothing is its end alone; the library's has no bytes at all.
    const packed =
      bytes.length === 0 ? new Uint8Array(1) : compressor()({ plain: bytes, preset: level, dictSize });
    return wrapXz(packed, bytes, code);
  },
  decompress(bytes, plainLength) {
    checkXz(bytes, plainLength);
    const { decompressSync } = decoder();
    let plain: Buffer<ArrayBuffer>;
    try {
      plain = fitted(decompressSync(bytes) as Buffer<ArrayBuffer>);
    } catch (cause) {
      throw undecodable('xz', cause);
    }
    demandExact('xz', plain, plainLength, { used: bytes.length, given: bytes.length });
    return plain;
  },
};
export default xz;

/** Loaded when first needed: few programs ever do. */
function decoder(): typeof import('@napi-rs/lzma').xz {
  return fromPackage('xz', (require) => require('@napi-rs/lzma') as typeof import('@napi-rs/lzma')).xz;
}

const compressor = once(startCompressor);

/** The thread lives as long as the one that compresses, and keeps no process alive. */
function startCompressor(): (job: XzJob) => Uint8Array {
  const turn = new SharedArrayBuffer(4);
  const flag = new Int32Array(turn);
  const { port1, port2 } = new MessageChannel();
  const file = import.meta.url.endsWith('.ts') ? './xz-compressor.ts' : './xz-compressor.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { port: port2, turn } satisfies XzSetup,
    transferList: [port2],
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  worker.unref();
  port1.unref();
  return (job) => {
    Atomics.store(flag, 0, 0);
    port1.postMessage(job);
    Atomics.wait(flag, 0, 0, answerMax);
    const answer = receiveMessageOnPort(port1)?.message as XzAnswer | undefined;
    if (answer !== undefined && 'packed' in answer) return answer.packed;
    throw new Failure('bug', 'WORKER_ENDED', 'the thread that compresses to xz gives no answer', {
      cause: answer?.error,
    });
  };
}
