// Where the API listens, and by which names it may be called.

import { isIP } from 'node:net';
import { Failure } from '../base/failure.ts';

export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

export function parseListen(text: string): ListenPlace {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:\s]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535) {
    throw new Failure('usage', 'LISTEN_INVALID', `"${text}" is no place to listen on`, {
      hint: 'Write ADDRESS:PORT, such as 127.0.0.1:8420 or [::1]:8420.',
    });
  }
  return { host, port };
}

export function isOfThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whoever can read the line could take the session along. */
export function requireSafeLine(
  { host }: ListenPlace,
  { hasTls, origin }: { readonly hasTls: boolean; readonly origin: string | undefined },
): void {
  if (isOfThisMachine(host) || hasTls || origin?.startsWith('https://') === true) return;
  throw new Failure(
    'usage',
    'API_NEEDS_TLS',
    `"${host}" can be reached from elsewhere, and the line is open`,
    {
      hint: 'Set "api.tls", or "api.origin" to the https address of what stands in front, or listen on 127.0.0.1.',
    },
  );
}

export interface Names {
  /** Of the header Host. */
  isKnownHost(host: string): boolean;
  isOwnOrigin(origin: string, host: string): boolean;
  /** Where passkeys belong that are made under this value of Host. */
  siteOf(host: string): { readonly domain: string; readonly origin: string };
}

export function namesOf(
  { host, port }: ListenPlace,
  { hasTls, origin }: { readonly hasTls: boolean; readonly origin: string | undefined },
): Names {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const scheme = hasTls ? 'https' : 'http';
  const isStandard = port === (hasTls ? 443 : 80);
  const called =
    isEverywhere || isOfThisMachine(host) ? ['localhost', '127.0.0.1', '[::1]', bracketed] : [bracketed];
  const hosts = new Set(called.flatMap((one) => (isStandard ? [one, `${one}:${port}`] : [`${one}:${port}`])));
  const front = origin === undefined ? undefined : new URL(origin);
  if (front !== undefined) hosts.add(front.host);
  const known = new Set([...hosts].map((one) => one.toLowerCase()));
  return {
    // A name can be made to point here by whoever owns it; an address cannot.
    isKnownHost: (text) => known.has(text.toLowerCase()) || (isEverywhere && isAddress(text)),
    isOwnOrigin: (text, at) => text === front?.origin || text === `${scheme}://${at}`,
    siteOf(at) {
      const url = front ?? new URL(`${scheme}://${at}`);
      return { domain: url.hostname, origin: url.origin };
    },
  };
}

function isAddress(host: string): boolean {
  const address = /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(host)?.[1] ?? /^([^:]+)(?::\d+)?$/.exec(host)?.[1];
  return address !== undefined && isIP(address) !== 0;
}
