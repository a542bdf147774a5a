// Runs each job in a process of its own, which alone resolves references to secrets: with an environment that holds no more than the order
// names, in a process group of its own, without core dumps, and never with a secret in its arguments.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JobEnd, JobReports, JobRunner } from '../../control/job.ts';
import { failureOf } from '../../control/jobs/failure.ts';
import type { Ambient } from '../ambient.ts';
import { readIncarnation } from '../incarnation.ts';
import { childEnvironment, cloudVariables } from './child-environment.ts';
import {
  beginWord,
  type JobAnswer,
  type JobCall,
  type JobNews,
  outFd,
  type SealedPlaces,
} from './job-wire.ts';
import { jobVariable, ownerMark, ownerVariable } from './leftovers.ts';
import { variablesNamedIn } from './references.ts';

/** Time to end by itself once asked; then it is ended by force. */
const forceMs = 10_000;

/** A core dump would hold keys. The shell is replaced by the program at once, which keeps its number: see leftovers.ts. */
const withoutCores = `ulimit -c 0 2>/dev/null; export ${jobVariable}=$$; exec "$@"`;

/** As in bin/holdfast: a job moves megabytes; the process that rests beside it does not. */
const hugePages = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };

export interface RunnerPlaces {
  readonly sealed?: SealedPlaces;
  /** For tests, in place of job-process.ts. */
  readonly entry?: string;
}

export function createSpawnedRunner(
  ambient: Pick<Ambient, 'environment'>,
  places: RunnerPlaces = {},
): JobRunner {
  const file = import.meta.url.endsWith('.ts') ? './job-process.ts' : './job-process.js';
  const owner = ownerMark(readIncarnation());
  const entry = places.entry ?? fileURLToPath(new URL(file, import.meta.url));
  return {
    run(kind, order, reports, context) {
      const { sealed } = places;
      const orderJson = JSON.stringify(order);
      const hasOut = reports.pipe !== undefined;
      const call: JobCall = { kind, orderJson, hasOut, ...(sealed === undefined ? {} : { sealed }) };
      const env = childEnvironment(ambient.environment, [...cloudVariables, ...variablesNamedIn(order)]);
      return runIn(
        start(entry, { ...hugePages, ...env, [ownerVariable]: owner }, hasOut),
        call,
        reports,
        context,
      );
    },
  };
}

function start(entry: string, env: Record<string, string>, hasOut: boolean): ChildProcess {
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', '--v8-pool-size=1'];
  const words = [process.execPath, ...flags, entry];
  return spawn('/bin/sh', ['-c', withoutCores, 'holdfast-job', ...words], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', hasOut ? 'pipe' : 'ignore'],
    detached: true,
    serialization: 'advanced',
  });
}

async function runIn(
  child: ChildProcess,
  call: JobCall,
  reports: JobReports,
  context: Context,
): Promise<JobEnd> {
  let end: JobEnd | undefined;
  child.on('message', (news: JobNews) => {
    if (news.type === 'may go') void answer(news, child, reports);
    else end = take(news, reports, context) ?? end;
  });
  const out = child.stdio[outFd];
  if (reports.pipe !== undefined && out instanceof Socket) {
    out.on('error', () => undefined);
    reports.pipe(out, () => {
      if (child.connected) child.send(beginWord, () => undefined);
    });
  }
  // The end of the process says what there is to say, also of one that never started.
  child.on('error', () => undefined);
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  const ended = new AbortController();
  const stop = () => {
    child.kill('SIGTERM');
    context.clock.sleep(forceMs, ended.signal).then(
      () => killGroup(child),
      () => undefined,
    );
  };
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  else if (child.connected) child.send(call, () => undefined);
  try {
    const [status, signal] = (await closed) as [number | null, NodeJS.Signals | null];
    if (end !== undefined) return end;
    if (context.signal.aborted) return failedEnd(new Failure('canceled', 'CANCELED', 'the job was canceled'));
    const how = signal === null ? `exit ${status}` : signal;
    const message = `the process of the job ended without a word (${how})`;
    const hint = 'The memory of the machine may have run out; it is tried again.';
    return failedEnd(new Failure('unavailable', 'JOB_LOST', message, { hint }));
  } catch (cause) {
    const hint = 'Look whether the machine has run out of memory or of processes.';
    const message = 'no process could be started for the job';
    return failedEnd(new Failure('unavailable', 'JOB_NOT_STARTED', message, { cause, hint }));
  } finally {
    context.signal.removeEventListener('abort', stop);
    ended.abort();
  }
}

async function answer(
  { question, going }: JobNews & { readonly type: 'may go' },
  child: ChildProcess,
  reports: JobReports,
): Promise<void> {
  let answer: JobAnswer['answer'];
  try {
    answer = { snapshots: (await reports.mayGo?.(going)) ?? [] };
  } catch (error) {
    answer = { failure: failureOf(error) };
  }
  if (child.connected) child.send({ question, answer } satisfies JobAnswer, () => undefined);
}

function take(
  news: Exclude<JobNews, { readonly type: 'may go' }>,
  reports: JobReports,
  { log }: Context,
): JobEnd | undefined {
  switch (news.type) {
    case 'counts':
      reports.counts(news.done, news.expected);
      return undefined;
    case 'phase':
      reports.phase(news.name);
      return undefined;
    case 'problems':
      reports.problems(news.problems);
      return undefined;
    case 'log':
      log[news.level](news.message, news.facts);
      return undefined;
    case 'end':
      return news.end;
  }
}

/** With what the job may have started. The process has not been waited for, so its number is still its own. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

function failedEnd(failure: Failure): JobEnd {
  const outcome = failure.kind === 'canceled' ? 'canceled' : 'failed';
  return { outcome, counts: {}, failure: failureOf(failure), result: null };
}
