// Slows down all calls to a storage that refuses too many of them, and speeds up again while it takes them. What the storage asks for is kept
// by everybody, not only by the call that was told. Without it, calls that are refused for coming too fast would come again as fast.

import type { Clock } from '../../base/context.ts';

/** Of fewer outcomes than this nothing can be said. */
const outcomesMin = 8;
/** The share of calls that may fail before all become slower. */
const failuresShare = 0.05;
/** How much of the remembered share one outcome replaces. */
const weight = 1 / 16;
const gapMinMs = 5;
const gapMaxMs = 1000;

export class Pace {
  readonly #clock: Clock;
  #outcomes = 0;
  #failures = 0;
  /** Between the beginnings of two calls. */
  #gapMs = 0;
  #nextAt = Number.NEGATIVE_INFINITY;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #slowedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits for this call's turn. */
  async turn(signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#clock.elapsed();
      const at = Math.max(now, this.#nextAt, this.#heldUntil);
      this.#nextAt = at + this.#gapMs;
      if (at <= now) return;
      await this.#clock.sleep(Math.ceil(at - now), signal);
      // Meanwhile the storage may have asked for more patience.
      if (this.#clock.elapsed() >= this.#heldUntil) return;
    }
  }

  /** Nobody begins a call before this long has passed. */
  hold(durationMs: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#clock.elapsed() + durationMs);
  }

  succeeded(): void {
    this.#count(0);
    this.#gapMs = this.#gapMs < 1 ? 0 : this.#gapMs * 0.99;
  }

  failed(): void {
    this.#count(1);
    if (this.#outcomes < outcomesMin || this.#failures < failuresShare) return;
    const now = this.#clock.elapsed();
    // Calls that were under way at the last slowing down say nothing about the new pace.
    if (now - this.#slowedAt < 4 * this.#gapMs) return;
    this.#slowedAt = now;
    this.#gapMs = Math.min(gapMaxMs, Math.max(gapMinMs, this.#gapMs * 1.6));
  }

  #count(outcome: 0 | 1): void {
    this.#outcomes += 1;
    this.#failures += (outcome - this.#failures) * weight;
  }
}
