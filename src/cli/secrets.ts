// Where passphrases and keys come from: a key file, a password file, the output of a command, or a terminal without echo. They
// never travel in arguments, messages or logs; from here on they are `Secret`s, which print as "[secret]".

import { execFile } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { Invocation } from './command.ts';
import {
  type FoundSecret,
  makingWays,
  type NewSecret,
  openingWays,
  type SecretFinder,
  type SlotSecretWay,
  slotSecretFinders,
} from './slot-secrets.ts';

/** More than this is no passphrase but the wrong file. */
const passwordBytesMax = 4096;

/** Names of the options and variables of one secret, so that `copy` can ask for a second repository's. */
export interface SecretNames {
  readonly passwordFile: string;
  readonly passwordCommand: string;
  readonly keyFile: string;
  readonly environmentPrefix: string;
  /** The option of the shred key, for repositories that have one. */
  readonly shredKey?: string;
}

export const mainSecret: SecretNames = {
  passwordFile: 'passwordFile',
  passwordCommand: 'passwordCommand',
  keyFile: 'keyFile',
  environmentPrefix: 'HOLDFAST_',
  shredKey: 'shredKey',
};

/** Options win over variables; undefined where neither names a secret that opens a slot. */
export async function findSecret(
  invocation: Invocation,
  names: SecretNames,
): Promise<FoundSecret | undefined> {
  return secretFinders(invocation, names, openingWays)[0]?.();
}

/** Every one that an option or a variable names, for who tests keys. */
export async function findSecrets(invocation: Invocation, names: SecretNames): Promise<FoundSecret[]> {
  const found: FoundSecret[] = [];
  for (const find of secretFinders(invocation, names, openingWays)) found.push(await find());
  return found;
}

function secretFinders(
  invocation: Invocation,
  names: SecretNames,
  ways: readonly SlotSecretWay[],
): SecretFinder[] {
  const { options, ambient } = invocation;
  const slots = slotSecretFinders(ways, names.environmentPrefix, invocation);
  const variable = (name: string) => ambient.environment[names.environmentPrefix + name] || undefined;
  const fromFile = (path: string) => async () => passphrase(readPasswordFile(path, invocation));
  const fromCommand = (command: string) => async () =>
    passphrase(await runPasswordCommand(command, invocation));
  const fromKeyFile = (path: string) => async (): Promise<FoundSecret> => ({
    secret: await readKey(path),
    type: 'key-file',
  });
  const named = (value: string | undefined, find: (value: string) => SecretFinder) =>
    value === undefined ? [] : [find(value)];
  return [
    ...named(options.text(names.keyFile), fromKeyFile),
    ...named(options.text(names.passwordFile), fromFile),
    ...named(options.text(names.passwordCommand), fromCommand),
    ...slots.options,
    ...named(variable('PASSWORD_FILE'), fromFile),
    ...named(variable('PASSWORD_COMMAND'), fromCommand),
    ...named(variable('KEY_FILE'), fromKeyFile),
    ...slots.variables,
  ];
}

export async function requireSecret(
  invocation: Invocation,
  names: SecretNames,
  place: string,
): Promise<FoundSecret> {
  const found = await findSecret(invocation, names);
  if (found !== undefined) return found;
  return passphrase(
    await askHidden(invocation, invocation.texts.say('secret.ask', { place }), waysHint(names)),
  );
}

/** How to give this very secret: that of a new slot or of a second repository has options and variables of its own. */
function waysHint({ environmentPrefix }: SecretNames): string | undefined {
  const which = environmentPrefix.slice(mainSecret.environmentPrefix.length).toLowerCase();
  if (which === '') return undefined;
  const option = `--${which.replace('_', '-')}password-file`;
  return `Use ${option}, or the variable ${environmentPrefix}PASSWORD_FILE or ${environmentPrefix}PASSWORD_COMMAND.`;
}

/** A secret that is about to be set: a passphrase is typed twice when it comes from a terminal. */
export async function requireNewSecret(
  invocation: Invocation,
  names: SecretNames,
  place: string,
): Promise<NewSecret> {
  const found = await secretFinders(invocation, names, makingWays)[0]?.();
  if (found !== undefined) {
    if (found.type !== undefined) return { ...found, type: found.type };
    throw new Failure('usage', 'SECRET_INVALID', 'a master key makes no key slot');
  }
  const first = await askHidden(
    invocation,
    invocation.texts.say('secret.askNew', { place }),
    waysHint(names),
  );
  const second = await askHidden(invocation, invocation.texts.say('secret.askAgain'));
  const isSame = first.equals(second);
  second.fill(0);
  if (!isSame) {
    throw new Failure('usage', 'PASSWORDS_DIFFER', 'the two entries are not the same');
  }
  return passphrase(first);
}

/** The passphrase of a private key: its own, not that of the repository. */
export async function requireKeyPassphrase(path: string, invocation: Invocation): Promise<Secret> {
  const { environment } = invocation.ambient;
  const file = environment.HOLDFAST_IDENTITY_PASSWORD_FILE;
  if (file) return passphrase(readPasswordFile(file, invocation)).secret;
  const command = environment.HOLDFAST_IDENTITY_PASSWORD_COMMAND;
  if (command) return passphrase(await runPasswordCommand(command, invocation)).secret;
  return passphrase(
    await askHidden(
      invocation,
      invocation.texts.say('secret.askIdentity', { path }),
      'Use the variable HOLDFAST_IDENTITY_PASSWORD_FILE or HOLDFAST_IDENTITY_PASSWORD_COMMAND.',
    ),
  ).secret;
}

async function readKey(path: string): Promise<Secret> {
  const { readSlotKeyFile } = await import('../keyslots/key-file.ts');
  return readSlotKeyFile(path);
}

/** A view of the bytes. What follows the first line is left out, so that a file may end with a newline. */
export function firstLine(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0x0a);
  let line = end < 0 ? bytes : bytes.subarray(0, end);
  if (line.at(-1) === 0x0d) line = line.subarray(0, -1);
  if (line.length === 0) {
    throw new Failure('usage', 'PASSWORD_EMPTY', 'the passphrase is empty');
  }
  return line;
}

function passphrase(bytes: Buffer): NewSecret {
  const line = firstLine(bytes);
  const secret = new Secret(new Uint8Array(line), 'passphrase');
  bytes.fill(0);
  return { secret, type: 'passphrase' };
}

export function readPasswordFile(path: string, { output, texts }: Invocation): Buffer {
  const file = openPasswordFile(path);
  try {
    const stat = fstatSync(file);
    if (stat.isFile() && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8);
      output.log.warn(texts.say('secret.tooOpen', { path, mode }));
    }
    const bytes = Buffer.alloc(passwordBytesMax + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
      if (length > passwordBytesMax) throw tooLong('the password file');
    }
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable(path, error);
  } finally {
    closeSync(file);
  }
}

function openPasswordFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): Failure {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const more = { facts: { path }, cause };
  if (isMissing)
    return new Failure('missing', 'PASSWORD_FILE_UNREADABLE', `password file "${path}" does not exist`, more);
  return new Failure('denied', 'PASSWORD_FILE_UNREADABLE', `password file "${path}" cannot be read`, more);
}

function tooLong(what: string): Failure {
  return new Failure('usage', 'PASSWORD_TOO_LONG', `${what} gives more than ${passwordBytesMax} bytes`);
}

/** The user's own command in the user's own shell; its output is the passphrase and its errors go to the terminal. */
export function runPasswordCommand(command: string, { context }: Invocation): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      '/bin/sh',
      ['-c', command],
      { encoding: 'buffer', maxBuffer: passwordBytesMax, timeout: 120_000, signal: context.signal },
      (error, output) => {
        if (error === null) return resolve(output);
        // Neither the command nor its output goes into the message: either may hold the secret.
        const code =
          typeof error.code === 'number' ? `exit ${error.code}` : String(error.code ?? error.signal);
        reject(new Failure('denied', 'PASSWORD_COMMAND_FAILED', `the password command failed (${code})`));
      },
    );
    child.stderr?.pipe(process.stderr, { end: false });
    child.stdin?.end();
  });
}

/** Reads one line from the terminal without showing it. `hint` says how else it can be given; without it that of the main repository. */
export async function askHidden(
  { ambient, context }: Pick<Invocation, 'ambient' | 'context'>,
  prompt: string,
  hint?: string,
): Promise<Buffer> {
  const input = openTerminal(ambient.input);
  if (input === undefined) {
    throw new Failure(
      'denied',
      'PASSWORD_MISSING',
      'no passphrase was given and there is no terminal to ask for it',
      hint === undefined ? {} : { hint },
    );
  }
  ambient.errors.write(prompt);
  input.setRawMode(true);
  try {
    return await readHiddenLine(input, context.signal);
  } finally {
    input.setRawMode(false);
    input.pause();
    if (input !== ambient.input) input.destroy();
    ambient.errors.write('\n');
  }
}

/** Standard input when it is a terminal; else the controlling terminal, because data may come in on standard input. */
export function openTerminal(input: ReadStream): ReadStream | undefined {
  if (input.isTTY) return input;
  try {
    return new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    return undefined;
  }
}

function readHiddenLine(input: ReadStream, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const typed: number[] = [];
    const end = (error?: Failure) => {
      input.off('data', take);
      signal.removeEventListener('abort', cancel);
      if (error) reject(error);
      else resolve(Buffer.from(typed));
      typed.fill(0);
    };
    const cancel = () => end(new Failure('canceled', 'CANCELED', 'the operation was canceled'));
    const take = (bytes: Buffer) => {
      for (const byte of bytes) {
        if (byte === 0x03) return cancel();
        if (byte === 0x0d || byte === 0x0a || byte === 0x04) return end();
        if (byte === 0x7f || byte === 0x08) eraseCharacter(typed);
        else if (byte === 0x15) typed.length = 0;
        else if (typed.length >= passwordBytesMax) return end(tooLong('the terminal'));
        else typed.push(byte);
      }
    };
    signal.addEventListener('abort', cancel, { once: true });
    input.on('data', take);
    input.resume();
  });
}

/** Takes away one character, which in UTF-8 may be several bytes. */
function eraseCharacter(typed: number[]): void {
  while (typed.length > 0) {
    const byte = typed.pop() ?? 0;
    if ((byte & 0xc0) !== 0x80) return;
  }
}
