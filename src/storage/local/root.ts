// The folder that holds a local repository: asked for when one is opened, made when one is created.

import { dirname, join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { errnoOf, localFailure } from './failure.ts';
import type { FileStat, LocalFiles } from './files.ts';
import { reservePrefix } from './reserve.ts';
import { temporaryPrefix } from './sweep.ts';

/** What is known of an existing folder; missing/STORAGE_MISSING or usage/STORAGE_NOT_A_FOLDER otherwise. */
export async function requireDirectory(files: LocalFiles, path: string): Promise<FileStat> {
  let found: FileStat;
  try {
    found = await files.stat(path);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw localFailure(path, error);
    throw new Failure('missing', 'STORAGE_MISSING', `there is no folder "${path}"`, {
      hint: 'Check the path, or make a repository there with "holdfast init".',
      cause: error,
    });
  }
  if (!found.isDirectory) throw notAFolder(path);
  return found;
}

/** Makes a folder and all above it, each durable; conflict/STORAGE_NOT_EMPTY when it holds anything but a repository. */
export async function makeRoot(files: LocalFiles, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent !== path) await makeParents(files, parent);
  if (!(await makeDurably(files, path))) await requireEmpty(files, path);
}

async function makeParents(files: LocalFiles, path: string): Promise<void> {
  try {
    await requireDirectory(files, path);
    return;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'missing' || dirname(path) === path) throw error;
  }
  await makeParents(files, dirname(path));
  await makeDurably(files, path);
}

/** False when it was there. */
async function makeDurably(files: LocalFiles, path: string): Promise<boolean> {
  try {
    await files.mkdir(path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw localFailure(path, error);
  }
  try {
    const handle = await files.openDirectory(dirname(path));
    try {
      await handle.sync();
    } finally {
      await handle.close().catch(() => undefined);
    }
  } catch (error) {
    throw localFailure(path, error);
  }
  return true;
}

/**
 * What a repository puts first is let pass: a canceled `init` can be repeated, and an existing repository is recognised by the
 * engine, which says so better. The names inside are looked at, too, because `init` replaces the keys that it finds.
 */
async function requireEmpty(files: LocalFiles, path: string): Promise<void> {
  const names = await namesIn(files, path);
  if (names === undefined) throw notAFolder(path);
  const configs = names.includes('config') ? await namesIn(files, join(path, 'config')) : [];
  const keys = names.includes('keys') ? await namesIn(files, join(path, 'keys')) : [];
  const areOurs =
    isAll(configs, /^[1-9][0-9]{0,8}$/) && isAll(keys, /^(slot-[0-9a-f]{32}|bundle-[1-9][0-9]*)$/);
  const isRepository = configs !== undefined && configs.length > 0;
  const isEmpty = names.every(
    (name) =>
      name === 'config' ||
      name === 'keys' ||
      name === 'lost+found' ||
      name.startsWith(temporaryPrefix) ||
      name.startsWith(reservePrefix),
  );
  if (areOurs && (isRepository || isEmpty)) return;
  throw new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${path}" is not empty`, {
    hint: 'Choose a new or empty folder for the repository.',
  });
}

function isAll(names: readonly string[] | undefined, pattern: RegExp): boolean {
  return names?.every((name) => name.startsWith(temporaryPrefix) || pattern.test(name)) ?? false;
}

/** Undefined when it is no folder. */
async function namesIn(files: LocalFiles, path: string): Promise<string[] | undefined> {
  try {
    return (await files.readdir(path)).map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw localFailure(path, error);
  }
}

function notAFolder(path: string): Failure {
  return new Failure('usage', 'STORAGE_NOT_A_FOLDER', `"${path}" is not a folder`, {
    hint: 'Name a folder.',
  });
}
