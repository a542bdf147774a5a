// Time that passes only while everybody sleeps, and then at once: hours of waiting and rates of many callers in milliseconds, always the same.

import type { Clock, Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import { stillContext } from './storage-world.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(new Failure('canceled', 'CANCELED', 'the sleep was canceled'));
      };
      const wake = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { until: this.#now + durationMs, wake };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Runs work to its end, letting time pass whenever nothing else can happen. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const ended = () => {
      isDone = true;
    };
    work.then(ended, ended);
    while (!isDone) {
      // Whatever does not sleep is done in microtasks: after this, all sleep.
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) break;
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, one) => (first === undefined || one.until < first.until ? one : first),
        undefined,
      );
      if (next === undefined) continue;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.until);
      next.wake();
    }
    return work;
  }
}

export function virtualContext(clock: VirtualClock): Context & { readonly logged: string[] } {
  return { ...stillContext(), clock };
}

/** Runs tasks, so many at the same time. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  width: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
