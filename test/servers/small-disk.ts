// A disk of a few megabytes at a folder, for servers that are to run full. Needs root.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';

export function smallDisk(path: string, megabytes: number): Disposable {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}M`, 'tmpfs', path]);
  chmodSync(path, 0o777);
  return {
    // Lazily: a server that is being stopped may still hold it.
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]),
  };
}
