// What both systems share: errors of system calls in the shape of node's own, the check of paths, the numbers of kinds.

import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

const pathMax = 4096;

/** Number of the node's kind by the four type bits of a mode. Types that Linux does not have count as files. */
export const kindOfType: readonly number[] = [0, 3, 5, 0, 1, 0, 6, 0, 0, 0, 2, 0, 4, 0, 0, 0];

export function systemError(errno: number, syscall: string, path?: string): NodeJS.ErrnoException {
  const code = errnoName(errno);
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
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || syscall === undefined) return undefined;
  return code.startsWith('E') || errno === undefined ? code : errnoName(-errno);
}

/** Node has no names for some numbers, EDQUOT and ESTALE among them: it says "Unknown system error -122". */
export function errnoName(errno: number): string {
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  try {
    const known = getSystemErrorName(-errno);
    return known.startsWith('E') ? known : (name ?? `E${errno}`);
  } catch {
    return name ?? `E${errno}`;
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
