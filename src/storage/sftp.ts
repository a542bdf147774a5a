// A folder of an SSH server. An object is written under a temporary name, made durable (fsync@openssh.com), and linked to its final name
// (hardlink@openssh.com), which refuses to replace anything. The protocol cannot make a folder durable: class B, by the server's word.
// Servers without these extensions are class C: each object is read back, and renaming is believed only when it was seen to refuse.

import { randomBytes } from 'node:crypto';
import { z } from 'zod/mini';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { readAddress } from './address.ts';
import { loginPosture } from './network/login-posture.ts';
import { SftpConnection, type SftpLimits, type SftpSession, usualLimits } from './sftp/connection.ts';
import {
  answerFailure,
  full,
  isMissing,
  noHardLinks,
  sftpStatus,
  statusOf,
  vanished,
} from './sftp/failure.ts';
import {
  existsAs,
  isFull,
  makeFolder,
  readRange,
  removeFile,
  roomOf,
  statOf,
  writeNew,
} from './sftp/files.ts';
import { type Folder, objectStat, type Place, readFolder, sweepFolder } from './sftp/folders.ts';
import type { SftpConfig } from './sftp/login.ts';
import { SftpPool } from './sftp/pool.ts';
import { makeRoot, requireHardLinks, requireRoot, takenNames, temporaryPrefix } from './sftp/root.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PostureFinding,
  PutOptions,
  Storage,
  StorageFeatures,
  StorageKind,
  StorageRoom,
} from './storage.ts';

const hop = {
  host: z.string().check(z.minLength(1)),
  port: z._default(z.int().check(z.minimum(1), z.maximum(65535)), 22),
  user: z.string().check(z.minLength(1)),
};
const config = z.strictObject({
  ...hop,
  /** Relative to the folder where a login begins, unless it begins with "/". */
  path: z._default(z.string(), ''),
  identityFile: z.optional(z.string()),
  knownHosts: z.optional(z.string()),
  agent: z.optional(z.string()),
  hostKey: z.optional(
    z.string().check(z.regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be "SHA256:" and 43 letters')),
  ),
  jump: z.optional(z.strictObject(hop)),
  password: z.optional(z.string()),
  keyPassphrase: z.optional(z.string()),
});

/** Folders that are asked for ahead while a list is read. */
const foldersAhead = 8;
const example = 'sftp://user@host/folder, or sftp://user@host//absolute/folder';

const sftp: StorageKind<SftpConfig> = {
  scheme: 'sftp',
  title: 'Folder of an SSH server (SFTP)',
  config,
  secretFields: ['password', 'keyPassphrase'],
  fromUrl(url) {
    const options = ['identity-file', 'known-hosts', 'agent', 'host-key', 'jump'] as const;
    const address = readAddress(url, options, example);
    if (address.host === '' || address.user === undefined) {
      throw new Failure('usage', 'STORAGE_URL_INVALID', 'an "sftp:" URL must name a user and a host', {
        hint: `Write it like ${example}`,
      });
    }
    const { options: given, user, host, port } = address;
    return {
      user,
      host,
      ...(port === undefined ? {} : { port }),
      path: `${address.isFromRoot ? '/' : ''}${address.path.join('/')}`,
      ...(given['identity-file'] === undefined ? {} : { identityFile: given['identity-file'] }),
      ...(given['known-hosts'] === undefined ? {} : { knownHosts: given['known-hosts'] }),
      ...(given.agent === undefined ? {} : { agent: given.agent }),
      // A "+" of the fingerprint that was not written %2B has become a space.
      ...(given['host-key'] === undefined ? {} : { hostKey: given['host-key'].replaceAll(' ', '+') }),
      ...(given.jump === undefined ? {} : { jump: readJump(given.jump) }),
    };
  },
  open: (given, context) => openSftp(given, context, usualLimits, false),
  create: (given, context) => openSftp(given, context, usualLimits, true),
};
export default sftp;

function readJump(text: string): Record<string, unknown> {
  const { user, host, port } = readAddress(`sftp://${text}`, [], 'jump=user@host:port');
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** For tests too, with other limits of time. */
export async function openSftp(
  given: SftpConfig,
  context: Context,
  limits: SftpLimits,
  isNew: boolean,
): Promise<Storage> {
  const root = given.path === '' ? '.' : given.path;
  const location = locationOf(given);
  const connect = () => new SftpConnection(given, location, limits);
  const connection = connect();
  try {
    return await untilAborted(context.signal, async () => {
      const session = await connection.session();
      try {
        await (isNew ? makeRoot(session, root, location) : requireRoot(session, root, location));
        if (isNew && session.hasHardlink) await requireHardLinks(session, root, location);
        const refuses = session.hasHardlink || (await takenNames(session, root, 'rename')) === 'refused';
        if (!session.hasFsync || !refuses) {
          context.log.warn('the SFTP server can neither prove durability nor refuse to overwrite: class C', {
            hasFsync: session.hasFsync,
            refusesToOverwrite: refuses,
          });
        }
        return new SftpStorage(new SftpPool(connection, connect), root, location, {
          exclusivePut: refuses,
          isLocal: false,
          parallelCallsMax: 8,
          durability: session.hasFsync && refuses ? 'B' : 'C',
        });
      } catch (error) {
        throw answerFailure(location, root, error);
      }
    });
  } catch (error) {
    connection.close();
    throw error;
  }
}

function locationOf({ user, host, port, path }: SftpConfig): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `sftp://${encodeURIComponent(user)}@${name}${port === 22 ? '' : `:${port}`}/${path}`;
}

class SftpStorage implements Storage {
  readonly location: string;
  readonly features: StorageFeatures;
  readonly #pool: SftpPool;
  readonly #root: string;
  /** Also those whose caller has left: they clear up. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(pool: SftpPool, root: string, location: string, features: StorageFeatures) {
    this.#pool = pool;
    this.#root = root;
    this.location = location;
    this.features = features;
  }

  put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    return this.#run(name, options, async (session) => {
      const isNew = await this.#publish(session, name, bytes, options.signal);
      if (!isNew) await this.#compare(session, name, bytes, options);
    });
  }

  get(name: string, options: GetOptions): Promise<Uint8Array> {
    return this.#run(name, options, (session) => this.#read(session, name, options));
  }

  stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    return this.#run(name, options, async (session) => {
      try {
        const found = await statOf(session, this.#path(name));
        return found.isDirectory ? undefined : objectStat(name, found);
      } catch (error) {
        if (!isMissing(error)) throw error;
        await this.#requireRoot(session);
        return undefined;
      }
    });
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    const slash = prefix.lastIndexOf('/');
    const ahead: Promise<Folder>[] = [];
    const waiting: string[] = [slash < 0 ? '' : prefix.slice(0, slash)];
    while (ahead.length > 0 || waiting.length > 0) {
      while (ahead.length < foldersAhead && waiting.length > 0) {
        const folder = waiting.shift()!;
        const reading = this.#run(folder, options, (session) =>
          readFolder(this.#place(session), folder, prefix),
        );
        // One that is not reached any more, because the list was left or another folder failed.
        reading.catch(() => undefined);
        ahead.push(reading);
      }
      const { objects, folders } = await ahead.shift()!;
      waiting.push(...folders);
      yield* objects;
    }
  }

  delete(name: string, options: CallOptions): Promise<void> {
    return this.#run(name, options, async (session) => {
      try {
        await removeFile(session, this.#path(name));
      } catch (error) {
        if (!isMissing(error)) throw error;
        await this.#requireRoot(session);
      }
    });
  }

  async posture(): Promise<readonly PostureFinding[]> {
    return loginPosture('ssh');
  }

  sweep(before: Instant, options: CallOptions): Promise<number> {
    return this.#run(temporaryPrefix, options, (session) =>
      sweepFolder(this.#place(session), '', before, options.signal),
    );
  }

  room(options: CallOptions): Promise<StorageRoom | undefined> {
    return this.#run('', options, (session) => roomOf(session, this.#root));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What was canceled still removes its temporary files, but nobody waits for a server that does not answer.
    if (this.#running.size > 0) {
      const patience = AbortSignal.timeout(2000);
      await Promise.race([
        Promise.allSettled(this.#running),
        new Promise((resolve) => void patience.addEventListener('abort', resolve)),
      ]);
    }
    this.#pool.close();
  }

  /** Runs with a session; whoever cancels is let go at once. */
  #run<Result>(
    what: string,
    { signal }: CallOptions,
    run: (session: SftpSession) => Promise<Result>,
  ): Promise<Result> {
    return untilAborted(signal, () => {
      const running = this.#pool.use(async (session) => {
        signal.throwIfAborted();
        try {
          return await run(session);
        } catch (error) {
          throw await this.#failure(session, what, error);
        }
      });
      this.#running.add(running);
      const done = () => void this.#running.delete(running);
      running.then(done, done);
      return running;
    });
  }

  /** Writes and links; false when the name is taken. No temporary name is left, unless the server refuses to remove it. */
  async #publish(
    session: SftpSession,
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<boolean> {
    const path = this.#path(name);
    const temporary = `${path.slice(0, path.lastIndexOf('/') + 1)}${temporaryPrefix}${randomBytes(12).toString('hex')}`;
    let removing: Promise<void> | undefined;
    try {
      await this.#write(session, name, temporary, bytes, signal);
      if (this.features.durability === 'C' || isReadBack(name)) {
        await this.#readBack(session, name, temporary, bytes, signal);
      }
      signal.throwIfAborted();
      const linking = this.#link(session, temporary, path);
      // Behind the link without waiting for its answer: servers do what concerns one file in the order in which they were asked.
      if (session.hasHardlink) {
        removing = removeFile(session, temporary);
        removing.catch(() => undefined);
      }
      return await linking;
    } catch (error) {
      // Asked before the temporary file gives its room back.
      if (statusOf(error) === sftpStatus.failure && (await isFull(session, this.#root, bytes.length))) {
        throw full(this.location, name, error);
      }
      throw error;
    } finally {
      // A second name that stays costs no space and is never listed, so it is no reason to fail.
      await (removing ?? removeFile(session, temporary)).catch(() => undefined);
    }
  }

  async #write(
    session: SftpSession,
    name: string,
    temporary: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    let size: number;
    try {
      size = await writeNew(session, temporary, bytes, signal);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // The first object of its folder.
      await this.#requireRoot(session);
      await this.#makeFolders(session, name);
      size = await writeNew(session, temporary, bytes, signal);
    }
    if (size !== bytes.length) throw damaged(this.location, name, `has ${size} of ${bytes.length} bytes`);
  }

  async #readBack(
    session: SftpSession,
    name: string,
    temporary: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const back = await readRange(session, temporary, undefined, signal);
    if (back.bytes?.equals(bytes) === true) return;
    throw damaged(this.location, name, 'reads back otherwise');
  }

  async #link(session: SftpSession, from: string, to: string): Promise<boolean> {
    const isTaken = async () => (await existsAs(session, to)) !== undefined;
    if (session.hasHardlink) {
      try {
        await session.ask<void>((sftp, done) => sftp.ext_openssh_hardlink(from, to, done));
        return true;
      } catch (error) {
        const status = statusOf(error);
        if (status === undefined || isMissing(error)) throw error;
        if (await isTaken()) return false;
        // The temporary file could be made beside it, so it is no right that lacks.
        if (status === sftpStatus.permissionDenied || status === sftpStatus.unsupported) {
          throw noHardLinks(this.location, error);
        }
        throw error;
      }
    }
    // A server whose renaming replaces is class C, and only spared what can be seen beforehand.
    if (!this.features.exclusivePut && (await isTaken())) return false;
    try {
      await session.ask<void>((sftp, done) => sftp.rename(from, to, done));
      return true;
    } catch (error) {
      if (statusOf(error) !== undefined && (await isTaken())) return false;
      throw error;
    }
  }

  async #compare(
    session: SftpSession,
    name: string,
    bytes: Uint8Array,
    { ifAbsent, signal }: PutOptions,
  ): Promise<void> {
    if (ifAbsent === true) {
      throw new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
    }
    const found = await this.#read(session, name, { signal });
    if (found.equals(bytes)) return;
    throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
      hint: 'Run "holdfast check --read-data", then "holdfast repair".',
    });
  }

  async #read(session: SftpSession, name: string, { range, signal }: GetOptions): Promise<Buffer> {
    const { bytes, sizeBytes } = await readRange(session, this.#path(name), range, signal);
    if (bytes !== undefined) return bytes;
    const asked = range === undefined ? 'all that it should' : `${range.offset + range.length}`;
    throw new Failure(
      'corrupt',
      'OBJECT_TOO_SHORT',
      `object "${name}" has ${sizeBytes} bytes, not ${asked}`,
      {
        hint: 'Run "holdfast check --read-data", then "holdfast repair".',
      },
    );
  }

  async #makeFolders(session: SftpSession, name: string): Promise<void> {
    const parts = name.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      await makeFolder(session, this.#path(parts.slice(0, depth).join('/')));
    }
  }

  async #failure(session: SftpSession, what: string, error: unknown): Promise<Failure> {
    try {
      if (isMissing(error)) await this.#requireRoot(session);
    } catch (other) {
      return answerFailure(this.location, what, other);
    }
    return answerFailure(this.location, what, error);
  }

  /** Nothing is called missing before it is known that the storage itself is still there. */
  async #requireRoot(session: SftpSession): Promise<void> {
    if ((await existsAs(session, this.#root)) !== 'folder') throw vanished(this.location, undefined);
  }

  #place(session: SftpSession): Place {
    return { session, path: (name) => this.#path(name), requireRoot: () => this.#requireRoot(session) };
  }

  #path(name: string): string {
    return name === '' ? this.#root : `${this.#root}/${name}`;
  }
}

/** security.md's rule for class B: all that others are found by, and one pack of sixteen. Names of packs are as good as random. */
function isReadBack(name: string): boolean {
  return !name.startsWith('packs/') || name.endsWith('0');
}

/** Not published, so that trying again is right. */
function damaged(where: string, name: string, what: string): Failure {
  return new Failure(
    'unavailable',
    'STORAGE_WRITE_DAMAGED',
    `what was written for "${name}" to "${where}" ${what}`,
    {
      hint: 'The server, its disk or its memory is faulty. Nothing was published.',
    },
  );
}

/** Fails with CANCELED at once; what runs notices by itself and clears up. */
async function untilAborted<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
  const canceled = (cause?: unknown) =>
    new Failure('canceled', 'CANCELED', 'the call was canceled', cause === undefined ? {} : { cause });
  if (signal.aborted) throw canceled();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(canceled());
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([run(), promise]);
  } catch (error) {
    throw signal.aborted && !isFailure(error, 'canceled') ? canceled(error) : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
