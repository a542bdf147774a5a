// Spares a storage that is down: after several failures in a row, whoever calls waits for one probe instead of asking too. The probe's failure
// counts as everybody's own, so all give up together; its success, or that of any call still under way, lets all go on.

import { Failure } from '../../base/failure.ts';

/** Somebody's right to make one call. `ended` must be called, with the error if there was one. */
export interface Attempt {
  ended(error?: unknown): void;
}

export class Breaker {
  readonly #failuresMax: number;
  /** Whether an error says that the storage is down; any other is an answer. */
  readonly #isDown: (error: unknown) => boolean;
  #failures = 0;
  #probe: { readonly outcome: Promise<unknown>; resolve(error: unknown): void } | undefined;

  constructor(failuresMax: number, isDown: (error: unknown) => boolean) {
    this.#failuresMax = failuresMax;
    this.#isDown = isDown;
  }

  /** Sleeps first, unless somebody else's probe is waited for; throws that probe's failure. */
  async enter(sleep: () => Promise<void>, signal: AbortSignal): Promise<Attempt> {
    for (let hasWaited = false; ; ) {
      if (this.#probe !== undefined) {
        const error = await unlessAborted(this.#probe.outcome, signal);
        if (error !== undefined) throw error;
        hasWaited = true;
      } else if (this.#failures >= this.#failuresMax) {
        return this.#lead(hasWaited ? async () => {} : sleep);
      } else if (hasWaited) {
        return { ended: (error) => this.#observe(error) };
      } else {
        await sleep();
        hasWaited = true;
      }
    }
  }

  async #lead(sleep: () => Promise<void>): Promise<Attempt> {
    const { promise: outcome, resolve } = Promise.withResolvers<unknown>();
    const probe = { outcome, resolve };
    this.#probe = probe;
    const ended = (error?: unknown) => {
      if (this.#probe === probe) this.#probe = undefined;
      this.#observe(error);
      // A probe that was canceled says nothing: the next one in the line makes it.
      resolve(this.#isDown(error) ? error : undefined);
    };
    try {
      await sleep();
    } catch (error) {
      ended(error);
      throw error;
    }
    return { ended };
  }

  #observe(error: unknown): void {
    if (error !== undefined && this.#isDown(error)) {
      this.#failures += 1;
      return;
    }
    if (error instanceof Failure && error.kind === 'canceled') return;
    this.#failures = 0;
    this.#probe?.resolve(undefined);
    this.#probe = undefined;
  }
}

/** Settles as the promise does, or fails with `canceled` when the signal aborts first. */
export async function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new Failure('canceled', 'CANCELED', 'the call was canceled'));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
