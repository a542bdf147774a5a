// Files that hold keys: made once, durably, for their owner alone, and refused when others could have read or changed them.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../base/failure.ts';
import { makeFolders } from '../disk/folders.ts';

const fileBytesMax = 64 * 1024;

/**
 * Whole or not at all, also for a process that dies meanwhile and for another that reads it at this moment. Fails with conflict/KEY_FILE_EXISTS
 * where there is a file already, as a key is never replaced, and with denied/KEY_FILE_DENIED where the system lets us make none.
 */
export function createPrivateFile(path: string, content: Uint8Array, mode = 0o600): void {
  const directory = dirname(path);
  try {
    makeFolders(directory);
  } catch (cause) {
    throw denied(path, cause);
  }
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw exists(path);
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  writeNewFile(beside, content, mode, path);
  try {
    linkSync(beside, path);
  } catch (error) {
    if (!withoutLinks.has((error as NodeJS.ErrnoException).code ?? '')) throw notMade(path, error);
    // A stick with a file system of cameras, say: there the name comes before the bytes.
    writeNewFile(path, content, mode, path);
  } finally {
    rmSync(beside, { force: true });
  }
  syncDirectory(directory);
}

/** What file systems answer that know one name for a file only. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

function writeNewFile(path: string, content: Uint8Array, mode: number, meant: string): void {
  let file: number;
  try {
    file = openSync(path, 'wx', mode);
  } catch (cause) {
    throw notMade(meant, cause);
  }
  try {
    writeWhole(file, content);
    fsyncSync(file);
  } catch (error) {
    // A part of a key would only be mistaken for one.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function notMade(path: string, cause: unknown): Failure {
  return (cause as NodeJS.ErrnoException).code === 'EEXIST' ? exists(path, cause) : denied(path, cause);
}

function exists(path: string, cause?: unknown): Failure {
  return new Failure('conflict', 'KEY_FILE_EXISTS', `the key file "${path}" cannot be made`, {
    hint: 'Choose another name; an existing key file is never replaced.',
    cause,
  });
}

function denied(path: string, cause: unknown): Failure {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new Failure('denied', 'KEY_FILE_DENIED', `the key file "${path}" cannot be made (${code})`, {
    hint: 'Choose a folder that you may write to.',
    cause,
  });
}

/** Its first 64 KiB. Fails with denied/KEY_FILE_TOO_OPEN or missing/KEY_FILE_MISSING. */
export function readPrivateFile(path: string): Buffer {
  const file = openExisting(path);
  try {
    const stat = fstatSync(file);
    const isOurs = process.getuid === undefined || stat.uid === process.getuid();
    if ((stat.mode & 0o077) !== 0 || !isOurs) {
      throw new Failure(
        'denied',
        'KEY_FILE_TOO_OPEN',
        `the key file "${path}" could be read or changed by others`,
        {
          hint: 'Make yourself its owner and run "chmod 600" on it; if it was open for long, make a new key.',
        },
      );
    }
    return readStart(file, stat.size);
  } finally {
    closeSync(file);
  }
}

/** The first 64 KiB of what anyone may know, such as a public key. */
export function readPublicFile(path: string): Buffer {
  const file = openExisting(path);
  try {
    return readStart(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function openExisting(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw new Failure('missing', 'KEY_FILE_MISSING', `the key file "${path}" cannot be read`, {
      hint: 'Check the path of the key file.',
      cause,
    });
  }
}

function readStart(file: number, size: number): Buffer {
  const content = Buffer.alloc(Math.min(size, fileBytesMax));
  const length = readSync(file, content, 0, content.length, 0);
  return content.subarray(0, length);
}

function writeWhole(file: number, content: Uint8Array): void {
  for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
}

// The name of a new key must survive a power cut as its bytes do.
function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
