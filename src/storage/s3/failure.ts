// What an error of the SDK, of the server or of the network means for a storage: this is the only place that maps them.

import { Failure } from '../../base/failure.ts';
import { unknownHostFailure } from '../network/unknown-host.ts';
import type { S3Place } from './config.ts';

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string | undefined>>;
  };
  readonly cause?: unknown;
}

export interface FailedCall {
  readonly place: S3Place;
  /** What was tried, such as `get of "packs/00/…"`. */
  readonly call: string;
  /** The object it was about. */
  readonly name?: string;
  readonly signal: AbortSignal;
}

/** The code of an S3 answer ("NoSuchKey"), or else of a system error ("ECONNRESET"), or else the name of the error. */
export function codeOf(error: unknown): string {
  if (error instanceof Failure || typeof error !== 'object' || error === null) return '';
  const { name, code } = error as SdkError;
  if (statusOf(error) === undefined && typeof code === 'string') return code;
  return name ?? '';
}

export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { $metadata, $response } = error as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** A Failure is handed back as it is. */
export function s3Failure(error: unknown, failed: FailedCall): Failure {
  if (error instanceof Failure) return error;
  const { place, call, name, signal } = failed;
  if (signal.aborted) return new Failure('canceled', 'CANCELED', 'the call was canceled', { cause: error });
  const code = codeOf(error);
  const status = statusOf(error);
  const where = `"${place.location}"`;
  // A HEAD has no body, and so no code but its status.
  switch (code) {
    case 'NoSuchKey':
    case 'NoSuchVersion':
      return objectMissing(name ?? call, error);
    case 'NoSuchBucket':
      return bucketMissing(place, error);
    case 'InvalidObjectState':
    case 'ObjectNotInActiveTierError':
      return new Failure('conflict', 'OBJECT_FROZEN', `object "${name ?? call}" is frozen`, {
        hint: 'Thaw it first: the storage class keeps it where it cannot be read at once.',
        cause: error,
      });
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return wrongRegion(place, error as SdkError);
    case 'InvalidAccessKeyId':
      // Ceph says so too where it cannot get the key that encrypts at rest.
      if (place.config.sse === 'kms' && call.startsWith('put ')) return denied(where, code, keyHint, error);
      return denied(
        where,
        code,
        'The access key is not known there. Check "access-key-id" and "endpoint".',
        error,
      );
    case 'SignatureDoesNotMatch':
      return denied(where, code, 'The secret access key is wrong, or not that of this access key.', error);
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
    case 'InvalidToken':
    case 'ExpiredTokenException':
      return denied(where, code, 'The session has ended. Sign in again, or give a new session token.', error);
    case 'CredentialsProviderError':
    case 'CredentialsError':
    case 'NoCredentialsError':
      return denied(
        where,
        'no credentials',
        'Give "access-key-id" with HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE, a profile, or run where a role is attached.',
        error,
      );
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
    case 'InsufficientStorage':
    case 'ServiceQuotaExceededException':
    case 'ENOSPC':
      return full(where, code, error);
    case 'RequestTimeTooSkewed':
      // The SDK has taken the server's time from this answer: the next try is signed with it.
      return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `${call} in ${where} failed (${code})`, {
        hint: 'Set the clock of this machine.',
        cause: error,
      });
    case 'KMS.DisabledException':
    case 'KMS.NotFoundException':
    case 'KMS.KMSInvalidStateException':
    case 'KMSInvalidStateException':
      return denied(where, code, keyHint, error);
    case 'InvalidStorageClass':
      return invalid(`${where} does not know the storage class`, 'Check "storage-class".', error);
    case 'InvalidBucketName':
      return invalid(`"${place.bucket}" is no name of a bucket`, 'Check the URL.', error);
    default:
      return fromStatus(error, failed, code, status);
  }
}

function fromStatus(error: unknown, failed: FailedCall, code: string, status: number | undefined): Failure {
  const { place, call, name } = failed;
  const where = `"${place.location}"`;
  if (status === undefined) return fromNetwork(error, failed, code);
  const shown = /^\d*$|^Unknown/.test(code) ? `HTTP ${status}` : code;
  if (status === 507) return full(where, shown, error);
  if (status === 301 || status === 307) return wrongRegion(place, error as SdkError);
  if (status === 401 || status === 403) {
    return denied(
      where,
      `${shown}, ${call}`,
      'The account lacks a right, or a policy forbids it. docs/guides/storage-s3.md lists what it needs.',
      error,
    );
  }
  // A line that broke in an answer, or an answer that cannot be read.
  if (status < 300) return notS3(place, call, error);
  if (status === 404) {
    if (name === undefined) return bucketMissing(place, error);
    // An S3 server says which of its things is missing wherever it may: only an answer to HEAD has no words.
    return call.startsWith('stat ') ? objectMissing(name, error) : notS3(place, call, error);
  }
  if (status === 412) {
    return new Failure('conflict', 'OBJECT_EXISTS', `object "${name ?? call}" exists already`, {
      cause: error,
    });
  }
  if (status === 416) {
    return new Failure(
      'corrupt',
      'OBJECT_TOO_SHORT',
      `object "${name ?? call}" ends before the range asked for`,
      {
        hint: 'Run "holdfast check --read-data", then "holdfast repair".',
        cause: error,
      },
    );
  }
  if (status === 405 || status === 501)
    return unsupported(`${where} cannot do this: ${call} (${shown})`, error);
  if (isPassing.has(code)) return unavailable(`${call} in ${where} failed (${shown})`, error, disturbed);
  if (status === 400 && /^(get|stat) /.test(call)) {
    return denied(
      where,
      `${shown}, ${call}`,
      'The object is encrypted with a "customerKey" that was not given, or with another one.',
      error,
    );
  }
  if (status === 400 && call.startsWith('put ')) {
    return invalid(
      `${where} refused ${call} (${shown})`,
      'Check "storage-class", "sse" and "kms-key": the server does not know one of them.',
      error,
    );
  }
  if (status >= 500 || status === 409 || status === 408 || status === 429) {
    return unavailable(`${call} in ${where} failed (${shown})`, error, disturbed);
  }
  return invalid(
    `${where} refused ${call} (${shown})`,
    'The endpoint does not know this request. Check "endpoint", "style" and "region".',
    error,
  );
}

const disturbed = 'Is the service disturbed? The call is repeated.';

function fromNetwork(error: unknown, { place, call }: FailedCall, code: string): Failure {
  const where = `"${place.location}"`;
  const message = (error as SdkError).message ?? '';
  if (certificateCodes.has(code) || code.startsWith('ERR_TLS_CERT')) {
    return new Failure(
      'denied',
      'STORAGE_CERTIFICATE',
      `the certificate of "${place.location}" is not trusted (${code})`,
      {
        hint: 'If it is your own server, give the certificate of its authority as "ca-file"; otherwise do not go on.',
        cause: error,
      },
    );
  }
  if (/region is missing/i.test(message)) {
    return invalid(
      'the region of the bucket is not known',
      'Write region=eu-central-1, or whatever it is.',
      error,
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return invalid(
      `${where} does not speak TLS`,
      'Check "endpoint": http:// or https://, and the port.',
      error,
    );
  }
  const unknown = unknownHostFailure(error);
  if (unknown !== undefined) return unknown;
  return unavailable(
    `${call} in ${where} failed (${code || 'no answer'})`,
    error,
    'Check the network and "endpoint". The call is repeated.',
  );
}

/** Passing, as a proxy's page is, or a line that broke. */
export function notS3(place: S3Place, call: string, cause?: unknown): Failure {
  const what = `${call} in "${place.location}" got no answer that S3 would give`;
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', what, {
    hint: 'Does "endpoint" lead to an S3 server, and not to a proxy before it? The call is repeated.',
    cause,
  });
}

export function objectMissing(name: string, cause?: unknown): Failure {
  return new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`, { cause });
}

export function objectTooShort(name: string, asked: number, size: number): Failure {
  return new Failure('corrupt', 'OBJECT_TOO_SHORT', `object "${name}" has ${size} bytes, not ${asked}`, {
    hint: 'Run "holdfast check --read-data", then "holdfast repair".',
  });
}

export function bucketMissing(place: S3Place, cause?: unknown): Failure {
  return new Failure('missing', 'STORAGE_MISSING', `there is no bucket "${place.bucket}"`, {
    hint: 'Check bucket, region and endpoint, or make a repository there with "holdfast init".',
    cause,
  });
}

function wrongRegion(place: S3Place, error: SdkError): Failure {
  const region = error.Region ?? error.$response?.headers?.['x-amz-bucket-region'];
  return invalid(
    `bucket "${place.bucket}" is in another region${region === undefined ? '' : `: "${region}"`}`,
    region === undefined ? 'Give the bucket\'s own region as "region=".' : `Write region=${region}.`,
    error,
  );
}

function denied(where: string, what: string, hint: string, cause: unknown): Failure {
  return new Failure('denied', 'STORAGE_DENIED', `${where} may not be used (${what})`, { hint, cause });
}

function full(where: string, code: string, cause: unknown): Failure {
  return new Failure('exhausted', 'STORAGE_FULL', `no space is left in ${where} (${code})`, {
    hint: 'Raise the quota, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
    cause,
  });
}

function invalid(message: string, hint: string, cause: unknown): Failure {
  return new Failure('usage', 'STORAGE_CONFIG_INVALID', message, { hint, cause });
}

function unsupported(message: string, cause: unknown): Failure {
  return new Failure('usage', 'STORAGE_UNSUPPORTED', message, {
    hint: 'Not every server has all of S3. docs/guides/storage-s3.md says what can be switched off.',
    cause,
  });
}

function unavailable(message: string, error: unknown, hint: string): Failure {
  const after = (error as SdkError).$response?.headers?.['retry-after'];
  const retryAfterMs = after !== undefined && /^\d{1,5}$/.test(after) ? Number(after) * 1000 : undefined;
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', message, {
    hint,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { facts: { retryAfterMs } }),
  });
}

const keyHint = 'Check the key of "kms-key": it must exist, be enabled, and be usable by this account.';

const isPassing = new Set([
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'IncompleteBody',
  'BadDigest',
]);

const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
