// The only place that reads the environment, the real clock, real random bytes, the user, the host and the process.
// Everything below receives these as plain values, so that a test can hand down others.

import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Clock, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { isProvenDead, readIncarnation } from './incarnation.ts';

export interface Ambient {
  /** What follows the program's name, as text. */
  readonly arguments: readonly string[];
  /** The exact bytes of an argument as a byte string, also where they are no UTF-8. */
  argumentBytes(argument: string): string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A byte string. */
  readonly workingDirectory: string;
  readonly stateDirectory: string;
  readonly cacheDirectory: string;
  readonly temporaryDirectory: string;
  readonly hostName: string;
  readonly userName: string;
  readonly processorCount: number | undefined;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly errors: WriteStream;
  readonly clock: Clock;
  random(length: number): Uint8Array;
  readonly owner: Owner;
  zoneOffsetMinutes(at: Instant): number;
  /** Calls back again and again without keeping the program alive; the result ends it. */
  every(intervalMs: number, callback: () => void): () => void;
  onSignal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', callback: () => void): void;
  exitNow(code: number): never;
  /** Resolves when both outputs have taken all bytes. */
  flush(): Promise<void>;
}

/** Who this process is among the writers of a repository. */
export interface Owner {
  readonly node: string;
  readonly incarnation: string;
  isDead(node: string, incarnation: string): boolean;
}

export function readAmbient(): Ambient {
  const environment = process.env;
  const home = homedir();
  const host = hostname();
  const incarnation = readIncarnation();
  let exact: Map<string, string> | undefined;
  return {
    arguments: process.argv.slice(2),
    argumentBytes(argument) {
      if (!argument.includes('\ufffd')) return Buffer.from(argument, 'utf8').toString('latin1');
      exact ??= readExactArguments();
      return exact.get(argument) ?? Buffer.from(argument, 'utf8').toString('latin1');
    },
    environment,
    workingDirectory: readWorkingDirectory(),
    stateDirectory: join(absoluteOr(environment.XDG_STATE_HOME, join(home, '.local', 'state')), 'holdfast'),
    cacheDirectory: join(absoluteOr(environment.XDG_CACHE_HOME, join(home, '.cache')), 'holdfast'),
    temporaryDirectory: tmpdir(),
    hostName: host,
    userName: readUserName(),
    processorCount: undefined,
    // Looking at standard input makes it non-blocking, so it is left alone until somebody asks for it.
    get input() {
      return process.stdin;
    },
    output: process.stdout,
    errors: process.stderr,
    clock: { now: () => Date.now(), elapsed: () => performance.now(), sleep },
    random: (length) => new Uint8Array(randomBytes(length)),
    owner: {
      node: host,
      incarnation,
      isDead: (node, other) => node === host && isProvenDead(other, incarnation),
    },
    zoneOffsetMinutes: (at) => -new Date(at).getTimezoneOffset(),
    every(intervalMs, callback) {
      const timer = setInterval(callback, intervalMs);
      timer.unref();
      return () => clearInterval(timer);
    },
    onSignal: (name, callback) => void process.on(name, callback),
    exitNow: (code) => process.exit(code),
    async flush() {
      await Promise.all([drained(process.stdout), drained(process.stderr)]);
    },
  };
}

function absoluteOr(value: string | undefined, otherwise: string): string {
  return value?.startsWith('/') ? value : otherwise;
}

function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

/** Node reads arguments as UTF-8 and loses other bytes; the kernel still has them. */
function readExactArguments(): Map<string, string> {
  const exact = new Map<string, string>();
  try {
    const all = readFileSync('/proc/self/cmdline', 'latin1').split('\0');
    for (const bytes of all) exact.set(Buffer.from(bytes, 'latin1').toString('utf8'), bytes);
  } catch {
    exact.clear();
  }
  return exact;
}

function readWorkingDirectory(): string {
  try {
    const link = readlinkSync('/proc/self/cwd', { encoding: 'buffer' });
    statSync(link);
    return link.toString('latin1');
  } catch {
    return Buffer.from(process.cwd(), 'utf8').toString('latin1');
  }
}

function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Failure('canceled', 'CANCELED', 'the wait was canceled'));
    };
    if (signal.aborted) return reject(new Failure('canceled', 'CANCELED', 'the wait was canceled'));
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve();
    stream.write('', () => resolve());
  });
}
