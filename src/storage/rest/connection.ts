// The connections of a client to its object server: kept alive, and not a byte sent, above all no password, before the certificate
// has been looked at.

import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { Failure } from '../../base/failure.ts';
import { answerFailure, certificateFailure, connectionFailure } from './failure.ts';
import { errorHeader } from './protocol.ts';

const connectMs = 15_000;
const idleMs = 60_000;
const refusalBytesMax = 64 * 1024;

export interface ConnectionPlan {
  readonly location: string;
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly caFile: string | undefined;
  /** 64 lower-case hexadecimal digits. */
  readonly certificateSha256: string | undefined;
  readonly authorization: string;
  readonly connectionsMax: number;
}

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** Of the object, for messages. */
  readonly name?: string;
}

export class Connection implements Disposable {
  readonly #plan: ConnectionPlan;
  readonly #agent: Agent;
  /** All that are open, to be closed with the storage, also while they are being made. */
  readonly #sockets = new Set<Socket>();

  private constructor(plan: ConnectionPlan, ca: Buffer | undefined) {
    this.#plan = plan;
    this.#agent = new Agent({ keepAlive: true, maxSockets: plan.connectionsMax });
    this.#agent.createConnection = (_, done) => {
      const socket = plan.isSecure
        ? this.#connectSecurely(ca)
        : connect({ host: plan.host, port: plan.port, timeout: connectMs, noDelay: true });
      this.#sockets.add(socket);
      let isDone = false;
      const end = (error: Error | null) => {
        if (isDone) return;
        isDone = true;
        // From here on it is the request's time that counts.
        socket.removeAllListeners('timeout');
        if (error !== null) socket.destroy();
        done?.(error, socket);
      };
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
      });
      socket.on('error', end);
      socket.on('timeout', () => end(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })));
      socket.once(plan.isSecure ? 'secureConnect' : 'connect', () => end(this.#objection(socket)));
      return undefined;
    };
  }

  static async open(plan: ConnectionPlan): Promise<Connection> {
    if (plan.caFile === undefined) return new Connection(plan, undefined);
    try {
      return new Connection(plan, await readFile(plan.caFile));
    } catch (cause) {
      throw new Failure('usage', 'STORAGE_FILE_UNREADABLE', `"${plan.caFile}" cannot be read`, {
        hint: 'Name a file with the certificates of the authority, in PEM, with ca-file.',
        cause,
      });
    }
  }

  /** The answer to a call that succeeded; its body is still to be read, or to be given up with `destroy`. */
  async ask(question: Question): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt += 1) {
      const { message, error, isReused } = await this.#send(question);
      if (message !== undefined) {
        const status = message.statusCode ?? 0;
        if (status >= 200 && status < 300) return message;
        const code = message.headers[errorHeader];
        await passOver(message);
        throw answerFailure(
          this.#plan.location,
          status,
          typeof code === 'string' ? code : undefined,
          message.headers['retry-after'],
          question.name ?? '',
        );
      }
      // The server closed a resting connection while we took it up again. A put may have arrived, and is left to who can look.
      const isClosed = /^(ECONNRESET|EPIPE)$/.test((error as NodeJS.ErrnoException | undefined)?.code ?? '');
      const isStale = isReused && isClosed && !question.signal.aborted && question.method !== 'PUT';
      if (!isStale || attempt > this.#plan.connectionsMax) {
        throw connectionFailure(this.#plan.location, error, question.signal);
      }
    }
  }

  #send({ method, path, headers, body, signal }: Question) {
    const sent = Promise.withResolvers<{
      readonly message?: IncomingMessage;
      readonly error?: unknown;
      readonly isReused: boolean;
    }>();
    const { host, port, authorization } = this.#plan;
    const asking = request({
      agent: this.#agent,
      host,
      port,
      method,
      path,
      headers: {
        Authorization: authorization,
        ...headers,
        ...(body !== undefined && { 'Content-Length': String(body.length) }),
      },
      timeout: idleMs,
      signal,
    });
    asking.on('timeout', () => asking.destroy(Object.assign(new Error('idle'), { code: 'ETIMEDOUT' })));
    asking.on('response', (message) => sent.resolve({ message, isReused: asking.reusedSocket }));
    asking.on('error', (error) => sent.resolve({ error, isReused: asking.reusedSocket }));
    asking.end(body);
    return sent.promise;
  }

  #connectSecurely(ca: Buffer | undefined): TLSSocket {
    const { host, port, certificateSha256 } = this.#plan;
    const isAddress = /^[0-9.]+$|:/.test(host);
    return connectSecurely({
      host,
      port,
      timeout: connectMs,
      minVersion: 'TLSv1.2',
      ...(isAddress ? {} : { servername: host }),
      ...(ca === undefined ? {} : { ca }),
      // A pinned certificate stands for itself, unless an authority is named as well.
      rejectUnauthorized: certificateSha256 === undefined || ca !== undefined,
    });
  }

  /** Why nothing may be sent over a connection that has just been made. */
  #objection(socket: Socket): Failure | null {
    const { certificateSha256, location } = this.#plan;
    socket.setNoDelay(true);
    if (certificateSha256 === undefined) return null;
    const found = (socket as TLSSocket).getPeerX509Certificate()?.fingerprint256;
    if (found?.replaceAll(':', '').toLowerCase() === certificateSha256) return null;
    return certificateFailure(location, 'it is another one than was pinned');
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A connection can be used again once the body has passed; one that does not end is given up. */
async function passOver(message: IncomingMessage): Promise<void> {
  let passed = 0;
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      passed += piece.length;
      if (passed > refusalBytesMax) break;
    }
  } catch {
    // The status has said all that counts.
  }
}
