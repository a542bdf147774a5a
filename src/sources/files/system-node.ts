// The System where koffi or Linux is missing: what node:fs can do. Directory handles are emulated by the path under which
// they were opened, times are cut to microseconds, and what is missing fails with ENOTSUP.

import * as fs from 'node:fs';
import { constants } from 'node:os';
import type { FileStat, RawPath, System } from './system.ts';
import { checkedPath, errorCode, kindOfType, systemError } from './system-error.ts';

const { errno: numbers } = constants;
const removeDirectory = 0x200;
const two32 = 0x1_0000_0000;

function unsupported(syscall: string): never {
  throw systemError(numbers.ENOTSUP, syscall);
}

function plainStat(stat: fs.BigIntStats): FileStat {
  const rdev = Number(stat.rdev);
  return {
    mode: Number(stat.mode),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    inode: stat.ino,
    device: Number(stat.dev),
    links: Number(stat.nlink),
    sizeBytes: Number(stat.size),
    blocks: stat.blocks === undefined ? Math.ceil(Number(stat.size) / 512) : Number(stat.blocks),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    rdevMajor: Math.floor(rdev / 0x1000000),
    rdevMinor: rdev % 0x1000000,
  };
}

export function openNodeSystem(reason: string): System {
  const opened = new Map<number, string>();

  function at(directory: number, raw: RawPath, syscall: string): Buffer {
    const text = checkedPath(raw, syscall);
    if (directory < 0 || text.startsWith('/')) return Buffer.from(text, 'latin1');
    const base = opened.get(directory);
    if (base === undefined) throw systemError(numbers.EBADF, syscall, text);
    return Buffer.from(`${base}/${text}`, 'latin1');
  }
  function pathOf(fd: number, syscall: string): string {
    const path = opened.get(fd);
    if (path === undefined) throw systemError(numbers.EBADF, syscall);
    return path;
  }
  // Node.js cuts what is below the nanosecond, and a double is only good to a quarter of a microsecond here: where it falls short of the
  // microsecond, a whole millisecond could become the one before. A number below 0 would mean now; as text it means what it says.
  const seconds = (ns: bigint): number | string => {
    const time = Number(ns / 1000n) / 1e6;
    if (time < 0) return String(time);
    return Math.floor((time % 1) * 1e9) < (Number(ns / 1000n) % 1e6) * 1000 ? time + 2.5e-7 : time;
  };
  const accessed = (atimeNs: bigint | undefined, stat: () => fs.BigIntStats) =>
    seconds(atimeNs ?? stat().atimeNs);

  function statAtIfAny(directory: number, raw: RawPath): FileStat | undefined {
    const stat = fs.lstatSync(at(directory, raw, 'stat'), { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : plainStat(stat);
  }

  return {
    capabilities: {
      native: false,
      missing: [
        reason,
        'extended attributes and access control lists',
        'holes of sparse files',
        'device files and named pipes',
        'times finer than a microsecond',
        'directory handles (a hostile writer could swap a directory)',
      ],
    },
    statInto(directory, raw, columns, row) {
      try {
        const stat = plainStat(fs.lstatSync(at(directory, raw, 'stat'), { bigint: true }));
        columns.kinds[row] = kindOfType[stat.mode >>> 12]!;
        columns.modes[row] = stat.mode & 0o7777;
        columns.uids[row] = stat.uid;
        columns.gids[row] = stat.gid;
        columns.sizes[row] = stat.sizeBytes;
        columns.mtimes[row] = stat.mtimeNs;
        columns.ctimes[row] = stat.ctimeNs;
        columns.inodes[row] = stat.inode;
        columns.devices[row] = stat.device;
        columns.links[row] = stat.links;
        columns.rdevs[row] = stat.rdevMajor * two32 + stat.rdevMinor;
        columns.blocks[row] = stat.blocks;
        return 0;
      } catch (error) {
        if (errorCode(error) === undefined) throw error;
        return Math.abs((error as NodeJS.ErrnoException).errno ?? numbers.EIO);
      }
    },
    statAt: (directory, raw) => plainStat(fs.lstatSync(at(directory, raw, 'stat'), { bigint: true })),
    statAtIfAny,
    statFd: (fd) => plainStat(fs.fstatSync(fd, { bigint: true })),
    listNames: (fd) =>
      fs.readdirSync(Buffer.from(pathOf(fd, 'scandir'), 'latin1'), { encoding: 'latin1' }) as string[],
    openAt(directory, raw, flags, mode = 0) {
      const path = at(directory, raw, 'open');
      const fd = fs.openSync(path, flags, mode);
      opened.set(fd, path.toString('latin1'));
      return fd;
    },
    close(fd) {
      opened.delete(fd);
      fs.closeSync(fd);
    },
    mkdirAt: (directory, raw, mode) => void fs.mkdirSync(at(directory, raw, 'mkdir'), { mode }),
    linkAt: (oldDirectory, oldPath, newDirectory, newPath) =>
      fs.linkSync(at(oldDirectory, oldPath, 'link'), at(newDirectory, newPath, 'link')),
    symlinkAt: (target, directory, raw) =>
      fs.symlinkSync(Buffer.from(checkedPath(target, 'symlink'), 'latin1'), at(directory, raw, 'symlink')),
    readlinkAt: (directory, raw) => fs.readlinkSync(at(directory, raw, 'readlink'), { encoding: 'latin1' }),
    renameAt(oldDirectory, oldPath, newDirectory, newPath, flags = 0) {
      if (flags !== 0) unsupported('rename');
      fs.renameSync(at(oldDirectory, oldPath, 'rename'), at(newDirectory, newPath, 'rename'));
    },
    unlinkAt(directory, raw, flags = 0) {
      if ((flags & removeDirectory) !== 0) fs.rmdirSync(at(directory, raw, 'rmdir'));
      else fs.unlinkSync(at(directory, raw, 'unlink'));
    },
    mknodAt: () => unsupported('mknod'),
    mkfifoAt: () => unsupported('mkfifo'),
    chownAt: (directory, raw, uid, gid) => fs.lchownSync(at(directory, raw, 'chown'), uid, gid),
    chownFd: (fd, uid, gid) => fs.fchownSync(fd, uid, gid),
    chmodAt(directory, raw, mode) {
      const path = at(directory, raw, 'chmod');
      if (fs.lstatSync(path).isSymbolicLink()) unsupported('chmod');
      fs.chmodSync(path, mode);
    },
    chmodFd: (fd, mode) => fs.fchmodSync(fd, mode),
    setTimesAt(directory, raw, mtimeNs, atimeNs) {
      const path = at(directory, raw, 'utimes');
      const atime = accessed(atimeNs, () => fs.lstatSync(path, { bigint: true }));
      fs.lutimesSync(path, atime, seconds(mtimeNs));
    },
    setTimesFd(fd, mtimeNs, atimeNs) {
      const atime = accessed(atimeNs, () => fs.fstatSync(fd, { bigint: true }));
      fs.futimesSync(fd, atime, seconds(mtimeNs));
    },
    listXattrsAt: () => unsupported('listxattr'),
    listXattrsFd: () => unsupported('listxattr'),
    getXattrAt: () => unsupported('getxattr'),
    getXattrFd: () => unsupported('getxattr'),
    setXattrAt: () => unsupported('setxattr'),
    setXattrFd: () => unsupported('setxattr'),
    removeXattrAt: () => unsupported('removexattr'),
    removeXattrFd: () => unsupported('removexattr'),
    seekData(fd, offset) {
      return offset < fs.fstatSync(fd).size ? offset : undefined;
    },
    seekHole(fd, offset) {
      const { size } = fs.fstatSync(fd);
      return offset < size ? size : undefined;
    },
    syncFileSystem: (fd) => fs.fsyncSync(fd),
  };
}
