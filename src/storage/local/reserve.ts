// Room on the disk that is set aside for the day it is full: forgetting and pruning must write a little before they can free anything.
// Several files, so that blocks and file entries alike are given back. Losing them loses nothing: the next run makes them anew.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { errnoOf, localFailure } from './failure.ts';
import type { LocalFiles } from './files.ts';

/** Names that begin so are no objects. */
export const reservePrefix = '.reserve-';
const parts = 8;
/** Of each part: 4 MiB together list a hundred thousand packs to delete. */
export const reservePartBytes = 512 * 1024;

/** Makes what is missing. On a disk that has no room for it, as much as there is room for. */
export async function fillReserve(files: LocalFiles, root: string, partBytes: number): Promise<void> {
  for (let part = 0; part < parts; part += 1) {
    const path = join(root, reservePrefix + part);
    try {
      if ((await sizeOf(files, path)) === partBytes) continue;
      await unlinkIfThere(files, path);
      await writePart(files, path, partBytes);
    } catch (error) {
      const code = errnoOf(error);
      // Another process makes the same reserve at this moment.
      if (code === 'EEXIST' || code === 'ENOENT') continue;
      await files.unlink(path).catch(() => undefined);
      if (code === 'ENOSPC' || code === 'EDQUOT') return;
      throw localFailure(path, error);
    }
  }
}

/** False when there was nothing to free. */
export async function freeReserve(files: LocalFiles, root: string): Promise<boolean> {
  let isFreed = false;
  try {
    for (let part = 0; part < parts; part += 1) {
      if (await unlinkIfThere(files, join(root, reservePrefix + part))) isFreed = true;
    }
    if (!isFreed) return false;
    // A journal may hold the freed blocks back until it is written.
    const directory = await files.openDirectory(root);
    try {
      await directory.sync();
    } finally {
      await directory.close().catch(() => undefined);
    }
    return true;
  } catch (error) {
    throw localFailure(root, error);
  }
}

async function writePart(files: LocalFiles, path: string, length: number): Promise<void> {
  const file = await files.create(path);
  try {
    // Random, because a file system that compresses would set nothing aside for zeros.
    const bytes = randomBytes(length);
    let written = 0;
    while (written < length) written += await file.write(bytes, written, written);
    await file.sync();
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function sizeOf(files: LocalFiles, path: string): Promise<number | undefined> {
  try {
    return (await files.stat(path)).sizeBytes;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function unlinkIfThere(files: LocalFiles, path: string): Promise<boolean> {
  try {
    await files.unlink(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
