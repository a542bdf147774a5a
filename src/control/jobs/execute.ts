// One job from its order to its end: what runs inside the process that holds secrets. Whatever goes wrong becomes a part of the end, in words
// that hold no secret; only who asked decides what follows from it.

import type { Context, Counter, Problem } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { Going, JobEnd, JobKind, JobReports, JobTools } from '../job.ts';
import { jobs } from './all.ts';
import { failureOf } from './failure.ts';

/** More are only counted: a source without rights has a problem for each of its files. */
const problemsMax = 1000;
const problemsAtOnce = 100;
const reportEveryMs = 400;

/** `orderJson` is the order as it came over the pipe. Never rejects. */
export async function executeJob(
  kind: string,
  orderJson: string,
  tools: Omit<JobTools, 'mayGo'>,
  reports: JobReports,
  context: Context,
  table: Readonly<Record<string, () => Promise<{ readonly job: JobKind<unknown> }>>> = jobs,
): Promise<JobEnd> {
  const watched = new Watching(reports, context);
  let end: JobEnd;
  try {
    if (!Object.hasOwn(table, kind)) throw unknownJob(kind);
    const { job } = await table[kind]!();
    const mayGo = async (going: Going) => (await reports.mayGo?.(going)) ?? [];
    end = await job.run(readOrder(kind, orderJson, job), { ...tools, mayGo }, watched.context);
  } catch (error) {
    end = endOf(error, context);
  }
  watched.flush();
  const { problems } = watched;
  if (problems === 0) return end;
  return { ...end, counts: { problems, ...end.counts } };
}

function readOrder(kind: string, orderJson: string, job: JobKind<unknown>): unknown {
  let given: unknown;
  try {
    given = JSON.parse(orderJson);
  } catch {
    throw badOrder(kind, 'it is no JSON');
  }
  const read = job.order.safeParse(given);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw badOrder(kind, `${path.join('.')}: ${message}`);
}

function endOf(error: unknown, context: Context): JobEnd {
  const isCanceled = context.signal.aborted || isFailure(error, 'canceled');
  return {
    outcome: isCanceled ? 'canceled' : 'failed',
    counts: {},
    failure: failureOf(error),
    result: null,
  };
}

/** Gathers what is heard of the work, so that a report goes out a few times a second at most. */
class Watching {
  readonly context: Context;
  readonly #reports: JobReports;
  readonly #outer: Context;
  readonly #done: Partial<Record<Counter, number>> = {};
  readonly #expected: Partial<Record<Counter, number>> = {};
  #waiting: Problem[] = [];
  #lastAt: number | undefined;
  problems = 0;

  constructor(reports: JobReports, context: Context) {
    this.#reports = reports;
    this.#outer = context;
    this.context = {
      ...context,
      monitor: {
        count: (counter, increment) => {
          this.#done[counter] = (this.#done[counter] ?? 0) + increment;
          this.#tell();
        },
        total: (counter, value) => {
          this.#expected[counter] = value;
          this.#tell();
        },
        phase: (name) => {
          this.#reports.phase(name);
        },
        problem: (problem) => {
          this.problems += 1;
          if (this.problems > problemsMax) return;
          this.#waiting.push(problem);
          if (this.#waiting.length >= problemsAtOnce) this.#sendProblems();
          else this.#tell();
        },
      },
    };
  }

  flush(): void {
    this.#sendProblems();
    this.#reports.counts({ ...this.#done }, { ...this.#expected });
  }

  #tell(): void {
    const now = this.#outer.clock.elapsed();
    if (this.#lastAt !== undefined && now - this.#lastAt < reportEveryMs) return;
    this.#lastAt = now;
    this.flush();
  }

  #sendProblems(): void {
    if (this.#waiting.length === 0) return;
    this.#reports.problems(this.#waiting);
    this.#waiting = [];
  }
}

function unknownJob(kind: string): Failure {
  return new Failure('usage', 'UNKNOWN_JOB', `there is no job "${kind}"`, {
    hint: 'Let all processes run the same version of Holdfast.',
  });
}

function badOrder(kind: string, why: string): Failure {
  return new Failure('usage', 'INVALID_ORDER', `the order of the job "${kind}" cannot be used: ${why}`, {
    hint: 'Let all processes run the same version of Holdfast.',
  });
}
