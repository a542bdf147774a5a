// What the kinds that speak HTTP through a provider's library tell alike: canceled calls, broken connections, refused certificates, and
// answers of the wrong length.

import type { Readable } from 'node:stream';
import { Failure } from '../../base/failure.ts';
import type { CallOptions } from '../storage.ts';
import { unknownHostFailure } from './unknown-host.ts';

export function throwIfAborted(options: CallOptions): void {
  if (options.signal.aborted) throw canceled();
}

export function canceled(): Failure {
  return new Failure('canceled', 'CANCELED', 'the call was canceled');
}

/**
 * For an error that came without an answer of the server; undefined for any other. Causes are left out, because the errors of these
 * libraries carry whole requests, with their credentials.
 */
export function connectionFailure(location: string, error: unknown): Failure | undefined {
  const unknown = unknownHostFailure(error);
  if (unknown !== undefined) return unknown;
  const code = systemCode(error);
  if (code === undefined) return undefined;
  if (/^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/.test(code)) {
    return new Failure(
      'denied',
      'STORAGE_CERTIFICATE',
      `the certificate of "${location}" is refused (${code})`,
      {
        hint: 'Check the endpoint and the clock of this machine. For an authority of your own, name its certificate with the option ca-file.',
      },
    );
  }
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${location}" cannot be reached (${code})`, {
    hint: 'Check the network, the endpoint and any proxy. Try again later.',
  });
}

const systemCodes = /^(E[A-Z_]+|CERT_\w+|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/;

/** Libraries wrap the error of the socket, some twice. */
function systemCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  const { code, cause, error: inner } = error as NodeJS.ErrnoException & { cause?: unknown; error?: unknown };
  if (typeof code === 'string' && systemCodes.test(code)) return code;
  return systemCode(cause, depth + 1) ?? systemCode(inner, depth + 1);
}

/** The value of a Retry-After header, in milliseconds; only the form in seconds is in use with storages. */
export function retryAfterFacts(header: string | null | undefined): { readonly retryAfterMs?: number } {
  const seconds = Number(header);
  return header != null && header !== '' && Number.isFinite(seconds) && seconds >= 0
    ? { retryAfterMs: seconds * 1000 }
    : {};
}

export function tooShort(name: string, asked: number, size?: number): Failure {
  const has = size === undefined ? 'is too short' : `has ${size} bytes`;
  return new Failure('corrupt', 'OBJECT_TOO_SHORT', `object "${name}" ${has}, ${asked} are needed`, {
    hint: 'Run "holdfast check --read-data", then "holdfast repair".',
  });
}

export function differs(name: string): Failure {
  return new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
    hint: 'Run "holdfast check --read-data". Nothing was overwritten.',
  });
}

export function exists(name: string): Failure {
  return new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
}

/** Fills one buffer, so that an object is in memory once. A body that ends early has lost its connection: the call may be repeated. */
export async function readBody(name: string, body: Readable, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (filled + chunk.length > length) {
      throw new Failure(
        'unavailable',
        'STORAGE_UNAVAILABLE',
        `object "${name}" came with more bytes than announced`,
      );
    }
    filled += chunk.copy(bytes, filled);
  }
  if (filled === length) return bytes;
  throw new Failure(
    'unavailable',
    'STORAGE_UNAVAILABLE',
    `object "${name}" broke off after ${filled} bytes`,
    {
      hint: 'The connection was cut. Try again later.',
    },
  );
}

/** Where a repository may be reached without TLS: on this machine only, for tests and tunnels. */
export function checkEndpoint(endpoint: string): void {
  let url: URL | undefined;
  try {
    url = new URL(endpoint);
  } catch {
    url = undefined;
  }
  const isLoopback = url !== undefined && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) {
    if (url.username === '' && url.password === '' && url.search === '' && url.hash === '') return;
  }
  // Not shown: a signature may have been pasted along with it.
  throw new Failure('usage', 'STORAGE_URL_INVALID', 'the value of "endpoint" cannot be used', {
    hint: 'Write https://host, without credentials and without "?". Plain http:// is accepted for this machine only.',
  });
}
