// What an answer of an FTP server, or its silence, means for a storage: this is the only place that maps them. Codes alone do not
// tell (550 is a missing file, a refused right or a full disk), so the text is looked at, and who calls knows what was asked.

import { FTPError } from 'basic-ftp';
import { Failure } from '../../base/failure.ts';
import { certificateFailure } from '../network/certificates.ts';
import { unknownHostFailure } from '../network/unknown-host.ts';

export interface FtpCall {
  /** For people: "ftp://host/path". */
  readonly location: string;
  readonly host: string;
  /** What was being done, such as `reading "packs/00"`. */
  readonly doing: string;
}

/** A Failure is handed back as it is. */
export function ftpFailure(error: unknown, call: FtpCall): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof FTPError) return answerFailure(error, call);
  const certificate = certificateFailure(error, call.host);
  if (certificate !== undefined) return certificate;
  const unknown = unknownHostFailure(error);
  if (unknown !== undefined) return unknown;
  const { code } = error as NodeJS.ErrnoException;
  return new Failure(
    'unavailable',
    'STORAGE_UNAVAILABLE',
    `"${call.location}" does not answer while ${call.doing} (${typeof code === 'string' && code !== '0' ? code : oneLine(error)})`,
    {
      hint: 'Check that the server runs and that its port and its passive ports can be reached from here.',
      cause: error,
    },
  );
}

/** The server says that there is no such file or folder; other 550 answers say neither so nor the contrary. */
export function saysMissing(error: unknown): boolean {
  return (
    error instanceof FTPError &&
    (error.code === 550 || error.code === 450) &&
    /no such|not found|does ?n.t exist|not exist|cannot find|can't find/i.test(error.message)
  );
}

/** 550 and its like: refused, for a reason that only a look at the folder tells. */
export function isRefusal(error: unknown): error is FTPError {
  return error instanceof FTPError && [450, 550, 553].includes(error.code) && !isFull(error);
}

function answerFailure(error: FTPError, call: FtpCall): Failure {
  const said = `${call.doing}: ${oneLine(error)}`;
  const { code } = error;
  if (isFull(error)) {
    return new Failure('exhausted', 'STORAGE_FULL', `no space is left on "${call.location}" while ${said}`, {
      hint: 'Free space or ask for more quota, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
      cause: error,
    });
  }
  if (code === 530 && /too many|maximum|limit/i.test(error.message)) {
    return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${call.location}" is busy while ${said}`, {
      hint: 'The server allows fewer connections than are in use. Allow more, or wait.',
      cause: error,
    });
  }
  if (code === 530 || code === 332 || code === 532) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" refuses the login while ${said}`, {
      hint: 'Check the user name, and the password in HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND.',
      cause: error,
    });
  }
  if (code === 534 || code === 521 || code === 522 || code === 536) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" refuses the transfer while ${said}`, {
      hint: 'Client and server do not agree on encryption. Use "ftp:" for explicit and "ftps:" for implicit TLS.',
      cause: error,
    });
  }
  if (isRefusal(error)) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" refuses a right while ${said}`, {
      hint: 'The account needs the rights to read, write, rename, list and delete in this folder.',
      cause: error,
    });
  }
  if (code === 500 || code === 501 || code === 502 || code === 504) {
    return new Failure('denied', 'STORAGE_DENIED', `"${call.location}" refuses a command while ${said}`, {
      hint: 'The server lacks or forbids a command that is needed: EPSV or PASV, TYPE, SIZE, REST, RNFR, RNTO, and MLSD or MDTM.',
      cause: error,
    });
  }
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${call.location}" fails while ${said}`, {
    hint: 'The server reports trouble of its own. Look into its log if it stays so.',
    cause: error,
  });
}

function isFull({ code, message }: FTPError): boolean {
  return code === 452 || code === 552 || /quota|no space|disk full|disc full|insufficient/i.test(message);
}

/** Servers answer in many lines, and with whatever they like: one line of plain text is enough for a message. */
function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}
