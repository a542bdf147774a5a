// A restore worker: gets sealed frames, writes files.

import { parentPort, workerData } from 'node:worker_threads';
import type { Problem } from '../../base/context.ts';
import { Failure, type FailureKind } from '../../base/failure.ts';
import { release } from '../../codecs/release.ts';
import { KeyRing, type KeyRingExport } from '../../repository/keys.ts';
import { Placer, type PlacingRules } from '../../sources/files/placing.ts';
import { openSystem } from '../../sources/files/system.ts';
import { type FrameJob, type FrameResult, FrameWriter } from './writer.ts';

export interface RestoreWorkerSetup {
  readonly ring: KeyRingExport;
  readonly root: string;
  readonly rules: PlacingRules;
}

export type FromRestoreWorker =
  | { readonly type: 'done'; readonly result: FrameResult }
  | {
      readonly type: 'failed';
      readonly kind: FailureKind;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    };

const port = parentPort;
if (port !== null) {
  const setup = workerData as RestoreWorkerSetup;
  const ring = KeyRing.of(setup.ring);
  const problems: Problem[] = [];
  const placer = new Placer(openSystem(), setup.root, setup.rules, (problem) => problems.push(problem));
  const writer = new FrameWriter(ring, placer, problems);
  const send = (message: FromRestoreWorker) => port.postMessage(message);
  port.on('message', (jobs: readonly FrameJob[]) => {
    for (const job of jobs) {
      try {
        send({ type: 'done', result: writer.run(job) });
      } catch (error) {
        // A Failure does not survive being cloned: it travels in parts.
        if (!(error instanceof Failure)) throw error;
        const { kind, code, message, hint } = error;
        send({ type: 'failed', kind, code, message, hint });
      }
    }
    // All boxes of a message lie in one buffer.
    const [first] = jobs;
    if (first !== undefined) release(new Uint8Array(first.box.buffer));
  });
}
