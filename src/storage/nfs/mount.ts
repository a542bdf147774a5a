// What the kernel says about the mount that a path lies on, from /proc/self/mountinfo (proc(5)), and whether it may hold a repository.
// security.md §2.10: a mount that gives up ("soft") can report a lost write to nobody, so it is refused.

import { Failure } from '../../base/failure.ts';

export interface Mount {
  /** Byte-exact, unescaped. */
  readonly point: string;
  /** Such as "nfs4" or "fuse.sshfs". */
  readonly type: string;
  /** What is mounted, such as "nas:/export". Only for people. */
  readonly source: string;
  /** Options of this mount and of its file system together; those without a value have an empty one. */
  readonly options: ReadonlyMap<string, string>;
}

/** File systems that speak to another machine. `fuse.*` may do so; whoever names such a path here knows which. */
const networkTypes =
  /^(nfs|nfs4|cifs|smb3|smbfs|ceph|glusterfs|lustre|gpfs|beegfs|afs|9p|virtiofs|fuse|fuse\..+)$/;

/** Mounts in the order of the table, in which a later one hides an earlier one at the same point. Lines that are none are passed over. */
export function parseMountInfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    // Optional fields of no fixed number end with a lone "-".
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [point, options] = [fields[4], fields[5]];
    const [type, source, superOptions] = [fields[dash + 1], fields[dash + 2], fields[dash + 3]];
    if (dash < 0 || point === undefined || options === undefined || type === undefined) continue;
    mounts.push({
      point: unescaped(point),
      type: unescaped(type),
      source: unescaped(source ?? ''),
      options: new Map([...optionsOf(options), ...optionsOf(superOptions ?? '')]),
    });
  }
  return mounts;
}

/** The mount that an absolute path without links lies on. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const isAbove = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
    if (isAbove && mount.point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}

/** Refuses what cannot keep a repository: no mount, a disk of this machine, a mount that gives up. */
export function requireNetworkMount(
  mount: Mount | undefined,
  path: string,
  allowedType: string | undefined,
): Mount {
  if (mount === undefined || mount.type === 'autofs' || !isNetwork(mount.type, allowedType)) {
    const found = mount === undefined ? 'nothing' : `a file system of type "${mount.type}"`;
    throw new Failure(
      'missing',
      'STORAGE_NOT_MOUNTED',
      `no network share is mounted at "${path}", ${found} is`,
      {
        hint: 'Mount the share first. For a folder of this machine write its path alone; for a network file system that is not known here add ?allow-type=TYPE.',
      },
    );
  }
  const soft = ['soft', 'softerr'].find((option) => mount.options.has(option));
  if (soft !== undefined) {
    throw new Failure(
      'denied',
      'STORAGE_SOFT_MOUNT',
      `the share at "${mount.point}" is mounted with "${soft}"`,
      {
        hint: 'Such a mount gives up on writes after a while, and nobody hears of it. Mount it again with the option "hard".',
      },
    );
  }
  return mount;
}

export function isReadOnly(mount: Mount): boolean {
  return mount.options.has('ro');
}

/** "yes" only where the mount says that all it sends is encrypted. */
export function isEncrypted(mount: Mount): 'yes' | 'no' | 'unknown' {
  if (/^nfs4?$/.test(mount.type)) {
    const security = mount.options.get('sec');
    const transport = mount.options.get('xprtsec');
    return security === 'krb5p' || transport === 'tls' || transport === 'mtls' ? 'yes' : 'no';
  }
  if (mount.type === 'cifs' || mount.type === 'smb3') return mount.options.has('seal') ? 'yes' : 'no';
  return mount.type === 'fuse.sshfs' ? 'yes' : 'unknown';
}

function isNetwork(type: string, allowedType: string | undefined): boolean {
  return type === allowedType || networkTypes.test(type);
}

function optionsOf(text: string): [string, string][] {
  return text
    .split(',')
    .filter((option) => option !== '')
    .map((option) => {
      const at = option.indexOf('=');
      return at < 0
        ? [unescaped(option), '']
        : [unescaped(option.slice(0, at)), unescaped(option.slice(at + 1))];
    });
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
