// A folder of this machine. An object is written under a temporary name, made durable, and linked to its final name, which refuses to
// replace anything; then the directory is made durable. security.md's row "local": class A.

import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod/mini';
import { Failure, isFailure } from '../base/failure.ts';
import { type LocalFiles, nodeFiles, type OpenFile } from './local-files.ts';
import type { CallOptions, GetOptions, ObjectStat, PutOptions, Storage, StorageKind } from './storage.ts';

const temporaryPrefix = '.tmp-';
const config = z.object({ path: z.string() });
type LocalConfig = z.infer<typeof config>;

const local: StorageKind<LocalConfig> = {
  scheme: 'file',
  title: 'Folder of this machine',
  config,
  fromUrl: (url) => ({ path: resolve(url.startsWith('file:') ? fileURLToPath(url) : url) }),
  async open({ path }) {
    await requireDirectory(nodeFiles, path);
    return openLocal(path, nodeFiles);
  },
  async create({ path }) {
    await makeRoot(nodeFiles, path);
    return openLocal(path, nodeFiles);
  },
};
export default local;

/** For tests too: a local storage over any LocalFiles. The root must exist. */
export function openLocal(root: string, files: LocalFiles): Storage {
  return new LocalStorage(root, files);
}

class LocalStorage implements Storage {
  readonly location: string;
  readonly features = { exclusivePut: true, parallelCallsMax: 4, durability: 'A' } as const;
  readonly #files: LocalFiles;
  readonly #made = new Set<string>();
  #failed: Failure | undefined;

  constructor(root: string, files: LocalFiles) {
    this.location = root;
    this.#files = files;
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    throwIfAborted(options);
    if (this.#failed !== undefined) throw this.#failed;
    const path = this.#path(name);
    const directory = dirname(path);
    await this.#makeDirectory(directory);
    // Opened before the link: a directory that cannot be opened must be known before the object has its name.
    const handle = await this.#translate(name, () => this.#files.openDirectory(directory));
    const temporary = join(directory, temporaryPrefix + randomBytes(8).toString('hex'));
    try {
      await this.#writeDurably(name, temporary, bytes);
      const isNew = await this.#link(name, temporary, path);
      await this.#translate(name, () => this.#files.unlink(temporary));
      if (!isNew) await this.#compare(name, bytes, options);
      await this.#sync(name, handle);
    } catch (error) {
      await this.#files.unlink(temporary).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    throwIfAborted(options);
    const file = await this.#translate(name, () => this.#files.openForReading(this.#path(name)));
    try {
      const range = options.range ?? {
        offset: 0,
        length: (await this.#translate(name, () => this.#files.stat(this.#path(name)))).sizeBytes,
      };
      const bytes = Buffer.allocUnsafeSlow(range.length);
      let filled = 0;
      while (filled < range.length) {
        const read = await this.#translate(name, () => file.read(bytes, filled, range.offset + filled));
        if (read === 0) {
          throw new Failure('corrupt', 'OBJECT_TOO_SHORT', `object "${name}" ends ${range.length - filled} bytes too early`, {
            hint: 'Run "holdfast check --read-data", then "holdfast repair".',
          });
        }
        filled += read;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    throwIfAborted(options);
    try {
      const { sizeBytes, modifiedAt } = await this.#translate(name, () => this.#files.stat(this.#path(name)));
      return { name, sizeBytes, modifiedAt };
    } catch (error) {
      if (isFailure(error, 'missing')) return undefined;
      throw error;
    }
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    throwIfAborted(options);
    const slash = prefix.lastIndexOf('/');
    yield* this.#listDirectory(slash < 0 ? '' : prefix.slice(0, slash), prefix, options);
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    try {
      await this.#translate(name, () => this.#files.unlink(this.#path(name)));
    } catch (error) {
      if (isFailure(error, 'missing')) return;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #path(name: string): string {
    return join(this.location, name);
  }

  async *#listDirectory(directory: string, prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    throwIfAborted(options);
    let entries: Awaited<ReturnType<LocalFiles['readdir']>>;
    try {
      entries = await this.#translate(directory, () => this.#files.readdir(this.#path(directory)));
    } catch (error) {
      if (!isFailure(error, 'missing')) throw error;
      // A folder that was never made holds nothing; a root that is gone is trouble, never an empty list.
      await this.#translate('', () => this.#files.stat(this.location));
      return;
    }
    for (const entry of entries) {
      if (entry.name.startsWith(temporaryPrefix)) continue;
      const name = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory) {
        if (name.startsWith(prefix) || prefix.startsWith(`${name}/`)) yield* this.#listDirectory(name, prefix, options);
        continue;
      }
      if (!name.startsWith(prefix)) continue;
      const found = await this.stat(name, options);
      if (found !== undefined) yield found;
    }
  }

  async #writeDurably(name: string, temporary: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#translate(name, () => this.#files.create(temporary));
    try {
      let written = 0;
      while (written < bytes.length) {
        written += await this.#translate(name, () => file.write(bytes, written, written));
      }
      await this.#sync(name, file);
    } finally {
      await file.close();
    }
  }

  // After a failed fsync the kernel may have dropped the pages and call the next one a success: never ask again.
  async #sync(name: string, file: OpenFile): Promise<void> {
    try {
      await file.sync();
    } catch (error) {
      this.#failed = new Failure('unavailable', 'STORAGE_FAILED', `"${this.location}" could not make "${name}" durable`, {
        hint: 'The disk reports errors. Check it, then run the command again: finished packs are used again.',
        cause: error,
      });
      throw this.#failed;
    }
  }

  async #link(name: string, temporary: string, path: string): Promise<boolean> {
    try {
      await this.#files.link(temporary, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw this.#failure(name, error);
    }
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

  async #makeDirectory(directory: string): Promise<void> {
    if (this.#made.has(directory) || directory === this.location) return;
    const parent = dirname(directory);
    await this.#makeDirectory(parent);
    try {
      await this.#files.mkdir(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw this.#failure(directory, error);
    }
    const handle = await this.#translate(directory, () => this.#files.openDirectory(parent));
    try {
      await this.#sync(directory, handle);
    } finally {
      await handle.close();
    }
    this.#made.add(directory);
  }

  async #translate<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw this.#failure(name, error);
    }
  }

  #failure(name: string, error: unknown): unknown {
    if (error instanceof Failure) return error;
    const { code } = error as NodeJS.ErrnoException;
    const where = `"${join(this.location, name)}"`;
    switch (code) {
      case 'ENOENT':
        return name === ''
          ? new Failure('unavailable', 'STORAGE_VANISHED', `${where} is gone`, {
              hint: 'Is the disk still connected and mounted?',
              cause: error,
            })
          : new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`, { cause: error });
      case 'ENOSPC':
      case 'EDQUOT':
        return new Failure('exhausted', 'STORAGE_FULL', `no space is left for ${where}`, {
          hint: 'Free space, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
          cause: error,
        });
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        return new Failure('denied', 'STORAGE_DENIED', `${where} may not be used (${code})`, {
          hint: 'Check owner and mode of the repository folder, or whether the disk is mounted read-only.',
          cause: error,
        });
      default:
        return new Failure('unavailable', 'STORAGE_IO_ERROR', `${where} failed (${code ?? String(error)})`, {
          hint: 'The disk reports errors. Check it before the next run.',
          cause: error,
        });
    }
  }
}

async function requireDirectory(files: LocalFiles, path: string): Promise<void> {
  let isDirectory: boolean;
  try {
    ({ isDirectory } = await files.stat(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new Failure('denied', 'STORAGE_DENIED', `"${path}" may not be used (${code})`, {
        hint: 'Check owner and mode of the repository folder.',
        cause: error,
      });
    }
    throw new Failure('missing', 'STORAGE_MISSING', `there is no folder "${path}"`, {
      hint: 'Check the path, or make a repository there with "holdfast init".',
      cause: error,
    });
  }
  if (!isDirectory) {
    throw new Failure('usage', 'STORAGE_NOT_A_FOLDER', `"${path}" is not a folder`, { hint: 'Name a folder.' });
  }
}

async function makeRoot(files: LocalFiles, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent !== path) {
    const exists = await files.stat(parent).then(
      (found) => found.isDirectory,
      () => false,
    );
    if (!exists) await makeRoot(files, parent);
  }
  try {
    await files.mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      const entries = await files.readdir(path).catch((cause: unknown) => {
        throw new Failure('denied', 'STORAGE_DENIED', `"${path}" may not be used`, {
          hint: 'Check owner and mode of the folder, or choose another.',
          cause,
        });
      });
      const foreign = entries.filter((entry) => entry.name !== 'lost+found' && !/^(config|keys)$/.test(entry.name));
      if (foreign.length === 0 || entries.some((entry) => entry.name === 'config')) return;
      throw new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${path}" is not empty`, {
        hint: 'Choose a new or empty folder for the repository.',
      });
    }
    throw new Failure(code === 'ENOSPC' ? 'exhausted' : 'denied', code === 'ENOSPC' ? 'STORAGE_FULL' : 'STORAGE_DENIED', `"${path}" cannot be made (${code})`, {
      hint: 'Check space, owner and mode of the folder above.',
      cause: error,
    });
  }
  const handle = await files.openDirectory(parent);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function throwIfAborted(options: CallOptions): void {
  if (options.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
}

