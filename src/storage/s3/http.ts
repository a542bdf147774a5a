// HTTP for the SDK. Its own handler opens a new connection for every large put, forgets the given authority on it, and without that takes an
// early refusal ("the bucket is full") for a broken line. This one keeps connections, and sends large bodies when the server asks for them.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface HttpLimits {
  readonly connectMs: number;
  /** Of silence, not of the whole request: a large object over a slow line takes its time. */
  readonly idleMs: number;
  /** How long a large body waits for "100 Continue", which some servers never say. */
  readonly continueMs: number;
  readonly socketsMax: number;
}

interface SignedRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface HttpAnswer {
  readonly statusCode: number;
  readonly reason: string | undefined;
  readonly headers: Record<string, string>;
  readonly body: IncomingMessage;
}

export class S3Http {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #limits: HttpLimits;
  readonly #plain: HttpAgent;
  readonly #secure: HttpsAgent;
  #saysContinue = true;

  /** `authorities`: PEM, instead of those that the system trusts. */
  constructor(limits: HttpLimits, authorities: Buffer | undefined) {
    const settings = { keepAlive: true, maxSockets: limits.socketsMax, timeout: limits.idleMs };
    this.#limits = limits;
    this.#plain = new HttpAgent(settings);
    this.#secure = new HttpsAgent({
      ...settings,
      ...(authorities === undefined ? {} : { ca: authorities }),
    });
  }

  handle(
    asked: SignedRequest,
    options: { readonly abortSignal?: AbortSignal } = {},
  ): Promise<{ response: HttpAnswer }> {
    const { abortSignal: signal } = options;
    const { connectMs } = this.#limits;
    const isSecure = asked.protocol === 'https:';
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)({
        agent: isSecure ? this.#secure : this.#plain,
        host: asked.hostname.replace(/^\[(.*)\]$/, '$1'),
        ...(asked.port === undefined ? {} : { port: asked.port }),
        method: asked.method,
        path: asked.path + queryOf(asked.query),
        headers: asked.headers,
      });
      const abort = () => void request.destroy(signal?.reason as Error);
      signal?.addEventListener('abort', abort);
      request.once('close', () => signal?.removeEventListener('abort', abort));
      request.on('timeout', () => request.destroy(timedOut('the server has gone silent')));
      // Also for what goes wrong after the answer, which the body tells by itself.
      request.on('error', reject);
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const late = AbortSignal.timeout(connectMs);
        const giveUp = () => request.destroy(timedOut('the server does not answer'));
        late.addEventListener('abort', giveUp);
        socket.once(isSecure ? 'secureConnect' : 'connect', () => late.removeEventListener('abort', giveUp));
      });
      request.once('response', (answer: IncomingMessage) => {
        // Refused before all was sent: on this connection nothing else can follow.
        answer.once('end', () => void (request.writableEnded || request.destroy()));
        resolve({
          response: {
            statusCode: answer.statusCode ?? 0,
            reason: answer.statusMessage,
            headers: headersOf(answer),
            body: answer,
          },
        });
      });
      const send = () => {
        if (!request.writableEnded && !request.destroyed) request.end(bodyOf(asked.body));
      };
      if (asked.headers.Expect !== '100-continue' || !this.#saysContinue) return send();
      request.flushHeaders();
      this.#awaitContinue(request, send);
    });
  }

  /** Called by the SDK when its client is. */
  destroy(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  #awaitContinue(request: ReturnType<typeof httpRequest>, send: () => void): void {
    request.once('socket', (socket) => {
      const begin = () => {
        const late = AbortSignal.timeout(this.#limits.continueMs);
        const giveUp = () => {
          this.#saysContinue = false;
          send();
        };
        late.addEventListener('abort', giveUp);
        const stop = () => late.removeEventListener('abort', giveUp);
        request.once('continue', () => {
          stop();
          send();
        });
        request.once('response', stop);
        request.once('close', stop);
      };
      if (socket.connecting) socket.once('connect', begin);
      else begin();
    });
  }
}

/** In the form that was signed. */
function queryOf(query: SignedRequest['query']): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null) parts.push(encoded(name));
    else for (const one of [value].flat()) parts.push(`${encoded(name)}=${encoded(one)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headersOf(answer: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = [value].flat().join(', ');
  }
  return headers;
}

/** A view of the same memory. */
function bodyOf(body: unknown): Buffer | string | undefined {
  if (body === undefined || typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('only bytes and text can be sent');
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
