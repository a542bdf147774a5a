// Small files of this machine that are whole or not there, also after a loss of power, and on a disk that is full.

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** In the place of what is there, if anything; durable when it returns. What fails leaves the file as it was, and nothing beside it. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  writeNewFile(temporary, content, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Never in the place of another; its bytes are durable when it returns. What fails half way leaves nothing. */
export function writeNewFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const file = openSync(path, 'wx', mode);
  try {
    // Of all bytes: one call may write a part of them, on a disk that is full.
    writeFileSync(file, content);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes names that were added or taken away durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
