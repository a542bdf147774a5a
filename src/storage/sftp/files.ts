// What a storage does with files of an SFTP server: many pieces of one file under way at once, folders page by page.

import type { Attributes, FileSystemSpace, NamedEntry } from 'ssh2';
import type { StorageRoom } from '../storage.ts';
import type { SftpSession } from './connection.ts';
import { isMissing, sftpStatus, statusOf } from './failure.ts';

const openFlags = { read: 0x01, createNew: 0x02 | 0x08 | 0x20 } as const;
/** Bytes under way within one file: enough for 1 Gbit/s over 30 ms, little beside an object. */
const windowBytes = 4 * 1024 * 1024;
/** Pages of one folder that are asked for at a time. */
const pagesAhead = 3;
const typeMask = 0o170000;
const typeDirectory = 0o040000;
const typeLink = 0o120000;

export interface RemoteStat {
  readonly sizeBytes: number;
  readonly modifiedAt: number;
  readonly isDirectory: boolean;
  readonly isLink: boolean;
}

/** Writes a new file and makes it durable if the server can; the size that the server then sees. */
export async function writeNew(
  session: SftpSession,
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<number> {
  const handle = await session.ask<Buffer>((sftp, done) =>
    sftp.open(path, openFlags.createNew, { mode: 0o600 }, done),
  );
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    await inPieces(session, bytes.length, signal, (offset, length) =>
      session.ask<void>((sftp, done) => sftp.write(handle, from, offset, length, offset, done)),
    );
  } catch (error) {
    closeQuietly(session, handle);
    throw error;
  }
  // The end of a file is where a server tells of writes that it could not keep; it answers in the order of the requests.
  const [size] = await Promise.all([
    session.ask<Attributes>((sftp, done) => sftp.fstat(handle, done)),
    session.hasFsync ? session.ask<void>((sftp, done) => sftp.ext_openssh_fsync(handle, done)) : undefined,
    session.ask<void>((sftp, done) => sftp.close(handle, done)),
  ]);
  return size.size;
}

export interface ReadFile {
  /** Of the whole file. */
  readonly sizeBytes: number;
  /** Undefined when the file ends before the range does. */
  readonly bytes: Buffer | undefined;
}

export async function readRange(
  session: SftpSession,
  path: string,
  range: { readonly offset: number; readonly length: number } | undefined,
  signal: AbortSignal,
): Promise<ReadFile> {
  // Both at once: objects never change, and a damaged index may ask for anything, so the size is known before memory is taken.
  const [opened, found] = await Promise.allSettled([
    session.ask<Buffer>((sftp, done) => sftp.open(path, openFlags.read, { mode: 0 }, done)),
    statOf(session, path),
  ]);
  if (opened.status === 'rejected') throw opened.reason;
  const handle = opened.value;
  try {
    if (found.status === 'rejected') throw found.reason;
    const { sizeBytes } = found.value;
    const { offset, length } = range ?? { offset: 0, length: sizeBytes };
    if (offset + length > sizeBytes) return { sizeBytes, bytes: undefined };
    const bytes = Buffer.allocUnsafeSlow(length);
    let isWhole = true;
    await inPieces(session, length, signal, async (start, count) => {
      // A server may answer with less than was asked for.
      for (let filled = 0; filled < count; ) {
        const read = await session.ask<number>((sftp, done) =>
          sftp.read(handle, bytes, start + filled, count - filled, offset + start + filled, done),
        );
        if (read === 0) {
          isWhole = false;
          return;
        }
        filled += read;
      }
    });
    return { sizeBytes, bytes: isWhole ? bytes : undefined };
  } finally {
    closeQuietly(session, handle);
  }
}

export async function statOf(session: SftpSession, path: string): Promise<RemoteStat> {
  return remoteStat(await session.ask<Attributes>((sftp, done) => sftp.stat(path, done)));
}

/** Entries without "." and ".."; a page at a time, so that a long folder needs no memory. */
export async function* entriesOf(
  session: SftpSession,
  path: string,
): AsyncGenerator<RemoteStat & { readonly name: string }> {
  const handle = await session.ask<Buffer>((sftp, done) => sftp.opendir(path, done));
  // Most folders are one page and the word that there are no more: asked for one by one that is a round trip more for each folder.
  const ahead: Promise<NamedEntry[] | undefined>[] = [];
  const ask = () => {
    const page = nextPage(session, handle);
    page.catch(() => undefined);
    ahead.push(page);
  };
  try {
    while (ahead.length < pagesAhead) ask();
    for (let isMore = true; ahead.length > 0; ) {
      const page = await ahead.shift();
      // A server may give a page to a later request and the end to an earlier one: all that were asked are heard.
      isMore &&= page !== undefined;
      if (isMore) ask();
      if (page === undefined) continue;
      for (const { filename, attrs } of page) {
        if (filename !== '.' && filename !== '..') yield { name: filename, ...remoteStat(attrs) };
      }
    }
  } finally {
    closeQuietly(session, handle);
  }
}

/** Undefined at the end. */
async function nextPage(session: SftpSession, handle: Buffer): Promise<NamedEntry[] | undefined> {
  try {
    return await session.ask<NamedEntry[]>((sftp, done) => sftp.readdir(handle, done));
  } catch (error) {
    if (statusOf(error) === sftpStatus.endOfFile) return undefined;
    throw error;
  }
}

/** False when there is something already. */
export async function makeFolder(session: SftpSession, path: string): Promise<boolean> {
  try {
    await session.ask<void>((sftp, done) => sftp.mkdir(path, { mode: 0o700 }, done));
    return true;
  } catch (error) {
    // The protocol has no word for "exists": servers say failure, and some that we may not.
    if (!isMissing(error) && (await existsAs(session, path)) === 'folder') return false;
    throw error;
  }
}

export async function existsAs(session: SftpSession, path: string): Promise<'folder' | 'file' | undefined> {
  try {
    return (await statOf(session, path)).isDirectory ? 'folder' : 'file';
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function removeFile(session: SftpSession, path: string): Promise<void> {
  await session.ask<void>((sftp, done) => sftp.unlink(path, done));
}

/** What the server says of the disk that the folder is on; undefined when it does not. */
export async function roomOf(session: SftpSession, path: string): Promise<StorageRoom | undefined> {
  if (!session.hasStatvfs) return undefined;
  const space = await session.ask<FileSystemSpace>((sftp, done) => sftp.ext_openssh_statvfs(path, done));
  // Blocks kept for root count neither as used nor as free, as df does it.
  const { f_blocks, f_bfree, f_bavail, f_frsize } = space;
  return { freeBytes: f_bavail * f_frsize, totalBytes: (f_blocks - f_bfree + f_bavail) * f_frsize };
}

/** Whether the disk has no room for so many bytes; undefined when the server does not say. */
export async function isFull(
  session: SftpSession,
  path: string,
  bytes: number,
): Promise<boolean | undefined> {
  if (!session.hasStatvfs) return undefined;
  try {
    const space = await session.ask<FileSystemSpace>((sftp, done) => sftp.ext_openssh_statvfs(path, done));
    return space.f_bavail * space.f_frsize < bytes || (space.f_files > 0 && space.f_favail === 0);
  } catch {
    return undefined;
  }
}

/** Runs until all pieces are done. After a failure no new piece begins, and none is still under way when it is thrown. */
async function inPieces(
  session: SftpSession,
  length: number,
  signal: AbortSignal,
  run: (offset: number, length: number) => Promise<void>,
): Promise<void> {
  const { chunkBytes } = session;
  let next = 0;
  let failed: { readonly error: unknown } | undefined;
  const worker = async () => {
    while (next < length && failed === undefined && !signal.aborted) {
      const offset = next;
      next += chunkBytes;
      try {
        await run(offset, Math.min(chunkBytes, length - offset));
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  const width = Math.min(Math.ceil(length / chunkBytes), Math.floor(windowBytes / chunkBytes));
  await Promise.all(Array.from({ length: width }, worker));
  if (failed !== undefined) throw failed.error;
  signal.throwIfAborted();
}

function remoteStat({ mode, size, mtime }: Attributes): RemoteStat {
  const type = mode & typeMask;
  return {
    sizeBytes: size,
    modifiedAt: mtime * 1000,
    isDirectory: type === typeDirectory,
    isLink: type === typeLink,
  };
}

/** For what was only read, or has failed already: closing tells nothing more, and nobody waits for it. */
function closeQuietly(session: SftpSession, handle: Buffer): void {
  session.ask<void>((sftp, done) => sftp.close(handle, done)).catch(() => undefined);
}
