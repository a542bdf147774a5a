// Real servers as children of a test: started in the foreground on a free port of loopback, in a folder of their own, and stopped with
// the test. In CI a missing program is a failure; on a user's machine it is a skip that prints the line which installs it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/**
 * Servers are told their port, and between this answer and their start nobody else may take it. So it is none of those that the kernel hands
 * out to whoever asks for any port or calls somebody, and each process asks in a stretch of its own.
 */
export async function freePort(): Promise<number> {
  const { first, count } = portsOfNobody();
  for (let tries = 0; tries < count; tries += 1) {
    const port = first + ((process.pid * 97 + portsAsked) % count);
    portsAsked += 1;
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

let portsAsked = 0;

/** Below the range of the kernel, where it leaves room. */
function portsOfNobody(): { readonly first: number; readonly count: number } {
  let lowest = 32_768;
  try {
    lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
  } catch {
    // Another system; its own range begins no lower.
  }
  return lowest >= 20_000 ? { first: 12_000, count: lowest - 12_000 } : { first: 12_000, count: 48_000 };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
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
  /** How long it may take to leave before it is killed; five seconds when left out. */
  readonly leaveMs?: number;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** All it has printed so far, for failures. */
  output(): string;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** In good order; SIGKILL when it does not leave in time. */
  stop(): Promise<void>;
}

/** Nothing is judged by it: it ends what hangs. */
const readyMs = 300_000;
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
    const timer = setTimeout(() => child.kill('SIGKILL'), plan.leaveMs ?? leaveMs);
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

/** All processes below one, as they are now. */
export function descendantsOf(pid: number): number[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return [];
  }
  const children = text.split(' ').filter(Boolean).map(Number);
  return [...children, ...children.flatMap(descendantsOf)];
}

/** Once these processes do nothing any more; fails when one of them lives on for minutes. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + readyMs;
  for (const pid of pids) {
    while (!isGone(pid)) {
      if (performance.now() > deadline) throw new Error(`process ${pid} lives on`);
      await pause(5);
    }
  }
}

/** Also who is dead and waits for a parent to notice. */
export function isGone(pid: number): boolean {
  if (!existsSync('/proc/self')) throw new Error('this system has no /proc');
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
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
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 20 }) };
}
