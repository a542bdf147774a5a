// Remembers every call and how it ended: for tests that promise an order of calls or that something is not asked for.

import { Failure } from '../../base/failure.ts';
import type { Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export interface RecordedCall {
  readonly verb: 'put' | 'get' | 'stat' | 'list' | 'delete';
  /** The name, or the prefix of a list. */
  readonly name: string;
  /** Bytes handed over or asked for, where that is known. */
  readonly sizeBytes?: number;
  /** "pending" until it has ended, then "done" or the code of its Failure. */
  outcome: string;
}

/** Calls are appended to `calls` when they begin. */
export function withRecording(inner: Storage, calls: RecordedCall[]): Storage {
  const record = async <Result>(call: RecordedCall, run: () => Promise<Result>): Promise<Result> => {
    calls.push(call);
    try {
      const result = await run();
      call.outcome = 'done';
      return result;
    } catch (error) {
      call.outcome = outcomeOf(error);
      throw error;
    }
  };
  const pending = 'pending';
  return forwarding(inner, {
    put: (name, bytes, options) =>
      record({ verb: 'put', name, sizeBytes: bytes.length, outcome: pending }, () =>
        inner.put(name, bytes, options),
      ),
    get: (name, options) =>
      record(
        { verb: 'get', name, ...(options.range && { sizeBytes: options.range.length }), outcome: pending },
        () => inner.get(name, options),
      ),
    stat: (name, options) =>
      record({ verb: 'stat', name, outcome: pending }, () => inner.stat(name, options)),
    async *list(prefix, options) {
      const call: RecordedCall = { verb: 'list', name: prefix, outcome: pending };
      calls.push(call);
      try {
        yield* inner.list(prefix, options);
        call.outcome = 'done';
      } catch (error) {
        call.outcome = outcomeOf(error);
        throw error;
      }
    },
    delete: (name, options) =>
      record({ verb: 'delete', name, outcome: pending }, () => inner.delete(name, options)),
  });
}

function outcomeOf(error: unknown): string {
  return error instanceof Failure ? error.code : 'ERROR';
}
