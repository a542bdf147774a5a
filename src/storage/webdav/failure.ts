// What an answer of a WebDAV server, or its silence, means for a storage: this is the only place that maps them.

import { Failure } from '../../base/failure.ts';
import { certificateFailure, isPlainAnswer } from '../network/certificates.ts';
import { unknownHostFailure } from '../network/unknown-host.ts';

export interface WebdavCall {
  /** For people. */
  readonly location: string;
  readonly host: string;
  /** What was being done, such as `reading "packs/00"`. */
  readonly doing: string;
}

/** For an answer that is none of those that the caller can use. */
export function statusFailure(
  status: number,
  headers: Readonly<Record<string, unknown>>,
  call: WebdavCall,
): Failure {
  const said = `while ${call.doing} (status ${status})`;
  if (status === 401) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" refuses the login ${said}`, {
      hint: 'Check the user name, and the password in HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND (HOLDFAST_STORAGE_TOKEN_… for a bearer token).',
    });
  }
  if (status === 403 || status === 423) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" refuses a right ${said}`, {
      hint: 'The account needs PROPFIND, GET, PUT, MKCOL, MOVE and DELETE in this folder, and nobody may hold a lock there.',
    });
  }
  if (status === 405 || status === 501) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" does not know the method ${said}`, {
      hint: 'Is this the address of a WebDAV folder, with PROPFIND, GET, PUT, MKCOL, MOVE and DELETE allowed?',
    });
  }
  if (status >= 300 && status < 400) {
    return new Failure('usage', 'STORAGE_REDIRECTED', `"${call.location}" points elsewhere ${said}`, {
      facts: { location: originOf(headers.location) },
      hint: 'Give the address to which the server points. It is not followed, because the password would go along.',
    });
  }
  if (status === 413) {
    return new Failure(
      'denied',
      'STORAGE_DENIED',
      `"${call.location}" takes no object of this size ${said}`,
      {
        hint: 'Raise the limit on the size of a request on the server (nginx: client_max_body_size 0).',
      },
    );
  }
  if (status === 507) {
    return new Failure('exhausted', 'STORAGE_FULL', `no space is left on "${call.location}" ${said}`, {
      hint: 'Free space or ask for more quota, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
    });
  }
  const retryAfterSeconds = Number(headers['retry-after']);
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${call.location}" fails ${said}`, {
    ...(retryAfterSeconds > 0 ? { facts: { retryAfterMs: retryAfterSeconds * 1000 } } : {}),
    hint: 'The server reports trouble of its own. Look into its log if it stays so; nginx says 500 when its disk is full.',
  });
}

/** For a call without an answer. A Failure is handed back as it is. */
export function webdavFailure(error: unknown, call: WebdavCall): Failure {
  if (error instanceof Failure) return error;
  const certificate = certificateFailure(error, call.host);
  if (certificate !== undefined) return certificate;
  const unknown = unknownHostFailure(error);
  if (unknown !== undefined) return unknown;
  const { code } = error as NodeJS.ErrnoException;
  const isNoTls = isPlainAnswer(error);
  return new Failure(
    isNoTls ? 'usage' : 'unavailable',
    'STORAGE_UNAVAILABLE',
    `"${call.location}" does not answer while ${call.doing} (${typeof code === 'string' ? code : (error as Error).message})`,
    {
      hint: isNoTls
        ? 'The server does not speak TLS on this port. Check the port, or use "webdav:" where there is no encryption.'
        : 'Check that the server runs and that its port can be reached from here.',
      cause: error,
    },
  );
}

/** Paths and queries of a redirect may hold tokens. */
function originOf(location: unknown): string {
  try {
    return new URL(String(location)).origin;
  } catch {
    return 'unknown';
  }
}
