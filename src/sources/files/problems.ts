// Problems of the reading side: one place that turns an error of a system call into a code that people can look up.

import type { Context } from '../../base/context.ts';
import { displayPath } from './system.ts';
import { errorCode } from './system-error.ts';

export type ReadProblemCode =
  | 'ENTRY_UNREADABLE'
  | 'ENTRY_VANISHED'
  | 'ENTRY_CHANGED'
  | 'ENTRY_NAME_INVALID'
  | 'ENTRY_LOOP'
  | 'ENTRY_TOO_DEEP'
  | 'ENTRY_XATTR_TOO_LARGE'
  | 'SOURCE_PATH_MISSING';

/** `path` is a byte string. */
export function report(context: Context, path: string, code: ReadProblemCode, message: string): void {
  context.monitor.problem({ path: displayPath(path), code, message });
}

/** ELOOP: replaced by a symlink. ENXIO: replaced by a socket. The rest is gone on its way. */
const vanished: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ESTALE']);

/** Reports an error of a system call; anything else is a bug and thrown on. */
export function reportError(context: Context, path: string, doing: string, error: unknown): void {
  const code = errorCode(error);
  if (code === undefined) throw error;
  reportErrno(context, path, doing, code);
}

export function reportErrno(context: Context, path: string, doing: string, code: string): void {
  if (vanished.has(code)) {
    report(context, path, 'ENTRY_VANISHED', `gone or replaced before ${doing} (${code})`);
  } else {
    report(context, path, 'ENTRY_UNREADABLE', `${doing} failed (${code})`);
  }
}
