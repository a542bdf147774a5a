// Lets many callers use a storage at once, within what it can answer at the same time and within the memory that bodies under way may take.
// Callers get their turn in the order in which they came; one body that is larger than all the memory goes alone.

import type { Storage } from '../storage.ts';
import { unlessAborted } from './breaker.ts';
import { forwarding } from './forwarding.ts';

/** What a get without a range is taken for. */
const unknownBytes = 8 * 1024 * 1024;

export interface ParallelLimits {
  readonly bytesMax: number;
  /** Absent: what the storage says of itself. */
  readonly callsMax?: number;
}

interface Waiting {
  readonly sizeBytes: number;
  readonly go: () => void;
}

/** Lists are not counted: they last as long as their reader likes, and would block whoever puts while listing. */
export function withParallel(inner: Storage, limits: ParallelLimits): Storage {
  const callsMax = limits.callsMax ?? inner.features.parallelCallsMax;
  let calls = 0;
  let bytes = 0;
  let line: Waiting[] = [];
  const advance = (): void => {
    for (let first = line[0]; first !== undefined; first = line[0]) {
      if (calls > 0 && (calls >= callsMax || bytes + first.sizeBytes > limits.bytesMax)) return;
      line.shift();
      calls += 1;
      bytes += first.sizeBytes;
      first.go();
    }
  };
  const within = async <Result>(
    sizeBytes: number,
    signal: AbortSignal,
    run: () => Promise<Result>,
  ): Promise<Result> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let hasTurn = false;
    const mine: Waiting = {
      sizeBytes,
      go: () => {
        hasTurn = true;
        resolve();
      },
    };
    line.push(mine);
    advance();
    try {
      await unlessAborted(promise, signal);
      return await run();
    } finally {
      if (hasTurn) {
        calls -= 1;
        bytes -= sizeBytes;
      } else {
        line = line.filter((one) => one !== mine);
      }
      advance();
    }
  };
  return forwarding(inner, {
    put: (name, body, options) => within(body.length, options.signal, () => inner.put(name, body, options)),
    get: (name, options) =>
      within(options.range?.length ?? unknownBytes, options.signal, () => inner.get(name, options)),
    stat: (name, options) => within(0, options.signal, () => inner.stat(name, options)),
    delete: (name, options) => within(0, options.signal, () => inner.delete(name, options)),
  });
}
