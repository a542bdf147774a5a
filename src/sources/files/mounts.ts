// What is mounted where, from the kernel's table, so that a backup of "/" does not enter file systems without files
// (proc, sysfs and the like) and can name the mounts it leaves out.

import { readFileSync } from 'node:fs';

export interface Mount {
  /** Byte string. */
  readonly path: string;
  /** "ext4", "nfs4", "proc" and so on. */
  readonly type: string;
  /** Major * 2^32 + minor. */
  readonly device: number;
}

/** File systems whose files are the kernel's own words: nothing to save, endless or harmful to read. */
const virtualTypes: ReadonlySet<string> = new Set([
  'autofs',
  'binder',
  'binfmt_misc',
  'bpf',
  'cgroup',
  'cgroup2',
  'configfs',
  'debugfs',
  'devpts',
  'devtmpfs',
  'efivarfs',
  'fusectl',
  'hugetlbfs',
  'mqueue',
  'nsfs',
  'proc',
  'pstore',
  'rpc_pipefs',
  'securityfs',
  'selinuxfs',
  'sysfs',
  'tracefs',
]);

const two32 = 0x1_0000_0000;

/** Empty where the kernel tells nothing (not Linux, or no /proc). */
export function readMounts(): Mount[] {
  let text: string;
  try {
    text = readFileSync('/proc/self/mountinfo', 'latin1');
  } catch {
    return [];
  }
  return parseMounts(text);
}

/** proc(5): id parent major:minor root path options [tags] - type device options. Octal escapes for blanks. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ');
    const fields = before?.split(' ') ?? [];
    const type = after?.split(' ')[0];
    const numbers = fields[2]?.split(':');
    const escaped = fields[4];
    if (type === undefined || escaped === undefined || numbers?.length !== 2) continue;
    const path = escaped.replace(/\\([0-7]{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    mounts.push({ path, type, device: Number(numbers[0]) * two32 + Number(numbers[1]) });
  }
  return mounts;
}

/** Where virtual file systems are mounted: a walk lists these directories as empty. */
export function virtualMountPaths(mounts: readonly Mount[]): ReadonlySet<string> {
  return new Set(mounts.filter((mount) => virtualTypes.has(mount.type)).map((mount) => mount.path));
}
