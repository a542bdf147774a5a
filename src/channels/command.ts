// A program of the user's own: the message as JSON on its standard input. Never a shell: the words of the command are its arguments as they
// stand. It gets a clean environment, because ours may hold secrets.

import { type ChildProcess, spawn } from 'node:child_process';
import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import { type Channel, type ChannelKind, taken } from './channel.ts';
import { timeoutSeconds } from './fields.ts';
import { guardGroup } from './group-guard.ts';
import { messageJson } from './message-json.ts';
import { canceled } from './network/trouble.ts';

const word = z.string().check(z.regex(/^[^\0]*$/, 'a word has no NUL'));

export const commandConfig = z.strictObject({
  /** The program by its whole path, then its arguments. */
  command: z.array(word).check(
    z.minLength(1, 'no program is named'),
    z.refine((words) => words[0]?.startsWith('/') ?? false, 'the program is named by its whole path'),
  ),
  timeoutSeconds,
});
export type CommandConfig = z.infer<typeof commandConfig>;

const textBytesMax = 256 * 1024;
const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
/** EX_TEMPFAIL of sysexits.h. */
const exitTryAgain = 75;

const command: ChannelKind<CommandConfig> = {
  kind: 'command',
  title: "a program of one's own, message on standard input",
  config: commandConfig,
  secretFields: [],
  fromUrl: (url) => ({ command: [url.replace(/^command:/i, '')] }),
  open: async (config) => openCommand(config),
};
export default command;

export function openCommand({ command: words }: CommandConfig): Channel {
  const [program = '', ...given] = words;
  const location = `command:${program}`;
  return {
    location,
    async send(message, { signal }) {
      const child = spawn(program, given, {
        shell: false,
        cwd: '/',
        env: environment,
        // What it prints is not read: it could not be shown anyway, and a pipe that nobody empties would stop it.
        stdio: ['pipe', 'ignore', 'ignore'],
        // A group of its own, so that its children end with it.
        detached: true,
      });
      const unguard = child.pid === undefined ? undefined : guardGroup(child.pid);
      const stop = () => endGroup(child);
      signal.addEventListener('abort', stop, { once: true });
      try {
        const ended = endOf(child, location);
        // A program that does not read may still succeed.
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(`${JSON.stringify(messageJson(message, textBytesMax))}\n`);
        const status = await ended;
        if (signal.aborted) throw canceled();
        if (status !== 0) throw failed(location, status);
        return taken;
      } finally {
        unguard?.();
        signal.removeEventListener('abort', stop);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function endOf(child: ChildProcess, location: string): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(location, error.code)));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
  });
}

function notStarted(location: string, code = 'UNKNOWN'): Failure {
  const facts = { code };
  if (code === 'EAGAIN' || code === 'ENOMEM' || code === 'EMFILE') {
    return new Failure('unavailable', 'CHANNEL_COMMAND_BUSY', `"${location}" cannot be started now`, {
      facts,
      hint: 'This machine is short of processes, files or memory. The message can be sent again.',
    });
  }
  const isMissing = code === 'ENOENT';
  return new Failure(
    isMissing ? 'missing' : 'denied',
    'CHANNEL_COMMAND_NOT_STARTED',
    `"${location}" cannot be started`,
    {
      facts,
      hint: 'Name an executable file by its whole path. A script needs a first line such as "#!/bin/sh".',
    },
  );
}

function failed(location: string, status: number | NodeJS.Signals): Failure {
  const facts = { status };
  if (status === exitTryAgain) {
    return new Failure('unavailable', 'CHANNEL_COMMAND_BUSY', `"${location}" cannot take the message now`, {
      facts,
      hint: 'The command ended with 75, which means: try again later. The message can be sent again.',
    });
  }
  return new Failure('usage', 'CHANNEL_COMMAND_FAILED', `"${location}" did not take the message`, {
    facts,
    hint: 'The command must end with 0 when the message is delivered, and with 75 when it shall be tried again later.',
  });
}
