// The calls of the operating system that node:fs lacks or makes dear: everything relative to a directory handle, times in
// nanoseconds, extended attributes, holes. Native by koffi on 64-bit Linux; elsewhere system-node.ts does what node:fs can.
//
// Paths and names are "byte strings": JS strings with one char per byte (latin1), so that names that are not UTF-8 survive
// and comparing strings compares bytes. A System belongs to one thread: it reuses its buffers. Errors look like node's:
// { code: 'ENOENT', errno, syscall, path }.

import { createRequire } from 'node:module';
import { openNativeSystem } from './system-native.ts';
import { openNodeSystem } from './system-node.ts';

/** Flags and constants of Linux, the same on every architecture that the native system supports unless noted. */
export const sys = {
  atFdCwd: -100,
  atSymlinkNoFollow: 0x100,
  atRemoveDir: 0x200,
  atNoAutomount: 0x800,
  atEmptyPath: 0x1000,
  renameNoReplace: 1,
  renameExchange: 2,
  seekData: 3,
  seekHole: 4,
  xattrCreate: 1,
  xattrReplace: 2,
  typeMask: 0o170000,
  typeFifo: 0o010000,
  typeCharacterDevice: 0o020000,
  typeDirectory: 0o040000,
  typeBlockDevice: 0o060000,
  typeFile: 0o100000,
  typeSymlink: 0o120000,
  typeSocket: 0o140000,
} as const;

/** One inode as statx tells it. */
export interface FileStat {
  /** Type and permission bits together. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly inode: bigint;
  /** The device that holds the inode: major * 2^32 + minor. */
  readonly device: number;
  readonly links: number;
  readonly sizeBytes: number;
  /** Units of 512 bytes that are allocated. */
  readonly blocks: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
}

/** Columns that `statInto` fills at one row, so that a walk makes no object per file. */
export interface StatColumns {
  /** As nodes are numbered: 0 file 1 directory 2 symlink 3 fifo 4 socket 5 character device 6 block device. */
  readonly kinds: Uint8Array;
  readonly modes: Uint16Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  readonly sizes: Float64Array;
  readonly mtimes: BigInt64Array;
  readonly ctimes: BigInt64Array;
  readonly inodes: BigUint64Array;
  readonly devices: Float64Array;
  readonly links: Uint32Array;
  readonly rdevs: Float64Array;
  readonly blocks: Float64Array;
}

export interface Capabilities {
  /** False: directory handles are emulated by remembered paths, so races with a hostile writer are possible. */
  readonly native: boolean;
  /** What this system cannot do, in words for people; empty on Linux. */
  readonly missing: readonly string[];
}

/** A byte string or raw bytes. Without NUL; both are checked. */
export type RawPath = string | Uint8Array;

/** Every method throws a node-like error unless it says otherwise. No method follows a symlink in the last component,
 * except `openAt` without O_NOFOLLOW. `directory` is an open directory or `sys.atFdCwd`. */
export interface System {
  readonly capabilities: Capabilities;

  /** Returns 0 or the errno; never throws for what the file system says. */
  statInto(directory: number, path: RawPath, columns: StatColumns, row: number): number;
  statAt(directory: number, path: RawPath): FileStat;
  /** Like statAt, but undefined when nothing is there. */
  statAtIfAny(directory: number, path: RawPath): FileStat | undefined;
  statFd(fd: number): FileStat;
  /** Names without "." and "..", unsorted, from the start of the directory. */
  listNames(fd: number): string[];

  openAt(directory: number, path: RawPath, flags: number, mode?: number): number;
  close(fd: number): void;
  mkdirAt(directory: number, path: RawPath, mode: number): void;
  linkAt(oldDirectory: number, oldPath: RawPath, newDirectory: number, newPath: RawPath): void;
  symlinkAt(target: RawPath, directory: number, path: RawPath): void;
  /** The target as a byte string. */
  readlinkAt(directory: number, path: RawPath): string;
  /** `flags`: sys.renameNoReplace or sys.renameExchange. */
  renameAt(
    oldDirectory: number,
    oldPath: RawPath,
    newDirectory: number,
    newPath: RawPath,
    flags?: number,
  ): void;
  /** `flags`: sys.atRemoveDir removes an empty directory. */
  unlinkAt(directory: number, path: RawPath, flags?: number): void;
  /** `mode` with the type bits (sys.typeCharacterDevice and so on). */
  mknodAt(directory: number, path: RawPath, mode: number, major: number, minor: number): void;
  mkfifoAt(directory: number, path: RawPath, mode: number): void;

  chownAt(directory: number, path: RawPath, uid: number, gid: number): void;
  chownFd(fd: number, uid: number, gid: number): void;
  /** Through an O_PATH handle, so a symlink is refused (EOPNOTSUPP), not followed. */
  chmodAt(directory: number, path: RawPath, mode: number): void;
  chmodFd(fd: number, mode: number): void;
  /** Leaves the access time when `atimeNs` is undefined. */
  setTimesAt(directory: number, path: RawPath, mtimeNs: bigint, atimeNs?: bigint): void;
  setTimesFd(fd: number, mtimeNs: bigint, atimeNs?: bigint): void;

  /** Extended attributes of the entry itself. Names are byte strings. ENOTSUP is thrown as it comes. */
  listXattrsAt(directory: number, path: RawPath): string[];
  listXattrsFd(fd: number): string[];
  /** Fails with ENODATA when absent. */
  getXattrAt(directory: number, path: RawPath, name: RawPath): Uint8Array;
  getXattrFd(fd: number, name: RawPath): Uint8Array;
  setXattrAt(directory: number, path: RawPath, name: RawPath, value: Uint8Array, flags?: number): void;
  setXattrFd(fd: number, name: RawPath, value: Uint8Array, flags?: number): void;
  removeXattrAt(directory: number, path: RawPath, name: RawPath): void;
  removeXattrFd(fd: number, name: RawPath): void;

  /** The next data or hole at or after `offset`; undefined when there is none up to the end of the file. */
  seekData(fd: number, offset: number): number | undefined;
  seekHole(fd: number, offset: number): number | undefined;
  /** Makes the whole file system that holds `fd` durable. */
  syncFileSystem(fd: number): void;
}

/** Loads koffi at the first call, so that programs that touch no files do not pay for it. */
export function openSystem(): System {
  const wide = ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);
  if (process.platform !== 'linux' || !wide) return openNodeSystem('only 64-bit Linux has native calls');
  let koffi: typeof import('koffi');
  try {
    koffi = createRequire(import.meta.url)('koffi');
  } catch {
    return openNodeSystem('the package "koffi" could not be loaded');
  }
  return openNativeSystem(koffi);
}

/** Bytes of a byte string, losslessly. */
export function bytesOf(path: string): Uint8Array {
  return Buffer.from(path, 'latin1');
}

/** What node:fs takes for a byte string: the string itself when ASCII, else a Buffer. */
export function fsPath(path: string): string | Buffer {
  for (let index = 0; index < path.length; index += 1) {
    if (path.charCodeAt(index) > 0x7f) return Buffer.from(path, 'latin1');
  }
  return path;
}

/** A byte string for people: UTF-8 with U+FFFD for what is none. */
export function displayPath(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
