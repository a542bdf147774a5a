// Runs one command and measures it: wall time, processor time of it and all its children, peak memory of the whole process tree.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

export interface Measurement {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** The larger of the largest process and the sum over the tree, sampled ten times a second. */
  readonly peakMiB: number;
  readonly status: number;
}

export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly folder?: string;
}

/** Output goes to `log`; an abort kills the command and all its children. Waits until everything that was written before lies on the disk, so that no command pays for another. */
export async function measure(
  command: Command,
  environment: Readonly<Record<string, string>>,
  log: string,
  signal?: AbortSignal,
): Promise<Measurement> {
  signal?.throwIfAborted();
  await run('sync', []);
  const output = openSync(log, 'a');
  const times = `${log}.times`;
  const started = process.hrtime.bigint();
  const child = spawn(
    '/usr/bin/time',
    ['-q', '-o', times, '-f', '%U %S %M', command.program, ...command.parameters],
    {
      cwd: command.folder,
      env: environment,
      stdio: ['ignore', output, output],
      detached: true,
    },
  );
  const kill = () => void process.kill(-child.pid!, 'SIGKILL');
  signal?.addEventListener('abort', kill);
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentMiB(child.pid!));
  }, 100);
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? -1));
  });
  const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  clearInterval(sampling);
  signal?.removeEventListener('abort', kill);
  closeSync(output);
  signal?.throwIfAborted();
  const [user = 0, system = 0, largestKiB = 0] = readFileSync(times, 'utf8').trim().split(/\s+/).map(Number);
  return { wallSeconds, cpuSeconds: user + system, peakMiB: Math.max(peak, largestKiB / 1024), status };
}

export async function run(program: string, parameters: readonly string[]): Promise<void> {
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? -1));
  });
  if (status !== 0) throw new Error(`"${program} ${parameters.join(' ')}" ended with ${status}`);
}

const pagesPerMiB = 256;

/** Of all processes of a session; shared pages count once per process. */
function residentMiB(session: number): number {
  let pages = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[3]) === session) pages += Number(fields[21]);
    } catch {
      // The process ended meanwhile.
    }
  }
  return pages / pagesPerMiB;
}
