// The API as a process beside the control process: without secrets, without the configuration of storages; it sees the catalog alone. When it
// dies it is started again, each time a little later.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ByteRange } from '../../api/ranges.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JobFailure, JobReports } from '../../control/job.ts';
import { failureOf } from '../../control/jobs/failure.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Ambient } from '../ambient.ts';
import type { ApiCall, ApiNews, DownloadWord } from './api-wire.ts';
import { childEnvironment } from './child-environment.ts';
import { collectorFlag, patientFlags } from './rest-small.ts';

const firstWaitMs = 1000;
const longestWaitMs = 30_000;
/** Who lived so long starts without delay when it dies. */
const steadyMs = 60_000;
/** For calls that are on their way. */
const closeMs = 5000;

const flags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=2',
  '--v8-pool-size=1',
  collectorFlag,
  ...patientFlags,
];

export interface ApiChild {
  /** Where it listens, once it does. */
  readonly url: string;
  /** Ends when the signal of the context aborts, and only then. */
  readonly ended: Promise<void>;
}

type Pipe = NonNullable<JobReports['pipe']>;

export interface ApiParts {
  readonly ambient: Pick<Ambient, 'environment'>;
  readonly call: ApiCall;
  /** Hands out the bytes of a download that was looked up by this task. */
  readonly download?: (
    task: string,
    range: ByteRange | undefined,
    pipe: Pipe,
    context: Context,
  ) => Promise<void>;
  /** For tests, in place of api-process.ts. */
  readonly entry?: string;
}

/** Fails as the API does that cannot start, such as conflict/API_PORT_IN_USE; later deaths are logged, and it is started again. */
export async function keepApi(parts: ApiParts, context: Context): Promise<ApiChild> {
  const first = start(parts, context);
  const url = await first.listening;
  return { url, ended: supervise(first, parts, context) };
}

async function supervise(first: Started, parts: ApiParts, context: Context): Promise<void> {
  const { clock, signal, log } = context;
  let waitMs = firstWaitMs;
  for (let current = first; ; ) {
    const startedAt = clock.elapsed();
    const how = await current.closed;
    if (signal.aborted) return;
    if (clock.elapsed() - startedAt > steadyMs) waitMs = firstWaitMs;
    log.error('the API has ended and is started again', { how, waitMs });
    try {
      await clock.sleep(waitMs, signal);
    } catch {
      return;
    }
    waitMs = Math.min(waitMs * 2, longestWaitMs);
    current = start(parts, context);
    current.listening.catch((error: unknown) => {
      if (!signal.aborted) log.error(`the API: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

interface Started {
  readonly listening: Promise<string>;
  readonly closed: Promise<string>;
}

function start({ ambient, call, download, entry }: ApiParts, context: Context): Started {
  const file = import.meta.url.endsWith('.ts') ? './api-process.ts' : './api-process.js';
  const program = entry ?? fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...flags, program], {
    env: childEnvironment(ambient.environment),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  child.on('error', () => undefined);
  const desk = downloadDesk(child, download, context);
  const listening = new Promise<string>((resolve, reject) => {
    child.on('message', (news: ApiNews) => {
      if (news.type === 'listening') resolve(news.url);
      else if (news.type === 'download') void desk.ask(news);
      else if (news.type === 'reading') desk.begin(news.download);
      else if (news.type === 'log') context.log[news.level](news.message);
      else {
        const { kind, code, message, hint } = news;
        reject(new Failure(kind, code, message, hint === undefined ? {} : { hint }));
      }
    });
    child.once('close', () => {
      reject(
        new Failure('unavailable', 'API_NOT_STARTED', 'the process of the API ended before it listened', {
          hint: 'Look into the log for its words.',
        }),
      );
    });
  });
  listening.catch(() => undefined);
  if (child.connected) child.send(call, () => undefined);
  return { listening, closed: ended(child, context) };
}

type Wanted = Extract<ApiNews, { type: 'download' }>;

/** Between the process that is asked for a download and the job that reads it: passes on who holds which end, never a byte. */
function downloadDesk(child: ChildProcess, download: ApiParts['download'], context: Context) {
  const waiting = new Map<number, () => void>();
  const gone = new AbortController();
  child.once('close', () => gone.abort());
  const within = { ...context, signal: AbortSignal.any([context.signal, gone.signal]) };
  const tell = (word: DownloadWord, end?: Socket) => {
    if (child.connected) child.send(word, end, {}, () => undefined);
  };
  return {
    begin: (id: number) => waiting.get(id)?.(),
    async ask({ download: id, task, range }: Wanted): Promise<void> {
      let failure: JobFailure | undefined;
      const pipe: Pipe = (end, begin) => {
        // Nobody will ever take it: the job hears that nobody reads.
        gone.signal.addEventListener('abort', () => end.destroy(), { once: true });
        waiting.set(id, () => {
          waiting.delete(id);
          // What is left here after it was handed over is an empty hull, for which the end of the job would wait.
          end.destroy();
          begin();
        });
        tell({ type: 'stream', download: id }, end);
      };
      try {
        if (download === undefined) throw new Error('nobody serves downloads');
        await download(task, range, pipe, within);
      } catch (error) {
        failure = failureOf(error);
      }
      waiting.delete(id);
      tell({ type: 'over', download: id, ...(failure === undefined ? {} : { failure }) });
    },
  };
}

async function ended(child: ChildProcess, { clock, signal }: Context): Promise<string> {
  const over = new AbortController();
  const stop = () => {
    child.kill('SIGTERM');
    clock.sleep(closeMs, over.signal).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const [status, name] = (await once(child, 'close')) as [number | null, string | null];
    return name ?? `exit ${status}`;
  } catch (error) {
    return String(error);
  } finally {
    signal.removeEventListener('abort', stop);
    over.abort();
  }
}

/** What the API needs of files that it shall not read itself. */
export function tlsOf({ tls }: Configuration['api']): ApiCall['tls'] {
  if (tls === undefined) return undefined;
  const read = (path: string) => {
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new Failure('missing', 'API_CERTIFICATE_MISSING', `"${path}" cannot be read`, {
        facts: { path },
        cause,
        hint: 'Check "api.tls" of the configuration, and that the service may read the files.',
      });
    }
  };
  return { certificate: read(tls.certificate), key: read(tls.key) };
}
