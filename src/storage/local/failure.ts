// What an error of the file system means for a storage: this is the only place that maps them.

import { constants } from 'node:os';
import { Failure } from '../../base/failure.ts';

/** The code of a system error such as "ENOENT"; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof Failure || !(error instanceof Error)) return undefined;
  const { code, errno } = error as NodeJS.ErrnoException;
  // Node has no name for a full quota: "Unknown system error -122".
  if (errno === -constants.errno.EDQUOT) return 'EDQUOT';
  return typeof code === 'string' ? code : undefined;
}

/** A Failure is handed back as it is. `call` tells a refused link from a refused access. */
export function localFailure(path: string, error: unknown, call?: 'link'): Failure {
  if (error instanceof Failure) return error;
  const code = errnoOf(error);
  if (call === 'link' && noLinks.has(code ?? '')) {
    return new Failure('denied', 'STORAGE_NO_HARD_LINKS', `the file system of "${path}" has no hard links`, {
      hint: 'Choose a folder on another file system, such as ext4, XFS, Btrfs, ZFS, APFS or NTFS.',
      cause: error,
    });
  }
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return new Failure('missing', 'OBJECT_MISSING', `object "${path}" does not exist`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('exhausted', 'STORAGE_FULL', `no space is left for "${path}"`, {
        hint: 'Free space, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure('denied', 'STORAGE_DENIED', `"${path}" may not be used (${code})`, {
        hint: 'Check owner and mode of the repository folder, or whether the disk is mounted read-only.',
        cause: error,
      });
    default:
      return new Failure('unavailable', 'STORAGE_IO_ERROR', `"${path}" failed (${code ?? String(error)})`, {
        hint: 'The disk reports errors. Check it before the next run.',
        cause: error,
      });
  }
}

/** What file systems without hard links (FAT, exFAT, some network ones) answer to `link`. */
const noLinks = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK']);
