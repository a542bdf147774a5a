// A folder of this machine. An object is written under a temporary name, made durable, and linked to its final name, which
// refuses to replace anything; then the directory is made durable. Deleting is durable as well, because the order in which
// prune deletes must survive a power cut. Class A on file systems with hard links and an honest fsync.

import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { errnoOf, localFailure } from './local/failure.ts';
import { type DirectoryEntry, type LocalFiles, nodeFiles, type OpenFile } from './local/files.ts';
import { fillReserve, freeReserve, reservePartBytes, reservePrefix } from './local/reserve.ts';
import { makeRoot, requireDirectory } from './local/root.ts';
import { sweepTemporaries, temporaryPrefix } from './local/sweep.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PutOptions,
  Storage,
  StorageKind,
  StorageRoom,
} from './storage.ts';

/** Enough to keep the thread pool busy while a long folder is listed. */
const statsAtOnce = 32;

interface LocalConfig {
  readonly path: string;
}

const local: StorageKind<LocalConfig> = {
  scheme: 'file',
  title: 'Folder of this machine',
  // By hand: every command on a local repository would load the whole of zod for one field.
  config: { parse: readConfig },
  secretFields: [],
  fromUrl: (url) => ({ path: resolve(pathOf(url)) }),
  open: ({ path }) => openLocal(path, nodeFiles, reservePartBytes),
  async create({ path }) {
    await makeRoot(nodeFiles, path);
    return openLocal(path, nodeFiles, reservePartBytes);
  },
};
export default local;

function readConfig(input: unknown): LocalConfig {
  const path = typeof input === 'object' && input !== null && 'path' in input ? input.path : undefined;
  if (typeof path === 'string') return { path };
  const what = 'path: no text';
  throw new Failure('usage', 'STORAGE_CONFIG_INVALID', `the storage cannot be opened as described: ${what}`, {
    hint: 'See docs/guides/storages.md for what each kind of storage takes.',
  });
}

/**
 * For tests too: a local storage over any LocalFiles; missing/STORAGE_MISSING when there is no such folder. Without a size of its
 * parts there is no reserve.
 */
export async function openLocal(root: string, files: LocalFiles, reservePart = 0): Promise<Storage> {
  const { device } = await requireDirectory(files, root);
  return new LocalStorage(root, device, files, reservePart);
}

class LocalStorage implements Storage {
  readonly location: string;
  readonly features = { exclusivePut: true, parallelCallsMax: 4, isLocal: true, durability: 'A' } as const;
  readonly #device: number;
  readonly #files: LocalFiles;
  readonly #reservePart: number;
  /** Directories known to be durable. */
  readonly #made = new Set<string>();
  #failed: Failure | undefined;

  constructor(root: string, device: number, files: LocalFiles, reservePart: number) {
    this.location = root;
    this.#device = device;
    this.#files = files;
    this.#reservePart = reservePart;
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    throwIfAborted(options);
    this.#throwIfFailed();
    const path = join(this.location, name);
    // Opened before the link: a directory that cannot be opened must be known before the object has its name.
    const directory = await this.#openParent(path);
    try {
      const isNew = await this.#publish(name, path, bytes, options);
      if (!isNew) await this.#compare(name, bytes, options);
      // Also for an object that was there: whoever wrote it may not have come as far as this line.
      await this.#sync(name, directory);
    } finally {
      await closeQuietly(directory);
    }
  }

  async room(options: CallOptions): Promise<StorageRoom | undefined> {
    throwIfAborted(options);
    const { bsize, blocks, bfree, bavail } = await this.#call('', () => statfs(this.location));
    // Blocks kept for root count neither as used nor as free, as df does it.
    return { freeBytes: bavail * bsize, totalBytes: (blocks - bfree + bavail) * bsize };
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    throwIfAborted(options);
    const file = await this.#call(name, () => this.#files.openForReading(join(this.location, name)));
    try {
      const size = await this.#call(name, () => file.size());
      const { offset, length } = options.range ?? { offset: 0, length: size };
      // Before the memory is taken: a damaged index may ask for anything.
      if (offset + length > size) throw tooShort(name, offset + length, size);
      const bytes = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      while (filled < length) {
        throwIfAborted(options);
        const read = await this.#call(name, () => file.read(bytes, filled, offset + filled));
        if (read === 0) throw tooShort(name, offset + length, offset + filled);
        filled += read;
      }
      return bytes;
    } finally {
      await closeQuietly(file);
    }
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    throwIfAborted(options);
    return this.#stat(name);
  }

  list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    const slash = prefix.lastIndexOf('/');
    return this.#listDirectory(slash < 0 ? '' : prefix.slice(0, slash), prefix, options);
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    this.#throwIfFailed();
    const path = join(this.location, name);
    let directory: OpenFile;
    try {
      directory = await this.#call(name, () => this.#files.openDirectory(dirname(path)));
    } catch (error) {
      if (isFailure(error, 'missing')) return;
      throw error;
    }
    try {
      await this.#call(name, () => this.#files.unlink(path));
      await this.#sync(name, directory);
    } catch (error) {
      if (!isFailure(error, 'missing')) throw error;
    } finally {
      await closeQuietly(directory);
    }
  }

  async fillReserve(options: CallOptions): Promise<void> {
    throwIfAborted(options);
    this.#throwIfFailed();
    if (this.#reservePart > 0) await fillReserve(this.#files, this.location, this.#reservePart);
  }

  async freeReserve(options: CallOptions): Promise<boolean> {
    throwIfAborted(options);
    return freeReserve(this.#files, this.location);
  }

  async sweep(before: Instant, options: CallOptions): Promise<number> {
    throwIfAborted(options);
    return sweepTemporaries(this.#files, this.location, before);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Writes and links; false when the name is taken. No temporary name is left, unless the disk refuses to remove it. */
  async #publish(name: string, path: string, bytes: Uint8Array, options: PutOptions): Promise<boolean> {
    const temporary = join(dirname(path), temporaryPrefix + randomBytes(12).toString('hex'));
    try {
      await this.#writeDurably(name, temporary, bytes, options);
      throwIfAborted(options);
      await this.#files.link(temporary, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw await this.#failure(name, error, 'link');
    } finally {
      // A second name that stays costs no space and is never listed, so it is no reason to fail.
      await this.#files.unlink(temporary).catch(() => undefined);
    }
  }

  async #writeDurably(name: string, temporary: string, bytes: Uint8Array, options: CallOptions) {
    const file = await this.#call(name, () => this.#files.create(temporary));
    let isClosed = false;
    try {
      let written = 0;
      while (written < bytes.length) {
        throwIfAborted(options);
        const count = await this.#call(name, () => file.write(bytes, written, written));
        if (count === 0) throw localFailure(join(this.location, name), new Error('nothing was written'));
        written += count;
      }
      await this.#sync(name, file, true);
      isClosed = true;
      // Network file systems tell of lost writes here.
      await this.#call(name, () => file.close());
    } finally {
      if (!isClosed) await closeQuietly(file);
    }
  }

  /**
   * After a failed fsync the kernel may have dropped the pages and call the next one a success: nothing is ever asked of
   * this storage again. Only a new file that finds no room is thrown away and harms no other.
   */
  async #sync(name: string, file: OpenFile, isNewFile = false): Promise<void> {
    this.#throwIfFailed();
    try {
      await file.sync();
    } catch (error) {
      const failure = localFailure(join(this.location, name), error);
      if (isNewFile && failure.kind === 'exhausted') throw failure;
      this.#failed ??= new Failure(
        'unavailable',
        'STORAGE_FAILED',
        `"${this.location}" could not make "${name}" durable`,
        {
          hint: 'The disk reports errors. Check it, then run the command again: finished packs are used again.',
          cause: error,
        },
      );
      throw failure.kind === 'exhausted' ? failure : this.#failed;
    }
  }

  #throwIfFailed(): void {
    if (this.#failed !== undefined) throw this.#failed;
  }

  async #compare(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    if (options.ifAbsent === true) {
      throw new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
    }
    const found = await this.get(name, { signal: options.signal });
    if (Buffer.compare(found, bytes) === 0) return;
    throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
      hint: 'Run "holdfast check --read-data", then "holdfast repair".',
    });
  }

  async #openParent(path: string): Promise<OpenFile> {
    const directory = dirname(path);
    try {
      await this.#makeDirectory(directory);
      return await this.#files.openDirectory(directory);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw await this.#failure(directory, error);
      // Somebody removed a folder that was there: what is known about folders is void, and a retry makes it again.
      this.#made.clear();
      throw vanished(directory, error);
    }
  }

  async #makeDirectory(directory: string): Promise<void> {
    if (directory === this.location || this.#made.has(directory)) return;
    const parent = dirname(directory);
    await this.#makeDirectory(parent);
    try {
      await this.#files.mkdir(directory);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    // Also when it was there: who made it may not have come as far as this line.
    const handle = await this.#files.openDirectory(parent);
    try {
      await this.#sync(directory, handle);
    } finally {
      await closeQuietly(handle);
    }
    this.#made.add(directory);
  }

  async #stat(name: string): Promise<ObjectStat | undefined> {
    try {
      const found = await this.#call(name, () => this.#files.stat(join(this.location, name)));
      if (found.isDirectory) return undefined;
      return { name, sizeBytes: found.sizeBytes, modifiedAt: found.modifiedAt };
    } catch (error) {
      if (isFailure(error, 'missing')) return undefined;
      throw error;
    }
  }

  async *#listDirectory(directory: string, prefix: string, options: CallOptions): AsyncGenerator<ObjectStat> {
    throwIfAborted(options);
    let entries: readonly DirectoryEntry[];
    try {
      entries = await this.#call(directory, () => this.#files.readdir(join(this.location, directory)));
    } catch (error) {
      // A folder that was never made holds nothing. That the root is there was seen on the way here.
      if (isFailure(error, 'missing') && directory !== '') return;
      throw error;
    }
    // Where a disk was unmounted, its folder stays, empty: no list of this storage.
    if (directory === '') await this.#requireRoot();
    const directories: string[] = [];
    let files: string[] = [];
    for (const { name: last, type } of entries) {
      if (last.startsWith(temporaryPrefix) || last.startsWith(reservePrefix)) continue;
      const name = directory === '' ? last : `${directory}/${last}`;
      if (await this.#isDirectory(name, type)) {
        if (name.startsWith(prefix) || prefix.startsWith(`${name}/`)) directories.push(name);
      } else if (name.startsWith(prefix)) {
        files.push(name);
      }
      if (files.length === statsAtOnce) {
        yield* await this.#statAll(files, options);
        files = [];
      }
    }
    yield* await this.#statAll(files, options);
    for (const name of directories) yield* this.#listDirectory(name, prefix, options);
  }

  /** A link to a folder counts: an operator may have moved a part of the repository to another disk. */
  async #isDirectory(name: string, type: DirectoryEntry['type']): Promise<boolean> {
    if (type !== 'other') return type === 'directory';
    return (await this.#call(name, () => this.#files.stat(join(this.location, name)))).isDirectory;
  }

  async #statAll(names: readonly string[], options: CallOptions): Promise<ObjectStat[]> {
    throwIfAborted(options);
    const found = await Promise.all(names.map((name) => this.#stat(name)));
    // What was deleted meanwhile is no longer there to be listed.
    return found.filter((stat) => stat !== undefined);
  }

  async #call<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw await this.#failure(name, error);
    }
  }

  async #failure(name: string, error: unknown, call?: 'link'): Promise<Failure> {
    const path = name.startsWith(this.location) ? name : join(this.location, name);
    const failure = localFailure(path, error, call);
    // Nothing is called missing before it is known that the disk itself is still there.
    if (failure.kind === 'missing') await this.#requireRoot();
    return failure;
  }

  async #requireRoot(): Promise<void> {
    let device: number;
    try {
      ({ device } = await this.#files.stat(this.location));
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? vanished(this.location, error) : localFailure(this.location, error);
    }
    if (device !== this.#device) throw vanished(this.location, undefined);
  }
}

function pathOf(url: string): string {
  if (!/^file:/i.test(url)) return url;
  if (!/^file:\/\//i.test(url)) return url.slice('file:'.length);
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new Failure('usage', 'STORAGE_URL_INVALID', `"${url}" is no URL of a local folder`, {
      hint: 'Write file:///folder, or the path alone.',
      cause,
    });
  }
}

function tooShort(name: string, asked: number, size: number): Failure {
  return new Failure('corrupt', 'OBJECT_TOO_SHORT', `object "${name}" has ${size} bytes, not ${asked}`, {
    hint: 'Run "holdfast check --read-data", then "holdfast repair".',
  });
}

function vanished(path: string, cause: unknown): Failure {
  return new Failure('unavailable', 'STORAGE_VANISHED', `"${path}" is gone`, {
    hint: 'Is the disk still connected and mounted?',
    cause,
  });
}

/** For what was only read, or has failed already: closing tells nothing more. */
async function closeQuietly(file: OpenFile): Promise<void> {
  await file.close().catch(() => undefined);
}

function throwIfAborted(options: CallOptions): void {
  if (options.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
}
