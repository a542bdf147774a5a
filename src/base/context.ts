// Everything ambient that a function with I/O may use, handed down from cli/ as the last parameter.

import type { Facts } from './failure.ts';

/** Milliseconds since the epoch. Never a local time, never a Date. */
export type Instant = number;

export interface Context {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  readonly monitor: Monitor;
}

export interface Clock {
  now(): Instant;
  /** Monotonic milliseconds: for rates and durations only, never for a decision to delete. */
  elapsed(): number;
  /** Rejects with a Failure of kind `canceled` when the signal aborts. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

export interface Log {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
}

/** Where an operation reports while it works: a terminal, a run in the catalog, a test. */
export interface Monitor {
  /** Adds to a counter. */
  count(counter: Counter, increment: number): void;
  /** Sets what is expected in all, as far as known: remaining time is computed from it. */
  total(counter: Counter, value: number): void;
  /** A new phase, named for people in one or two English words, such as "reading" or "restoring". */
  phase(name: string): void;
  problem(problem: Problem): void;
}

export type Counter = 'entries' | 'entriesUnchanged' | 'sourceBytes' | 'newBlobs' | 'storedBytes' | 'objects';

/** Trouble with one entry of a source or target: recorded, the run goes on, its outcome is `partial`. */
export interface Problem {
  /** The entry's path, its bytes read as latin1-free UTF-8 with U+FFFD for what is none. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}
