// What a login needs from this machine: known hosts, key files, an agent. Read anew for each connection, so that a renewed key or a host
// that was made known is found without a restart.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { Failure } from '../../base/failure.ts';
import {
  fingerprintOf,
  type HostKeyVerdict,
  hostKeyAlgorithms,
  judgeHostKey,
  type KnownHost,
  keyTypeOf,
  knownHostName,
  readKnownHosts,
} from './known-hosts.ts';

export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

export interface SftpConfig extends Hop {
  /** Relative to the folder where a login begins, or absolute; empty: that folder. */
  readonly path: string;
  readonly identityFile?: string | undefined;
  readonly knownHosts?: string | undefined;
  /** The socket of an SSH agent. */
  readonly agent?: string | undefined;
  /** "SHA256:…" */
  readonly hostKey?: string | undefined;
  readonly jump?: Hop | undefined;
  readonly password?: string | undefined;
  readonly keyPassphrase?: string | undefined;
}

export interface HostKeyCheck {
  readonly algorithms: readonly string[];
  /** Undefined: go on. */
  judge(key: Buffer): Failure | undefined;
}

export async function hostKeyCheck(
  { host, port }: Hop,
  knownHosts: string | undefined,
  pin?: string,
): Promise<HostKeyCheck> {
  const files =
    knownHosts === undefined
      ? [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts']
      : [knownHosts];
  const hosts: KnownHost[] = [];
  for (const file of files) {
    const text = await readIfThere(file);
    if (text !== undefined) hosts.push(...readKnownHosts(text.toString()));
    else if (knownHosts !== undefined && pin === undefined) throw noSuchFile('known-hosts', file);
  }
  const name = knownHostName(host, port);
  return {
    algorithms: hostKeyAlgorithms(name, hosts),
    judge(key) {
      const verdict = judgeHostKey(key, name, hosts, pin);
      if (verdict === 'known') return undefined;
      return hostKeyFailure(verdict, { host, port }, key, files[0]!, pin);
    },
  };
}

function hostKeyFailure(
  verdict: Exclude<HostKeyVerdict, 'known'>,
  { host, port }: Pick<Hop, 'host' | 'port'>,
  key: Buffer,
  file: string,
  pin: string | undefined,
): Failure {
  const shown = `${keyTypeOf(key)} ${fingerprintOf(key)}`;
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${host} >> "${file}"`;
  const [message, hint] = {
    unknown: [
      `the host key of "${host}" is not known: it offers "${shown}"`,
      `Ask who runs the server whether this is its fingerprint. If it is, run: ${scan}`,
    ],
    changed: [
      `THE HOST KEY OF "${host}" HAS CHANGED: it offers "${shown}"${pin === undefined ? '' : `, pinned is "${pin}"`}`,
      `Somebody may be listening in between, or the server was set up anew. Believe it only when who runs the server confirms the fingerprint on another way; ${
        pin === undefined
          ? `then remove the old key with: ssh-keygen -R "${knownHostName(host, port)}" -f "${file}", and run: ${scan}`
          : 'then change the option host-key.'
      }`,
    ],
    revoked: [
      `the host key of "${host}" is marked as revoked: "${shown}"`,
      'This key must not be used any more. Ask who runs the server.',
    ],
  }[verdict] as [string, string];
  return new Failure('denied', 'STORAGE_HOST_KEY', message, {
    hint,
    facts: { fingerprint: fingerprintOf(key) },
  });
}

/**
 * What to offer a server, in order: keys, the agent, the password. The password is the target's alone: no jump host is told it.
 * Without an identity, agent or password the usual files of ~/.ssh are tried, as ssh does.
 */
export async function loginMethods(config: SftpConfig, hop: Hop, isJump: boolean): Promise<object[]> {
  const username = hop.user;
  const methods: object[] = [];
  for (const key of await keysOf(config)) methods.push({ type: 'publickey', username, ...key });
  if (config.agent !== undefined) methods.push({ type: 'agent', username, agent: config.agent });
  const { password } = config;
  if (password !== undefined && !isJump) {
    methods.push({ type: 'password', username, password });
    // Many servers ask for the password as a dialogue; whatever else one asks is not answered with it.
    methods.push({
      type: 'keyboard-interactive',
      username,
      prompt: (
        _name: string,
        _instructions: string,
        _language: string,
        prompts: readonly { readonly echo?: boolean }[],
        answer: (answers: string[]) => void,
      ) => answer(prompts.map(({ echo }) => (echo === true || prompts.length > 1 ? '' : password))),
    });
  }
  if (methods.length > 0) return methods;
  throw new Failure('usage', 'STORAGE_CONFIG_INVALID', `nothing is given to log in at "${hop.host}" with`, {
    hint: 'Give identity-file or agent in the URL, or the password as HOLDFAST_STORAGE_PASSWORD_FILE.',
  });
}

interface LoginKey {
  readonly key: Buffer;
  readonly passphrase?: string;
}

async function keysOf(config: SftpConfig): Promise<LoginKey[]> {
  const { identityFile, keyPassphrase } = config;
  const unlocked = (key: Buffer): LoginKey => ({
    key,
    ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
  });
  if (identityFile !== undefined) {
    const key = await readIfThere(identityFile);
    if (key === undefined) throw noSuchFile('identity-file', identityFile);
    const trouble = troubleOf(key, keyPassphrase);
    if (trouble === undefined) return [unlocked(key)];
    throw new Failure(
      'denied',
      'STORAGE_KEY_UNUSABLE',
      `the key "${identityFile}" cannot be used: ${trouble}`,
      {
        hint: 'It must be a private key. Give its passphrase as HOLDFAST_STORAGE_KEY_PASSPHRASE_FILE or HOLDFAST_STORAGE_KEY_PASSPHRASE_COMMAND.',
      },
    );
  }
  if (config.agent !== undefined || config.password !== undefined) return [];
  const keys: LoginKey[] = [];
  for (const name of ['id_ed25519', 'id_ecdsa', 'id_rsa']) {
    const key = await readIfThere(join(homedir(), '.ssh', name));
    if (key !== undefined && troubleOf(key, keyPassphrase) === undefined) keys.push(unlocked(key));
  }
  return keys;
}

/** In words of our own: those of the library might quote the key. */
function troubleOf(bytes: Buffer, passphrase: string | undefined): string | undefined {
  const parsed = ssh2.utils.parseKey(bytes, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!(key instanceof Error)) return key?.isPrivateKey() ? undefined : 'it is a public key';
  if (/no passphrase/i.test(key.message)) return 'it has a passphrase, and none is given';
  if (/passphrase|integrity/i.test(key.message)) return 'the passphrase is wrong';
  return 'its form is not known';
}

/** No shell has replaced the "~" in the middle of a URL. */
async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure('usage', 'STORAGE_CONFIG_INVALID', `"${path}" cannot be read`, {
      hint: 'Check owner and mode of the file.',
      cause: error,
    });
  }
}

function noSuchFile(option: string, path: string): Failure {
  return new Failure('usage', 'STORAGE_CONFIG_INVALID', `${option}: there is no file "${path}"`, {
    hint: 'Check the path of the option.',
  });
}
