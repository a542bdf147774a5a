// Ends a group of processes when the process that began it is killed and can do so no more. A shell holds the reading end of a pipe: when the other end
// closes without a word, the group is ended by force. Under the systemd unit the kernel does the same for the whole service (KillMode).

import { spawn } from 'node:child_process';

const script = 'read -r word || kill -s KILL -- "-$1"';

/** Call what it returns once the group may live on, or has ended: its number may be another's by then. */
export function guardGroup(group: number): () => void {
  const guard = spawn('/bin/sh', ['-c', script, 'holdfast-guard', String(group)], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
    // What ends the group, or a terminal, must not end who watches it.
    detached: true,
  });
  // Where none can be started, there is none, as before.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  if (guard.stdin !== null && 'unref' in guard.stdin) (guard.stdin as unknown as { unref(): void }).unref();
  return () => {
    guard.stdin?.end('over\n');
  };
}
