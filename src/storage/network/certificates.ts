// Whom a TLS connection of a storage trusts: the system's authorities, those of a file, or one pinned certificate. There is no way to
// trust anybody.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { Failure } from '../../base/failure.ts';

export interface Trust {
  /** PEM, in place of the system's authorities. */
  readonly authorities?: string;
  /** SHA-256 of the server's own certificate: 64 hexadecimal digits. */
  readonly fingerprint?: string | undefined;
}

/** For the schema of a configuration: SHA-256 as openssl and browsers print it, with or without colons. */
export const fingerprintPattern: RegExp = /^([0-9a-f]{64}|([0-9a-f]{2}:){31}[0-9a-f]{2})$/i;

export async function readTrust(caFile: string | undefined, fingerprint: string | undefined): Promise<Trust> {
  return {
    ...(caFile === undefined ? {} : { authorities: await readAuthorities(caFile) }),
    ...(fingerprint === undefined ? {} : { fingerprint: digits(fingerprint) }),
  };
}

/**
 * For every connection on which anything is said. With a pin, `pinned` is what `requirePin` gave: only that certificate passes, whoever
 * signed it and whatever name it is made for.
 */
export function tlsOptions(trust: Trust, host: string, pinned?: string): ConnectionOptions {
  const common: ConnectionOptions = {
    host,
    // A server name must not be an address (RFC 6066).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
  };
  if (trust.fingerprint === undefined) {
    return trust.authorities === undefined ? common : { ...common, ca: trust.authorities };
  }
  return {
    ...common,
    // Without the certificate nothing passes at all.
    ca: pinned ?? [],
    allowPartialTrustChain: true,
    checkServerIdentity: (_, { raw }) =>
      digits(new X509Certificate(raw).fingerprint256) === trust.fingerprint
        ? undefined
        : Object.assign(new Error('another certificate than the pinned one'), { code: 'CERT_NOT_PINNED' }),
  };
}

/** For one connection that only looks at the certificate, says nothing, and is closed. */
export function lookOptions(trust: Trust, host: string): ConnectionOptions {
  return { ...tlsOptions({ ...trust, fingerprint: undefined }, host), rejectUnauthorized: false };
}

/** The certificate (PEM) at the other end of such a connection, if it is the pinned one. */
export function requirePin(socket: TLSSocket, trust: Trust, host: string): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate !== undefined && digits(certificate.fingerprint256) === trust.fingerprint) {
    return certificate.toString();
  }
  throw new Failure(
    'denied',
    'STORAGE_CERTIFICATE',
    `"${host}" shows another certificate than the pinned one`,
    {
      facts: { shown: certificate === undefined ? 'none' : digits(certificate.fingerprint256) },
      hint: 'If the server got a new certificate, give its SHA-256 fingerprint; otherwise somebody stands between you and the server.',
    },
  );
}

/** The failure of a handshake that ended because of the server's certificate; undefined for any other error. */
export function certificateFailure(error: unknown, host: string): Failure | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (typeof code !== 'string' || !certificateCodes.test(code)) return undefined;
  const isName = code === 'ERR_TLS_CERT_ALTNAME_INVALID';
  return new Failure(
    'denied',
    'STORAGE_CERTIFICATE',
    `the certificate of "${host}" is not to be trusted (${code})`,
    {
      hint: isName
        ? 'The certificate belongs to another name. Use the name that it was made for, or pin it with fingerprint=SHA256.'
        : 'Give the authority that signed it as ca-file=PATH, or pin the certificate with fingerprint=SHA256. If it has expired, the server needs a new one.',
      cause: error,
    },
  );
}

/** Whether who was asked for TLS answered without any: the address is wrong, and waiting does not change it. */
export function isPlainAnswer(error: unknown): boolean {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  return /^(EPROTO|ERR_SSL_)/.test(code ?? '') && /wrong[ _]version[ _]number/i.test(`${code} ${message}`);
}

const certificateCodes =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_.*|.*_SELF_SIGNED_CERT|SELF_SIGNED_CERT_.*|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_.*|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERROR_IN_CERT_.*)$/;

async function readAuthorities(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Failure('usage', 'STORAGE_CA_FILE', `the file of authorities "${path}" cannot be read`, {
      hint: 'Name a readable file with certificates in PEM format.',
      cause,
    });
  }
  try {
    // The first one stands for all: OpenSSL would pass over what it cannot read, and then trust nobody.
    new X509Certificate(text);
  } catch (cause) {
    throw new Failure('usage', 'STORAGE_CA_FILE', `"${path}" holds no certificate`, {
      hint: 'Name a file with certificates in PEM format ("-----BEGIN CERTIFICATE-----").',
      cause,
    });
  }
  return text;
}

function digits(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
