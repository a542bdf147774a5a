// The System of 64-bit little-endian Linux (glibc and musl) by koffi. Results are read from reused buffers through typed
// views, because a walk asks for hundreds of thousands of inodes.

import { constants } from 'node:fs';
import { constants as system } from 'node:os';
import type * as koffiModule from 'koffi';
import type { FileStat, RawPath, StatColumns, System } from './system.ts';
import { checkedPath, kindOfType, systemError } from './system-error.ts';

const basicStats = 0x7ff;
const noFollow = 0x100;
const noAutomount = 0x800;
const emptyPath = 0x1000;
const statxFlags = noFollow | noAutomount;
const omitTime = 0x3ffffffe;
const openPath = 0o10000000;
const entriesBytes = 256 * 1024;
const xattrListBytes = 64 * 1024;
const xattrValueBytes = 64 * 1024;
const two32 = 0x1_0000_0000;
const billion = 1_000_000_000;
const { errno: numbers } = system;

type Call = (...args: unknown[]) => number;

/** Nanoseconds of a statx time (words at `word`) written as the two halves of a 64-bit integer, without BigInt arithmetic. */
function putTime(from: Uint32Array, word: number, to: Uint32Array, row: number): void {
  const low = from[word]!;
  const upper = (low >>> 16) * billion;
  const rest = (upper % 65536) * 65536 + (low & 0xffff) * billion + from[word + 2]!;
  to[row * 2] = rest >>> 0;
  to[row * 2 + 1] = Math.floor(upper / 65536) + Math.floor(rest / two32) + (from[word + 1]! | 0) * billion;
}

export function openNativeSystem(koffi: typeof koffiModule): System {
  const library = koffi.load(null);
  const bind = (name: string, ...parameters: string[]): Call =>
    library.func(name, 'int', parameters) as unknown as Call;
  const bindWide = (name: string, ...parameters: string[]): Call =>
    library.func(name, 'int64_t', parameters) as unknown as Call;
  const path = 'void *';

  const calls = {
    close: bind('close', 'int'),
    statx: bind('statx', 'int', path, 'int', 'uint32_t', 'void *'),
    openat: bind('openat', 'int', path, 'int', 'uint32_t'),
    mkdirat: bind('mkdirat', 'int', path, 'uint32_t'),
    linkat: bind('linkat', 'int', path, 'int', path, 'int'),
    symlinkat: bind('symlinkat', path, 'int', path),
    readlinkat: bindWide('readlinkat', 'int', path, 'void *', 'size_t'),
    renameat2: bind('renameat2', 'int', path, 'int', path, 'uint32_t'),
    unlinkat: bind('unlinkat', 'int', path, 'int'),
    mknodat: bind('mknodat', 'int', path, 'uint32_t', 'uint64_t'),
    fchownat: bind('fchownat', 'int', path, 'uint32_t', 'uint32_t', 'int'),
    fchown: bind('fchown', 'int', 'uint32_t', 'uint32_t'),
    chmod: bind('chmod', path, 'uint32_t'),
    fchmod: bind('fchmod', 'int', 'uint32_t'),
    utimensat: bind('utimensat', 'int', path, 'void *', 'int'),
    futimens: bind('futimens', 'int', 'void *'),
    llistxattr: bindWide('llistxattr', path, 'void *', 'size_t'),
    flistxattr: bindWide('flistxattr', 'int', 'void *', 'size_t'),
    lgetxattr: bindWide('lgetxattr', path, path, 'void *', 'size_t'),
    fgetxattr: bindWide('fgetxattr', 'int', path, 'void *', 'size_t'),
    lsetxattr: bind('lsetxattr', path, path, 'void *', 'size_t', 'int'),
    fsetxattr: bind('fsetxattr', 'int', path, 'void *', 'size_t', 'int'),
    lremovexattr: bind('lremovexattr', path, path),
    fremovexattr: bind('fremovexattr', 'int', path),
    lseek: bindWide('lseek', 'int', 'int64_t', 'int'),
    syncfs: bind('syncfs', 'int'),
  };
  // musl calls the same function getdents before version 1.2.
  let getdents: Call;
  try {
    getdents = bindWide('getdents64', 'int', 'void *', 'size_t');
  } catch {
    getdents = bindWide('getdents', 'int', 'void *', 'size_t');
  }

  const first = Buffer.alloc(4096);
  const second = Buffer.alloc(4096);
  const times = new BigInt64Array(4);
  const link = Buffer.alloc(4096);
  let entries: Buffer | undefined;
  let xattrList: Buffer | undefined;
  let xattrValue: Buffer | undefined;

  const statBytes = new ArrayBuffer(256);
  const words = new Uint32Array(statBytes);
  const halves = new Uint16Array(statBytes);
  const longs = new BigUint64Array(statBytes);
  const oneTime = new BigInt64Array(1);
  const oneTimeWords = new Uint32Array(oneTime.buffer);

  /** The NUL-terminated path in a scratch buffer. */
  function put(buffer: Buffer, raw: RawPath, syscall: string): Buffer {
    const text = typeof raw === 'string' ? raw : checkedPath(raw, syscall);
    const { length } = text;
    if (length >= buffer.length) checkedPath(text, syscall);
    for (let index = 0; index < length; index += 1) {
      const char = text.charCodeAt(index);
      if (char === 0 || char > 0xff) checkedPath(text, syscall);
      buffer[index] = char;
    }
    buffer[length] = 0;
    return buffer;
  }

  function check(result: number, syscall: string, raw?: RawPath): number {
    if (result >= 0) return result;
    throw systemError(koffi.errno(), syscall, raw === undefined ? undefined : checkedPath(raw, syscall));
  }

  function wordPair(word: number): number {
    return words[word + 1]! * two32 + words[word]!;
  }

  function statx(directory: number, raw: RawPath, flags: number): number {
    return calls.statx(directory, put(first, raw, 'statx'), flags, basicStats, words) === 0
      ? 0
      : koffi.errno();
  }

  function timeAt(word: number): bigint {
    putTime(words, word, oneTimeWords, 0);
    return oneTime[0]!;
  }

  function currentStat(): FileStat {
    return {
      mode: halves[14]!,
      uid: words[5]!,
      gid: words[6]!,
      inode: longs[4]!,
      device: words[34]! * two32 + words[35]!,
      links: words[4]!,
      sizeBytes: wordPair(10),
      blocks: wordPair(12),
      mtimeNs: timeAt(28),
      ctimeNs: timeAt(24),
      rdevMajor: words[32]!,
      rdevMinor: words[33]!,
    };
  }

  // The word views of the columns of the last listing: making them for every row would cost more than the call.
  let viewed: StatColumns | undefined;
  let mtimeWords = oneTimeWords;
  let ctimeWords = oneTimeWords;
  let inodeWords = oneTimeWords;

  function statInto(directory: number, raw: RawPath, columns: StatColumns, row: number): number {
    const errno = statx(directory, raw, statxFlags);
    if (errno !== 0) return errno;
    if (viewed !== columns) {
      viewed = columns;
      mtimeWords = wordsOf(columns.mtimes);
      ctimeWords = wordsOf(columns.ctimes);
      inodeWords = wordsOf(columns.inodes);
    }
    const mode = halves[14]!;
    columns.kinds[row] = kindOfType[mode >>> 12]!;
    columns.modes[row] = mode & 0o7777;
    columns.uids[row] = words[5]!;
    columns.gids[row] = words[6]!;
    columns.sizes[row] = wordPair(10);
    putTime(words, 28, mtimeWords, row);
    putTime(words, 24, ctimeWords, row);
    inodeWords[row * 2] = words[8]!;
    inodeWords[row * 2 + 1] = words[9]!;
    columns.devices[row] = words[34]! * two32 + words[35]!;
    columns.links[row] = words[4]!;
    columns.rdevs[row] = words[32]! * two32 + words[33]!;
    columns.blocks[row] = wordPair(12);
    return 0;
  }

  function listNames(fd: number): string[] {
    entries ??= Buffer.allocUnsafeSlow(entriesBytes);
    const buffer = entries;
    const names: string[] = [];
    check(calls.lseek(fd, 0, 0), 'lseek');
    for (;;) {
      const length = check(getdents(fd, buffer, entriesBytes), 'getdents64');
      if (length === 0) return names;
      for (let at = 0; at < length; ) {
        const next = at + buffer[at + 16]! + buffer[at + 17]! * 256;
        let end = at + 19;
        while (end < next && buffer[end] !== 0) end += 1;
        const dots =
          buffer[at + 19] === 0x2e && (end === at + 20 || (end === at + 21 && buffer[at + 20] === 0x2e));
        if (!dots) names.push(buffer.toString('latin1', at + 19, end));
        at = next;
      }
    }
  }

  function putTimes(mtimeNs: bigint, atimeNs: bigint | undefined): BigInt64Array {
    const seconds = (ns: bigint): bigint => (ns - floorRest(ns)) / 1_000_000_000n;
    times[0] = atimeNs === undefined ? 0n : seconds(atimeNs);
    times[1] = atimeNs === undefined ? BigInt(omitTime) : floorRest(atimeNs);
    times[2] = seconds(mtimeNs);
    times[3] = floorRest(mtimeNs);
    return times;
  }

  function splitNames(buffer: Buffer, length: number): string[] {
    return length === 0 ? [] : buffer.toString('latin1', 0, length - 1).split('\0');
  }

  /** Calls with the buffer at hand, and with one of the size that the kernel names when it is too small. */
  function readSized(buffer: Buffer, read: (into: Buffer | null, size: number) => number): [Buffer, number] {
    const length = read(buffer, buffer.length);
    if (length >= 0 || koffi.errno() !== numbers.ERANGE) return [buffer, length];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const wanted = read(null, 0);
      if (wanted < 0) return [buffer, wanted];
      const larger = Buffer.allocUnsafeSlow(wanted + 4096);
      const again = read(larger, larger.length);
      if (again >= 0 || koffi.errno() !== numbers.ERANGE) return [larger, again];
    }
    throw systemError(numbers.ERANGE, 'getxattr');
  }

  function listXattrs(read: (into: Buffer | null, size: number) => number, raw?: RawPath): string[] {
    // Most inodes have none: asking for the size alone copies nothing.
    const size = read(null, 0);
    if (size === 0) return [];
    check(size, 'listxattr', raw);
    xattrList ??= Buffer.allocUnsafeSlow(xattrListBytes);
    const [buffer, length] = readSized(xattrList, read);
    return splitNames(buffer, check(length, 'listxattr', raw));
  }

  function getXattr(read: (into: Buffer | null, size: number) => number, raw?: RawPath): Uint8Array {
    xattrValue ??= Buffer.allocUnsafeSlow(xattrValueBytes);
    const [buffer, length] = readSized(xattrValue, read);
    return new Uint8Array(buffer.subarray(0, check(length, 'getxattr', raw)));
  }

  /** A path for the calls that know no directory handle; the handle is held by the caller, so it cannot be swapped. */
  function below(directory: number, raw: RawPath): string {
    const text = checkedPath(raw, 'open');
    return directory === -100 || text.startsWith('/') ? text : `/proc/self/fd/${directory}/${text}`;
  }

  function seek(fd: number, offset: number, whence: number): number | undefined {
    const result = calls.lseek(fd, offset, whence);
    if (result >= 0) return result;
    const errno = koffi.errno();
    if (errno === numbers.ENXIO) return undefined;
    throw systemError(errno, 'lseek');
  }

  function statAtIfAny(directory: number, raw: RawPath): FileStat | undefined {
    const errno = statx(directory, raw, statxFlags);
    if (errno === 0) return currentStat();
    if (errno === numbers.ENOENT || errno === numbers.ENOTDIR) return undefined;
    throw systemError(errno, 'statx', checkedPath(raw, 'statx'));
  }

  function openAt(directory: number, raw: RawPath, flags: number, mode = 0): number {
    const closing = flags | 0o2000000;
    return check(calls.openat(directory, put(first, raw, 'open'), closing, mode), 'open', raw);
  }

  return {
    capabilities: { native: true, missing: [] },
    statInto,
    statAtIfAny,
    statAt(directory, raw) {
      const errno = statx(directory, raw, statxFlags);
      if (errno !== 0) throw systemError(errno, 'statx', checkedPath(raw, 'statx'));
      return currentStat();
    },
    statFd(fd) {
      const errno = statx(fd, '', emptyPath);
      if (errno !== 0) throw systemError(errno, 'statx');
      return currentStat();
    },
    listNames,
    openAt,
    close(fd) {
      // EINTR too: Linux has closed it all the same.
      calls.close(fd);
    },
    mkdirAt(directory, raw, mode) {
      check(calls.mkdirat(directory, put(first, raw, 'mkdir'), mode), 'mkdir', raw);
    },
    linkAt(oldDirectory, oldPath, newDirectory, newPath) {
      const from = put(first, oldPath, 'link');
      check(calls.linkat(oldDirectory, from, newDirectory, put(second, newPath, 'link'), 0), 'link', newPath);
    },
    symlinkAt(target, directory, raw) {
      const from = put(first, target, 'symlink');
      check(calls.symlinkat(from, directory, put(second, raw, 'symlink')), 'symlink', raw);
    },
    readlinkAt(directory, raw) {
      const length = calls.readlinkat(directory, put(first, raw, 'readlink'), link, link.length);
      return link.toString('latin1', 0, check(length, 'readlink', raw));
    },
    renameAt(oldDirectory, oldPath, newDirectory, newPath, flags = 0) {
      const from = put(first, oldPath, 'rename');
      const to = put(second, newPath, 'rename');
      check(calls.renameat2(oldDirectory, from, newDirectory, to, flags), 'rename', newPath);
    },
    unlinkAt(directory, raw, flags = 0) {
      check(calls.unlinkat(directory, put(first, raw, 'unlink'), flags), 'unlink', raw);
    },
    mknodAt(directory, raw, mode, major, minor) {
      const device =
        (BigInt(major & 0xfffff000) << 32n) |
        (BigInt(major & 0xfff) << 8n) |
        (BigInt(minor & 0xffffff00) << 12n) |
        BigInt(minor & 0xff);
      const number = BigInt.asUintN(64, device);
      check(calls.mknodat(directory, put(first, raw, 'mknod'), mode, number), 'mknod', raw);
    },
    mkfifoAt(directory, raw, mode) {
      const fifo = 0o010000 | (mode & 0o7777);
      check(calls.mknodat(directory, put(first, raw, 'mkfifo'), fifo, 0), 'mkfifo', raw);
    },
    chownAt(directory, raw, uid, gid) {
      const result = calls.fchownat(directory, put(first, raw, 'chown'), uid >>> 0, gid >>> 0, noFollow);
      check(result, 'chown', raw);
    },
    chownFd(fd, uid, gid) {
      check(calls.fchown(fd, uid >>> 0, gid >>> 0), 'fchown');
    },
    chmodAt(directory, raw, mode) {
      const fd = openAt(directory, raw, openPath | constants.O_NOFOLLOW);
      try {
        check(calls.chmod(put(second, `/proc/self/fd/${fd}`, 'chmod'), mode), 'chmod', raw);
      } finally {
        calls.close(fd);
      }
    },
    chmodFd(fd, mode) {
      check(calls.fchmod(fd, mode), 'fchmod');
    },
    setTimesAt(directory, raw, mtimeNs, atimeNs) {
      const when = putTimes(mtimeNs, atimeNs);
      check(calls.utimensat(directory, put(first, raw, 'utimens'), when, noFollow), 'utimens', raw);
    },
    setTimesFd(fd, mtimeNs, atimeNs) {
      check(calls.futimens(fd, putTimes(mtimeNs, atimeNs)), 'futimens');
    },
    listXattrsAt(directory, raw) {
      const at = put(first, below(directory, raw), 'listxattr');
      return listXattrs((into, size) => calls.llistxattr(at, into, size), raw);
    },
    listXattrsFd(fd) {
      return listXattrs((into, size) => calls.flistxattr(fd, into, size));
    },
    getXattrAt(directory, raw, name) {
      const at = put(first, below(directory, raw), 'getxattr');
      const what = put(second, name, 'getxattr');
      return getXattr((into, size) => calls.lgetxattr(at, what, into, size), raw);
    },
    getXattrFd(fd, name) {
      const what = put(second, name, 'getxattr');
      return getXattr((into, size) => calls.fgetxattr(fd, what, into, size));
    },
    setXattrAt(directory, raw, name, value, flags = 0) {
      const at = put(first, below(directory, raw), 'setxattr');
      const what = put(second, name, 'setxattr');
      check(calls.lsetxattr(at, what, value, value.length, flags), 'setxattr', raw);
    },
    setXattrFd(fd, name, value, flags = 0) {
      const what = put(second, name, 'setxattr');
      check(calls.fsetxattr(fd, what, value, value.length, flags), 'setxattr');
    },
    removeXattrAt(directory, raw, name) {
      const at = put(first, below(directory, raw), 'removexattr');
      check(calls.lremovexattr(at, put(second, name, 'removexattr')), 'removexattr', raw);
    },
    removeXattrFd(fd, name) {
      check(calls.fremovexattr(fd, put(second, name, 'removexattr')), 'removexattr');
    },
    seekData: (fd, offset) => seek(fd, offset, 3),
    seekHole: (fd, offset) => seek(fd, offset, 4),
    syncFileSystem(fd) {
      check(calls.syncfs(fd), 'syncfs');
    },
  };
}

/** Nanoseconds within the second, also for times before 1970. */
function floorRest(ns: bigint): bigint {
  const rest = ns % 1_000_000_000n;
  return rest < 0n ? rest + 1_000_000_000n : rest;
}

function wordsOf(column: BigInt64Array | BigUint64Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(column.buffer as ArrayBuffer, column.byteOffset, column.length * 2);
}
