// Apache with mod_dav, in one folder, on one port of loopback.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DavPlan, DavServer } from './nginx.ts';
import { accepts, freePort, startServer } from './process.ts';

export const davUser = 'keeper';
export const davPassword = 'geheim-88';
export const apachePrograms = ['apache2', 'openssl'];
export const apachePackages = 'apache2-bin openssl';

const modules = [
  ...['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_basic', 'auth_digest'],
  ...['dav', 'dav_fs', 'mime', 'socache_shmcb', 'ssl'],
];
const nobody = 65534;

export async function startApache(
  plan: DavPlan & { readonly login?: 'Basic' | 'Digest' },
): Promise<DavServer> {
  const { folder, certificate, login } = plan;
  const port = plan.port ?? (await freePort());
  const files = join(folder, 'dav');
  for (const path of [files, join(folder, 'locks')]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
    chownSync(path, nobody, nobody);
  }
  chmodSync(folder, 0o755);
  const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: davPassword })
    .toString()
    .trim();
  const digest = createHash('md5').update(`${davUser}:dav:${davPassword}`).digest('hex');
  writeFileSync(join(folder, 'basic'), `${davUser}:${hash}\n`);
  writeFileSync(join(folder, 'digest'), `${davUser}:dav:${digest}\n`);
  const configuration = join(folder, 'apache.conf');
  writeFileSync(
    configuration,
    [
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      `ServerRoot ${folder}`,
      'ServerName 127.0.0.1',
      `Listen 127.0.0.1:${port}`,
      `PidFile ${folder}/pid`,
      `Mutex file:${folder}/locks default`,
      `DefaultRuntimeDir ${folder}`,
      'User nobody',
      'Group nogroup',
      'TypesConfig /dev/null',
      `ErrorLog ${folder}/error.log`,
      'LogLevel error',
      `DocumentRoot ${folder}`,
      `DavLockDB ${folder}/locks/db`,
      'StartServers 1',
      'ServerLimit 4',
      'ThreadsPerChild 16',
      'MaxRequestWorkers 64',
      ...(certificate === undefined
        ? []
        : [
            'SSLEngine on',
            `SSLCertificateFile ${certificate.certificatePath}`,
            `SSLCertificateKeyFile ${certificate.keyPath}`,
          ]),
      '<Directory />',
      'Require all denied',
      '</Directory>',
      `<Directory ${files}>`,
      'Dav On',
      ...(login === undefined
        ? ['Require all granted']
        : [
            `AuthType ${login}`,
            'AuthName dav',
            login === 'Basic' ? `AuthUserFile ${folder}/basic` : `AuthUserFile ${folder}/digest`,
            'Require valid-user',
          ]),
      ...(plan.more ?? []),
      '</Directory>',
      '',
    ].join('\n'),
  );
  const process = await startServer({
    program: 'apache2',
    arguments: ['-f', configuration, '-DFOREGROUND'],
    folder,
    isReady: () => accepts(port),
  });
  return { port, files, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}
