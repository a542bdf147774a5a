// Folders of this machine.

import { mkdirSync, statSync } from 'node:fs';

/**
 * Makes the folder and those above it that are missing; one that is there is left as it is. Unlike `recursive` of node:fs it ends where
 * a folder can be there and still refuse new ones with ENOENT, as in /proc and below automatic mounts: node:fs asks for ever there.
 */
export function makeFolders(path: string | Buffer, mode = 0o700): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isFolder(path)) return;
    const parent = parentOf(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === undefined || isFolder(parent))
      throw error;
    makeFolders(parent, mode);
    makeLast(path, mode);
  }
}

function makeLast(path: string | Buffer, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another has made it at this moment.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string | Buffer): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Undefined for what has none above it in its own name. */
function parentOf(path: string | Buffer): string | Buffer | undefined {
  const name = typeof path === 'string' ? path : path.toString('latin1');
  const parent = /^(.*[^/])\/+[^/]+\/*$/s.exec(name)?.[1];
  return typeof path === 'string' || parent === undefined ? parent : Buffer.from(parent, 'latin1');
}
