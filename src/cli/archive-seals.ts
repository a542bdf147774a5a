// Seals of portable archives on the command line: which ones, innermost first, and the keys of each. Secrets come from files, a command or
// the terminal, never from arguments; recipients are public and may stand there.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { sealOf, sealsInName } from '../archives/seals/all.ts';
import type { SealLayer } from '../archives/seals/layers.ts';
import type { Seal, SealKey } from '../archives/seals/seal.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { firstLine, readPasswordFile, requireNewSecret, requireSecret, type SecretNames } from './secrets.ts';

/** More is no key but the wrong file. */
const keyBytesMax = 65_536;

const sharedOptions: readonly OptionSpec[] = [
  { flags: '--seal <name>', repeat: true },
  { flags: '--seal-password-file <file>', repeat: true },
  { flags: '--seal-key-file <file>', repeat: true },
];

export const sealOptions: readonly OptionSpec[] = [
  ...sharedOptions,
  { flags: '--seal-recipient <recipient>', repeat: true },
];

export const openOptions: readonly OptionSpec[] = [
  ...sharedOptions,
  { flags: '--seal-identity <file>', repeat: true },
];

/** Variables and the terminal are asked where the options name no password; there are no options of these names. */
const sealSecret: SecretNames = {
  passwordFile: 'sealPassword',
  passwordCommand: 'sealPasswordCommand',
  keyFile: 'sealKey',
  environmentPrefix: 'HOLDFAST_SEAL_',
};

/** The seals of a new archive with their keys. */
export async function layersToSeal(invocation: Invocation): Promise<SealLayer[]> {
  const { options } = invocation;
  const seals = await Promise.all(options.list('seal').map(sealOf));
  const recipients = options.list('sealRecipient').map(readRecipient);
  const layers = await withKeys(seals, invocation, async (seal, secrets) => {
    const fitting = recipients.filter((text) => isAge(text) === (seal.name === 'age'));
    const takesRecipients = seal.needs.seal !== 'password';
    if (takesRecipients && (fitting.length > 0 || seal.needs.seal === 'recipient')) {
      if (fitting.length === 0) {
        throw new Failure('usage', 'SEAL_RECIPIENT_MISSING', `no recipient was given for "${seal.name}"`);
      }
      return { recipients: fitting };
    }
    return { password: await secrets(seal, 'new') };
  });
  const hasUse = (text: string) => seals.some(({ name }) => isAge(text) === (name === 'age'));
  checkUsed(
    recipients.some((text) => !hasUse(text)),
    '--seal-recipient',
  );
  return layers;
}

/** The seals of an archive, as options, its manifest or its name tell them, with the keys that open them. */
export async function layersToOpen(
  told: readonly string[] | undefined,
  file: string,
  invocation: Invocation,
): Promise<SealLayer[]> {
  const { options } = invocation;
  const asked = options.list('seal');
  const names = asked.length > 0 ? asked : (told ?? [...sealsInName(file).names].reverse());
  const seals = await Promise.all(names.map(sealOf));
  const identities = options.list('sealIdentity').map((path) => readKeyText(path, invocation));
  return withKeys(seals, invocation, async (seal, secrets) => {
    const fitting = identities.filter((secret) => isAge(textOf(secret)) === (seal.name === 'age'));
    if (seal.needs.open !== 'password' && (fitting.length > 0 || seal.needs.open === 'identity')) {
      if (fitting.length === 0) {
        throw new Failure('usage', 'SEAL_IDENTITY_MISSING', `no identity was given for "${seal.name}"`);
      }
      const isLocked = fitting.some((secret) => textOf(secret).includes('ENCRYPTED'));
      return { identities: fitting, ...(isLocked ? { password: await secrets(seal, 'known') } : {}) };
    }
    return { password: await secrets(seal, 'known') };
  });
}

type NextSecret = (seal: Seal, kind: 'new' | 'known') => Promise<Secret>;

/** Password and key files are dealt out in the order of the seals, one to each that takes one. */
async function withKeys(
  seals: readonly Seal[],
  invocation: Invocation,
  keyOf: (seal: Seal, next: NextSecret) => Promise<SealKey>,
): Promise<SealLayer[]> {
  const passwords = [...invocation.options.list('sealPasswordFile')];
  const keys = [...invocation.options.list('sealKeyFile')];
  const next: NextSecret = async (seal, kind) => {
    const key = seal.name === 'aes-256-gcm' ? keys.shift() : undefined;
    if (key !== undefined) {
      const { readKeyFile } = await import('../keyslots/key-file.ts');
      return readKeyFile(key);
    }
    const file = passwords.shift();
    if (file !== undefined) return passwordIn(file, invocation);
    const ask = kind === 'new' ? requireNewSecret : requireSecret;
    try {
      return (await ask(invocation, sealSecret, seal.name)).secret;
    } catch (error) {
      throw isFailure(error, 'denied', 'PASSWORD_MISSING') ? noKeyGiven(seal, kind, error) : error;
    }
  };
  const layers: SealLayer[] = [];
  for (const seal of seals) layers.push({ seal, key: await keyOf(seal, next) });
  checkUsed(passwords.length > 0, '--seal-password-file');
  checkUsed(keys.length > 0, '--seal-key-file');
  return layers;
}

/** The options of a repository's password, which the other failure names, do nothing for a seal. */
function noKeyGiven({ name, needs }: Seal, kind: 'new' | 'known', cause: unknown): Failure {
  const other = kind === 'new' ? '--seal-recipient' : '--seal-identity';
  const takesBoth = (kind === 'new' ? needs.seal : needs.open) !== 'password';
  return new Failure('denied', 'SEAL_KEY_MISSING', `no key was given for the seal "${name}"`, {
    hint: takesBoth
      ? `Give ${other} or --seal-password-file.`
      : 'Give --seal-password-file, or set HOLDFAST_SEAL_PASSWORD_FILE.',
    cause,
  });
}

/** A key that seals nothing is a slip: the person believes that the archive is sealed with it. */
function checkUsed(isLeft: boolean, option: string): void {
  if (isLeft) {
    throw new Failure('usage', 'SEAL_KEY_LEFT_OVER', `more keys than seals were given with ${option}`);
  }
}

function passwordIn(path: string, invocation: Invocation): Secret {
  const bytes = readPasswordFile(path, invocation);
  const secret = new Secret(new Uint8Array(firstLine(bytes)), 'passphrase');
  bytes.fill(0);
  return secret;
}

/** An age recipient as it stands, or a file that holds one, or a public key or certificate. */
function readRecipient(text: string): string {
  return text.startsWith('age1') ? text : readFileText(text).toString('utf8').trim();
}

function isAge(text: string): boolean {
  return !text.includes('-----BEGIN') || text.includes('BEGIN AGE');
}

function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('latin1');
}

function readKeyText(path: string, { output, texts }: Invocation): Secret {
  const bytes = readFileText(path, (mode) =>
    output.log.warn(texts.say('secret.tooOpen', { path, mode: mode.toString(8) })),
  );
  const secret = new Secret(bytes);
  bytes.fill(0);
  return secret;
}

function readFileText(path: string, warn?: (mode: number) => void): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    const stat = fstatSync(file);
    if (stat.isFile() && (stat.mode & 0o077) !== 0) warn?.(stat.mode & 0o777);
    const bytes = Buffer.alloc(keyBytesMax + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    if (length > keyBytesMax) throw unreadable(path);
    return bytes.subarray(0, length);
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(path, error);
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, cause?: unknown): Failure {
  return new Failure('missing', 'SEAL_KEY_UNREADABLE', `the key "${path}" cannot be read`, {
    facts: { path },
    cause,
  });
}
