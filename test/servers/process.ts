// Real servers as children of a test: started in the foreground on a free port of loopback, in a folder of their own, and stopped with
// the test. In CI a missing program is a failure; on a user's machine it is a skip that prints the line which installs it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Where connections were reset while they wrote, Node 26 turns forever in the cleanup of its event loop, after all tests have ended and
 * told so (CleanupHandles waits for requests that nobody answers). The program itself leaves by process.exit, which has no such cleanup;
 * test files leave so too, once nothing else is to be done.
 */
process.once('beforeExit', () => {
  process.on('exit', (code) => (process as unknown as { reallyExit(code: number): never }).reallyExit(code));
});

/** Servers are told their port; between this answer and their start another process might take it, which then fails loudly. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Whether all programs are there. In CI they must be. */
export function programsOrSkip(t: TestContext, programs: readonly string[], debianPackages: string): boolean {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return true;
  const line = `${missing.join(', ')} missing: apt-get install ${debianPackages}`;
  if (process.env.CI !== undefined) throw new Error(line);
  t.skip(line);
  return false;
}

/** For servers that must drop to another account, own a chroot or a port below 1024. In CI we are root. */
export function rootOrSkip(t: TestContext): boolean {
  if (process.getuid?.() === 0) return true;
  if (process.env.CI !== undefined) throw new Error('this test must run as root');
  t.skip('needs root');
  return false;
}

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export interface ServerPlan {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Resolves true once the server answers. */
  isReady(): Promise<boolean>;
  readonly stopSignal?: NodeJS.Signals;
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** All it has printed so far, for failures. */
  output(): string;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** In good order; SIGKILL when it does not leave within five seconds. */
  stop(): Promise<void>;
}

const readyMs = 30_000;
const leaveMs = 5_000;

export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const child = spawn(findProgram(plan.program) ?? plan.program, plan.arguments, {
    cwd: plan.folder,
    env: { ...process.env, ...plan.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(plan.user === undefined ? {} : plan.user),
  });
  const printed: string[] = [];
  child.stdout.on('data', (bytes: Buffer) => printed.push(bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => printed.push(bytes.toString()));
  const output = () => printed.join('');
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`${plan.program} ended (${code ?? signal}):\n${output()}`)),
    );
  });
  failed.catch(() => undefined);
  // A test that dies takes its servers along.
  const killAtExit = () => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('exit', () => process.off('exit', killAtExit));
  try {
    await Promise.race([failed, untilReady(plan, output)]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const end = async (signal: NodeJS.Signals) => {
    if (hasEnded(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), leaveMs);
    await exited;
    clearTimeout(timer);
  };
  return {
    pid: child.pid ?? 0,
    output,
    kill: () => end('SIGKILL'),
    stop: () => end(plan.stopSignal ?? 'SIGTERM'),
    [Symbol.asyncDispose]: () => end(plan.stopSignal ?? 'SIGTERM'),
  };
}

/** Asks again every 10 ms: a server has no other way to say that it is there. */
async function untilReady(plan: ServerPlan, output: () => string): Promise<void> {
  const deadline = performance.now() + readyMs;
  for (;;) {
    if (await plan.isReady().catch(() => false)) return;
    if (performance.now() > deadline) throw new Error(`${plan.program} does not answer:\n${output()}`);
    await pause(10);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** For `isReady`: somebody accepts connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A folder for one server; `parent` where the system's temporary folder will not do, as for a chroot. */
export function serverFolder(parent = tmpdir()): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(parent, 'holdfast-server-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
