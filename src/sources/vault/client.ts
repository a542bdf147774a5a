// Questions to HashiCorp Vault or OpenBao over their HTTP API: TLS or this machine alone, redirects of standby nodes followed without ever
// leaving TLS, patience with rate limits. The token is in a header and nowhere else.

import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { Failure } from '../../base/failure.ts';

export interface VaultConnection {
  /** `https://host:port`. */
  readonly address: string;
  /** Secret. */
  readonly token?: string;
  readonly namespace?: string;
  /** PEM of who signs the server's certificate. */
  readonly ca?: string;
}

export interface VaultQuestion {
  readonly method: 'GET' | 'POST';
  /** Below /v1/. */
  readonly path: string;
  readonly body?: Buffer | (() => Readable);
}

/** Waits between two attempts, in the way of the thread. */
export type Pause = (durationMs: number) => Promise<void>;

const redirectsMax = 3;
const attemptsMax = 5;
const silenceMaxMs = 60_000;
const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

export function checkAddress(address: string): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw unusable(address, cause);
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') throw unusable(url.host);
  if (url.protocol === 'http:' && !loopback.has(url.hostname)) {
    throw new Failure('usage', 'VAULT_PLAIN', `"${url.host}" is not reached by TLS`, {
      hint: 'The token and the snapshot would be readable on the way: give an address that begins with "https:".',
      facts: { host: url.host },
    });
  }
  return url;
}

function unusable(address: string, cause?: unknown): Failure {
  return new Failure('usage', 'VAULT_ADDRESS_INVALID', `"${address}" is no address of a Vault`, {
    hint: 'It looks like "https://vault.example.org:8200"; a token has no place in it.',
    cause,
  });
}

/** The answer, whatever its status; the caller reads its body or resumes it. */
export async function askVault(
  connection: VaultConnection,
  question: VaultQuestion,
  pause: Pause,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  let url = new URL(`/v1/${question.path}`, checkAddress(connection.address));
  let redirects = 0;
  for (let attempt = 1; ; ) {
    const answer = await askOnce(url, connection, question, signal);
    const { statusCode = 0, headers } = answer;
    if ([301, 302, 307, 308].includes(statusCode) && headers.location !== undefined) {
      answer.resume();
      redirects += 1;
      url = redirected(url, headers.location, redirects);
      continue;
    }
    // The health of a standby node has this status, too.
    if (statusCode !== 429 || question.path.startsWith('sys/health') || attempt === attemptsMax)
      return answer;
    answer.resume();
    const told = Number(headers['retry-after']);
    await pause(Math.min(told > 0 ? told * 1000 : 500 * 2 ** attempt, 30_000));
    attempt += 1;
  }
}

/** Where a standby node sends us is believed as far as its certificate is; never from TLS to none. */
function redirected(from: URL, location: string, count: number): URL {
  const to = new URL(location, from);
  const isSafe = to.protocol === 'https:' || (to.protocol === 'http:' && loopback.has(to.hostname));
  const isDown = from.protocol === 'https:' && to.protocol !== 'https:';
  if (count <= redirectsMax && isSafe && !isDown) return to;
  throw new Failure('unavailable', 'VAULT_REDIRECT', `"${from.host}" sends us on to "${to.host}"`, {
    hint: 'Name the address of the active node; check "api_addr" in the configuration of Vault.',
    facts: { host: from.host, to: to.host },
  });
}

function askOnce(
  url: URL,
  { token, namespace, ca }: VaultConnection,
  { method, body }: VaultQuestion,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(unreachable(url, error, signal));
    const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
      method,
      agent: false,
      headers: {
        'x-vault-request': 'true',
        ...(token === undefined ? {} : { 'x-vault-token': token }),
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(Buffer.isBuffer(body)
          ? { 'content-type': 'application/json', 'content-length': body.length }
          : {}),
      },
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
    });
    request.setTimeout(silenceMaxMs, () => request.destroy(new Error('silence')));
    request.on('error', fail);
    request.on('response', resolve);
    if (typeof body === 'function') {
      const stream = body();
      stream.on('error', (error) => {
        reject(error);
        request.destroy();
      });
      stream.pipe(request);
    } else request.end(body);
  });
}

const certificateCodes =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

export function unreachable(url: URL, error: Error, signal?: AbortSignal): Failure {
  if (signal?.aborted) return new Failure('canceled', 'CANCELED', 'the operation was canceled');
  const { code = error.message } = error as NodeJS.ErrnoException;
  const more = { facts: { host: url.host, code }, cause: error };
  if (certificateCodes.test(code)) {
    return new Failure(
      'denied',
      'VAULT_CERTIFICATE',
      `the certificate of "${url.host}" is not to be trusted`,
      {
        hint: 'Give the certificate of who signed it by --vault-ca, and the host name that stands in it.',
        ...more,
      },
    );
  }
  return new Failure('unavailable', 'VAULT_UNREACHABLE', `"${url.host}" does not answer (${code})`, {
    hint: 'Check address, port, network and whether Vault runs.',
    ...more,
  });
}

/** The body of a small answer; what is no JSON object is an empty one. */
export async function bodyOf(answer: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = await json(answer);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
