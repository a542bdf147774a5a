// A double of Google Cloud Storage: the JSON API over HTTP, for as much of it as we and Google's own library call. It checks who signed a
// call and what they may do, answers with pages, ranges, sessions and rewrites that take several calls, and fails on demand.

import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type Bucket, GcsBuckets, GcsError, type Json, type StoredObject } from './gcs-buckets.ts';

export type Permission =
  | `objects.${'get' | 'create' | 'delete' | 'list' | 'update'}`
  | `buckets.${'get' | 'create' | 'update' | 'getIamPolicy'}`;
export const allPermissions: readonly Permission[] = [
  ...(['objects.get', 'objects.create', 'objects.delete', 'objects.list', 'objects.update'] as const),
  ...(['buckets.get', 'buckets.create', 'buckets.update', 'buckets.getIamPolicy'] as const),
];

export interface GcsState {
  readonly store: GcsBuckets;
  readonly sessions: Map<string, Session>;
  /** By the address of a service account. */
  readonly accounts: Map<string, { readonly publicKey: string; readonly may: ReadonlySet<Permission> }>;
  /** Answers for the next calls, in place of the right ones. */
  readonly failures: { readonly status: number; readonly reason: string; readonly retryAfter?: string }[];
  /** Of all calls: method and path. */
  readonly calls: string[];
  /** How much of a chunk is kept, in multiples of 256 KiB; undefined: all of it. */
  keptOfChunk?: number | undefined;
  /** How much is copied by one call of a rewrite. */
  rewriteBytesMax: number;
  /** Google's library, given another endpoint, does not sign the beginning of a session. */
  areSessionsOpenToAll: boolean;
  /** Flips a bit of every download, as a bad line would. */
  isDamaging: boolean;
}

interface Session {
  readonly bucket: string;
  readonly object: Json & { readonly name: string };
  readonly query: URLSearchParams;
  received: Buffer;
}

export function newGcsState(): GcsState {
  return {
    store: new GcsBuckets(),
    sessions: new Map(),
    accounts: new Map(),
    failures: [],
    calls: [],
    rewriteBytesMax: 1024 * 1024,
    areSessionsOpenToAll: false,
    isDamaging: false,
  };
}

/** A key file for a new account with these rights, as Google gives it. */
export function newAccount(state: GcsState, name: string, may: readonly Permission[] = allPermissions): Json {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const email = `${name}@project.iam.gserviceaccount.com`;
  state.accounts.set(email, { publicKey, may: new Set(may) });
  return {
    type: 'service_account',
    project_id: 'project',
    private_key_id: `key-of-${name}`,
    private_key: privateKey,
    client_email: email,
    client_id: '1',
    token_uri: 'https://oauth2.googleapis.com/token',
  };
}

export interface GcsDouble extends AsyncDisposable {
  readonly port: number;
  readonly endpoint: string;
}

export interface GcsDoubleOptions {
  /** To start again where it was. */
  readonly port?: number;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export async function startGcsDouble(
  state: GcsState,
  { port, tls }: GcsDoubleOptions = {},
): Promise<GcsDouble> {
  const listen = (request: IncomingMessage, response: ServerResponse) => {
    state.calls.push(`${request.method} ${request.url?.replace(/\?.*/, '')}`);
    answer(state, request, response).catch((error: unknown) => fail(response, error));
  };
  const server =
    tls === undefined
      ? createServer(listen)
      : createSecureServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, listen);
  server.listen(port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Call {
  readonly state: GcsState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  require(permission: Permission): void;
}

async function answer(state: GcsState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
  const failure = state.failures.shift();
  if (failure !== undefined) {
    if (failure.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
    throw new GcsError(failure.status, failure.reason, 'a failure on demand');
  }
  const url = new URL(request.url ?? '/', 'http://double');
  const query = url.searchParams;
  const call: Call = {
    state,
    request,
    response,
    query,
    body,
    require: (permission) => requirePermission(state, request, permission),
  };
  const [, bucketAt, objectAt, targetAt] =
    /^\/storage\/v1\/b(?:\/([^/]+)(?:\/(?:o(?:\/([^/]+)(?:\/rewriteTo\/b\/(.+))?)?|iam))?)?$/.exec(
      url.pathname,
    ) ?? [];
  const bucket = decodeURIComponent(bucketAt ?? '');
  const name = objectAt === undefined ? undefined : decodeURIComponent(objectAt);
  const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname)?.[1];
  if (upload !== undefined) return receive(call, decodeURIComponent(upload));
  if (url.pathname === '/storage/v1/b' && request.method === 'POST') {
    call.require('buckets.create');
    const given = JSON.parse(body.toString()) as Json;
    return send(call, state.store.create(String(given.name), given).settings);
  }
  if (url.pathname.endsWith('/iam') && objectAt === undefined) {
    call.require('buckets.getIamPolicy');
    return send(
      call,
      (state.store.bucket(bucket).settings.doubleIam as Json | undefined) ?? { bindings: [] },
    );
  }
  if (targetAt !== undefined && name !== undefined) return rewrite(call, bucket, name, targetAt);
  if (name !== undefined) return onObject(call, bucket, name);
  if (url.pathname.endsWith('/o')) return list(call, bucket);
  if (bucketAt !== undefined) return onBucket(call, state.store.bucket(bucket));
  throw new GcsError(404, 'notFound', 'Not Found');
}

function onBucket(call: Call, bucket: Bucket): void {
  if (call.request.method === 'PATCH') {
    call.require('buckets.update');
    const wanted = call.query.get('ifMetagenerationMatch');
    if (wanted !== null && wanted !== bucket.settings.metageneration) {
      throw new GcsError(412, 'conditionNotMet', 'The bucket has changed.');
    }
    const metageneration = String(Number(bucket.settings.metageneration) + 1);
    Object.assign(bucket.settings, JSON.parse(call.body.toString()), { metageneration });
  } else call.require('buckets.get');
  send(call, bucket.settings);
}

function onObject(call: Call, bucket: string, name: string) {
  const { store } = call.state;
  switch (call.request.method) {
    case 'DELETE':
      call.require('objects.delete');
      store.delete(bucket, name, call.query);
      return void call.response.writeHead(204).end();
    case 'PATCH':
      call.require('objects.update');
      return send(
        call,
        store.patch(bucket, name, JSON.parse(call.body.toString()) as Json, call.query).resource,
      );
    default:
      call.require('objects.get');
      return call.query.get('alt') === 'media'
        ? sendMedia(call, store.object(bucket, name))
        : send(call, store.object(bucket, name).resource);
  }
}

function sendMedia({ request, response, state }: Call, { bytes, resource }: StoredObject): void {
  const headers = {
    'content-type': 'application/octet-stream',
    'x-goog-hash': `crc32c=${resource.crc32c},md5=${resource.md5Hash}`,
    'x-goog-generation': resource.generation,
    'accept-ranges': 'bytes',
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const first = Number(range?.[1] ?? 0);
  if (range !== null && first >= bytes.length) {
    throw new GcsError(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable');
  }
  const last = Math.min(range?.[2] ? Number(range[2]) : bytes.length - 1, bytes.length - 1);
  const part = Buffer.from(bytes.subarray(first, last + 1));
  if (state.isDamaging && part.length > 0) part[0] = part[0]! ^ 1;
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'content-length': part.length,
    ...(range === null ? {} : { 'content-range': `bytes ${first}-${last}/${bytes.length}` }),
  });
  response.end(part);
}

function list(call: Call, bucketName: string): void {
  call.require('objects.list');
  const { query, state } = call;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const max = Math.min(Number(query.get('maxResults') ?? 1000), 1000);
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString();
  const items: Json[] = [];
  const prefixes = new Set<string>();
  let nextPageToken: string | undefined;
  let last = after;
  for (const [name, { resource }] of [...state.store.bucket(bucketName).live].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (!name.startsWith(prefix) || name <= after) continue;
    const slash = delimiter === null ? -1 : name.indexOf(delimiter, prefix.length);
    const folder = slash < 0 ? undefined : name.slice(0, slash + 1);
    if (folder !== undefined && (prefixes.has(folder) || after.startsWith(folder))) continue;
    if (items.length + prefixes.size === max) {
      nextPageToken = Buffer.from(last).toString('base64');
      break;
    }
    if (folder === undefined) items.push(resource);
    else prefixes.add(folder);
    last = name;
  }
  send(call, {
    kind: 'storage#objects',
    ...(items.length === 0 ? {} : { items }),
    ...(prefixes.size === 0 ? {} : { prefixes: [...prefixes] }),
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
  });
}

function receive(call: Call, bucket: string) {
  const { query, request, response, state, body } = call;
  const id = query.get('upload_id');
  if (id !== null) return receiveChunk(call, id);
  const isSession = query.get('uploadType') === 'resumable';
  if (!(isSession && state.areSessionsOpenToAll)) call.require('objects.create');
  state.store.bucket(bucket);
  if (isSession) {
    const given = body.length === 0 ? {} : (JSON.parse(body.toString()) as Json);
    const object = { ...given, name: String(given.name ?? query.get('name')) };
    state.store.check(bucket, object.name, query);
    const next = `session-${state.sessions.size + 1}`;
    state.sessions.set(next, { bucket, object, query, received: Buffer.alloc(0) });
    const location = `http://${request.headers.host}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${next}`;
    return void response.writeHead(200, { location, 'content-length': 0 }).end();
  }
  if (query.get('uploadType') === 'media') {
    return send(call, state.store.put(bucket, query.get('name') ?? '', body, {}, query).resource);
  }
  const { object, bytes } = readMultipart(request.headers['content-type'] ?? '', body);
  send(
    call,
    state.store.put(bucket, String(object.name ?? query.get('name')), bytes, object, query).resource,
  );
}

function receiveChunk(call: Call, id: string) {
  const { request, response, state, body } = call;
  const session = state.sessions.get(id);
  if (session === undefined) throw new GcsError(410, 'gone', 'The session is over.');
  const range = request.headers['content-range'] ?? `bytes 0-${body.length - 1}/${body.length}`;
  const [, first, , total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(range) ?? [];
  if (first !== undefined && Number(first) !== session.received.length) {
    throw new GcsError(503, 'backendError', 'Invalid request. There were bytes missing.');
  }
  const isLast =
    total !== undefined && total !== '*' && session.received.length + body.length === Number(total);
  if (!isLast && body.length % (256 * 1024) !== 0) {
    throw new GcsError(400, 'badRequest', 'The chunk is no multiple of 262144 bytes.');
  }
  const kept = isLast || state.keptOfChunk === undefined ? body.length : state.keptOfChunk * 256 * 1024;
  session.received = Buffer.concat([session.received, body.subarray(0, kept)]);
  if (isLast) {
    state.sessions.delete(id);
    const { bucket, object, received, query } = session;
    return send(call, state.store.put(bucket, object.name, received, object, query).resource);
  }
  const range308 = session.received.length === 0 ? {} : { range: `bytes=0-${session.received.length - 1}` };
  response.writeHead(308, { ...range308, 'content-length': 0 }).end();
}

function rewrite(call: Call, bucket: string, name: string, target: string) {
  call.require('objects.create');
  const { store, rewriteBytesMax } = call.state;
  const source = store.object(bucket, name);
  store.check(bucket, name, call.query, 'Source');
  const [to, into] = target.split('/o/').map(decodeURIComponent) as [string, string];
  const done = Number(call.query.get('rewriteToken')?.replace('token-', '') ?? 0) + rewriteBytesMax;
  if (done < source.bytes.length) {
    return send(call, { done: false, totalBytesRewritten: String(done), rewriteToken: `token-${done}` });
  }
  const given = call.body.length === 0 ? {} : (JSON.parse(call.body.toString()) as Json);
  send(call, { done: true, resource: store.put(to, into, source.bytes, given, call.query).resource });
}

function readMultipart(contentType: string, body: Buffer): { object: Json; bytes: Buffer } {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  const text = body.toString('latin1');
  const second = text.indexOf(`--${boundary}`, 2);
  const headEnd = text.indexOf('\r\n\r\n');
  const object = JSON.parse(body.subarray(headEnd + 4, second).toString()) as Json;
  const start = text.indexOf('\r\n\r\n', second) + 4;
  const end = text.lastIndexOf(`\r\n--${boundary}--`);
  return { object, bytes: body.subarray(start, end) };
}

/** A call is signed by a JWT of the account's own key, as Google's library makes them where it may. */
function requirePermission(state: GcsState, request: IncomingMessage, permission: Permission): void {
  const [head, claims, signature] =
    /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]?.split('.') ?? [];
  const told = claims === undefined ? {} : (JSON.parse(Buffer.from(claims, 'base64url').toString()) as Json);
  const account = state.accounts.get(String(told.iss));
  const isSigned =
    account !== undefined &&
    createVerify('RSA-SHA256')
      .update(`${head}.${claims}`)
      .verify(account.publicKey, signature ?? '', 'base64url');
  if (!isSigned || Number(told.exp) * 1000 < Date.now() || !String(told.scope).includes('devstorage')) {
    throw new GcsError(401, 'authError', 'Invalid Credentials');
  }
  if (account.may.has(permission)) return;
  throw new GcsError(403, 'forbidden', `${told.iss} does not have storage.${permission} access.`);
}

function send({ response, query }: Call, resource: Json): void {
  const fields = query.get('fields');
  const body = Buffer.from(JSON.stringify(fields === null ? resource : masked(resource, fields)));
  response
    .writeHead(200, { 'content-type': 'application/json; charset=UTF-8', 'content-length': body.length })
    .end(body);
}

/** "a,items(b,c)" keeps just those. */
function masked(resource: Json, mask: string): Json {
  const kept: Json = {};
  for (const [, name, inner] of mask.matchAll(/(\w+)(?:\(([^)]*)\))?/g)) {
    const value = resource[name!];
    if (value === undefined) continue;
    kept[name!] =
      inner !== undefined && Array.isArray(value) ? value.map((one: Json) => masked(one, inner)) : value;
  }
  return kept;
}

function fail(response: ServerResponse, error: unknown): void {
  const { status, reason, message } =
    error instanceof GcsError ? error : new GcsError(500, 'internalError', String(error));
  const body = JSON.stringify({
    error: { code: status, message, errors: [{ domain: 'global', reason, message }] },
  });
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(body);
}
