// Exim as an MTA that takes mail for everybody who has logged in over TLS, in one folder, on two ports of loopback. It delivers nothing:
// what it has taken lies in its queue when its answer comes.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IssuedCertificate } from './authority.ts';
import { accepts, findProgram, freePort, startServer } from './process.ts';

export const eximPrograms = ['exim4'];
export const eximPackages = 'exim4-daemon-light';

export interface EximPlan {
  readonly folder: string;
  readonly user: string;
  readonly password: string;
  /** Absent: the server cannot encrypt, and lets everybody send without a login. */
  readonly certificate?: IssuedCertificate;
}

export interface Exim extends AsyncDisposable {
  /** With STARTTLS. */
  readonly port: number;
  /** TLS from the beginning. */
  readonly tlsPort: number;
  output(): string;
  stop(): Promise<void>;
  /** Whole mails, with the lines in front that name sender, recipients and login. */
  queue(): { readonly envelope: string; readonly mail: string }[];
  clear(): void;
}

export async function startExim({ folder, user, password, certificate }: EximPlan): Promise<Exim> {
  const port = await freePort();
  const tlsPort = await freePort();
  const spool = join(folder, 'spool');
  const owner = account();
  for (const path of [spool, join(spool, 'input'), join(folder, 'log')]) {
    mkdirSync(path, { recursive: true });
    chownSync(path, owner.uid, owner.gid);
  }
  chmodSync(folder, 0o755);
  if (certificate !== undefined) chmodSync(certificate.keyPath, 0o644);
  const login = (name: string, first: string, second: string, prompts: string) => `
${name}:
  driver = plaintext
  public_name = ${name.toUpperCase()}
  ${prompts}
  server_condition = \${if and{{eq{$auth${first}}{${user}}}{eq{$auth${second}}{${password}}}}}
  server_set_id = $auth${first}
  server_advertise_condition = \${if def:tls_in_cipher}
`;
  const configuration = join(folder, 'exim.conf');
  writeFileSync(
    configuration,
    `primary_hostname = mail.test
spool_directory = ${spool}
log_file_path = ${folder}/log/%s
pid_file_path = ${folder}/pid
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = ${port} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
${
  certificate === undefined
    ? 'tls_advertise_hosts ='
    : `tls_advertise_hosts = *\ntls_certificate = ${certificate.certificatePath}\ntls_privatekey = ${certificate.keyPath}`
}
queue_only = true
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
message_size_limit = 20M
acl_smtp_rcpt = check
acl_smtp_data = accept

begin acl
check:
  deny local_parts = nobody
  defer local_parts = later
  ${certificate === undefined ? 'accept' : 'accept authenticated = *'}
  deny

begin authenticators
${login('plain', '2', '3', 'server_prompts = :')}
${login('login', '1', '2', 'server_prompts = Username:: : Password::')}
`,
    { mode: 0o644 },
  );
  const process = await startServer({
    program: 'exim4',
    arguments: ['-C', configuration, '-bdf'],
    folder,
    isReady: async () => (await accepts(port)) && (await accepts(tlsPort)),
  });
  const input = join(spool, 'input');
  const names = () =>
    readdirSync(input)
      .filter((name) => name.endsWith('-H'))
      .map((name) => name.slice(0, -2))
      .sort();
  const exim = (words: readonly string[]) =>
    execFileSync(findProgram('exim4') ?? 'exim4', ['-C', configuration, ...words], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
  return {
    port,
    tlsPort,
    output: process.output,
    stop: process.stop,
    queue: () => names().map((id) => ({ envelope: exim(['-Mvh', id]), mail: exim(['-Mvc', id]) })),
    clear: () => {
      for (const id of names()) exim(['-Mrm', id]);
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** The account that Exim drops to is fixed when it is built. */
function account(): { readonly uid: number; readonly gid: number } {
  const ask = (flag: string) => Number(execFileSync('id', [flag, 'Debian-exim'], { encoding: 'utf8' }));
  return { uid: ask('-u'), gid: ask('-g') };
}
