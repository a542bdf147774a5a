// What the tests of channels share: a message, a clock whose sleeps end when the test says so, and an HTTPS receiver that answers, stalls,
// breaks off and lies on demand.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Context } from '../../src/base/context.ts';
import { Failure, type FailureKind } from '../../src/base/failure.ts';
import type { Message } from '../../src/channels/channel.ts';
import type { IssuedCertificate } from '../servers/authority.ts';

export const sample: Message = {
  severity: 'CRITICAL',
  title: 'Backup of "Lehrerzimmer" failed – ÄÖÜß €',
  text: 'The disk is full.\nNothing was lost; the last good backup is from yesterday.',
  facts: { policy: 'school', missedHours: 26, isLocked: false },
  links: [{ title: 'Runs', url: 'https://backup.example.org/runs?id=7&all=1' }],
  language: 'en',
  dedupeKey: 'policy/school/failed',
  at: Date.UTC(2026, 10, 21, 17, 0, 5),
};

export interface ChannelContext extends Context {
  /** Ends all sleeps, as if their time had come. */
  ring(): void;
  readonly sleeps: number[];
}

/** Where even a breath is a sleep. */
export const breathless = 0;

/** A deadline comes when the test says so, never by itself; what is shorter than `breathMs` has passed at once. */
export function channelContext(
  signal: AbortSignal = new AbortController().signal,
  breathMs = 1000,
): ChannelContext {
  const wakers = new Set<() => void>();
  const sleeps: number[] = [];
  const ignore = () => undefined;
  return {
    signal,
    sleeps,
    ring: () => {
      for (const wake of wakers) wake();
    },
    clock: {
      now: () => sample.at,
      elapsed: () => 0,
      sleep: (durationMs, until) =>
        new Promise((resolve, reject) => {
          if (durationMs < breathMs) return void setImmediate(resolve);
          sleeps.push(durationMs);
          wakers.add(resolve);
          until.addEventListener('abort', () => {
            wakers.delete(resolve);
            reject(new Failure('canceled', 'CANCELED', 'the sleep was canceled'));
          });
        }),
    },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    monitor: { count: ignore, total: ignore, phase: ignore, problem: ignore },
  };
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Manner =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'silent'
  | 'endless'
  | 'reset'
  | 'resetInAnswer';

export interface Receiver extends AsyncDisposable {
  readonly port: number;
  /** With a slash at its end. */
  readonly url: string;
  readonly received: Received[];
  manner: Manner;
  /** The next request that came in whole. */
  next(): Promise<void>;
}

export async function startReceiver(certificate?: IssuedCertificate): Promise<Receiver> {
  const received: Received[] = [];
  let waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const handle: Parameters<typeof createPlainServer>[1] = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.once('end', () => {
      const body = Buffer.concat(parts).toString();
      received.push({ path: request.url ?? '', headers: request.headers, body });
      for (const wake of waiting) wake();
      waiting = [];
      const { manner } = receiver;
      if (manner === 'silent') return;
      if (manner === 'reset') return void request.socket.destroy();
      if (manner === 'resetInAnswer') {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('half', () => request.socket.destroy());
        return;
      }
      if (manner === 'endless') {
        response.writeHead(200);
        const more = () => {
          if (!response.destroyed && response.write('x'.repeat(16_384))) setImmediate(more);
        };
        response.on('drain', more).on('error', () => undefined);
        return more();
      }
      response.writeHead(manner.status, manner.headers).end(manner.body ?? 'ok');
    });
  };
  const server: Server =
    certificate === undefined
      ? createPlainServer(handle)
      : createServer(
          { cert: readFileSync(certificate.certificatePath), key: readFileSync(certificate.keyPath) },
          handle,
        );
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    port,
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`,
    received,
    manner: { status: 200 },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** For assert.rejects: a Failure of this kind and code, in which none of the words stands. */
export function failure(
  kind: FailureKind,
  code: string,
  forbidden: readonly string[] = [],
): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof Failure) || error.kind !== kind || error.code !== code) throw error;
    const shown = JSON.stringify([error.message, error.hint, error.facts, String(error.cause), error.stack]);
    for (const word of forbidden) {
      if (shown.includes(word)) throw new Error(`the failure shows "${word}": ${shown}`);
    }
    if (error.hint === undefined) throw new Error(`${code} says not what to do`);
    return true;
  };
}
