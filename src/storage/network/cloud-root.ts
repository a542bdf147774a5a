// Whether a bucket, a container or a folder in one may become a repository.

import { Failure } from '../../base/failure.ts';
import type { CallOptions, Storage } from '../storage.ts';

/**
 * What a repository puts first is let pass: a canceled `init` can be repeated, and an existing repository is recognised by the engine,
 * which says so better.
 */
export async function requireEmpty(storage: Storage, options: CallOptions): Promise<void> {
  for await (const { name } of storage.list('config/', options)) {
    if (/^config\/[1-9][0-9]{0,8}$/.test(name)) return;
  }
  for await (const { name } of storage.list('', options)) {
    if (/^(twin\/)?keys\/(slot-[0-9a-f]{32}|bundle-[1-9][0-9]*)$|^twin\/config\/[1-9][0-9]{0,8}$/.test(name))
      continue;
    throw new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${storage.location}" is not empty`, {
      hint: 'Choose a new or empty folder for the repository; it may lie in the same place.',
      facts: { found: name },
    });
  }
}
