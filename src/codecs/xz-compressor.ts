// A thread that compresses to LZMA2: its library finishes a stream only asynchronously, and whoever compresses a frame is synchronous. The
// asking thread sleeps on `turn` meanwhile.

import { type MessagePort, workerData } from 'node:worker_threads';

export interface XzSetup {
  readonly port: MessagePort;
  /** One word: 1 when an answer was sent. */
  readonly turn: SharedArrayBuffer;
}

export interface XzJob {
  readonly plain: Uint8Array;
  readonly preset: number;
  readonly dictSize: number;
}

export type XzAnswer = { readonly packed: Uint8Array } | { readonly error: unknown };

const { port, turn } = workerData as XzSetup;
const flag = new Int32Array(turn);

port.on('message', async (job: XzJob) => {
  const answer = await compress(job).catch((error: unknown): XzAnswer => ({ error: String(error) }));
  port.postMessage(answer);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});

async function compress({ plain, preset, dictSize }: XzJob): Promise<XzAnswer> {
  const { Lzma2Compressor } = await import('@napi-rs/lzma');
  const compressor = new Lzma2Compressor({ preset, dictSize });
  const first = compressor.update(plain);
  const packed = Buffer.concat([first, await compressor.finish()]);
  return { packed };
}
