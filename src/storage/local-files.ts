// The calls of the file system that the local storage makes, as a port: tests put power cuts and I/O errors behind it.
// All are asynchronous, so that an fsync never blocks the thread that compresses.

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';

export interface OpenFile {
  write(bytes: Uint8Array, offset: number, position: number): Promise<number>;
  read(bytes: Uint8Array, offset: number, position: number): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface LocalFiles {
  /** A new file, mode 0600; fails with EEXIST. */
  create(path: string): Promise<OpenFile>;
  openForReading(path: string): Promise<OpenFile>;
  openDirectory(path: string): Promise<OpenFile>;
  /** Fails with EEXIST when `to` exists. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** One directory, mode 0700; fails with EEXIST. */
  mkdir(path: string): Promise<void>;
  readdir(path: string): Promise<{ readonly name: string; readonly isDirectory: boolean }[]>;
  stat(path: string): Promise<{ readonly sizeBytes: number; readonly modifiedAt: number; readonly isDirectory: boolean }>;
}

export const nodeFiles: LocalFiles = {
  create: async (path) => wrap(await open(path, 'wx', 0o600)),
  openForReading: async (path) => wrap(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)),
  openDirectory: async (path) => wrap(await open(path, constants.O_RDONLY | constants.O_DIRECTORY)),
  link,
  unlink,
  mkdir: async (path) => {
    await mkdir(path, { mode: 0o700 });
  },
  readdir: async (path) =>
    (await readdir(path, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      isDirectory: entry.isDirectory(),
    })),
  stat: async (path) => {
    const found: BigIntStats = await stat(path, { bigint: true });
    return {
      sizeBytes: Number(found.size),
      modifiedAt: Number(found.mtimeNs / 1_000_000n),
      isDirectory: found.isDirectory(),
    };
  },
};

function wrap(handle: FileHandle): OpenFile {
  return {
    write: async (bytes, offset, position) =>
      (await handle.write(bytes, offset, bytes.length - offset, position)).bytesWritten,
    read: async (bytes, offset, position) =>
      (await handle.read(bytes, offset, bytes.length - offset, position)).bytesRead,
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}
