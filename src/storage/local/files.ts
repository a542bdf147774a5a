// The calls of the file system that the local storage makes, as a port: tests put power cuts and I/O errors behind it.
// All go through the thread pool with the callback interface (its promise twin is several times slower), so that no fsync
// and no slow disk ever blocks the thread that compresses, reports progress and hears signals.

import {
  close,
  constants,
  type Dirent,
  fstat,
  fsync,
  link,
  mkdir,
  open,
  read,
  readdir,
  type Stats,
  stat,
  unlink,
  write,
} from 'node:fs';

export interface OpenFile {
  /** Writes bytes from `offset` on at `position` of the file, perhaps not all; returns how many. */
  write(bytes: Uint8Array, offset: number, position: number): Promise<number>;
  /** Fills bytes from `offset` on with what lies at `position`, perhaps not all; 0 means the end. */
  read(bytes: Uint8Array, offset: number, position: number): Promise<number>;
  size(): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DirectoryEntry {
  readonly name: string;
  /** `other`: a link or what the file system does not tell; ask `stat`. */
  readonly type: 'file' | 'directory' | 'other';
}

export interface FileStat {
  readonly sizeBytes: number;
  readonly modifiedAt: number;
  readonly isDirectory: boolean;
  /** Tells a mounted disk from the empty folder that is left when it is gone. */
  readonly device: number;
}

export interface LocalFiles {
  /** A new file, mode 0600; fails with EEXIST. */
  create(path: string): Promise<OpenFile>;
  openForReading(path: string): Promise<OpenFile>;
  /** For `sync` and `close` only. */
  openDirectory(path: string): Promise<OpenFile>;
  /** Fails with EEXIST when `to` exists, also between two callers at the same moment. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** One directory, mode 0700; fails with EEXIST. */
  mkdir(path: string): Promise<void>;
  readdir(path: string): Promise<readonly DirectoryEntry[]>;
  stat(path: string): Promise<FileStat>;
}

export const nodeFiles: LocalFiles = {
  create: (path) => openFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL),
  openForReading: (path) => openFile(path, constants.O_RDONLY | constants.O_NOFOLLOW),
  openDirectory: (path) => openFile(path, constants.O_RDONLY | constants.O_DIRECTORY),
  link: (from, to) => call<void>((done) => link(from, to, done)),
  unlink: (path) => call<void>((done) => unlink(path, done)),
  mkdir: (path) => call<void>((done) => mkdir(path, { mode: 0o700 }, done)),
  async readdir(path) {
    const entries = await call<Dirent[]>((done) => readdir(path, { withFileTypes: true }, done));
    return entries.map((entry) => ({
      name: entry.name,
      type: entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : 'other',
    }));
  },
  async stat(path) {
    const found = await call<Stats>((done) => stat(path, done));
    return {
      sizeBytes: found.size,
      modifiedAt: Math.floor(found.mtimeMs),
      isDirectory: found.isDirectory(),
      device: found.dev,
    };
  },
};

async function openFile(path: string, flags: number): Promise<OpenFile> {
  const fd = await call<number>((done) => open(path, flags, 0o600, done));
  return {
    write: (bytes, offset, position) =>
      call<number>((done) => write(fd, bytes, offset, bytes.length - offset, position, done)),
    read: (bytes, offset, position) =>
      call<number>((done) => read(fd, bytes, offset, bytes.length - offset, position, done)),
    size: async () => (await call<Stats>((done) => fstat(fd, done))).size,
    sync: () => call<void>((done) => fsync(fd, done)),
    close: () => call<void>((done) => close(fd, done)),
  };
}

function call<Result>(
  start: (done: (error: NodeJS.ErrnoException | null | undefined, result?: Result) => void) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error === null || error === undefined) resolve(result as Result);
      else reject(error);
    });
  });
}
