// Errors as callers see them: problem+json (RFC 9457) from the one class of failures. What went wrong inside stays inside: of it the caller
// gets a number to ask about, the log gets the rest.

import { type Facts, type Failure, failureKinds, isFailure } from '../base/failure.ts';

export const problemMedia = 'application/problem+json';

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly facts?: Facts;
  /** What to name when asking for help; it stands in the log and in the audit trail. */
  readonly request: string;
}

export interface Trouble {
  readonly status: number;
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;
  /** Worth a line in the log of the server. */
  readonly isOurs: boolean;
}

/** Where HTTP has a better word than the kind of the failure alone. */
const statuses: Readonly<Record<string, number>> = {
  NOT_LOGGED_IN: 401,
  LOGIN_REFUSED: 401,
  SECOND_FACTOR_NEEDED: 401,
  METHOD_NOT_ALLOWED: 405,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  MEDIA_UNSUPPORTED: 415,
  RANGE_UNSATISFIABLE: 416,
  HOST_UNKNOWN: 421,
  IDEMPOTENCY_KEY_REUSED: 422,
  TOO_MANY_REQUESTS: 429,
  TOO_MANY_LISTENERS: 429,
  TOO_MANY_TRIES: 429,
};

const titles: Readonly<Record<number, string>> = {
  400: 'The request makes no sense',
  401: 'Who are you?',
  403: 'That is not allowed',
  404: 'There is no such thing',
  405: 'Not with this method',
  408: 'The request took too long',
  409: 'It has changed meanwhile, or is in use',
  412: 'It is no longer what you looked at',
  413: 'The request is too large',
  415: 'Only JSON is understood',
  416: 'There is nothing in that range',
  421: 'This server does not go by that name',
  422: 'That key was used for something else',
  429: 'Too many requests',
  499: 'It was canceled',
  500: 'Something went wrong here',
  503: 'Something that is needed does not answer',
  507: 'There is no room left',
};

export function troubleOf(error: unknown, request: string): Trouble {
  if (!isFailure(error)) return internal(request);
  const status = statusOf(error);
  if (status === 500) return internal(request, error);
  // What does not answer is told by its code; where it is, only the log knows.
  const isHidden = status >= 500;
  const { retryAfterSeconds, retryAfterMs } = error.facts;
  const wait = typeof retryAfterMs === 'number' ? retryAfterMs / 1000 : retryAfterSeconds;
  return {
    status,
    isOurs: isHidden,
    headers: {
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="holdfast"' } : {}),
      ...(typeof wait === 'number' ? { 'retry-after': String(Math.max(1, Math.ceil(wait))) } : {}),
      ...(status === 416 ? { 'content-range': `bytes */${error.facts['bytes']}` } : {}),
      ...(typeof error.facts['allow'] === 'string' ? { allow: error.facts['allow'] } : {}),
    },
    body: {
      type: `https://holdfast.invalid/errors/${error.code}`,
      title: titles[status] ?? 'It did not work',
      status,
      code: error.code,
      ...(isHidden ? {} : { detail: error.message }),
      ...(isHidden || error.hint === undefined ? {} : { hint: error.hint }),
      ...(isHidden || Object.keys(error.facts).length === 0 ? {} : { facts: error.facts }),
      request,
    },
  };
}

export function statusOf(failure: Failure): number {
  return statuses[failure.code] ?? failureKinds[failure.kind].http;
}

function internal(request: string, failure?: Failure): Trouble {
  return {
    status: 500,
    isOurs: true,
    headers: {},
    body: {
      type: 'about:blank',
      title: titles[500]!,
      status: 500,
      code: failure?.kind === 'corrupt' ? failure.code : 'INTERNAL',
      hint: 'Ask the administrator, and name the request.',
      request,
    },
  };
}
