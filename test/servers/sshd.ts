// OpenSSH's server with SFTP: as the account that runs the tests, and, for root, with an account of its own behind a chroot.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import {
  accepts,
  descendantsOf,
  findProgram,
  freePort,
  type ServerProcess,
  serverFolder,
  startServer,
  untilGone,
} from './process.ts';

export interface SshdOptions {
  /** Lines of sshd_config that come before the usual ones, and so win. */
  readonly lines?: readonly string[];
  /** Logs in with it, behind a chroot, and owns `data` in it. Only for root. */
  readonly account?: Account;
}

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** Keys, known_hosts, configuration. */
  readonly folder: string;
  /** Where the objects lie, as this machine sees it and as the client does. */
  readonly data: string;
  readonly remoteData: string;
  readonly identityFile: string;
  readonly knownHosts: string;
  /** Of the ed25519 host key. */
  readonly fingerprint: string;
  output(): string;
  /** The listener and all connections at once, by SIGKILL; then started again on the same port and data. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface Account extends Disposable {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly password: string;
}

export const sshdPackages = 'openssh-server openssh-client';

/** Taken away again at the end. */
export function makeAccount(): Account {
  const name = `holdfast-t${process.pid}`;
  const password = 'correct horse: battery staple';
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password }).toString().trim();
  execFileSync('useradd', ['-M', '-N', '-d', '/', '-s', '/usr/sbin/nologin', '-p', hash, name]);
  const id = (flag: string) => Number(execFileSync('id', [flag, name]).toString());
  return {
    name,
    uid: id('-u'),
    gid: id('-g'),
    password,
    // By force: a process of the account may still be on its way out.
    [Symbol.dispose]: () => void execFileSync('userdel', ['-f', name], { stdio: 'ignore' }),
  };
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const { account } = options;
  // A chroot and all above it must belong to root and be writable by nobody else.
  const folder = serverFolder(account === undefined ? undefined : '/run');
  const at = (name: string) => join(folder.path, name);
  chmodSync(folder.path, 0o755);
  makeKey(at('host_ed25519'), 'ed25519');
  makeKey(at('host_ecdsa'), 'ecdsa');
  makeKey(at('identity'), 'ed25519');
  writeFileSync(at('authorized'), readFileSync(at('identity.pub')));
  chmodSync(at('authorized'), 0o644);
  const root = at('root');
  const data = join(root, 'data');
  mkdirSync(data, { recursive: true });
  if (account !== undefined) chownSync(data, account.uid, account.gid);
  const port = await freePort();
  writeFileSync(
    at('sshd_config'),
    [
      ...(options.lines ?? []),
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host_ed25519')}`,
      `HostKey ${at('host_ecdsa')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'UseDNS no',
      'LogLevel VERBOSE',
      'MaxStartups 100',
      'PermitRootLogin yes',
      `AuthorizedKeysFile ${at('authorized')}`,
      `PasswordAuthentication ${account === undefined ? 'no' : 'yes'}`,
      'KbdInteractiveAuthentication no',
      'Subsystem sftp internal-sftp',
      ...(account === undefined ? [] : [`ChrootDirectory ${root}`, 'ForceCommand internal-sftp']),
      '',
    ].join('\n'),
  );
  const knownHosts = at('known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${publicKey(at('host_ed25519.pub'))}\n`);
  let server: ServerProcess | undefined;
  const start = async () => {
    server = await startServer({
      program: findProgram('sshd') ?? 'sshd',
      arguments: ['-D', '-e', '-f', at('sshd_config')],
      folder: folder.path,
      isReady: () => accepts(port),
    });
  };
  const kill = async () => {
    const current = server;
    if (current === undefined) return;
    server = undefined;
    // It leaves a process to each connection, which outlives the listener.
    const connections = descendantsOf(current.pid);
    await current.kill();
    for (const pid of connections) killIfThere(pid);
    await untilGone(connections);
  };
  await start();
  return {
    port,
    user: account?.name ?? userInfo().username,
    folder: folder.path,
    data,
    remoteData: account === undefined ? data : '/data',
    identityFile: at('identity'),
    knownHosts,
    fingerprint: execFileSync('ssh-keygen', ['-lf', at('host_ed25519.pub')])
      .toString()
      .split(' ')[1]!,
    output: () => server?.output() ?? '',
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      folder[Symbol.dispose]();
    },
  };
}

export function makeKey(path: string, type: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', path]);
}

/** Type and key, without the comment. */
export function publicKey(path: string): string {
  return readFileSync(path, 'utf8').split(' ').slice(0, 2).join(' ').trim();
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has left by itself.
  }
}
