// Which life of which process this is, and whether another one of the same machine has surely ended. Used only to free what a
// dead writer held; where nothing is proven, the answer is "not dead".

import { readFileSync, readlinkSync } from 'node:fs';

/** `machine-id boot-id pidns pid starttime`; a part that the system does not tell is `-`. */
export function readIncarnation(pid: number = process.pid): string {
  return [
    firstWord('/etc/machine-id'),
    firstWord('/proc/sys/kernel/random/boot_id'),
    pidNamespace(),
    String(pid),
    startTime(pid) ?? '-',
  ].join(' ');
}

/**
 * True only when `other` names a process of this machine that has ended: the same boot and process namespace, but no such
 * process or one that started later; or an earlier boot of the machine with the same id (the caller has compared the host name).
 */
export function isProvenDead(other: string, mine: string): boolean {
  const theirs = other.split(' ');
  const ours = mine.split(' ');
  if (theirs.length !== 5 || ours.length !== 5) return false;
  if (theirs[0] === '-' || theirs[1] === '-' || theirs[0] !== ours[0]) return false;
  if (theirs[1] !== ours[1]) return ours[1] !== '-';
  if (theirs[2] === '-' || theirs[2] !== ours[2]) return false;
  const pid = Number(theirs[3]);
  if (!Number.isSafeInteger(pid) || pid <= 0 || theirs[4] === '-') return false;
  // A hidden /proc entry (hidepid) looks like none, so the kernel is asked for the process itself first.
  if (!exists(pid)) return true;
  const started = startTime(pid);
  return started !== undefined && started !== theirs[4];
}

/** Clock ticks after boot; `gone` for a zombie, undefined when the system does not tell. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything, so fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'gone';
    return fields[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(' ', '');
  } catch {
    return '-';
  }
}

function firstWord(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim().split(/\s/)[0] || '-';
  } catch {
    return '-';
  }
}
