// A real S3 server: radosgw over one monitor and one object store that live in memory. Everything runs as an ordinary account, in a folder
// of its own. About one second to start, 250 MiB.

import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { accepts, findProgram, freePort, programsOrSkip, serverFolder, startServer } from './process.ts';

const run = promisify(execFile);

export interface RadosGateway extends AsyncDisposable {
  readonly port: number;
  /** With a certificate that nobody trusts but who is given `certificateFile`; for 127.0.0.1, not for localhost. */
  readonly tlsPort: number;
  readonly certificateFile: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A second account, without rights in the first one's buckets. */
  readonly stranger: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** radosgw-admin with these arguments. */
  admin(...args: readonly string[]): Promise<string>;
  /** SIGKILL for the gateway; objects stay. */
  kill(): Promise<void>;
  /** The gateway once more, on the same port and the same objects. */
  restart(): Promise<void>;
}

export function radosGatewayOrSkip(t: TestContext): boolean {
  return programsOrSkip(
    t,
    ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool', 'openssl'],
    'radosgw ceph-mon ceph-osd ceph-common openssl',
  );
}

const frozenClass = 'GLACIER';
const nobody = { uid: 65_534, gid: 65_534 };

export async function startRadosGateway(): Promise<RadosGateway> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(serverFolder());
  const d = folder.path;
  const user = process.getuid?.() === 0 ? nobody : undefined;
  const call = async (program: string, ...args: readonly string[]) =>
    (await run(findProgram(program) ?? program, args, { cwd: d, env: environment(d), ...user })).stdout;

  const [monitorPort, port, tlsPort] = [await freePort(), await freePort(), await freePort()];
  const fsid = randomUUID();
  for (const name of ['mon', 'osd', 'rgw', 'run']) mkdirSync(join(d, name));
  await run('openssl', certificateArguments, { cwd: d });
  writeFileSync(join(d, 'ceph.conf'), configuration(d, fsid, monitorPort, port, tlsPort));
  if (user !== undefined) {
    for (const name of ['', 'mon', 'osd', 'rgw', 'run', 'ceph.conf', 'key.pem', 'cert.pem']) {
      chownSync(join(d, name), user.uid, user.gid);
    }
  }
  const keyring = join(d, 'keyring');
  const key = (name: string, ...caps: readonly string[]) =>
    call('ceph-authtool', keyring, '--gen-key', '-n', name, ...caps);
  await call(
    'ceph-authtool',
    '--create-keyring',
    keyring,
    '--gen-key',
    '-n',
    'mon.',
    '--cap',
    'mon',
    'allow *',
  );
  const all = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *'];
  await key('client.admin', ...all);
  await key('client.rgw', '--cap', 'mon', 'allow rw', '--cap', 'osd', 'allow rwx');
  await key('osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
  const address = `[v2:127.0.0.1:${monitorPort}]`;
  await call('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', address, 'monmap');
  const conf = ['-c', join(d, 'ceph.conf')];
  await call('ceph-mon', ...conf, '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', keyring);

  const child = (
    program: string,
    args: readonly string[],
    isReady: () => Promise<boolean>,
    signal?: 'SIGKILL',
  ) =>
    startServer({
      program,
      arguments: [...conf, ...args, '-f'],
      folder: d,
      environment: environment(d),
      isReady,
      // Memory is all they have: nothing is lost by not waiting for them.
      stopSignal: signal ?? 'SIGTERM',
      ...(user === undefined ? {} : { user }),
    });
  stack.use(await child('ceph-mon', ['-i', 'a'], () => accepts(monitorPort), 'SIGKILL'));
  const osd = randomUUID();
  await call('ceph', ...conf, 'osd', 'new', osd);
  await call('ceph-osd', ...conf, '-i', '0', '--mkfs', '--osd-uuid', osd);
  stack.use(await child('ceph-osd', ['-i', '0'], async () => true, 'SIGKILL'));

  const admin = (...args: readonly string[]) => call('radosgw-admin', ...conf, '-n', 'client.rgw', ...args);
  const account = async (uid: string) => {
    const [accessKeyId, secretAccessKey] = [hex(10).toUpperCase(), hex(20)];
    await admin(
      'user',
      'create',
      `--uid=${uid}`,
      `--display-name=${uid}`,
      `--access-key=${accessKeyId}`,
      `--secret=${secretAccessKey}`,
    );
    return { accessKeyId, secretAccessKey };
  };
  const owner = await account('owner');
  const stranger = await account('stranger');
  const place = ['--placement-id=default-placement', `--storage-class=${frozenClass}`];
  await admin('zonegroup', 'placement', 'add', '--rgw-zonegroup=default', ...place);
  await admin(
    'zone',
    'placement',
    'add',
    '--rgw-zone=default',
    ...place,
    '--data-pool=default.rgw.cold.data',
  );

  const start = () => child('radosgw', ['-n', 'client.rgw'], () => accepts(port));
  let gateway = await start();
  const rest = stack.move();
  return {
    port,
    tlsPort,
    certificateFile: join(d, 'cert.pem'),
    ...owner,
    stranger,
    admin,
    kill: () => gateway.kill(),
    async restart() {
      await gateway.kill();
      gateway = await start();
    },
    async [Symbol.asyncDispose]() {
      await gateway.kill();
      await rest.disposeAsync();
    },
  };
}

const certificateArguments = [
  ...[
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    '-days',
    '3650',
  ],
  ...['-subj', '/CN=gateway', '-addext', 'subjectAltName=IP:127.0.0.1'],
];

function configuration(d: string, fsid: string, monitorPort: number, port: number, tlsPort: number): string {
  return `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitorPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
paxos propose interval = 0.05
paxos min wait = 0.01
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data = ${d}/mon
osd data = ${d}/osd
keyring = ${d}/keyring
run dir = ${d}/run
pid file = ${d}/run/$name.pid
admin socket = ${d}/run/$name.asok
log file = ${d}/run/$name.log
ms bind port min = ${monitorPort + 10}
ms bind port max = ${monitorPort + 60}
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port} ssl_endpoint=127.0.0.1:${tlsPort} ssl_certificate=${d}/cert.pem ssl_private_key=${d}/key.pem tcp_nodelay=1
rgw data = ${d}/rgw
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = testkey-1=${randomBytes(32).toString('base64')}
rgw lc debug interval = 5
`;
}

/** No CEPH_CONF or CEPH_ARGS of the machine. */
function environment(d: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: d, CEPH_ARGS: '', CEPH_CONF: join(d, 'ceph.conf') };
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
