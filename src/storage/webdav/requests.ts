// HTTP for the WebDAV storage, on connections that are kept. The `webdav` library is used for reading answers only: its client follows
// redirects with the password, takes a whole answer into memory whatever its size, has no limits of time, and its digest login counts
// wrongly when requests run in parallel.

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { lookOptions, requirePin, type Trust, tlsOptions } from '../network/certificates.ts';
import { type Credentials, WebdavLogin } from './login.ts';

export interface WebdavServer {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly trust: Trust;
  readonly credentials: Credentials;
}

export interface WebdavRequest {
  readonly method: string;
  /** Encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** Takes pieces of a 200 or 206 as they come, until it says that it has enough. */
  readonly sink?: (piece: Buffer, answer: WebdavHead) => boolean;
}

export interface WebdavHead {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}
export interface WebdavAnswer extends WebdavHead {
  /** Empty where a sink took it. */
  readonly text: string;
}

const connectMs = 15_000;
/** Without a byte in any direction. */
const idleMs = 60_000;
const textBytesMax = 64 * 1024 * 1024;
/** From here on the server is asked whether it wants the body at all. */
const askedBytesMin = 256 * 1024;

export class WebdavRequests {
  readonly #server: WebdavServer;
  readonly #agent: HttpAgent;
  readonly #login: WebdavLogin;
  #pinned: string | undefined;

  constructor(server: WebdavServer, connectionsMax: number) {
    this.#server = server;
    this.#login = new WebdavLogin(server.credentials);
    const Agent = server.isEncrypted ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
    // In place of the agent's own, for the limit of time while connecting, and for the pin, which is known only later.
    this.#agent.createConnection = () => this.#connect();
  }

  /** Answers of every status; rejects only when there is none. */
  async send(given: WebdavRequest): Promise<WebdavAnswer> {
    if (this.#server.isEncrypted && this.#server.trust.fingerprint !== undefined) {
      this.#pinned ??= await this.#look(given.signal);
    }
    const sent = this.#login.header(given.method, given.path);
    const answer = await this.#sendOnce(given, sent);
    const asked = answer.headers['www-authenticate'];
    if (answer.status !== 401 || asked === undefined || !this.#login.learn(asked, sent)) return answer;
    return this.#sendOnce(given, this.#login.header(given.method, given.path));
  }

  close(): void {
    this.#agent.destroy();
  }

  #sendOnce(given: WebdavRequest, authorization: string | undefined): Promise<WebdavAnswer> {
    const { method, path, body, signal } = given;
    const isAsked = body !== undefined && (body.length >= askedBytesMin || this.#login.mayBeAskedAgain);
    const { host, port, isEncrypted } = this.#server;
    const request: ClientRequest = (isEncrypted ? httpsRequest : httpRequest)({
      host,
      port,
      method,
      path,
      agent: this.#agent,
      signal,
      timeout: idleMs,
      headers: {
        ...given.headers,
        'User-Agent': 'holdfast',
        // What is stored is what must come back.
        'Accept-Encoding': 'identity',
        ...(body === undefined ? {} : { 'Content-Length': body.length }),
        ...(isAsked ? { Expect: '100-continue' } : {}),
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
    });
    return new Promise((resolve, reject) => {
      request.once('timeout', () => request.destroy(timedOut()));
      let response: IncomingMessage | undefined;
      // A server that refuses early may close before it has read all; then its answer counts, not the broken pipe.
      request.on('error', (error) => {
        if (response === undefined) reject(error);
      });
      request.once('response', (message) => {
        response = message;
        const isComplete = request.writableFinished || body === undefined;
        receive(message, given).then(
          (answer) => {
            // The rest of a body that nobody wants would be taken for the next request.
            if (!isComplete && !request.writableFinished) request.destroy();
            resolve(answer);
          },
          (error: unknown) => {
            request.destroy();
            reject(error);
          },
        );
      });
      if (isAsked) {
        request.once('continue', () => request.end(body));
        request.flushHeaders();
      } else request.end(body);
    });
  }

  #connect(): Socket {
    const { host, port, isEncrypted, trust } = this.#server;
    const socket = isEncrypted
      ? connectTls({
          ...tlsOptions(trust, host, this.#pinned),
          port,
          timeout: connectMs,
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp({ host, port, timeout: connectMs });
    socket.setNoDelay(true);
    const stop = () => void socket.destroy(timedOut());
    socket.once('timeout', stop);
    socket.once(isEncrypted ? 'secureConnect' : 'connect', () => socket.off('timeout', stop));
    return socket;
  }

  /** On a connection of its own, before anything is said. */
  async #look(signal: AbortSignal): Promise<string> {
    const { host, port, trust } = this.#server;
    const socket = connectTls({ ...lookOptions(trust, host), port, timeout: connectMs });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve);
        socket.once('error', reject);
        socket.once('timeout', () => reject(timedOut()));
        socket.once('close', () => reject(timedOut()));
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      return requirePin(socket, trust, host);
    } finally {
      socket.destroy();
    }
  }
}

async function receive(message: IncomingMessage, { sink, method }: WebdavRequest): Promise<WebdavAnswer> {
  const head = { status: message.statusCode ?? 0, headers: message.headers };
  const isWanted = sink !== undefined && (head.status === 200 || head.status === 206) && method !== 'HEAD';
  const pieces: Buffer[] = [];
  let length = 0;
  // Leaving the loop early destroys the connection: the rest is not worth waiting for.
  for await (const piece of message as AsyncIterable<Buffer>) {
    if (isWanted) {
      if (sink(piece, head)) break;
      continue;
    }
    length += piece.length;
    if (length > textBytesMax) throw Object.assign(new Error('the answer is too long'), { code: 'EMSGSIZE' });
    pieces.push(piece);
  }
  return { ...head, text: Buffer.concat(pieces, length).toString('utf8') };
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}
