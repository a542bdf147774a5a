// The object server: repositories of several accounts in one folder, over HTTPS. Plain node:https, because the protocol has a handful of
// paths, and because limits, slow clients and half-sent bodies are exactly what a framework in between would hide.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { type Account, Doorman } from './accounts.ts';
import { localPlaces, type Places } from './places.ts';
import { errorHeader, isLoopback, objectBytesMax, wireError } from './protocol.ts';
import { Requests } from './requests.ts';

export interface ObjectServerLimits {
  readonly connectionsMax: number;
  /** Bodies of all requests at work together; beyond it clients are asked to come again. */
  readonly bodyBytesMax: number;
  /** A connection on which nothing moves is closed. */
  readonly idleMs: number;
  /** A client that dribbles its headers is cut off. */
  readonly headersMs: number;
  /** The longest that a whole request may take to arrive. */
  readonly requestMs: number;
  /** How long calls at work may take to end when the server stops. */
  readonly graceMs: number;
}

export const defaultLimits: ObjectServerLimits = {
  connectionsMax: 256,
  bodyBytesMax: 512 * 1024 * 1024,
  idleMs: 60_000,
  headersMs: 15_000,
  requestMs: 30 * 60_000,
  graceMs: 30_000,
};

export interface ObjectServerOptions {
  /** Repositories lie in FOLDER/<account's folder>/<repository>. It must be there: it may be a disk that is not mounted. */
  readonly folder: string;
  readonly accounts: readonly Account[];
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM. Without it the server speaks plain HTTP, which is refused on addresses that others can reach. */
  readonly tls?: { readonly certificate: string | Buffer; readonly key: string | Buffer };
  /** Behind a proxy on another machine that speaks TLS. */
  readonly allowPlaintext?: boolean;
  readonly limits?: Partial<ObjectServerLimits>;
  /** For tests: other places than a local folder. */
  readonly places?: Places;
}

export interface ObjectServer extends AsyncDisposable {
  readonly port: number;
  /** For people, without a repository: "rests://host:8640". */
  readonly url: string;
  /** New accounts hold for the next call of every client. */
  replaceAccounts(accounts: readonly Account[]): void;
  /** A renewed certificate, for new connections. */
  replaceCertificate(tls: NonNullable<ObjectServerOptions['tls']>): void;
  /** Takes no new calls, lets those at work end, then closes. */
  stop(): Promise<void>;
}

/** Resolves when the server listens. It stops when the context is aborted, too. */
export async function serveObjects(options: ObjectServerOptions, context: Context): Promise<ObjectServer> {
  const limits = { ...defaultLimits, ...options.limits };
  if (options.tls === undefined && options.allowPlaintext !== true && !isLoopback(options.host)) {
    throw new Failure('usage', 'STORAGE_PLAINTEXT', `plain HTTP on "${options.host}" would show passwords`, {
      hint: 'Give a certificate and its key, or listen on 127.0.0.1.',
    });
  }
  const places = options.places ?? localPlaces(options.folder, context);
  const doorman = new Doorman(options.accounts, context);
  const requests = new Requests(places, limits.bodyBytesMax);
  const { server, secure } = makeServer(options, limits);
  const working = new Map<ServerResponse, Promise<void>>();
  let isStopping = false;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isStopping) response.shouldKeepAlive = false;
    const answering = answer(request, response, doorman, requests, context);
    working.set(response, answering);
    void answering.finally(() => working.delete(response));
    response.once('close', () => {
      // A connection that has become idle would hold a stop up until it times out.
      if (isStopping) setImmediate(() => server.closeIdleConnections());
    });
  });
  try {
    server.listen({ host: options.host, port: options.port });
    await once(server, 'listening');
  } catch (error) {
    throw listenFailure(options, error);
  }
  const { port } = server.address() as AddressInfo;
  const stopOnce = async () => {
    isStopping = true;
    const closed = once(server, 'close');
    for (const response of working.keys()) response.shouldKeepAlive = false;
    server.close();
    server.closeIdleConnections();
    const late = AbortSignal.timeout(limits.graceMs);
    const cut = () => server.closeAllConnections();
    late.addEventListener('abort', cut, { once: true });
    await closed;
    late.removeEventListener('abort', cut);
    await Promise.all(working.values());
    await places[Symbol.asyncDispose]();
  };
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopOnce();
    return stopping;
  };
  context.signal.addEventListener('abort', () => void stop(), { once: true });
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    port,
    url: `${options.tls === undefined ? 'rest' : 'rests'}://${shownHost}:${port}`,
    replaceAccounts: (accounts) => doorman.replace(accounts),
    replaceCertificate: (tls) => secure?.({ cert: tls.certificate, key: tls.key }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function makeServer(
  { tls }: ObjectServerOptions,
  limits: ObjectServerLimits,
): {
  readonly server: Server;
  readonly secure?: (given: { cert: string | Buffer; key: string | Buffer }) => void;
} {
  const common = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    // Longer than any pause of a client between two calls of a backup is likely to be.
    keepAliveTimeout: Math.min(65_000, limits.idleMs + 5_000),
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.headersMs / 2)),
    maxHeaderSize: 8 * 1024,
    noDelay: true,
  };
  const settle = (server: Server) => {
    server.timeout = limits.idleMs;
    server.maxConnections = limits.connectionsMax;
  };
  if (tls === undefined) {
    const server = createServer(common);
    settle(server);
    return { server };
  }
  try {
    const server = createSecureServer({
      ...common,
      cert: tls.certificate,
      key: tls.key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: limits.headersMs,
    });
    settle(server);
    return { server, secure: (given) => server.setSecureContext({ ...given, minVersion: 'TLSv1.2' }) };
  } catch (cause) {
    throw new Failure('usage', 'STORAGE_CERTIFICATE_UNUSABLE', 'the certificate and its key cannot be used', {
      hint: 'Both must be PEM, the key without a passphrase, and belong together.',
      cause,
    });
  }
}

/** Never throws: whatever happens becomes an answer, or the end of the connection. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  doorman: Doorman,
  requests: Requests,
  context: Context,
): Promise<void> {
  const startedAt = context.clock.elapsed();
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  // Told by the abort above; without a listener they would end the process.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const address = request.socket.remoteAddress ?? '';
  let account = '';
  let code = '';
  try {
    const admitted = await doorman.admit(request.headers.authorization, address);
    account = admitted.name;
    await requests.answer({ account: admitted, request, response, signal: gone.signal });
  } catch (error) {
    const failure = failureOf(error, gone.signal);
    code = failure.code;
    if (failure.code === 'REQUEST_FAILED') {
      context.log.error('a request failed', { cause: String(failure.cause) });
    } else if (failure.kind === 'unavailable' || failure.kind === 'exhausted') {
      context.log.warn('a request was refused', { code, message: failure.message });
    }
    await refuse(failure, request, response).catch(() => response.destroy());
  }
  // No header is logged: one of them holds the password.
  context.log.info('request', {
    account,
    address,
    method: request.method ?? '',
    path: (request.url ?? '').slice(0, 300),
    status: response.statusCode,
    code,
    durationMs: Math.round(context.clock.elapsed() - startedAt),
    isSecure: (request.socket as TLSSocket).encrypted === true,
  });
}

async function refuse(failure: Failure, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (response.headersSent || response.destroyed) {
    // Half an answer must not look like a whole one.
    response.destroy();
    return;
  }
  const { code, status } = wireError(failure);
  const isOurs = code === failure.code;
  const body = Buffer.from(
    JSON.stringify({ code, message: isOurs ? failure.message : 'the storage failed' }),
  );
  response.setHeader(errorHeader, code);
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.length);
  if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="holdfast"');
  const { retryAfterMs } = failure.facts;
  if (typeof retryAfterMs === 'number') {
    response.setHeader('Retry-After', Math.max(1, Math.ceil(retryAfterMs / 1000)));
  }
  // A client that is still sending hears nothing before it has sent all: its body is read, and thrown away, if it has a bounded end.
  const isBounded =
    request.headers['transfer-encoding'] === undefined &&
    Number(request.headers['content-length'] ?? 0) <= objectBytesMax;
  if (isBounded) await drain(request);
  else response.setHeader('Connection', 'close');
  response.writeHead(status);
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function drain(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  request.resume();
  await Promise.race([once(request, 'end'), once(request, 'close')]).catch(() => undefined);
}

function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return new Failure('canceled', 'CANCELED', 'the client went away');
  if (error instanceof Failure) return error;
  return new Failure('unavailable', 'REQUEST_FAILED', 'the request failed', { cause: error });
}

function listenFailure({ host, port }: ObjectServerOptions, cause: unknown): Failure {
  const { code } = cause as NodeJS.ErrnoException;
  const isDenied = code === 'EACCES' || code === 'EPERM';
  return new Failure(
    isDenied ? 'denied' : 'usage',
    'STORAGE_CANNOT_LISTEN',
    `nothing can listen on "${host}", port ${port} (${code ?? String(cause)})`,
    { hint: 'Choose an address of this machine and a free port above 1023.', cause },
  );
}
