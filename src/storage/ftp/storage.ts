// Objects on an FTP server. An object is stored under a temporary name, its size is asked for, it is read back and compared, and only
// then renamed, if the name is still free: servers convert, cut short and overwrite as they please. Class C: no FTP server says when
// bytes are durable, and between looking and renaming another writer may come. Its hash commands are not used for the comparison:
// proftpd computes them while it receives, and never reads what it stored.

import { randomBytes } from 'node:crypto';
import type { Instant } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { folderName, temporaryPrefix } from '../network/folder-root.ts';
import { loginPosture } from '../network/login-posture.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PostureFinding,
  PutOptions,
  ServerCertificate,
  Storage,
} from '../storage.ts';
import { type FtpConnection, type FtpEntry, type FtpServer, shownCertificate } from './connection.ts';
import { ftpFailure, isRefusal, saysMissing } from './failure.ts';
import { FtpPool } from './pool.ts';

/** Most servers allow each account at least this many. */
const connectionsMax = 4;

export class FtpStorage implements Storage {
  readonly location: string;
  readonly features = {
    exclusivePut: false,
    isLocal: false,
    parallelCallsMax: connectionsMax,
    durability: 'C',
  } as const;
  readonly #root: string;
  readonly #isEncrypted: boolean;
  readonly #host: string;
  readonly #server: FtpServer;
  readonly #pool: FtpPool;

  /** `root`: without a slash at the end, but for the root of the server. */
  constructor(location: string, root: string, server: FtpServer) {
    this.location = location;
    this.#root = root;
    this.#host = server.host;
    this.#server = server;
    this.#isEncrypted = server.tls !== 'none';
    this.#pool = new FtpPool(server, connectionsMax);
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    await this.#call(`writing "${name}"`, options, async (connection) => {
      if ((await this.#size(connection, name)) !== undefined) {
        return this.#compareTaken(connection, name, bytes, options);
      }
      const slash = name.lastIndexOf('/') + 1;
      const temporary = `${name.slice(0, slash)}${temporaryPrefix}${randomBytes(12).toString('hex')}`;
      try {
        // Also what was stored only in part is removed: on a full disk it would keep the last room.
        await this.#store(connection, temporary, bytes);
        await this.#verify(connection, temporary, name, bytes);
        if ((await this.#size(connection, name)) !== undefined) {
          await this.#compareTaken(connection, name, bytes, options);
        } else if (await this.#rename(connection, temporary, name)) return;
        else await this.#compareTaken(connection, name, bytes, options);
      } catch (error) {
        await this.#removeQuietly(connection, temporary);
        throw error;
      }
      await this.#removeQuietly(connection, temporary);
    });
  }

  async certificate({ signal }: CallOptions): Promise<ServerCertificate | undefined> {
    try {
      return await shownCertificate(this.#server, signal);
    } catch (error) {
      throw ftpFailure(error, {
        location: this.location,
        host: this.#host,
        doing: 'looking at the certificate',
      });
    }
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    return this.#call(`reading "${name}"`, options, async (connection) => {
      const size = await this.#size(connection, name);
      if (size === undefined) {
        await this.#requireRoot(connection);
        throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
      }
      const { offset, length } = options.range ?? { offset: 0, length: size };
      if (offset + length > size) {
        throw new Failure(
          'corrupt',
          'OBJECT_TOO_SHORT',
          `object "${name}" has ${size} bytes, not ${offset + length}`,
          {
            hint: 'Run "holdfast check --read-data", then "holdfast repair".',
          },
        );
      }
      const bytes = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      if (length === 0) return bytes;
      const isWhole = await connection.retrieve(this.#path(name), offset, size - offset - length, (piece) => {
        // A piece may reach into the rest.
        filled += piece.copy(bytes, filled);
        return filled === length;
      });
      if (isWhole) return bytes;
      throw new Failure(
        'unavailable',
        'STORAGE_UNAVAILABLE',
        `"${this.location}" sent ${filled} of ${length} bytes of "${name}"`,
        {
          hint: 'The server or the network broke the transfer off. It is tried again.',
        },
      );
    });
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    return this.#call(`asking for "${name}"`, options, async (connection) => {
      const sizeBytes = await this.#size(connection, name);
      if (sizeBytes !== undefined) {
        return { name, sizeBytes, modifiedAt: await connection.modifiedAt(this.#path(name)) };
      }
      await this.#requireRoot(connection);
      return undefined;
    });
  }

  async *list(prefix: string, options: CallOptions): AsyncGenerator<ObjectStat> {
    for await (const { folder, entry } of this.#walk(prefix, options)) {
      const name = folder + entry.name;
      if (entry.name.startsWith(temporaryPrefix) || !name.startsWith(prefix)) continue;
      if (entry.modifiedAt !== undefined) {
        yield { name, sizeBytes: entry.sizeBytes, modifiedAt: entry.modifiedAt };
      } else {
        // Listings for people tell the day, in the server's own time: not enough to decide what may be deleted.
        const found = await this.stat(name, options);
        if (found !== undefined) yield found;
      }
    }
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    await this.#call(`deleting "${name}"`, options, async (connection) => {
      try {
        await connection.remove(this.#path(name));
      } catch (error) {
        if (!isRefusal(error) || (await this.#size(connection, name)) !== undefined) throw error;
        await this.#requireRoot(connection);
      }
    });
  }

  async posture(): Promise<readonly PostureFinding[]> {
    return loginPosture(this.#isEncrypted ? 'tls' : 'none');
  }

  async sweep(before: Instant, options: CallOptions): Promise<number> {
    let swept = 0;
    for await (const { folder, entry } of this.#walk('', options)) {
      if (!entry.name.startsWith(temporaryPrefix)) continue;
      const name = folder + entry.name;
      const modifiedAt = entry.modifiedAt ?? (await this.stat(name, options))?.modifiedAt;
      if (modifiedAt === undefined || modifiedAt >= before) continue;
      await this.delete(name, options);
      swept += 1;
    }
    return swept;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pool.close();
  }

  async requireRoot(signal: AbortSignal): Promise<void> {
    await this.#call('opening it', { signal }, async (connection) => {
      try {
        await connection.requireFolder(this.#root);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        throw new Failure('missing', 'STORAGE_MISSING', `there is no folder "${this.location}"`, {
          hint: 'Check the path, or make a repository there with "holdfast init". A path is taken from the folder of the login; write two slashes after the host for one from the root.',
          cause: error,
        });
      }
    });
  }

  async makeRoot(signal: AbortSignal): Promise<void> {
    await this.#call('making the folder', { signal }, async (connection) => {
      const parts = this.#root.split('/');
      for (let count = 1; count <= parts.length; count += 1) {
        const path = parts.slice(0, count).join('/');
        if (path === '') continue;
        await this.#makeFolder(connection, path, count < parts.length);
      }
      await connection.requireFolder(this.#root);
    });
  }

  #path(name: string): string {
    if (this.#root === '' || name === '') return this.#root + name;
    return `${this.#root === '/' ? '' : this.#root}/${name}`;
  }

  /** Undefined when there is no such object; a folder is none. */
  async #size(connection: FtpConnection, name: string): Promise<number | undefined> {
    try {
      return await connection.size(this.#path(name));
    } catch (error) {
      if (saysMissing(error)) return undefined;
      if (!isRefusal(error)) throw error;
      // A refusal may mean anything; the folder shows what is there.
      if ((await this.#look(connection, name)) === 'file') throw error;
      return undefined;
    }
  }

  async #look(connection: FtpConnection, name: string): Promise<FtpEntry['type'] | undefined> {
    const slash = name.lastIndexOf('/');
    const last = name.slice(slash + 1);
    try {
      const entries = await connection.list(this.#path(slash < 0 ? '' : name.slice(0, slash)));
      return entries.find((entry) => entry.name === last)?.type;
    } catch (error) {
      if (!saysMissing(error)) throw error;
      return undefined;
    }
  }

  /** Nothing is called missing before it is known that the folder of the repository is still there. */
  async #requireRoot(connection: FtpConnection): Promise<void> {
    try {
      await connection.requireFolder(this.#root);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new Failure('unavailable', 'STORAGE_VANISHED', `"${this.location}" is gone`, {
        hint: 'Was the folder moved or removed, or a disk of the server not mounted?',
        cause: error,
      });
    }
  }

  async #store(connection: FtpConnection, name: string, bytes: Uint8Array): Promise<void> {
    try {
      await connection.store(this.#path(name), bytes);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#requireRoot(connection);
      const parts = name.split('/').slice(0, -1);
      for (let count = 1; count <= parts.length; count += 1) {
        await this.#makeFolder(connection, this.#path(parts.slice(0, count).join('/')), false);
      }
      await connection.store(this.#path(name), bytes);
    }
  }

  /** `mayBeHidden`: folders above the repository that we may pass but not make; the last one tells. */
  async #makeFolder(connection: FtpConnection, path: string, mayBeHidden: boolean): Promise<void> {
    try {
      await connection.makeFolder(path);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      try {
        await connection.requireFolder(path);
      } catch (missing) {
        // What it says about making the folder tells more than that it is not there.
        if (!mayBeHidden) throw isRefusal(missing) ? error : missing;
        if (!isRefusal(missing)) throw missing;
      }
    }
  }

  async #verify(
    connection: FtpConnection,
    temporary: string,
    name: string,
    bytes: Uint8Array,
  ): Promise<void> {
    const size = await connection.size(this.#path(temporary));
    if (size === bytes.length && (await this.#isEqual(connection, temporary, bytes))) return;
    throw new Failure(
      'corrupt',
      'STORAGE_CHANGES_BYTES',
      `"${this.location}" stored other bytes than it was sent for "${name}"`,
      {
        facts: { sentBytes: bytes.length, storedBytes: size },
        hint: 'Nothing was kept. The server converts line ends or damages what it stores: switch its ASCII mode off, or use another server.',
      },
    );
  }

  async #isEqual(connection: FtpConnection, name: string, bytes: Uint8Array): Promise<boolean> {
    let read = 0;
    const isUnequal = await connection.retrieve(this.#path(name), 0, Number.POSITIVE_INFINITY, (piece) => {
      const expected = bytes.subarray(read, read + piece.length);
      read += piece.length;
      return Buffer.compare(piece, expected) !== 0;
    });
    return !isUnequal && read === bytes.length;
  }

  /** False when the name was taken meanwhile. */
  async #rename(connection: FtpConnection, from: string, to: string): Promise<boolean> {
    try {
      await connection.rename(this.#path(from), this.#path(to));
      return true;
    } catch (error) {
      if (isRefusal(error) && (await this.#size(connection, to)) !== undefined) return false;
      throw error;
    }
  }

  async #compareTaken(
    connection: FtpConnection,
    name: string,
    bytes: Uint8Array,
    options: PutOptions,
  ): Promise<void> {
    if (options.ifAbsent === true) {
      throw new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
    }
    if (await this.#isEqual(connection, name, bytes)) return;
    throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
      hint: 'Run "holdfast check --read-data", then "holdfast repair".',
    });
  }

  /** What stays behind is never listed, and swept later. */
  async #removeQuietly(connection: FtpConnection, name: string): Promise<void> {
    await connection.remove(this.#path(name)).catch(() => undefined);
  }

  /** All files below the folders that `prefix` leads to. A folder is listed on one connection at a time. */
  async *#walk(
    prefix: string,
    options: CallOptions,
  ): AsyncGenerator<{ readonly folder: string; readonly entry: FtpEntry }> {
    const folders = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of await this.#entries(folder, options)) {
        const name = folder + entry.name;
        if (entry.type !== 'directory') yield { folder, entry };
        else if (folderName.test(entry.name) && (name.startsWith(prefix) || prefix.startsWith(`${name}/`)))
          folders.push(`${name}/`);
      }
    }
  }

  async #entries(folder: string, options: CallOptions): Promise<FtpEntry[]> {
    return this.#call(`listing "${folder}"`, options, async (connection) => {
      const path = this.#path(folder.slice(0, -1));
      let entries: FtpEntry[];
      try {
        entries = await connection.list(path);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await this.#requireRoot(connection);
        if (folder !== '' && (saysMissing(error) || !(await this.#isFolder(connection, path)))) return [];
        throw error;
      }
      // Without MLSD an unreadable or missing folder may look like an empty one.
      if (entries.length === 0) await this.#requireRoot(connection);
      for (const [index, entry] of entries.entries()) {
        if (entry.type !== 'other') continue;
        // A link to a folder counts: an operator may have moved a part of the repository to another disk.
        const isFolder = await this.#isFolder(connection, this.#path(folder + entry.name));
        const sizeBytes = isFolder ? 0 : ((await this.#size(connection, folder + entry.name)) ?? 0);
        entries[index] = { name: entry.name, sizeBytes, type: isFolder ? 'directory' : 'file' };
      }
      return entries;
    });
  }

  async #isFolder(connection: FtpConnection, path: string): Promise<boolean> {
    try {
      await connection.requireFolder(path);
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  async #call<Result>(
    doing: string,
    { signal }: CallOptions,
    run: (connection: FtpConnection) => Promise<Result>,
  ): Promise<Result> {
    if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
    try {
      return await this.#pool.use(signal, run);
    } catch (error) {
      if (isFailure(error, 'canceled') || !signal.aborted)
        throw ftpFailure(error, { location: this.location, host: this.#host, doing });
      throw new Failure('canceled', 'CANCELED', 'the call was canceled');
    }
  }
}
