// What an error of Azure Blob Storage means: this is the only place that maps them. The library's errors carry the whole request, with
// its signature, so that nothing of them is kept but status, code and the first line.

import { Failure } from '../../base/failure.ts';
import { canceled, connectionFailure, retryAfterFacts } from '../network/cloud-failure.ts';
import type { CallOptions } from '../storage.ts';

export interface AzurePlace {
  /** For people: without a signature. */
  readonly location: string;
  readonly account: string;
  readonly container: string;
}

/** What the service says beside the status, such as "BlobNotFound"; empty for what is no answer of it. */
export function azureCode(error: unknown): string {
  if (statusOf(error) === undefined) return '';
  const { details, code } = error as { details?: { errorCode?: unknown }; code?: unknown };
  const named = details?.errorCode ?? headerOf(error, 'x-ms-error-code') ?? code;
  return typeof named === 'string' ? named : '';
}

/** The answer to a conditional put of a name that is taken. */
export function isTaken(error: unknown): boolean {
  const code = azureCode(error);
  if (code === 'BlobAlreadyExists' || code === 'ConditionNotMet') return true;
  // A blob that is archived, or under a policy, is refused before the condition is looked at.
  return code === 'BlobArchived' || code === 'BlobBeingRehydrated' || isImmutable(code);
}

/** `name` is the object, where the call was about one. A Failure is handed back as it is. */
export function azureFailure(
  place: AzurePlace,
  error: unknown,
  options: CallOptions,
  name?: string,
): Failure {
  if (error instanceof Failure) return error;
  if (options.signal.aborted) return canceled();
  const status = statusOf(error);
  if (status === undefined) return withoutAnswer(place, error);
  const code = azureCode(error);
  const cause = new Error(`${status} ${code}: ${firstLine(error)}`);
  const subject = name === undefined ? `container "${place.container}"` : `object "${name}"`;
  // An object is called missing only where the service says so of a blob.
  if (status === 404 && (name === undefined || code !== 'BlobNotFound')) {
    return new Failure(
      'missing',
      'STORAGE_MISSING',
      `the account "${place.account}" has no container "${place.container}"`,
      { hint: 'Check the name. "holdfast init" makes the container when the account may.', cause },
    );
  }
  if (status === 404) {
    return new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`, { cause });
  }
  if (isImmutable(code)) {
    return new Failure('denied', 'OBJECT_RETAINED', `${subject} is kept by an immutability policy`, {
      hint: 'It can be removed once the policy has expired or the legal hold is lifted.',
      cause,
    });
  }
  if (code === 'BlobArchived' || code === 'BlobBeingRehydrated') return frozen(name ?? '', cause);
  if (
    code === 'AccountIsDisabled' ||
    code === 'InsufficientAccountPermissions' ||
    status === 401 ||
    status === 403
  )
    return denied(place, status, code, cause);
  if (status === 507 || code === 'AccountLimitExceeded' || code === 'BlockCountExceedsLimit') {
    return new Failure(
      'exhausted',
      'STORAGE_FULL',
      `the account "${place.account}" takes no more (${code})`,
      {
        hint: 'Raise its limit, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
        cause,
      },
    );
  }
  // A checksum that did not arrive as it was sent heals by sending again, as do leases and containers that are just being removed.
  const isPassing =
    status >= 500 ||
    [408, 429].includes(status) ||
    ['Md5Mismatch', 'Crc64Mismatch', 'ContainerBeingDeleted', 'ContainerBeingDisabled'].includes(code);
  if (isPassing) {
    return new Failure(
      'unavailable',
      'STORAGE_UNAVAILABLE',
      `${subject}: the service answers ${status} ${code}`,
      {
        hint: 'The service is busy or troubled. Try again later.',
        facts: retryAfterFacts(headerOf(error, 'retry-after')),
        cause,
      },
    );
  }
  return new Failure(
    'usage',
    'STORAGE_REFUSED',
    `${subject}: the service refuses the call (${status} ${code})`,
    {
      hint: 'Check account, container and options. Accounts with page blobs only, or with a hierarchical namespace, cannot be used.',
      cause,
    },
  );
}

export function frozen(name: string, cause?: unknown): Failure {
  return new Failure('conflict', 'OBJECT_FROZEN', `object "${name}" lies in the archive tier`, {
    hint: 'It must be thawed first, which takes up to 15 hours.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function isImmutable(code: string): boolean {
  return code.startsWith('BlobImmutable') || code === 'ContainerImmutableDueToPolicy';
}

function denied(place: AzurePlace, status: number, code: string, cause: Error): Failure {
  const isIdentity = status === 401 || ['AuthenticationFailed', 'InvalidAuthenticationInfo'].includes(code);
  const what = isIdentity ? 'does not accept these credentials' : 'does not permit the call';
  return new Failure(
    'denied',
    'STORAGE_DENIED',
    `the account "${place.account}" ${what} (${status} ${code})`,
    {
      hint: isIdentity
        ? 'Check the account key, or whether the SAS token has expired or the clock of this machine is wrong.'
        : 'The account needs to read, add, list and delete blobs: the role "Storage Blob Data Contributor", or a SAS with "racwdl". Check the firewall of the account too.',
      cause,
    },
  );
}

function withoutAnswer(place: AzurePlace, error: unknown): Failure {
  const name = error instanceof Error ? error.name : '';
  if (
    /^(CredentialUnavailableError|AuthenticationRequiredError|AggregateAuthenticationError|AuthenticationError)$/.test(
      name,
    )
  ) {
    return new Failure(
      'denied',
      'STORAGE_DENIED',
      `no credentials were found for the account "${place.account}"`,
      {
        hint: 'Give an account key or a SAS token, or sign in with the Azure CLI, a managed identity or the AZURE_… variables.',
      },
    );
  }
  return (
    connectionFailure(place.location, error) ??
    new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${place.location}" gave no usable answer`, {
      hint: 'Check the endpoint and any proxy. Try again later.',
      cause: new Error(`${name}: ${firstLine(error)}`),
    })
  );
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function headerOf(error: unknown, name: string): string | undefined {
  const { response } = error as { response?: { headers?: { get?: (name: string) => string | undefined } } };
  return response?.headers?.get?.(name);
}

/** The lines that follow quote what was signed. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').replace(/\bsig=[^&\s"]*/gi, 'sig=…').slice(0, 300);
}
