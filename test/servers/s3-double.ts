// What no server at hand does: Amazon's checksums, frozen classes and their thawing, roles, settings of a bucket; and what no server should
// do. It speaks only the calls that the tests make, takes every signature, and keeps what it was sent.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface DoubleObject {
  bytes: Buffer;
  storageClass: string | undefined;
  restore: 'asked' | 'done' | undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface S3Double extends AsyncDisposable {
  readonly endpoint: string;
  readonly objects: Map<string, DoubleObject>;
  readonly seen: SeenRequest[];
  /** What "?acl" and its like answer. */
  readonly settings: Map<string, string>;
  /** Gives another answer than the double would, or undefined; `honest` does and tells what it would. */
  lie: (request: SeenRequest, honest: () => Answer) => Answer | undefined;
}

export async function startS3Double(): Promise<S3Double> {
  const server = createServer((request, response) => {
    void serve(double, request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const double: S3Double = {
    endpoint: `http://127.0.0.1:${address.port}`,
    objects: new Map(),
    seen: [],
    settings: new Map(),
    lie: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return double;
}

async function serve(double: S3Double, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://double');
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
  const seen = {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname).replace(/^\/[^/]*\/?/, ''),
    query: url.searchParams,
    headers: request.headers,
    body,
  };
  double.seen.push(seen);
  const {
    status,
    headers,
    body: sent,
  } = double.lie(seen, () => answer(double, seen)) ?? answer(double, seen);
  response.writeHead(status, { 'content-length': sent?.length ?? 0, ...headers });
  response.end(request.method === 'HEAD' ? undefined : sent);
}

function answer(double: S3Double, seen: SeenRequest): Answer {
  const { method, path, query, body } = seen;
  if (path === '' && method === 'POST') return role(body.toString());
  if (query.has('object-lock')) return failed(404, 'ObjectLockConfigurationNotFoundError');
  if (query.has('restore')) return restore(double, seen);
  if (path === '' && query.get('list-type') === '2') return list(double, query.get('prefix') ?? '');
  if (path === '') {
    for (const [name, xml] of double.settings) {
      if (query.has(name)) return xml.startsWith('<') ? { status: 200, body: xml } : failed(404, xml);
    }
    return query.size > 0 && [...query.keys()].some((name) => name !== 'x-id')
      ? failed(403, 'AccessDenied')
      : { status: 200 };
  }
  if (method === 'PUT') return put(double, seen);
  if (method === 'DELETE') {
    double.objects.delete(path);
    return { status: 204 };
  }
  return get(double, seen);
}

function put({ objects }: S3Double, { path, headers, body }: SeenRequest): Answer {
  if (headers['if-none-match'] === '*' && objects.has(path)) return failed(412, 'PreconditionFailed');
  const sum = headers['x-amz-checksum-sha256'];
  if (sum !== undefined && sum !== sha256(body)) return failed(400, 'BadDigest');
  const storageClass = headers['x-amz-storage-class'] as string | undefined;
  objects.set(path, { bytes: body, storageClass, restore: undefined });
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  return {
    status: 200,
    headers: {
      etag,
      ...(sum === undefined ? {} : { 'x-amz-checksum-sha256': sha256(body) }),
      // Who encrypts says so.
      ...Object.fromEntries(
        ['x-amz-server-side-encryption', 'x-amz-server-side-encryption-customer-algorithm']
          .map((name) => [name, headers[name]])
          .filter(([, value]) => typeof value === 'string'),
      ),
    },
  };
}

function get({ objects }: S3Double, { method, path, headers }: SeenRequest): Answer {
  const object = objects.get(path);
  if (object === undefined) return failed(404, 'NoSuchKey');
  const { bytes, storageClass, restore: asked } = object;
  const about = {
    'last-modified': new Date(0).toUTCString(),
    ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
    ...(asked === undefined ? {} : { 'x-amz-restore': `ongoing-request="${asked === 'asked'}"` }),
  };
  if (method === 'HEAD') {
    const isAsked = headers['x-amz-checksum-mode'] === 'ENABLED';
    const sums = { 'x-amz-checksum-sha256': sha256(bytes), 'x-amz-checksum-type': 'FULL_OBJECT' };
    return {
      status: 200,
      headers: { ...about, 'content-length': String(bytes.length), ...(isAsked ? sums : {}) },
    };
  }
  if (isFrozen(object)) return failed(403, 'InvalidObjectState');
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  if (range === null) return { status: 200, headers: about, body: bytes };
  const [from, to] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
  const sent = { ...about, 'content-range': `bytes ${from}-${to}/${bytes.length}` };
  return { status: 206, headers: sent, body: bytes.subarray(from, to + 1) };
}

function isFrozen({ storageClass, restore: asked }: DoubleObject): boolean {
  return /^(GLACIER|DEEP_ARCHIVE)$/.test(storageClass ?? '') && asked !== 'done';
}

function restore({ objects }: S3Double, { path }: SeenRequest): Answer {
  const object = objects.get(path);
  if (object === undefined) return failed(404, 'NoSuchKey');
  if (!isFrozen(object)) return failed(403, 'InvalidObjectState');
  if (object.restore === 'asked') return failed(409, 'RestoreAlreadyInProgress');
  object.restore = 'asked';
  return { status: 202 };
}

function list({ objects }: S3Double, prefix: string): Answer {
  const contents = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(
      ([key, { bytes }]) =>
        `<Contents><Key>${key}</Key><LastModified>1970-01-01T00:00:00.000Z</LastModified><Size>${bytes.length}</Size></Contents>`,
    );
  return {
    status: 200,
    body: `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
  };
}

function role(form: string): Answer {
  if (new URLSearchParams(form).get('Action') !== 'AssumeRole') return failed(400, 'InvalidAction');
  const credentials =
    '<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>' +
    '<SessionToken>role-token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>';
  const result = `<AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult>`;
  return { status: 200, body: `<AssumeRoleResponse>${result}</AssumeRoleResponse>` };
}

export function failed(status: number, code: string, more = ''): Answer {
  const headers = { 'content-type': 'application/xml' };
  return { status, headers, body: `<Error><Code>${code}</Code><Message>no</Message>${more}</Error>` };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
