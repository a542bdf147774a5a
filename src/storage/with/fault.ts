// A storage that fails on purpose, by a plan: at the n-th call, or at calls that a seed chooses; before the effect, after it but before
// the answer, or as a crash, after which every call fails. For campaigns that try every point at which things can go wrong.

import { createHash } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import type { Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export type Fault = 'before' | 'after' | 'crash-before' | 'crash-after';

/** What happens to the call with this number (from 1, all verbs counted together). */
export type FaultPlan = (call: number) => Fault | undefined;

export interface FaultyStorage {
  readonly storage: Storage;
  /** How many calls began; a campaign ends when its n is beyond it. */
  calls(): number;
  hasCrashed(): boolean;
}

export function atCall(number: number, fault: Fault): FaultPlan {
  return (call) => (call === number ? fault : undefined);
}

/** Each call fails with this probability, by chance that the seed alone decides. */
export function seededFaults(seed: string, probability: number, faults: readonly Fault[]): FaultPlan {
  return (call) => {
    const chance = createHash('sha256').update(`${seed}:${call}`).digest();
    if (chance.readUInt32LE(0) / 2 ** 32 >= probability) return undefined;
    return faults[chance.readUInt32LE(4) % faults.length];
  };
}

/** A list that fails `after` has yielded everything, and then does not end well. */
export function withFaults(inner: Storage, plan: FaultPlan): FaultyStorage {
  let calls = 0;
  let hasCrashed = false;

  const begin = (): Fault | undefined => {
    if (hasCrashed) throw injected('the storage has crashed');
    calls += 1;
    const fault = plan(calls);
    if (fault === 'before' || fault === 'crash-before') fail(fault);
    return fault;
  };
  const end = (fault: Fault | undefined): void => {
    // A call that was under way when another one crashed gets no answer either.
    if (hasCrashed) throw injected('the storage has crashed');
    if (fault !== undefined) fail(fault);
  };
  const fail = (fault: Fault): never => {
    hasCrashed = fault === 'crash-before' || fault === 'crash-after';
    throw injected(`call ${calls} failed (${fault})`);
  };
  const run = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    const fault = begin();
    const result = await call();
    end(fault);
    return result;
  };

  const storage = forwarding(inner, {
    put: (name, bytes, options) => run(() => inner.put(name, bytes, options)),
    get: (name, options) => run(() => inner.get(name, options)),
    stat: (name, options) => run(() => inner.stat(name, options)),
    async *list(prefix, options) {
      const fault = begin();
      yield* inner.list(prefix, options);
      end(fault);
    },
    delete: (name, options) => run(() => inner.delete(name, options)),
  });
  return { storage, calls: () => calls, hasCrashed: () => hasCrashed };
}

function injected(message: string): Failure {
  return new Failure('unavailable', 'FAULT_INJECTED', `fault on purpose: ${message}`);
}
