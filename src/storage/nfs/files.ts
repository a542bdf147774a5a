// The file system calls of the local storage, made safe for a mount of another machine: what was written is read back through a fresh
// open before it gets its name, a link that the protocol sent twice is told from a name that was taken, nothing is written beside a share
// that is gone, and what only says that the server is away is called so. Security.md §2.10, class B.

import { createHash, type Hash, randomBytes } from 'node:crypto';
import { statfs } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { errnoOf, localFailure } from '../local/failure.ts';
import { type LocalFiles, nodeFiles, type OpenFile } from '../local/files.ts';
import { temporaryPrefix } from '../local/sweep.ts';

export interface NetworkFiles extends LocalFiles {
  realPath(path: string): Promise<string>;
  /** The text of /proc/self/mountinfo. */
  mountInfo(): Promise<string>;
  freeBytes(path: string): Promise<bigint>;
  /** The same text for two names of one file. Asked through an open, because a stat may be answered from a cache. */
  identity(path: string): Promise<string>;
}

export const nodeNetworkFiles: NetworkFiles = {
  ...nodeFiles,
  realPath: (path) => realpath(path),
  mountInfo: () => readFile('/proc/self/mountinfo', 'latin1'),
  freeBytes: (path) =>
    new Promise((resolve, reject) => {
      statfs(path, { bigint: true }, (error, found) => {
        if (error === null) resolve(found.bavail * found.bsize);
        else reject(error);
      });
    }),
  async identity(path) {
    const file = await open(path, 'r');
    try {
      const { dev, ino } = await file.stat({ bigint: true });
      return `${dev}:${ino}`;
    } finally {
      await file.close();
    }
  },
};

const readBackBytes = 1024 * 1024;
const away = new Set([
  'ESTALE',
  'ENOTCONN',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENETDOWN',
  'ENETUNREACH',
]);

/** `device` is that of the mounted root. */
export function overNetwork(files: NetworkFiles, root: string, device: number): LocalFiles {
  const call = <Result>(path: string, run: () => Promise<Result>) => calling(path, run);
  /** Where a share was unmounted, its empty folder stays on this machine's disk: nothing may land there. */
  const requireMounted = async () => {
    if ((await files.stat(root)).device === device) return;
    throw new Failure('unavailable', 'STORAGE_VANISHED', `the share at "${root}" is no longer mounted`, {
      hint: 'Mount it again, then run the command again.',
    });
  };
  return {
    create: (path) =>
      call(path, async () => {
        await requireMounted();
        return checkedFile(files, path, await files.create(path));
      }),
    openForReading: (path) => call(path, async () => named(path, await files.openForReading(path))),
    openDirectory: (path) => call(path, async () => named(path, await files.openDirectory(path))),
    link: (from, to) => call(to, () => linkOnce(files, from, to)),
    unlink: (path) => call(path, () => files.unlink(path)),
    mkdir: (path) =>
      call(path, async () => {
        await requireMounted();
        await files.mkdir(path);
      }),
    readdir: (path) => call(path, () => files.readdir(path)),
    stat: (path) => call(path, () => files.stat(path)),
  };
}

/** Also for the calls that open a mount. The one place that says which errors mean a server that is away. */
export async function calling<Result>(path: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined || !away.has(code)) throw error;
    throw new Failure(
      'unavailable',
      'STORAGE_UNAVAILABLE',
      `the share of "${path}" does not answer (${code})`,
      {
        hint: 'Check the server and the network. If the share was exported anew, unmount it and mount it again.',
        cause: error,
      },
    );
  }
}

/** A client whose first question was lost asks again, and hears that the name is taken: by itself. */
async function linkOnce(files: NetworkFiles, from: string, to: string): Promise<void> {
  try {
    await files.link(from, to);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
    if (!(await isSameFile(files, from, to))) throw error;
  }
}

async function isSameFile(files: NetworkFiles, from: string, to: string): Promise<boolean> {
  try {
    return (await files.identity(from)) === (await files.identity(to));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** `sync` stays as it is: what fails there must reach the local storage, which then trusts the mount no more. */
function named(path: string, file: OpenFile): OpenFile {
  return {
    write: (bytes, offset, position) => calling(path, () => file.write(bytes, offset, position)),
    read: (bytes, offset, position) => calling(path, () => file.read(bytes, offset, position)),
    size: () => calling(path, () => file.size()),
    sync: () => file.sync(),
    close: () => calling(path, () => file.close()),
  };
}

/** Its `close` succeeds only when the whole file reads back as it was written; it must be written from front to back. */
function checkedFile(files: NetworkFiles, path: string, inner: OpenFile): OpenFile {
  const file = named(path, inner);
  const hash = createHash('sha256');
  let length = 0;
  let isSynced = false;
  return {
    ...file,
    async write(bytes, offset, position) {
      if (position !== length) throw new Failure('bug', 'ASSERTION_FAILED', 'a write skipped a part');
      const count = await file.write(bytes, offset, position);
      hash.update(bytes.subarray(offset, offset + count));
      length += count;
      return count;
    },
    async sync() {
      await file.sync();
      isSynced = true;
    },
    async close() {
      await file.close();
      // A file that is given up half-written is closed, too.
      if (isSynced) await requireReadBack(files, path, hash, length);
    },
  };
}

async function requireReadBack(
  files: NetworkFiles,
  path: string,
  written: Hash,
  length: number,
): Promise<void> {
  const read = createHash('sha256');
  const file = await calling(path, () => files.openForReading(path));
  let position = 0;
  try {
    const piece = Buffer.allocUnsafe(Math.min(readBackBytes, Math.max(1, length)));
    for (;;) {
      const count = await calling(path, () => file.read(piece, 0, position));
      if (count === 0) break;
      read.update(piece.subarray(0, count));
      position += count;
    }
  } finally {
    await file.close().catch(() => undefined);
  }
  if (position === length && read.digest().equals(written.digest())) return;
  throw new Failure(
    'unavailable',
    'STORAGE_WROTE_WRONGLY',
    `"${path}" does not read back as it was written`,
    {
      hint: 'The share lost or changed bytes. Nothing was published; check the server and the network before the next run.',
    },
  );
}

/** Proves hard links and writing before a repository is made here; leaves nothing. */
export async function probe(files: LocalFiles, root: string): Promise<void> {
  const name = join(root, `${temporaryPrefix}probe-${randomBytes(8).toString('hex')}`);
  const other = `${name}-2`;
  try {
    const file = await files.create(name);
    try {
      await file.write(Buffer.from('probe'), 0, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.link(name, other).catch((error: unknown) => {
      throw localFailure(other, error, 'link');
    });
  } catch (error) {
    throw localFailure(name, error);
  } finally {
    await files.unlink(name).catch(() => undefined);
    await files.unlink(other).catch(() => undefined);
  }
}
