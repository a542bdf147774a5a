// Objects on a WebDAV server. An object is put under a temporary name, read back and compared, and moved to its name with
// "Overwrite: F". Class C: no server says when bytes are durable; and nginx and Apache look whether a name is free and then rename, so
// that two writers at the same moment may both be told they won: exclusivePut is false. "If-None-Match: *" is worth less: nginx does
// not even read it on PUT.

import { randomBytes } from 'node:crypto';
import type { Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { folderName, temporaryPrefix } from '../network/folder-root.ts';
import { loginPosture } from '../network/login-posture.ts';
import { endpointCertificate } from '../network/server-certificate.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PostureFinding,
  PutOptions,
  ServerCertificate,
  Storage,
  StorageRoom,
} from '../storage.ts';
import { statusFailure, type WebdavCall, webdavFailure } from './failure.ts';
import { propfindBody, quotaBody, readListing, readQuota, type WebdavEntry } from './listing.ts';
import { RangeReader, tooShort } from './range.ts';
import {
  type WebdavAnswer,
  type WebdavHead,
  type WebdavRequest,
  WebdavRequests,
  type WebdavServer,
} from './requests.ts';

const connectionsMax = 6;

export class WebdavStorage implements Storage {
  readonly location: string;
  readonly features = {
    exclusivePut: false,
    isLocal: false,
    parallelCallsMax: connectionsMax,
    durability: 'C',
  } as const;
  readonly #host: string;
  readonly #origin: string;
  /** Decoded; without a slash at the end, but for the root of the server. */
  readonly #root: string;
  readonly #hasLogin: boolean;
  readonly #requests: WebdavRequests;

  constructor(location: string, root: string, server: WebdavServer) {
    const { host, port, isEncrypted } = server;
    this.location = location;
    this.#host = host;
    this.#origin = `http${isEncrypted ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#root = root;
    this.#requests = new WebdavRequests(server, connectionsMax);
    const { user, token } = server.credentials;
    this.#hasLogin = user !== undefined || token !== undefined;
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    const doing = `writing "${name}"`;
    if ((await this.#find(name, doing, options)) !== undefined)
      return this.#compareTaken(name, bytes, options);
    const slash = name.lastIndexOf('/') + 1;
    const temporary = `${name.slice(0, slash)}${temporaryPrefix}${randomBytes(12).toString('hex')}`;
    try {
      await this.#store(temporary, bytes, doing, options);
      if (!(await this.#isEqual(temporary, bytes, doing, options))) {
        throw new Failure(
          'corrupt',
          'STORAGE_CHANGES_BYTES',
          `"${this.location}" stored other bytes than it was sent for "${name}"`,
          {
            facts: { sentBytes: bytes.length },
            hint: 'Nothing was kept. The server, or something before it, changes or damages what it stores: use another server.',
          },
        );
      }
      // A server that forgets "Overwrite: F" must find nothing to overwrite.
      if (
        (await this.#find(name, doing, options)) === undefined &&
        (await this.#move(temporary, name, doing, options))
      )
        return;
    } catch (error) {
      await this.#removeQuietly(temporary, options);
      throw error;
    }
    await this.#removeQuietly(temporary, options);
    await this.#compareTaken(name, bytes, options);
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    const { range } = options;
    const doing = `reading "${name}"`;
    if (range?.length === 0) {
      const found = await this.#find(name, doing, options);
      if (found === undefined) throw missing(name);
      if (range.offset > found.sizeBytes) throw tooShort(name, range.offset, found.sizeBytes);
      return new Uint8Array(0);
    }
    const reader = new RangeReader(name, range);
    const headers =
      range === undefined ? {} : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    const answer = await this.#send(doing, options, {
      method: 'GET',
      path: this.#path(name),
      headers,
      sink: (piece, head) => reader.take(piece, head),
    });
    if (answer.status === 416) {
      const size = Number(/\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1] ?? Number.NaN);
      const asked = (range?.offset ?? 0) + (range?.length ?? 0);
      if (!(size >= asked)) throw tooShort(name, asked, size);
      throw statusFailure(answer.status, answer.headers, this.#call(doing));
    }
    if (answer.status === 200 || answer.status === 206) {
      const bytes = reader.finish(answer);
      if (bytes !== undefined) return bytes;
      throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${this.location}" broke off while ${doing}`, {
        hint: 'The server or the network broke the transfer off. It is tried again.',
      });
    }
    if (!isMissing(answer)) throw statusFailure(answer.status, answer.headers, this.#call(doing));
    await this.#requireStillThere(doing, options);
    throw missing(name);
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    const found = await this.#find(name, `asking for "${name}"`, options);
    return found && { name, sizeBytes: found.sizeBytes, modifiedAt: found.modifiedAt };
  }

  async *list(prefix: string, options: CallOptions): AsyncGenerator<ObjectStat> {
    for await (const { name, entry } of this.#walk(prefix, options)) {
      if (isTemporary(name) || !name.startsWith(prefix)) continue;
      yield { name, sizeBytes: entry.sizeBytes, modifiedAt: entry.modifiedAt };
    }
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    const doing = `deleting "${name}"`;
    // DELETE takes a folder with all that is in it; only objects are ever to go.
    if ((await this.#find(name, doing, options)) === undefined) return;
    const answer = await this.#send(doing, options, { method: 'DELETE', path: this.#path(name) });
    // 207 tells of something that could not be deleted.
    if (answer.status === 207 || (!isSuccess(answer) && !isMissing(answer))) {
      throw statusFailure(answer.status === 207 ? 403 : answer.status, answer.headers, this.#call(doing));
    }
  }

  async posture(): Promise<readonly PostureFinding[]> {
    return loginPosture(this.#origin.startsWith('https:') ? 'tls' : 'none', this.#hasLogin);
  }

  async sweep(before: Instant, options: CallOptions): Promise<number> {
    let swept = 0;
    for await (const { name, entry } of this.#walk('', options)) {
      if (!isTemporary(name) || entry.modifiedAt >= before) continue;
      await this.delete(name, options);
      swept += 1;
    }
    return swept;
  }

  async room(options: CallOptions): Promise<StorageRoom | undefined> {
    const answer = await this.#send('asking for the room that is left', options, {
      method: 'PROPFIND',
      path: `${encodePath(this.#root)}${this.#root === '/' ? '' : '/'}`,
      headers: { Depth: '0', 'Content-Type': 'application/xml; charset=utf-8' },
      body: quotaBody,
    });
    // Who refuses the question does not tell; whether the place is in order is asked by other calls.
    return answer.status === 207 ? readQuota(answer.text) : undefined;
  }

  async certificate(options: CallOptions): Promise<ServerCertificate | undefined> {
    return endpointCertificate(this.#origin, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.close();
  }

  async requireRoot(signal: AbortSignal): Promise<void> {
    if (await this.#isFolder('', 'opening it', { signal })) return;
    throw new Failure('missing', 'STORAGE_MISSING', `there is no folder "${this.location}"`, {
      hint: 'Check the path, or make a repository there with "holdfast init".',
    });
  }

  async makeRoot(signal: AbortSignal): Promise<void> {
    const doing = 'making the folder';
    if (await this.#isFolder('', doing, { signal })) return;
    const parts = this.#root.split('/').slice(1);
    let answer: WebdavAnswer | undefined;
    for (let count = 1; count <= parts.length; count += 1) {
      const path = `${encodePath(`/${parts.slice(0, count).join('/')}`)}/`;
      answer = await this.#send(doing, { signal }, { method: 'MKCOL', path });
    }
    // Folders above may be there and not ours to make: only the last one counts.
    if (answer !== undefined && !isSuccess(answer) && !(await this.#isFolder('', doing, { signal }))) {
      throw statusFailure(answer.status, answer.headers, this.#call(doing));
    }
  }

  #path(name: string): string {
    return encodePath(this.#decoded(name));
  }

  #decoded(name: string): string {
    if (name === '') return this.#root;
    return `${this.#root === '/' ? '' : this.#root}/${name}`;
  }

  #call(doing: string): WebdavCall {
    return { location: this.location, host: this.#host, doing };
  }

  async #send(
    doing: string,
    { signal }: CallOptions,
    request: Omit<WebdavRequest, 'signal'>,
  ): Promise<WebdavAnswer> {
    if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
    try {
      return await this.#requests.send({ ...request, signal });
    } catch (error) {
      if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
      throw webdavFailure(error, this.#call(doing));
    }
  }

  /** Undefined where there is nothing. "members": what lies in a folder, itself included. */
  async #propfind(
    path: string,
    what: 'object' | 'folder' | 'members',
    doing: string,
    options: CallOptions,
  ): Promise<WebdavEntry[] | undefined> {
    // Some servers send who asks for a folder without a slash to the address with one.
    const slash = what !== 'object' && !path.endsWith('/') ? '/' : '';
    const answer = await this.#send(doing, options, {
      method: 'PROPFIND',
      path: encodePath(path) + slash,
      headers: { Depth: what === 'members' ? '1' : '0', 'Content-Type': 'application/xml; charset=utf-8' },
      body: propfindBody,
    });
    if (isMissing(answer)) return undefined;
    // Apache says so of a file that is asked for as a folder.
    const isOther = answer.status === 400 && what !== 'object' && path !== this.#root;
    if (isOther && (await this.#propfind(path, 'object', doing, options))?.[0]?.isFolder === false)
      return undefined;
    if (answer.status !== 207) throw statusFailure(answer.status, answer.headers, this.#call(doing));
    const entries = await readListing(answer.text, path);
    if (entries.some((entry) => entry.path === path)) return entries;
    throw new Failure('unavailable', 'STORAGE_LIST_INVALID', `a list of "${path}" lacks the folder itself`, {
      hint: 'The storage answers wrongly. Nothing was changed; ask who runs it.',
    });
  }

  /** An object; undefined where there is none, or a folder. */
  async #find(name: string, doing: string, options: CallOptions): Promise<WebdavEntry | undefined> {
    const found = (await this.#propfind(this.#decoded(name), 'object', doing, options))?.[0];
    if (found === undefined) await this.#requireStillThere(doing, options);
    return found === undefined || found.isFolder ? undefined : found;
  }

  async #isFolder(name: string, doing: string, options: CallOptions): Promise<boolean> {
    const found = await this.#propfind(this.#decoded(name), 'folder', doing, options);
    return found?.[0]?.isFolder ?? false;
  }

  /** Nothing is called missing before it is known that the folder of the repository is still there. */
  async #requireStillThere(doing: string, options: CallOptions): Promise<void> {
    if ((await this.#propfind(this.#root, 'folder', doing, options)) !== undefined) return;
    throw new Failure('unavailable', 'STORAGE_VANISHED', `"${this.location}" is gone`, {
      hint: 'Was the folder moved or removed, or a disk of the server not mounted?',
    });
  }

  async #store(name: string, bytes: Uint8Array, doing: string, options: CallOptions): Promise<void> {
    const request = { method: 'PUT', path: this.#path(name), body: bytes };
    let answer = await this.#send(doing, options, request);
    // 409 is the right answer where a folder is missing; nginx says 500.
    if ([404, 409, 500].includes(answer.status)) {
      await this.#requireStillThere(doing, options);
      const parts = name.split('/').slice(0, -1);
      for (let count = 1; count <= parts.length; count += 1) {
        const folder = parts.slice(0, count).join('/');
        const path = `${this.#path(folder)}/`;
        const made = await this.#send(doing, options, { method: 'MKCOL', path });
        // Refused, too, where another writer was faster: 405 by most, 403 by Apache.
        if (!isSuccess(made) && !(await this.#isFolder(folder, doing, options))) {
          throw statusFailure(made.status, made.headers, this.#call(doing));
        }
      }
      answer = await this.#send(doing, options, request);
    }
    if (!isSuccess(answer)) throw statusFailure(answer.status, answer.headers, this.#call(doing));
  }

  async #isEqual(name: string, bytes: Uint8Array, doing: string, options: CallOptions): Promise<boolean> {
    let read = 0;
    let isUnequal = false;
    const answer = await this.#send(doing, options, {
      method: 'GET',
      path: this.#path(name),
      // What was sent a moment ago is to come from the server's disk, not from something on the way.
      headers: { 'Cache-Control': 'no-cache' },
      sink: (piece) => {
        isUnequal = Buffer.compare(piece, bytes.subarray(read, read + piece.length)) !== 0;
        read += piece.length;
        return isUnequal;
      },
    });
    if (answer.status !== 200) throw statusFailure(answer.status, answer.headers, this.#call(doing));
    return !isUnequal && read === bytes.length;
  }

  /** False when the name is taken. */
  async #move(from: string, to: string, doing: string, options: CallOptions): Promise<boolean> {
    const answer = await this.#send(doing, options, {
      method: 'MOVE',
      path: this.#path(from),
      headers: { Destination: this.#origin + this.#path(to), Overwrite: 'F' },
    });
    if (answer.status === 412) return false;
    if (!isSuccess(answer) || answer.status === 207)
      throw statusFailure(answer.status, answer.headers, this.#call(doing));
    return true;
  }

  async #compareTaken(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    if (options.ifAbsent === true) {
      throw new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
    }
    if (await this.#isEqual(name, bytes, `comparing "${name}"`, options)) return;
    throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
      hint: 'Run "holdfast check --read-data", then "holdfast repair".',
    });
  }

  /** What stays behind is never listed, and swept later. */
  async #removeQuietly(name: string, options: CallOptions): Promise<void> {
    await this.#send('clearing up', options, { method: 'DELETE', path: this.#path(name) }).catch(
      () => undefined,
    );
  }

  /** All files below the folders that `prefix` leads to, asked for folder by folder: "Depth: infinity" is refused by most servers. */
  async *#walk(
    prefix: string,
    options: CallOptions,
  ): AsyncGenerator<{ readonly name: string; readonly entry: WebdavEntry }> {
    const folders = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const doing = `listing "${folder}"`;
      const path = this.#decoded(folder.slice(0, -1));
      const entries = await this.#propfind(path, 'members', doing, options);
      if (entries === undefined) await this.#requireStillThere(doing, options);
      for (const entry of entries ?? []) {
        if (entry.path === path) continue;
        const last = entry.path.slice(entry.path.lastIndexOf('/') + 1);
        const name = folder + last;
        if (!entry.isFolder) yield { name, entry };
        else if (folderName.test(last) && (name.startsWith(prefix) || prefix.startsWith(`${name}/`)))
          folders.push(`${name}/`);
      }
    }
  }
}

function missing(name: string): Failure {
  return new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
}

function isSuccess({ status }: WebdavHead): boolean {
  return status >= 200 && status < 300;
}

function isMissing({ status }: WebdavHead): boolean {
  return status === 404 || status === 410;
}

function isTemporary(name: string): boolean {
  return name.slice(name.lastIndexOf('/') + 1).startsWith(temporaryPrefix);
}

export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
