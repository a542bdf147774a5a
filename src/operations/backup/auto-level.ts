// Measures a running backup for the choice of the zstd level: how long the threads that compress had work, how long finished packs
// waited for the storage, and what compression gained. Reading counts as work, so that a slow source asks for no harder level.

import type { Context } from '../../base/context.ts';
import { type AutoState, nextLevel } from '../../codecs/auto.ts';

/** Shorter windows would mistake one file or one upload for a trend. */
const windowMs = 2000;

export class AutoLevel {
  readonly #context: Context;
  readonly #onLevel: (level: number) => void;
  #state: AutoState;
  #startedAt: number;
  #waitedMs = 0;
  #busyMs = 0;
  /** Spent in `here` since the beginning. */
  #hereMs = 0;
  /** Share of the threads at work since `#seenAt`. */
  #share = 0;
  #seenAt: number;
  #plainBytes = 0;
  #storedBytes = 0;

  /** `onLevel` is told whenever the level changes. */
  constructor(level: number, onLevel: (level: number) => void, context: Context) {
    this.#context = context;
    this.#onLevel = onLevel;
    this.#state = { level, streak: 0 };
    this.#startedAt = context.clock.elapsed();
    this.#seenAt = this.#startedAt;
  }

  /** From now on this share of the threads, 0 to 1, is at work. */
  working(share: number): void {
    this.#addWork();
    this.#share = share;
  }

  /** Does synchronous work on this thread, where there are no others. */
  here<Result>(run: () => Result): Result {
    this.working(1);
    const startedAt = this.#seenAt;
    const result = run();
    this.working(0);
    this.#hereMs += this.#seenAt - startedAt;
    return result;
  }

  /** Before a frame is handed to the session; the result goes to `stored`. */
  storing(): number {
    return this.#context.clock.elapsed() - this.#hereMs;
  }

  /** The frame was taken. That took until now, waits for earlier packs included, but for work of this thread in between. */
  stored(since: number, plainBytes: number, storedBytes: number): void {
    this.#waitedMs += this.storing() - since;
    this.#plainBytes += plainBytes;
    this.#storedBytes += storedBytes;
    this.#addWork();
    const lengthMs = this.#seenAt - this.#startedAt;
    if (lengthMs >= windowMs) this.#choose(lengthMs);
  }

  #addWork(): void {
    const now = this.#context.clock.elapsed();
    this.#busyMs += (now - this.#seenAt) * this.#share;
    this.#seenAt = now;
  }

  #choose(lengthMs: number): void {
    const before = this.#state.level;
    const choice = nextLevel(this.#state, {
      busyShare: this.#busyMs / lengthMs,
      storageWaitShare: this.#waitedMs / lengthMs,
      storedRatio: this.#plainBytes === 0 ? 1 : this.#storedBytes / this.#plainBytes,
    });
    this.#state = { level: choice.level, streak: choice.streak };
    this.#startedAt = this.#seenAt;
    this.#waitedMs = 0;
    this.#busyMs = 0;
    this.#plainBytes = 0;
    this.#storedBytes = 0;
    if (choice.level === before) return;
    this.#context.log.info('the compression level changes', { level: choice.level, reason: choice.reason });
    this.#onLevel(choice.level);
  }
}
