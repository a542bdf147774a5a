// The HTTP side: what a line brings becomes a question, an answer becomes a line. Limits of size and time, headers of every answer, one form
// for every error. What the contract does not name is not found.

import type { ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { addressKey } from '../identity/tries.ts';
import { requireKnownHost, requireOwnOrigin, sessionCookie, shownBy } from './access.ts';
import type { Budgets } from './budgets.ts';
import { type AnyHandler, answer } from './call.ts';
import type { Operation } from './contract/operation.ts';
import { contract } from './contract.ts';
import type { ApiTools } from './handler.ts';
import { bareHeaders, fixedHeaders } from './headers.ts';
import type { Answered } from './outgoing.ts';
import type { Names } from './places.ts';
import { problemMedia, troubleOf } from './problem.ts';
import { requestIds } from './request-ids.ts';
import { writeLines } from './slow-readers.ts';

export interface Wiring {
  readonly tools: ApiTools;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly callers: Budgets;
  readonly addresses: Budgets;
  readonly tls: { readonly certificate: Uint8Array; readonly key: Uint8Array } | undefined;
  readonly lines: LineRules;
  names(): Names;
}

/** Who sends slower than that holds a place that others need. In milliseconds. */
export interface LineRules {
  /** For the lines before the body. */
  readonly headers: number;
  /** For a whole request. */
  readonly request: number;
  /** So often is looked whether a line is too slow. */
  readonly lookEvery: number;
}

export const usualLines: LineRules = { headers: 10_000, request: 30_000, lookEvery: 5_000 };

const bodyBytesMax = 1024 * 1024;

export async function makeListener(wiring: Wiring, context: Context): Promise<FastifyInstance> {
  const { tls, tools } = wiring;
  const { proxies } = tools.rules;
  const options = {
    bodyLimit: bodyBytesMax,
    requestTimeout: wiring.lines.request,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    maxRequestsPerSocket: 10_000,
    // Those that are idle are closed anyway; calls on their way are waited for, see startApi.
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    // Whom we believe where a call came from. Nothing else that a proxy tells is looked at.
    trustProxy: proxies.length === 0 ? false : [...proxies],
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    genReqId: requestIds(),
    requestIdHeader: false,
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 200 },
    clientErrorHandler: refuseLine,
    // An address that cannot be decoded passes no hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      reply.headers({ ...bareHeaders, 'holdfast-request': request.id });
      sendTrouble(error, request, reply, context);
    },
  } as const;
  const lines = {
    headersTimeout: wiring.lines.headers,
    connectionsCheckingInterval: wiring.lines.lookEvery,
    maxHeaderSize: 16_384,
  };
  const app = (tls === undefined
    ? Fastify({ ...options, http: lines })
    : Fastify({
        ...options,
        https: {
          ...lines,
          cert: Buffer.from(tls.certificate),
          key: Buffer.from(tls.key),
          minVersion: 'TLSv1.2',
        },
      })) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addHook('onRequest', (request, _reply, done) => {
    requireKnownHost(request.headers, wiring.names());
    done();
  });
  app.setErrorHandler((error, request, reply) => sendTrouble(error, request, reply, context));
  app.setNotFoundHandler((request, reply) => sendTrouble(notFound(request), request, reply, context));
  for (const [name, operation] of Object.entries(contract) as [string, Operation][]) {
    const handler = wiring.handlers[name];
    if (handler === undefined) {
      throw new Failure('bug', 'ROUTE_WITHOUT_WORK', `the operation "${name}" has no handler`);
    }
    app.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: (request, reply) => serve(name, operation, handler, request, reply, wiring, context),
    });
  }
  return app;
}

async function serve(
  name: string,
  operation: Operation,
  handler: AnyHandler,
  request: FastifyRequest,
  reply: FastifyReply,
  { tools, callers, addresses, names }: Wiring,
  context: Context,
): Promise<void> {
  const { headers } = request;
  if (operation.method === 'GET') requireNoBody(request);
  const shown = shownBy(headers);
  const address = addressOf(request);
  // Before the login is looked up: guessing costs the address.
  const allowance = await addresses.spend(`address ${addressKey(address)}`, context);
  const recognised = await tools.recognition.recognise(shown, address, context);
  const principal = recognised?.principal;
  if (operation.method !== 'GET' && shown.token === undefined) requireOwnOrigin(headers, names());
  const own =
    principal === undefined
      ? allowance
      : await callers.spend(principal.tokenId ?? principal.userId ?? principal.actor, context);
  const asking = answer(
    name,
    operation,
    handler,
    {
      id: request.id,
      address,
      host: headers.host ?? '',
      agent: textOf(headers['user-agent'])?.slice(0, 300),
      session: shown.session,
      token: shown.token,
      principal,
      mark: recognised?.mark,
      params: request.params as Record<string, unknown>,
      query: { ...(request.query as Record<string, unknown>) },
      body: request.body,
      path: request.url.split('?')[0]!,
      ifMatch: textOf(headers['if-match']),
      ifNoneMatch: textOf(headers['if-none-match']),
      idempotencyKey: textOf(headers['idempotency-key']),
      approval: textOf(headers['holdfast-approval']),
      approvalReason: textOf(headers['holdfast-approval-reason']),
      lastEventId: textOf(headers['last-event-id']),
      range: textOf(headers.range),
      ifRange: textOf(headers['if-range']),
    },
    tools,
    context,
  );
  let answered: Answered;
  try {
    answered = await asking;
  } catch (error) {
    reply.headers(own);
    throw error;
  }
  await send(answered, { ...own, 'holdfast-request': request.id }, reply, context);
}

/** Past the framework, which would look at each header of each answer again. */
async function send(
  { status, headers, text, lines, session }: Answered,
  own: Readonly<Record<string, string>>,
  reply: FastifyReply,
  context: Context,
): Promise<void> {
  const raw = reply.raw as ServerResponse;
  const head = [...fixedLines];
  addLines(head, own);
  addLines(head, headers);
  if (session !== undefined) head.push('set-cookie', cookieLine(session));
  if (lines !== undefined) {
    raw.writeHead(status, head);
    reply.hijack();
    await writeLines(lines, raw, context);
    return;
  }
  const bytes = text === undefined ? 0 : Buffer.byteLength(text);
  if (status !== 204) head.push('content-length', String(bytes));
  raw.writeHead(status, head);
  // Not before: what cannot be written is still told as an error.
  reply.hijack();
  // Head and body of plain letters go out as one piece, uncoded.
  raw.end(text ?? '', bytes === text?.length ? 'latin1' : 'utf8');
}

const fixedLines: readonly string[] = Object.entries(fixedHeaders).flat();

function addLines(head: string[], headers: Readonly<Record<string, string>>): void {
  for (const name in headers) head.push(name, headers[name]!);
}

/** Only for this origin, only over a line that nobody reads, never for scripts; null takes it away. */
function cookieLine(session: string | null): string {
  const manners = 'Path=/; HttpOnly; Secure; SameSite=Strict';
  return session === null
    ? `${sessionCookie}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ${manners}`
    : `${sessionCookie}=${session}; ${manners}`;
}

/** A body where none belongs is how two servers are made to disagree about where a request ends. */
function requireNoBody({ headers }: FastifyRequest): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding === undefined && (length === undefined || length === '0')) return;
  throw new Failure('usage', 'BODY_UNEXPECTED', 'a GET has no body', {
    hint: 'Put what is asked for into the address.',
  });
}

/** What a proxy of ours tells may be anything that it was told: what is no address is none, and the proxy itself stands for it. */
function addressOf({ ip, socket }: FastifyRequest): string {
  const address = isIP(ip) === 0 ? (socket.remoteAddress ?? 'unknown') : ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

function sendTrouble(error: unknown, request: FastifyRequest, reply: FastifyReply, context: Context): void {
  const failure = isFailure(error) ? error : ofFastify(error);
  const { status, body, headers, isOurs } = troubleOf(failure ?? error, request.id);
  if (isOurs) {
    const told = error instanceof Error ? error : new Error(String(error));
    context.log.error('a call failed', {
      request: request.id,
      method: request.method,
      path: request.routeOptions.url ?? '',
      reason: told.message,
      at: told.stack?.split('\n').slice(1, 4).join(' ').trim() ?? '',
    });
  }
  reply
    .code(status)
    .headers({ ...fixedHeaders, 'holdfast-request': request.id, ...headers, 'content-type': problemMedia })
    .send(JSON.stringify(body));
}

/** What the framework refuses before anybody of us is asked. */
function ofFastify(error: unknown): Failure | undefined {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Failure('usage', 'BODY_TOO_LARGE', `a request has at most ${bodyBytesMax} bytes`, {
      hint: 'Send less at a time.',
    });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Failure('usage', 'MEDIA_UNSUPPORTED', 'the body is not JSON', {
      hint: 'Send "Content-Type: application/json".',
    });
  }
  if (error instanceof SyntaxError || (statusCode !== undefined && statusCode >= 400 && statusCode < 500)) {
    return new Failure('usage', 'REQUEST_UNREADABLE', 'the request cannot be read', {
      hint: 'Check the address and that the body is JSON.',
    });
  }
  return undefined;
}

const shapes = Object.values(contract).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}));

function notFound({ url, method }: FastifyRequest): Failure {
  const path = url.split('?')[0]!;
  const allow = [...new Set(shapes.filter(({ pattern }) => pattern.test(path)).map((one) => one.method))];
  if (allow.length > 0 && !allow.includes(method as 'GET')) {
    return new Failure('usage', 'METHOD_NOT_ALLOWED', `"${method}" is not for this address`, {
      hint: `Use ${allow.join(' or ')}.`,
      facts: { allow: allow.join(', ') },
    });
  }
  return new Failure('missing', 'ADDRESS_UNKNOWN', 'there is nothing at this address', {
    hint: 'Look at /api/docs.',
  });
}

/** What is no HTTP, or comes too slowly, gets one short answer and the line is closed. */
function refuseLine({ code }: { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const isSlow = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const body = JSON.stringify({
    type: 'about:blank',
    title: isSlow ? 'The request came too slowly' : 'The request makes no sense',
    status: isSlow ? 408 : 400,
    code: 'REQUEST_UNREADABLE',
  });
  const headers = Object.entries({
    ...bareHeaders,
    connection: 'close',
    'content-type': problemMedia,
    'content-length': String(Buffer.byteLength(body)),
  });
  socket.end(
    `HTTP/1.1 ${isSlow ? '408 Request Timeout' : '400 Bad Request'}\r\n${headers.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n${body}`,
  );
}
