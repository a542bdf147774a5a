// Opening by absolute path where the path may be longer than the kernel takes at once (4095 bytes): step by step, through
// directory handles.

import { constants } from 'node:fs';
import { type System, sys } from './system.ts';

const stepBytesMax = 3900;
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY;

/** The last component is not followed when `flags` hold O_NOFOLLOW. The caller closes the descriptor. */
export function openPath(system: System, path: string, flags: number): number {
  return withParent(system, path, (directory, rest) => system.openAt(directory, rest, flags));
}

/** Calls `use` with a directory handle (or sys.atFdCwd) and a path from there that is short enough for the kernel. */
export function withParent<Result>(
  system: System,
  path: string,
  use: (directory: number, rest: string) => Result,
): Result {
  let directory: number = sys.atFdCwd;
  let rest = path;
  try {
    while (rest.length > stepBytesMax) {
      const cut = rest.lastIndexOf('/', stepBytesMax);
      if (cut <= 0) break;
      const next = system.openAt(directory, rest.slice(0, cut), directoryFlags);
      if (directory !== sys.atFdCwd) system.close(directory);
      directory = next;
      rest = rest.slice(cut + 1);
    }
    return use(directory, rest);
  } finally {
    if (directory !== sys.atFdCwd) system.close(directory);
  }
}
