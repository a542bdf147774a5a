// A server whose name has no address: misspelled, as likely as not, so that nobody is made to wait for it at the first call.

import { Failure } from '../../base/failure.ts';

/** What retry goes by: see with/retry.ts. */
export const unknownHostCode = 'STORAGE_HOST_UNKNOWN';

/** Undefined for any other error. Causes are left out: those of some libraries carry whole requests, with their credentials. */
export function unknownHostFailure(error: unknown): Failure | undefined {
  const host = unknownHost(error);
  if (host === undefined) return undefined;
  return new Failure('unavailable', 'STORAGE_HOST_UNKNOWN', `the host "${host}" has no address`, {
    hint: 'Check the spelling of the host, at S3 of the region too, and the name server.',
  });
}

/** The resolver says that there is no such name (ENOTFOUND); that it does not answer now (EAI_AGAIN) is another matter. Libraries wrap errors. */
function unknownHost(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  const { code, hostname, cause, error: inner } = error as Wrapped;
  if (code === 'ENOTFOUND') return String(hostname ?? /ENOTFOUND (\S+)/.exec(error.message)?.[1] ?? '?');
  return unknownHost(cause, depth + 1) ?? unknownHost(inner, depth + 1);
}

type Wrapped = NodeJS.ErrnoException & { hostname?: unknown; cause?: unknown; error?: unknown };
