// What both systems share: errors of system calls in the shape of node's own, the check of paths, the numbers of kinds.

import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

const pathMax = 4096;

/** Number of the node's kind by the four type bits of a mode. Types that Linux does not have count as files. */
export const kindOfType: readonly number[] = [0, 3, 5, 0, 1, 0, 6, 0, 0, 0, 2, 0, 4, 0, 0, 0];

export function systemError(errno: number, syscall: string, path?: string): NodeJS.ErrnoException {
  let code = 'EUNKNOWN';
  try {
    code = getSystemErrorName(-errno);
  } catch {
    code = `E${errno}`;
  }
  const shown = path === undefined ? '' : ` "${Buffer.from(path, 'latin1').toString('utf8')}"`;
  const error: NodeJS.ErrnoException = new Error(`${code}: ${syscall}${shown}`);
  error.code = code;
  error.errno = -errno;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  return error;
}

/** The `code` of an error of a system call, or undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && syscall !== undefined ? code : undefined;
}

export function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `E${errno}`;
  }
}

/** The path as a byte string. Refuses an inner NUL and chars above 0xff: the kernel would see another path. */
export function checkedPath(path: string | Uint8Array, syscall: string): string {
  const text = typeof path === 'string' ? path : Buffer.from(path).toString('latin1');
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === 0 || char > 0xff) throw systemError(constants.errno.EINVAL, syscall);
  }
  if (text.length >= pathMax) throw systemError(constants.errno.ENAMETOOLONG, syscall, text);
  return text;
}
