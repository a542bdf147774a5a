// The servers that bench/remote.ts measures against: started for one comparison, empty, on loopback, and gone with all they hold at its end.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startProxy } from '../test/servers/proxy.ts';
import { startRadosGateway } from '../test/servers/radosgw.ts';
import { startSshd } from '../test/servers/sshd.ts';

export const servers = ['s3', 'sftp'] as const;
export type ServerName = (typeof servers)[number];

/** How one tool reaches its place on the server. */
export interface Reach {
  readonly repository: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Options that go before all others. */
  readonly options: readonly string[];
}

export interface RemoteServer extends AsyncDisposable {
  holdfast(place: string): Reach;
  restic(place: string): Reach;
  /** Since the last call: requests in plain HTTP, and bytes that clients sent. Only through a proxy, only S3 for requests. */
  taken(): Traffic;
  /** A client of its own, for S3 only. */
  readonly s3?: S3Client;
  readonly port: number;
  /** SFTP only: where a place lies on this machine. */
  folderOf(place: string): string;
}

export interface Traffic {
  readonly requests: number;
  /** Bytes sent, by the milliseconds at which they came. */
  readonly sent: readonly { readonly atMs: number; readonly bytes: number }[];
}

export const bucket = 'bench';

/** With a proxy that adds `delayMs` in each direction; undefined: straight to the server. */
export async function startRemote(name: ServerName, delayMs: number | undefined): Promise<RemoteServer> {
  await using stack = new AsyncDisposableStack();
  const secrets = mkdtempSync(join(tmpdir(), 'holdfast-bench-remote-'));
  stack.defer(() => rmSync(secrets, { recursive: true, force: true }));
  let requests = 0;
  let sent: { atMs: number; bytes: number }[] = [];
  const watch = (bytes: Buffer) => {
    sent.push({ atMs: performance.now(), bytes: bytes.length });
    // Bodies are ciphertext: nothing in them looks like a request.
    requests +=
      bytes.toString('latin1').match(/(?:GET|PUT|HEAD|POST|DELETE) \S+ HTTP\/1\.1\r\n/g)?.length ?? 0;
  };
  const portBefore = async (port: number) =>
    delayMs === undefined ? port : stack.use(await startProxy(port, { delayMs }, watch)).port;
  const taken = (): Traffic => {
    const traffic = { requests, sent };
    requests = 0;
    sent = [];
    return traffic;
  };

  if (name === 's3') {
    const gateway = stack.use(await startRadosGateway());
    const port = await portBefore(gateway.port);
    const endpoint = `http://127.0.0.1:${port}`;
    const { accessKeyId, secretAccessKey } = gateway;
    const s3 = new S3Client({
      endpoint: `http://127.0.0.1:${gateway.port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      credentials: { accessKeyId, secretAccessKey },
    });
    stack.defer(() => s3.destroy());
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const secretFile = join(secrets, 'secret');
    writeFileSync(secretFile, secretAccessKey, { mode: 0o600 });
    const query = `endpoint=${encodeURIComponent(endpoint)}&access-key-id=${accessKeyId}`;
    const rest = stack.move();
    return {
      port,
      s3,
      taken,
      holdfast: (place) => ({
        repository: `s3://${bucket}/${place}?${query}`,
        environment: { HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE: secretFile },
        options: [],
      }),
      restic: (place) => ({
        repository: `s3:${endpoint}/${bucket}/${place}`,
        environment: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
        options: [],
      }),
      folderOf: () => {
        throw new Error('objects of S3 lie in no folder');
      },
      [Symbol.asyncDispose]: () => rest.disposeAsync(),
    };
  }

  const server = stack.use(await startSshd());
  const port = await portBefore(server.port);
  const knownHosts = join(secrets, 'known_hosts');
  const key = readFileSync(server.knownHosts, 'utf8').split(' ').slice(1).join(' ').trim();
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${key}\n`);
  const folderOf = (place: string) => join(server.data, place);
  const query = `identity-file=${encodeURIComponent(server.identityFile)}&known-hosts=${encodeURIComponent(knownHosts)}`;
  const ssh = `ssh -F none -i ${server.identityFile} -o UserKnownHostsFile=${knownHosts} -p ${port} ${server.user}@127.0.0.1 -s sftp`;
  const rest = stack.move();
  return {
    port,
    taken,
    holdfast: (place) => ({
      repository: `sftp://${server.user}@127.0.0.1:${port}/${folderOf(place)}?${query}`,
      environment: {},
      options: [],
    }),
    restic: (place) => ({
      repository: `sftp:${server.user}@127.0.0.1:${folderOf(place)}`,
      environment: {},
      options: ['-o', `sftp.command=${ssh}`],
    }),
    folderOf,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
