// One job in a process of its own: its order comes over the channel to the parent, what it has to tell goes back the same way, and when the
// parent is gone it ends, because nobody would write down what it does.

import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Context, Problem } from '../../base/context.ts';
import { type Facts, Failure } from '../../base/failure.ts';
import { guardGroup } from '../../channels/group-guard.ts';
import type { JobEnd, JobReports, JobTools } from '../../control/job.ts';
import { asFailure } from '../../control/jobs/failure.ts';
import { measureUsage } from '../../control/jobs/usage.ts';
import type { Ambient } from '../ambient.ts';
import { frameCompression } from '../options.ts';
import { version } from '../version.ts';
import {
  beginWord,
  type JobAnswer,
  type JobCall,
  type JobCounts,
  type JobNews,
  type LogLevel,
  outFd,
} from './job-wire.ts';
import { createOpeners } from './openers.ts';
import { endWithParent } from './parent-death.ts';
import { sealedIn } from './sealed-places.ts';

export type ExecuteJob = (
  kind: string,
  orderJson: string,
  tools: Omit<JobTools, 'mayGo'>,
  reports: JobReports,
  context: Context,
) => Promise<JobEnd>;

/** At most four messages of a sort a second. */
const tellMs = 250;
/** Problems may come by the thousand: one message holds so many. */
const problemsAtOnce = 500;
/** After that the process ends, whatever it does. */
const leaveMs = 3000;

/** Runs the one job that the parent sends, then ends the process. */
export async function serveJob(ambient: Ambient, execute: ExecuteJob): Promise<void> {
  const stopping = new AbortController();
  const leave = () => {
    if (!stopping.signal.aborted) setTimeout(() => ambient.exitNow(1), leaveMs).unref();
    stopping.abort();
  };
  endWithParent();
  // What was begun is nobody's any more, and the repository bears that at any moment.
  process.on('disconnect', () => ambient.exitNow(1));
  if (!process.connected) return;
  ambient.onSignal('SIGTERM', leave);
  // A terminal sends Ctrl-C to all; whether the job is to end is the parent's word.
  ambient.onSignal('SIGINT', () => undefined);
  const call = await nextCall(stopping.signal);
  if (call === undefined) return;
  const tell = (news: JobNews) => {
    if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
  };
  const reports = { ...paced(ambient, tell), mayGo: asker(tell, stopping.signal) };
  const log = (level: LogLevel) => (message: string, facts?: Facts) =>
    tell({ type: 'log', level, message, ...(facts === undefined ? {} : { facts }) });
  const context: Context = {
    signal: stopping.signal,
    clock: ambient.clock,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    monitor: {
      count: () => undefined,
      total: () => undefined,
      phase: (name) => reports.phase(name),
      problem: (problem) => reports.problems([problem]),
    },
  };
  const tools: Omit<JobTools, 'mayGo'> = {
    openers: createOpeners(ambient, { environment: ambient.environment, ...sealedIn(call.sealed) }),
    host: ambient.hostName,
    user: ambient.userName,
    tool: `holdfast ${version}`,
    compression: frameCompression,
    ...(call.hasOut === true ? { out: outgoing(stopping.signal) } : {}),
  };
  // Programs that secrets are asked of are of this group.
  const unguard = guardGroup(process.pid);
  const usage = measureUsage();
  const ended = await execute(call.kind, call.orderJson, tools, reports, context);
  unguard();
  const end: JobEnd = { ...ended, counts: { ...ended.counts, ...usage() } };
  reports.flush();
  await new Promise<void>((sent) => {
    if (!process.connected) return sent();
    process.send?.({ type: 'end', end } satisfies JobNews, undefined, undefined, () => sent());
  });
}

/** Undefined when the parent went before it said anything. */
function nextCall(signal: AbortSignal): Promise<JobCall | undefined> {
  return new Promise((resolve) => {
    process.once('message', (call) => resolve(call as JobCall));
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** What is written before the parent says so may be lost on its way from hand to hand. */
function outgoing(signal: AbortSignal): () => Promise<Writable> {
  const begun = new Promise<void>((resolve, reject) => {
    process.on('message', (said) => {
      if (said === beginWord) resolve();
    });
    const leave = () => reject(new Failure('canceled', 'CANCELED', 'the job was canceled'));
    signal.addEventListener('abort', leave, { once: true });
  });
  begun.catch(() => undefined);
  return async () => {
    await begun;
    return new Socket({ fd: outFd, readable: false, writable: true });
  };
}

/** The parent knows the catalog, and answers each question; once the job is to end it is waited for no longer. */
function asker(tell: (news: JobNews) => void, signal: AbortSignal): NonNullable<JobReports['mayGo']> {
  let asked = 0;
  return (going) => {
    const question = asked;
    asked += 1;
    return new Promise((resolve, reject) => {
      const hear = (said: unknown) => {
        if (said === beginWord) return;
        const { question: of, answer } = said as JobAnswer;
        if (of !== question) return;
        process.off('message', hear);
        if ('failure' in answer) reject(asFailure(answer.failure));
        else resolve(answer.snapshots);
      };
      const leave = () => {
        process.off('message', hear);
        reject(new Failure('canceled', 'CANCELED', 'the job was canceled'));
      };
      process.on('message', hear);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      else tell({ type: 'may go', question, going });
    });
  };
}

/** Joins what comes faster than anybody reads it. */
function paced(ambient: Ambient, tell: (news: JobNews) => void): JobReports & { flush(): void } {
  let counts: { readonly done: JobCounts; readonly expected: JobCounts } | undefined;
  let phase: string | undefined;
  const problems: Problem[] = [];
  const flush = () => {
    if (phase !== undefined) tell({ type: 'phase', name: phase });
    if (counts !== undefined) tell({ type: 'counts', ...counts });
    phase = undefined;
    counts = undefined;
    while (problems.length > 0) tell({ type: 'problems', problems: problems.splice(0, problemsAtOnce) });
  };
  ambient.every(tellMs, flush);
  return {
    flush,
    counts: (done, expected) => {
      counts = { done, expected };
    },
    phase: (name) => {
      phase = name;
    },
    problems: (more) => {
      for (const problem of more) problems.push(problem);
    },
  };
}
