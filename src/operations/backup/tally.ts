// Counting while a backup runs: for the outcome, and passed on to whoever watches.

import type { Context } from '../../base/context.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';

export interface BackupOutcome {
  readonly outcome: 'succeeded' | 'partial';
  /** Absent on a dry run. */
  readonly snapshotId?: string;
  readonly parent?: string;
  readonly entries: number;
  readonly files: { readonly new: number; readonly changed: number; readonly unchanged: number };
  readonly sourceBytes: number;
  readonly readBytes: number;
  readonly newBlobs: number;
  readonly storedBytes: number;
  readonly durationMs: number;
  readonly problems: number;
}

/** Counts for the outcome, and passes on to the monitor. */
export class Tally {
  readonly monitor: Context['monitor'];
  readonly #outer: Context['monitor'];
  entries = 0;
  sourceBytes = 0;
  problems = 0;
  #readBytes = 0;
  #new = 0;
  #changed = 0;
  #unchanged = 0;

  constructor(context: Context) {
    this.#outer = context.monitor;
    this.monitor = {
      count: (counter, increment) => this.#outer.count(counter, increment),
      total: (counter, value) => this.#outer.total(counter, value),
      phase: (name) => this.#outer.phase(name),
      problem: (problem) => {
        this.problems += 1;
        this.#outer.problem(problem);
      },
    };
  }

  reset(): void {
    this.#outer.count('entries', -this.entries);
    this.#outer.count('sourceBytes', -this.sourceBytes);
    this.entries = 0;
    this.sourceBytes = 0;
    this.problems = 0;
    this.#readBytes = 0;
    this.#new = 0;
    this.#changed = 0;
    this.#unchanged = 0;
  }

  entry(bytes: number): void {
    this.entries += 1;
    this.sourceBytes += bytes;
    this.#outer.count('entries', 1);
    this.#outer.count('sourceBytes', bytes);
  }
  unchangedFile(): void {
    this.#unchanged += 1;
    this.#outer.count('entriesUnchanged', 1);
  }
  freshFile(isKnown: boolean): void {
    if (isKnown) this.#changed += 1;
    else this.#new += 1;
  }
  /** A content was longer or shorter than the listing said. */
  correct(difference: number): void {
    this.sourceBytes += difference;
    this.#outer.count('sourceBytes', difference);
  }
  read(bytes: number): void {
    this.#readBytes += bytes;
  }

  outcome(
    startedAt: number,
    endedAt: number,
    more: {
      readonly parent: ListedSnapshot | undefined;
      readonly snapshotId?: string;
      readonly storedBytes: number;
      readonly newBlobs: number;
    },
  ): BackupOutcome {
    return {
      outcome: this.problems === 0 ? 'succeeded' : 'partial',
      entries: this.entries,
      files: { new: this.#new, changed: this.#changed, unchanged: this.#unchanged },
      sourceBytes: this.sourceBytes,
      readBytes: this.#readBytes,
      newBlobs: more.newBlobs,
      storedBytes: more.storedBytes,
      durationMs: endedAt - startedAt,
      problems: this.problems,
      ...(more.parent === undefined ? {} : { parent: more.parent.id }),
      ...(more.snapshotId === undefined ? {} : { snapshotId: more.snapshotId }),
    };
  }
}
