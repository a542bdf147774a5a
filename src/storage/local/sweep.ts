// What killed processes left half-written below a folder. It is no object and costs only space.

import { join } from 'node:path';
import type { Instant } from '../../base/context.ts';
import { errnoOf, localFailure } from './failure.ts';
import type { DirectoryEntry, LocalFiles } from './files.ts';

/** Names that begin so are being written, or were. */
export const temporaryPrefix = '.tmp-';

/** Folders that may hold objects; `lost+found` and others are not ours to look into. */
const folderName = /^[a-z0-9][a-z0-9._-]*$/;

/** Removes temporary files that nobody has written to since `before`; returns how many. */
export async function sweepTemporaries(files: LocalFiles, root: string, before: Instant): Promise<number> {
  let swept = 0;
  for (const { name, type } of await unlessGone<readonly DirectoryEntry[]>(root, [], () =>
    files.readdir(root),
  )) {
    const path = join(root, name);
    if (type === 'directory' && folderName.test(name)) swept += await sweepTemporaries(files, path, before);
    if (type !== 'file' || !name.startsWith(temporaryPrefix)) continue;
    swept += await unlessGone(path, 0, async () => {
      if ((await files.stat(path)).modifiedAt >= before) return 0;
      await files.unlink(path);
      return 1;
    });
  }
  return swept;
}

/** Others sweep, too, and a put that ends removes its own. */
async function unlessGone<Result>(
  path: string,
  otherwise: Result,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return otherwise;
    throw localFailure(path, error);
  }
}
