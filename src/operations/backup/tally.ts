// Counting while a backup runs: for the outcome, and passed on to whoever watches.

import type { Context } from '../../base/context.ts';
import { codecOf } from '../../codecs/all.ts';
import type { ChoiceReason } from '../../codecs/frame-choice.ts';
import type { Observations } from '../../model/anomalies/observations.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { NewFrame } from '../../repository/frame-builder.ts';
import { Observer } from './observer.ts';

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
  /** What anomalies are told from. */
  readonly observations: Observations;
  /** All that went into storage, before and after it was compressed and sealed. */
  readonly frames: { readonly count: number; readonly plainBytes: number; readonly storedBytes: number };
  /** What became of the frames where each was chosen for, most plain bytes first; absent where nothing was to choose. */
  readonly compression?: readonly CompressionCount[];
}

export interface CompressionCount {
  readonly codec: string;
  readonly level: number;
  readonly reason: ChoiceReason;
  readonly frames: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Counts for the outcome, and passes on to the monitor. */
export class Tally {
  readonly monitor: Context['monitor'];
  readonly observer: Observer;
  readonly #outer: Context['monitor'];
  entries = 0;
  sourceBytes = 0;
  problems = 0;
  #readBytes = 0;
  #new = 0;
  #changed = 0;
  #unchanged = 0;
  readonly #frames = { count: 0, plainBytes: 0, storedBytes: 0 };
  readonly #log: Context['log'];
  readonly #compression = new Map<string, Mutable<CompressionCount>>();

  /** Canaries: absolute byte strings. */
  constructor(canaries: readonly string[], context: Context) {
    this.observer = new Observer(canaries);
    this.#log = context.log;
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
    this.observer.reset();
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

  /** A frame that is to be stored. Those of a pass that is run again were stored, too. */
  frame({ comp, choice, plainLength, length }: NewFrame): void {
    this.#frames.count += 1;
    this.#frames.plainBytes += plainLength;
    this.#frames.storedBytes += length;
    if (choice === undefined) return;
    const { level, reason } = choice;
    const codec = codecOf(comp).name;
    const key = `${codec}:${level} ${reason}`;
    let count = this.#compression.get(key);
    if (count === undefined) {
      count = { codec, level, reason, frames: 0, plainBytes: 0, storedBytes: 0 };
      this.#compression.set(key, count);
    }
    count.frames += 1;
    count.plainBytes += plainLength;
    count.storedBytes += length;
    this.#log.debug('a frame was compressed', {
      codec,
      level,
      reason,
      plainBytes: plainLength,
      storedBytes: length,
    });
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
    const files = { new: this.#new, changed: this.#changed, unchanged: this.#unchanged };
    return {
      outcome: this.problems === 0 ? 'succeeded' : 'partial',
      entries: this.entries,
      files,
      sourceBytes: this.sourceBytes,
      readBytes: this.#readBytes,
      newBlobs: more.newBlobs,
      storedBytes: more.storedBytes,
      durationMs: endedAt - startedAt,
      problems: this.problems,
      frames: { ...this.#frames },
      observations: this.observer.observations(this.entries, files, more.parent?.stats.entries),
      ...(this.#compression.size === 0 ? {} : { compression: this.#compressionCounts() }),
      ...(more.parent === undefined ? {} : { parent: more.parent.id }),
      ...(more.snapshotId === undefined ? {} : { snapshotId: more.snapshotId }),
    };
  }

  #compressionCounts(): CompressionCount[] {
    return [...this.#compression.values()].sort((a, b) => b.plainBytes - a.plainBytes);
  }
}
