// What an error of Google Cloud Storage means: this is the only place that maps them. The library's errors carry the whole request, so that
// nothing of them is kept but status, reason and message.

import { Failure } from '../../base/failure.ts';
import { canceled, connectionFailure, retryAfterFacts } from '../network/cloud-failure.ts';
import type { CallOptions } from '../storage.ts';

export interface GcsPlace {
  readonly location: string;
  readonly bucket: string;
}

interface GcsAnswer {
  readonly status: number;
  /** As the service names it, such as "conditionNotMet"; empty where it does not. */
  readonly reason: string;
  readonly message: string;
  readonly retryAfter: string | null;
}

/** Not the platform's class: the library has one of its own. */
interface HeaderLike {
  get?(name: string): string | null;
}

/** What the service answered; undefined for an error without an answer. */
export function gcsAnswer(error: unknown): GcsAnswer | undefined {
  const { response } = (error ?? {}) as {
    response?: { status?: unknown; headers?: HeaderLike; data?: unknown };
  };
  if (typeof response?.status !== 'number') return undefined;
  const { headers } = response;
  // Of an answer that was asked for as a stream, the library keeps the text as the message of its error only.
  const data = response.data ?? (error instanceof Error ? error.message : undefined);
  const told = detailsOf(data);
  return {
    status: response.status,
    reason: told?.errors?.[0]?.reason ?? '',
    message: (told?.message ?? (typeof data === 'string' ? data : '')).slice(0, 300),
    retryAfter: headers?.get?.('retry-after') ?? null,
  };
}

/** The answer to a conditional put of a name that is taken; one that is retained may be refused before the condition is looked at. */
export function isTaken(error: unknown): boolean {
  const answer = gcsAnswer(error);
  return answer?.status === 412 || (answer !== undefined && isKept(answer));
}

/** `name` is the object, where the call was about one. A Failure is handed back as it is. */
export function gcsFailure(place: GcsPlace, error: unknown, options: CallOptions, name?: string): Failure {
  if (error instanceof Failure) return error;
  if (options.signal.aborted) return canceled();
  const answer = gcsAnswer(error);
  if (answer === undefined) return withoutAnswer(place, error);
  const { status, reason, message } = answer;
  const cause = new Error(`${status} ${reason}: ${message}`);
  const subject = name === undefined ? `bucket "${place.bucket}"` : `object "${name}"`;
  if (status === 404 && (name === undefined || /bucket does not exist/i.test(message))) {
    return new Failure('missing', 'STORAGE_MISSING', `there is no bucket "${place.bucket}"`, {
      hint: 'Check the name. "holdfast init" makes the bucket when it is told a project and the account may.',
      cause,
    });
  }
  if (status === 404) {
    return new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`, { cause });
  }
  if (isKept(answer)) {
    return new Failure('denied', 'OBJECT_RETAINED', `${subject} is kept by a retention policy or a hold`, {
      hint: 'It can be removed once its date has passed or the hold is released.',
      cause,
    });
  }
  // Some limits of rate are told as "forbidden".
  const isRate = /^(rateLimitExceeded|userRateLimitExceeded|quotaExceeded|dailyLimitExceeded)/.test(reason);
  if (isRate || status >= 500 || [408, 409, 410, 412, 429].includes(status) || isDamage(answer)) {
    return new Failure(
      'unavailable',
      'STORAGE_UNAVAILABLE',
      `${subject}: the service answers ${`${status} ${reason}`.trim()}`,
      {
        hint: 'The service is busy or troubled. Try again later.',
        facts: retryAfterFacts(answer.retryAfter),
        cause,
      },
    );
  }
  if (status === 401 || status === 403) return denied(place, answer, cause);
  const hint =
    reason === 'userProjectMissing' || (reason === 'required' && /requester pays/i.test(message))
      ? 'Buckets whose readers pay cannot be used: switch "requester pays" off.'
      : 'Check bucket, endpoint, storage class and project.';
  return new Failure(
    'usage',
    'STORAGE_REFUSED',
    `${subject}: the service refuses the call (${`${status} ${reason}`.trim()})`,
    { hint, cause },
  );
}

function isKept({ status, reason, message }: GcsAnswer): boolean {
  return (
    status === 403 &&
    (/^(retentionPolicyNotMet|objectUnderActiveHold|objectRetentionNotMet)$/.test(reason) ||
      /retention policy|object retention|active (temporary|event-based) hold/i.test(message))
  );
}

/** The bytes did not arrive as they were sent, which heals by sending them again. */
function isDamage({ status, message }: GcsAnswer): boolean {
  return status === 400 && /doesn't match calculated|(crc32c|md5).*match/i.test(message);
}

function denied(place: GcsPlace, { status, reason }: GcsAnswer, cause: Error): Failure {
  const what = status === 401 ? 'does not accept these credentials' : 'does not permit the call';
  const told = `${status} ${reason}`.trim();
  return new Failure('denied', 'STORAGE_DENIED', `the bucket "${place.bucket}" ${what} (${told})`, {
    hint:
      status === 401
        ? 'Check the key file, whether its key is still valid, and the clock of this machine.'
        : 'The account needs the role "Storage Object User" on the bucket: to read, create, list and delete objects.',
    cause,
  });
}

function withoutAnswer(place: GcsPlace, error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (
    /could not load the default credentials|file at .* does not exist|could not refresh|invalid_grant/i.test(
      message,
    )
  ) {
    return new Failure(
      'denied',
      'STORAGE_DENIED',
      `no credentials were found for the bucket "${place.bucket}"`,
      {
        hint: 'Name the key file of a service account with the option key-file, or sign in with "gcloud auth application-default login".',
      },
    );
  }
  return (
    connectionFailure(place.location, error) ??
    new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${place.location}" gave no usable answer`, {
      hint: 'Check the endpoint and any proxy. Try again later.',
      cause: new Error(message.slice(0, 300)),
    })
  );
}

function detailsOf(
  data: unknown,
): { readonly message?: string; readonly errors?: readonly { readonly reason?: string }[] } | undefined {
  let parsed = data;
  if (typeof data === 'string') {
    try {
      parsed = JSON.parse(data);
    } catch {
      return undefined;
    }
  }
  const { error } = (parsed ?? {}) as { error?: unknown };
  return typeof error === 'object' && error !== null ? error : undefined;
}
