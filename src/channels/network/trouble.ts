// What goes wrong between us and an endpoint, in words for people. Errors of sockets and libraries are not handed on as causes: they
// carry requests, and with them credentials.

import { Failure } from '../../base/failure.ts';

export function canceled(): Failure {
  return new Failure('canceled', 'CANCELED', 'the message was canceled');
}

const certificateCodes =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_.*|.*_SELF_SIGNED_CERT|SELF_SIGNED_CERT_.*|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_.*|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERROR_IN_CERT_.*)$/;

export function connectionFailure(location: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (certificateCodes.test(code)) {
    return new Failure(
      'denied',
      'CHANNEL_CERTIFICATE',
      `the certificate of "${location}" is not to be trusted`,
      {
        facts: { code },
        hint:
          code === 'ERR_TLS_CERT_ALTNAME_INVALID'
            ? 'The certificate belongs to another name. Use the name that it was made for.'
            : 'Name the authority that signed it by caFile. If it has expired, the server needs a new one.',
      },
    );
  }
  return new Failure('unavailable', 'CHANNEL_UNAVAILABLE', `"${location}" cannot be reached, or broke off`, {
    facts: { code },
    hint: 'Check the network, the address and the server. The message can be sent again.',
  });
}

/** Libraries wrap the error of the socket; with several addresses it is the first that tells. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return 'UNKNOWN';
  const { code, cause, errors } = error as NodeJS.ErrnoException & { cause?: unknown; errors?: unknown[] };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  const inner = cause ?? errors?.[0];
  return inner === undefined ? 'UNKNOWN' : codeOf(inner, depth + 1);
}

/** A status other than 2xx. Only its class is told: what an endpoint answers is nobody's business but its own. */
export function statusFailure(location: string, status: number, retryAfterMs: number | undefined): Failure {
  const facts = {
    status: `${Math.floor(status / 100)}xx`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  if (status === 429 || status === 408 || status >= 500 || status < 200) {
    return new Failure('unavailable', 'CHANNEL_BUSY', `"${location}" cannot take the message now`, {
      facts,
      hint: 'The endpoint is overloaded or broken. The message can be sent again.',
    });
  }
  if (status < 400) {
    return new Failure('usage', 'CHANNEL_REDIRECTED', `"${location}" sends the message elsewhere`, {
      facts,
      hint: 'Redirections are not followed. Configure the address at which the message shall arrive.',
    });
  }
  if (status === 401 || status === 403) {
    return new Failure('denied', 'CHANNEL_DENIED', `"${location}" does not accept the credentials`, {
      facts,
      hint: 'The token or the secret part of the address was revoked or mistyped. Make a new one and configure it.',
    });
  }
  if (status === 404 || status === 410) {
    return new Failure('missing', 'CHANNEL_GONE', `"${location}" has no such receiver`, {
      facts,
      hint: 'The webhook was deleted or mistyped. Make a new one and configure its address.',
    });
  }
  return new Failure('usage', 'CHANNEL_REFUSED', `"${location}" refuses the message`, {
    facts,
    hint: 'The receiver expects something else. Check that the kind of the channel fits it.',
  });
}
