// What is heard of a run on its way, written into the catalog: never more often than once a second, one write after the other, and what cannot be
// written is not worth stopping a backup for.

import type { Context, Counter, Problem } from '../base/context.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { addProblems, noteCounts, type Run } from '../catalog/runs.ts';
import type { JobReports } from './job.ts';

const everyMs = 1000;
const problemsMax = 1000;

export class RunRecorder {
  readonly reports: JobReports;
  readonly #catalog: Catalog;
  readonly #run: Run;
  readonly #context: Context;
  #counts: Readonly<Record<string, number>> | undefined;
  #problems: Problem[] = [];
  #seen = 0;
  #lastAt: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(catalog: Catalog, run: Run, context: Context) {
    this.#catalog = catalog;
    this.#run = run;
    this.#context = context;
    this.reports = {
      run: run.id,
      counts: (done, expected) => {
        this.#counts = countsOf(done, expected);
        this.#soon();
      },
      phase: (name) => context.monitor.phase(name),
      problems: (problems) => {
        const room = Math.max(0, problemsMax - this.#seen);
        this.#seen += problems.length;
        this.#problems.push(...problems.slice(0, room));
        this.#soon();
      },
    };
  }

  /** Writes what is left, so that nothing comes after the end of the run. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  #soon(): void {
    if (this.#writing !== undefined) return;
    const now = this.#context.clock.elapsed();
    if (this.#lastAt !== undefined && now - this.#lastAt < everyMs) return;
    this.#lastAt = now;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    const [counts, problems] = [this.#counts, this.#problems];
    this.#counts = undefined;
    this.#problems = [];
    const { id, fence } = this.#run;
    try {
      if (counts !== undefined) await noteCounts(this.#catalog, id, fence, counts, this.#context);
      if (problems.length > 0) await addProblems(this.#catalog, id, problems, this.#context);
    } catch (error) {
      this.#context.log.warn(`the progress of run "${id}" could not be written down: ${String(error)}`);
    }
  }
}

/** What is expected stands beside what is done, under names of its own. */
function countsOf(
  done: Readonly<Partial<Record<Counter, number>>>,
  expected: Readonly<Partial<Record<Counter, number>>>,
): Readonly<Record<string, number>> {
  const wanted = Object.entries(expected).map(([name, value]) => [`${name}Expected`, value] as const);
  return { ...done, ...Object.fromEntries(wanted) };
}
