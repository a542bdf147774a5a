// A check worker: proves whole packs.

import { parentPort, workerData } from 'node:worker_threads';
import { release } from '../codecs/release.ts';
import { KeyRing, type KeyRingExport } from '../repository/keys.ts';
import { type PackFinding, type PackToVerify, verifyPack } from '../repository/verify-pack.ts';

export interface CheckJob {
  readonly pack: PackToVerify;
  readonly bytes: Uint8Array;
}
export interface CheckResult {
  readonly name: string;
  readonly findings: readonly PackFinding[];
}

const port = parentPort;
if (port !== null) {
  const setup = workerData as KeyRingExport;
  const ring = KeyRing.of(setup);
  port.on('message', ({ pack, bytes }: CheckJob) => {
    const findings = verifyPack(ring, pack, bytes);
    release(bytes);
    port.postMessage({ name: pack.name, findings } satisfies CheckResult);
  });
}
