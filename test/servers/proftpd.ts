// proftpd with an account of its own (no system account), and TLS as asked for. Started as root; the account's files belong to nobody.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IssuedCertificate } from './authority.ts';
import { accepts, freePort, type ServerProcess, startServer } from './process.ts';

export const ftpUser = 'keeper';
export const ftpPassword = 'geheim-87';

export interface FtpPlan {
  readonly folder: string;
  /** Kept over a restart. */
  readonly port?: number;
  readonly tls?: { readonly certificate: IssuedCertificate; readonly isImplicit?: boolean };
  /** Lines of the configuration, such as limits. */
  readonly more?: readonly string[];
}

export interface FtpServer extends AsyncDisposable {
  readonly port: number;
  /** What the account sees as its root. */
  readonly home: string;
  readonly process: ServerProcess;
}

const nobody = 65534;

export async function startProftpd(plan: FtpPlan): Promise<FtpServer> {
  const { folder } = plan;
  const port = plan.port ?? (await freePort());
  const home = join(folder, 'home');
  chmodSync(folder, 0o755);
  mkdirSync(home, { recursive: true });
  chownSync(home, nobody, nobody);
  const users = join(folder, 'users');
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: ftpPassword }).toString().trim();
  writeFileSync(users, `${ftpUser}:${hash}:${nobody}:${nobody}::${home}:/bin/false\n`, { mode: 0o600 });
  chmodSync(users, 0o600);
  const tls = plan.tls && [
    'LoadModule mod_tls.c',
    'TLSEngine on',
    'TLSRequired on',
    `TLSOptions ${plan.tls.isImplicit === true ? 'UseImplicitSSL' : 'NoEmptyFragments'}`,
    `TLSECCertificateFile ${plan.tls.certificate.certificatePath}`,
    `TLSECCertificateKeyFile ${plan.tls.certificate.keyPath}`,
    `TLSLog ${join(folder, 'tls.log')}`,
  ];
  const configuration = join(folder, 'proftpd.conf');
  writeFileSync(
    configuration,
    [
      'ModulePath /usr/lib/proftpd',
      'ServerType standalone',
      'DefaultAddress 127.0.0.1',
      `Port ${port}`,
      'UseIPv6 off',
      'User nobody',
      'Group nogroup',
      `PidFile ${join(folder, 'pid')}`,
      `ScoreboardFile ${join(folder, 'scoreboard')}`,
      `DelayTable ${join(folder, 'delay')}`,
      'DelayEngine off',
      'WtmpLog off',
      `TransferLog none`,
      'UseReverseDNS off',
      'AuthOrder mod_auth_file.c',
      `AuthUserFile ${users}`,
      'RequireValidShell off',
      'DefaultRoot ~',
      'AllowStoreRestart on',
      ...(tls ?? []),
      ...(plan.more ?? []),
      '',
    ].join('\n'),
  );
  const process = await startServer({
    program: 'proftpd',
    arguments: ['-n', '-c', configuration],
    folder,
    isReady: () => accepts(port),
  });
  return { port, home, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}
