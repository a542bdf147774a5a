// What databases answer when something is wrong, as failures; and the patience with what passes when the transaction is done again.

import { randomInt } from 'node:crypto';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';

const triesMax = { collision: 40, busy: 600 };
const pauseMsMax = 50;

/**
 * Does `work`, a whole transaction, again while it meets others: PostgreSQL then undoes one of the two; SQLite lets nobody begin to write
 * while another does, and the waiting is done here, because in SQLite it would stop the whole process.
 */
export async function patiently<Result>(
  work: () => Promise<Result>,
  location: string,
  context: Context,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
    try {
      return await work();
    } catch (error) {
      const met = isCollision(error) ? 'collision' : isBusy(error) ? 'busy' : undefined;
      if (met === undefined || tries >= triesMax[met]) throw asFailure(error, location);
    }
    await context.clock.sleep(randomInt(1, 1 + Math.min(pauseMsMax, tries * 5)), context.signal);
  }
}

/** Two transactions met; one of them was undone whole. */
function isCollision(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === '40001' || code === '40P01';
}

function isBusy(error: unknown): boolean {
  const errcode = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof errcode === 'number' && (errcode & 0xff) === 5;
}

/** A failure stays one; what is no answer of a database is passed on. */
export function asFailure(error: unknown, location: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  if ('errcode' in error && typeof error.errcode === 'number')
    return fromSqlite(error, error.errcode, location);
  if ('code' in error && typeof error.code === 'string') return fromPostgres(error, error.code, location);
  return /Connection terminated|timeout exceeded when trying to connect|Query read timeout|client has encountered a connection error|not queryable/i.test(
    error.message,
  )
    ? away(error, location)
    : error;
}

function fromSqlite(cause: Error, errcode: number, location: string): Failure {
  switch (errcode & 0xff) {
    case 5:
    case 6:
      return new Failure(
        'unavailable',
        'CATALOG_BUSY',
        `the catalog "${location}" is being written for long`,
        {
          hint: 'Look for a process that stopped while it wrote; then try again.',
          cause,
        },
      );
    case 8:
      return denied(cause, location);
    case 10:
      return new Failure(
        'unavailable',
        'CATALOG_DISK_FAILED',
        `the disk under the catalog "${location}" fails`,
        {
          hint: 'Look at the disk and its cables; the catalog can be rebuilt from the repositories.',
          cause,
        },
      );
    case 11:
    case 26:
      return new Failure('corrupt', 'CATALOG_DAMAGED', `the catalog "${location}" is damaged or is none`, {
        hint: 'Check the path; a damaged catalog is moved away and rebuilt from the repositories.',
        cause,
      });
    case 13:
      return full(cause, location);
    case 14:
      return new Failure('missing', 'CATALOG_MISSING', `the catalog "${location}" cannot be opened`, {
        hint: 'Check the path and who may read it.',
        cause,
      });
    case 19:
      return conflict(cause);
    default:
      return new Failure('bug', 'CATALOG_STATEMENT', `the catalog refused a statement: ${cause.message}`, {
        cause,
      });
  }
}

function fromPostgres(cause: Error, code: string, location: string): unknown {
  // Class 08: connection; 57P0x: the server shuts down; 53300: no place for one more; 25006: a standby answers.
  if (/^(08...|57P0.|53300|25006|55P03|57014)$/.test(code) || isCollision(cause))
    return away(cause, location);
  if (/^E(CONN\w+|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN|NOTFOUND)$|^ENOENT$/.test(code)) {
    return away(cause, location);
  }
  if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)) {
    return new Failure('denied', 'CATALOG_UNTRUSTED', `the certificate of "${location}" is not trusted`, {
      hint: 'Name the authority that signed it with sslrootcert=FILE in the URL.',
      cause,
    });
  }
  if (/^(28...|42501)$/.test(code)) return denied(cause, location);
  if (/^(53100|53200)$/.test(code)) return full(cause, location);
  if (code === '3D000') {
    return new Failure('missing', 'CATALOG_MISSING', `the catalog "${location}" cannot be opened`, {
      hint: 'Make the database with createdb, or name another with --catalog.',
      cause,
    });
  }
  if (/^(58...|XX...)$/.test(code)) {
    return new Failure('corrupt', 'CATALOG_DAMAGED', `the catalog "${location}" is damaged or is none`, {
      cause,
    });
  }
  if (/^23...$/.test(code)) return conflict(cause);
  return /^[0-9A-Z]{5}$/.test(code)
    ? new Failure('bug', 'CATALOG_STATEMENT', `the catalog refused a statement: ${cause.message}`, { cause })
    : cause;
}

function away(cause: Error, location: string): Failure {
  return new Failure('unavailable', 'CATALOG_UNAVAILABLE', `the catalog "${location}" does not answer`, {
    hint: 'Start the database or mend the way to it; work goes on by itself once it answers.',
    cause,
  });
}

function denied(cause: Error, location: string): Failure {
  return new Failure('denied', 'CATALOG_DENIED', `the catalog "${location}" does not let us in or write`, {
    hint: 'Check account, password and rights; a file must belong to the account that runs Holdfast.',
    cause,
  });
}

function full(cause: Error, location: string): Failure {
  return new Failure('exhausted', 'CATALOG_FULL', `no room is left for the catalog "${location}"`, {
    hint: 'Make room; nothing that was recorded is lost.',
    cause,
  });
}

function conflict(cause: Error): Failure {
  return new Failure('conflict', 'CATALOG_CONFLICT', 'the catalog holds something that excludes this', {
    cause,
  });
}
