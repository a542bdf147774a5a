// Judges a part of what a backup reads: 1 KiB each of at most 16 files a job, evenly spread. With all else that is observed it costs less than
// one percent of a backup, whatever the size of the files: bench/observations.ts measures it.

import { judgeContent, judgedBytes, judgedBytesMin } from '../../model/anomalies/content.ts';

export interface JudgedContents {
  readonly judged: number;
  readonly drifted: number;
  readonly noise: number;
  /** Paths of drifted files, as byte strings. */
  readonly examples: readonly string[];
}

export const nothingJudged: JudgedContents = { judged: 0, drifted: 0, noise: 0, examples: [] };

const filesAJob = 16;
export const examplesMax = 3;

/** Belongs to one thread: it reuses its buffers. */
export class ContentSampler {
  readonly #sample = new Uint8Array(judgedBytes);
  readonly #counts = new Uint16Array(256);
  #judged = 0;
  #drifted = 0;
  #noise = 0;
  #examples: string[] = [];

  /** Whether this one of the files of a job is to be looked at. */
  static wants(file: number, files: number): boolean {
    return file % Math.ceil(files / filesAJob) === 0;
  }

  /** `content`: as much as was read at once. */
  judge(path: string, content: Uint8Array): void {
    const { length } = content;
    if (length < judgedBytesMin) return;
    let sample = content;
    if (length > judgedBytes) {
      const half = judgedBytes / 2;
      const middle = length >> 1;
      sample = this.#sample;
      sample.set(content.subarray(0, half));
      sample.set(content.subarray(middle, middle + half), half);
    }
    const name = path.slice(path.lastIndexOf('/') + 1);
    const verdict = judgeContent(name, sample, this.#counts);
    this.#judged += 1;
    if (verdict === 'noise') this.#noise += 1;
    if (verdict !== 'drifted') return;
    this.#drifted += 1;
    if (this.#examples.length < examplesMax) this.#examples.push(path);
  }

  /** What was judged since the last time. */
  take(): JudgedContents {
    const taken = {
      judged: this.#judged,
      drifted: this.#drifted,
      noise: this.#noise,
      examples: this.#examples,
    };
    this.#judged = 0;
    this.#drifted = 0;
    this.#noise = 0;
    this.#examples = [];
    return taken;
  }
}
