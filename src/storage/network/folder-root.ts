// What storages that are folders on a server have in common: temporary names, and what may lie in a folder that is to become a
// repository.

import { Failure } from '../../base/failure.ts';
import type { ObjectStat } from '../storage.ts';

/** The last part of names that are being written, or were; a dot in front is in no name of an object. */
export const temporaryPrefix = '.tmp-';

/** Folders that may hold objects; `lost+found`, `.snapshot` and others are not ours to look into. */
export const folderName: RegExp = /^[a-z0-9_-][a-z0-9._-]*$/;

/**
 * What a repository puts first is let pass: a canceled `init` can be repeated, and an existing repository is recognised by the
 * engine, which says so better. The names of keys are looked at, because `init` replaces the keys that it finds.
 */
export async function requireEmpty(
  location: string,
  list: (prefix: string) => AsyncIterable<ObjectStat>,
): Promise<void> {
  let isRepository = false;
  for await (const { name } of list('config/')) {
    if (!/^config\/[1-9][0-9]{0,8}$/.test(name)) throw notEmpty(location);
    isRepository = true;
  }
  for await (const { name } of list(isRepository ? 'keys/' : '')) {
    if (!/^(twin\/)?(config\/[1-9][0-9]{0,8}|keys\/(slot-[0-9a-f]{32}|bundle-[1-9][0-9]*))$/.test(name)) {
      throw notEmpty(location);
    }
  }
}

function notEmpty(location: string): Failure {
  return new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${location}" is not empty`, {
    hint: 'Choose a new or empty folder for the repository.',
  });
}
