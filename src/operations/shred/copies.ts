// Copies of a shred key on disks: made and read back, and destroyed as well as a file can be. Overwriting reaches the blocks of a plain
// disk; on flash, on copy-on-write file systems and in backups of the disk older blocks may stay: the guide says so.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import { readKeyFile } from '../../keyslots/key-file.ts';

/**
 * A new file of mode 0600 with the same key, read back. Never one that is there already: a key that two repositories share would take
 * both with it.
 */
export function writeShredCopy(path: string, key: Secret): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure('denied', 'SHRED_COPY_DENIED', `the copy "${path}" cannot be made (${code})`, {
      hint: 'Name a file that does not exist, in a folder that you may write to, best on another device.',
      cause,
    });
  }
  try {
    writeSync(file, key.reveal());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(path);
  if (Buffer.compare(readKeyFile(path).reveal(), key.reveal()) === 0) return;
  throw new Failure('corrupt', 'SHRED_COPY_DIFFERS', `"${path}" gave back other bytes than were written`, {
    hint: 'Choose another device for this copy.',
  });
}

export type CopyFate = 'destroyed' | 'would be destroyed' | 'absent' | 'other content' | 'denied';

/**
 * Overwrites and removes the file when it is a copy of the key, which `isKey` tells from its content; a dry run looks as far as that. Links
 * are not followed.
 */
export function destroyShredCopy(
  path: string,
  isKey: (content: Uint8Array) => boolean,
  { dryRun }: { readonly dryRun: boolean },
): CopyFate {
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'denied';
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > 4096) return 'other content';
    const content = Buffer.alloc(stat.size);
    readSync(file, content, 0, content.length, 0);
    const isCopy = isKey(content);
    content.fill(0);
    if (!isCopy) return 'other content';
    if (dryRun) return 'would be destroyed';
    for (const noise of [randomBytes(stat.size), Buffer.alloc(stat.size)]) {
      writeSync(file, noise, 0, noise.length, 0);
      fsyncSync(file);
    }
    unlinkSync(path);
  } catch {
    return 'denied';
  } finally {
    closeSync(file);
  }
  syncFolder(path);
  return 'destroyed';
}

function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
