// What a backup notices of its source beside saving it, from listings that it has at hand anyway: see model/anomalies.

import { displayPath } from '../../base/text.ts';
import {
  endingOf,
  isHarmless,
  isRansomEnding,
  isRansomNote,
  namesBefore,
} from '../../model/anomalies/names.ts';
import type { CanaryState, Observations } from '../../model/anomalies/observations.ts';
import { examplesMax, type JudgedContents } from './sampler.ts';

/** Different endings that are counted: what comes after them is rare. */
const endingsMax = 256;
const endingsTold = 5;

interface Names {
  readonly path: string;
  readonly names: readonly string[];
  readonly count: number;
}

export class Observer {
  /** Byte strings. */
  readonly #canaries: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #canaryStates = new Map<string, CanaryState>();
  readonly #endings = new Map<string, number>();
  readonly #suffixExamples: string[] = [];
  readonly #noteExamples: string[] = [];
  readonly #driftExamples: string[] = [];
  #matched = 0;
  #knowsAllBefore = true;
  #suffixed = 0;
  readonly #notes = new Map<string, number>();
  #knownEndings = 0;
  #judged = 0;
  #drifted = 0;
  #noise = 0;

  constructor(canaries: readonly string[]) {
    const folders = new Map<string, Set<string>>();
    for (const path of canaries) {
      const slash = path.lastIndexOf('/');
      const folder = path.slice(0, slash) || '/';
      const names = folders.get(folder) ?? new Set();
      folders.set(folder, names.add(path.slice(slash + 1)));
      this.#canaryStates.set(path, 'missing');
    }
    this.#canaries = folders;
  }

  reset(): void {
    for (const path of this.#canaryStates.keys()) this.#canaryStates.set(path, 'missing');
    this.#endings.clear();
    this.#suffixExamples.length = 0;
    this.#noteExamples.length = 0;
    this.#driftExamples.length = 0;
    this.#matched = 0;
    this.#knowsAllBefore = true;
    this.#suffixed = 0;
    this.#notes.clear();
    this.#knownEndings = 0;
    this.#judged = 0;
    this.#drifted = 0;
    this.#noise = 0;
  }

  /** An entry of the previous snapshot is still there. */
  matched(): void {
    this.#matched += 1;
  }

  /** A tree of the previous snapshot could not be read, so nobody knows what is gone from it. */
  lostTree(): void {
    this.#knowsAllBefore = false;
  }

  file(listing: Names, row: number, isKnown: boolean, isSame: boolean): void {
    if (this.#canaries.size === 0) return;
    const name = listing.names[row]!;
    if (this.#canaries.get(listing.path)?.has(name) !== true) return;
    this.#canaryStates.set(pathOf(listing.path, name), isSame ? 'same' : isKnown ? 'changed' : 'new');
  }

  /** `before`: names that the folder had, sorted. */
  newFile(listing: Names, row: number, before: readonly string[] | undefined): void {
    const name = listing.names[row]!;
    const ending = endingOf(name);
    if (ending !== undefined && !isHarmless(ending)) {
      if (this.#endings.size < endingsMax || this.#endings.has(ending)) {
        this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
      }
      if (isRansomEnding(ending)) this.#knownEndings += 1;
    }
    if (isRansomNote(name)) {
      if (this.#notes.size < endingsMax || this.#notes.has(name)) {
        this.#notes.set(name, (this.#notes.get(name) ?? 0) + 1);
      }
      addExample(this.#noteExamples, listing.path, name);
    }
    if (before === undefined) return;
    const { names, count } = listing;
    const wasRenamed = namesBefore(name).some(
      (old) => has(before, before.length, old) && !has(names, count, old),
    );
    if (!wasRenamed) return;
    this.#suffixed += 1;
    addExample(this.#suffixExamples, listing.path, name);
  }

  judged({ judged, drifted, noise, examples }: JudgedContents): void {
    this.#judged += judged;
    this.#drifted += drifted;
    this.#noise += noise;
    for (const path of examples) if (this.#driftExamples.length < examplesMax) this.#driftExamples.push(path);
  }

  observations(
    entries: number,
    files: Observations['files'],
    entriesBefore: number | undefined,
  ): Observations {
    return {
      ...(entriesBefore === undefined ? {} : { entriesBefore }),
      entries,
      files,
      ...(entriesBefore === undefined || !this.#knowsAllBefore
        ? {}
        : { deleted: Math.max(0, entriesBefore - this.#matched) }),
      judged: this.#judged,
      drifted: this.#drifted,
      noise: this.#noise,
      suffixed: this.#suffixed,
      endings: [...this.#endings]
        .sort((a, b) => b[1] - a[1])
        .slice(0, endingsTold)
        .map(([ending, count]) => ({ ending: shown(ending), count })),
      notes: Math.max(0, ...this.#notes.values()),
      knownEndings: this.#knownEndings,
      canaries: [...this.#canaryStates].map(([path, state]) => ({ path: shown(path), state })),
      examples: {
        drifted: this.#driftExamples.map(shown),
        suffixed: this.#suffixExamples.map(shown),
        notes: this.#noteExamples.map(shown),
      },
    };
  }
}

function addExample(examples: string[], folder: string, name: string): void {
  if (examples.length < examplesMax) examples.push(pathOf(folder, name));
}

function pathOf(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

function shown(byteString: string): string {
  return displayPath(Buffer.from(byteString, 'latin1'));
}

function has(sorted: readonly string[], count: number, name: string): boolean {
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! === name) return true;
    if (sorted[middle]! < name) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
