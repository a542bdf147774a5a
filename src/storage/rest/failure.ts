// What an answer of an object server, or none, means for its client: this is the only place that maps them.

import { Failure } from '../../base/failure.ts';
import { isPlainAnswer } from '../network/certificates.ts';
import { unknownHostFailure } from '../network/unknown-host.ts';
import { kindOfCode } from './protocol.ts';

const certificateCodes =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_PURPOSE|CRL_)/;

/** A Failure is handed back as it is. `location` is for people. */
export function connectionFailure(location: string, error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return new Failure('canceled', 'CANCELED', 'the call was canceled');
  if (error instanceof Failure) return error;
  const unknown = unknownHostFailure(error);
  if (unknown !== undefined) return unknown;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? String(error);
  if (certificateCodes.test(code)) return certificateFailure(location, code, error);
  if (/^(EPROTO|ERR_SSL_|HPE_)/.test(code)) {
    // A fault of the address, not of the moment: nobody is to wait for eight tries.
    const kind = isPlainAnswer(error) ? 'usage' : 'unavailable';
    return new Failure(kind, 'STORAGE_ANSWER_INVALID', `"${location}" speaks another protocol (${code})`, {
      hint: 'Use rests:// for a server with a certificate and rest:// for one without, and check the port.',
      cause: error,
    });
  }
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${location}" does not answer (${code})`, {
    hint: 'Check the host name, the port, the network, and whether the object server runs.',
    cause: error,
  });
}

export function certificateFailure(location: string, why: string, cause?: unknown): Failure {
  return new Failure(
    'denied',
    'STORAGE_CERTIFICATE',
    `the certificate of "${location}" is not trusted (${why})`,
    {
      hint: 'Name the certificate authority with ca-file, or pin the certificate with certificate-sha256. Somebody may be posing as the server.',
      cause,
    },
  );
}

/** `code` is undefined where the answer has none, which no object server sends. */
export function answerFailure(
  location: string,
  status: number,
  code: string | undefined,
  retryAfter: string | undefined,
  name: string,
): Failure {
  if (code === undefined || kindOfCode(code) === undefined)
    return strangeAnswer(location, `status ${status}`);
  switch (code) {
    case 'OBJECT_MISSING':
      return new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
    case 'OBJECT_EXISTS':
      return new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
    case 'OBJECT_DIFFERS':
      return new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
        hint: 'Run "holdfast check --read-data", then "holdfast repair".',
      });
    case 'OBJECT_TOO_SHORT':
      return tooShort(name);
    case 'STORAGE_MISSING':
      return new Failure('missing', 'STORAGE_MISSING', `there is no repository at "${location}"`, {
        hint: 'Check the name and the account, or make a repository there with "holdfast init".',
      });
    case 'STORAGE_NOT_EMPTY':
      return new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${location}" is not empty`, {
        hint: 'Choose a new name for the repository.',
      });
    case 'STORAGE_APPEND_ONLY':
      return new Failure(
        'denied',
        'STORAGE_APPEND_ONLY',
        name === ''
          ? 'the account may only add objects'
          : `the account may only add objects, not change "${name}"`,
        {
          hint: 'Delete with an account that is not append-only.',
        },
      );
    case 'STORAGE_READ_ONLY':
      return new Failure('denied', 'STORAGE_READ_ONLY', `the account may only read from "${location}"`, {
        hint: 'Use an account that may write.',
      });
    case 'STORAGE_LOGIN_REFUSED':
      return new Failure(
        'denied',
        'STORAGE_LOGIN_REFUSED',
        `"${location}" does not accept the password or token`,
        {
          hint: 'Check the user name in the URL, and HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_TOKEN_FILE.',
        },
      );
    case 'STORAGE_FULL':
      return new Failure('exhausted', 'STORAGE_FULL', `no space, or no quota, is left at "${location}"`, {
        hint: 'Run "holdfast forget" and "holdfast prune", or ask who runs the server. Nothing that was saved is lost.',
      });
    case 'STORAGE_DAMAGED_ON_WAY':
      return new Failure(
        'unavailable',
        'STORAGE_DAMAGED_ON_WAY',
        `"${name}" arrived at the server with other bytes`,
        {
          hint: 'Check the network and what stands between; it is tried again.',
        },
      );
    case 'REQUEST_INVALID':
      return strangeAnswer(location, `it found a request invalid, status ${status}`);
    default: {
      const seconds = /^[0-9]{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined;
      return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${location}" cannot serve now (${status})`, {
        hint: 'It is tried again. If it lasts, look into the log of the object server.',
        ...(seconds !== undefined && { facts: { retryAfterMs: seconds * 1000 } }),
      });
    }
  }
}

export function tooShort(name: string): Failure {
  return new Failure('corrupt', 'OBJECT_TOO_SHORT', `object "${name}" is shorter than what was asked for`, {
    hint: 'Run "holdfast check --read-data", then "holdfast repair".',
  });
}

export function strangeAnswer(location: string, why: string): Failure {
  return new Failure(
    'unavailable',
    'STORAGE_ANSWER_INVALID',
    `"${location}" does not answer as an object server would: ${why}`,
    { hint: 'Check the URL; a proxy in between may answer instead. Nothing was changed by this answer.' },
  );
}
