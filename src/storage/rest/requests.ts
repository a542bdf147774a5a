// What an object server does with one request that has been admitted: the verbs of the storage port over HTTP, for one account in its own
// folder. Everything a client sends is checked here before it reaches a storage.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure, isFailure } from '../../base/failure.ts';
import type { ByteRange, ObjectStat, Storage, StorageRoom } from '../storage.ts';
import { isObjectName, isObjectPrefix } from '../with/names.ts';
import { type Account, busy } from './accounts.ts';
import { forgetOwner, isOwnable, isOwner, mayAppend, noteOwner, type Places, Room } from './places.ts';
import {
  digestOf,
  invalidRequest,
  isDigest,
  listLineObjects,
  modifiedHeader,
  objectBytesMax,
  protocolVersion,
  repositoryNamePattern,
} from './protocol.ts';

export interface Call {
  readonly account: Account;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

interface Target {
  readonly repository: string;
  readonly rest: 'repository' | 'list' | 'object' | 'fill-reserve' | 'free-reserve' | 'sweep' | 'room';
  /** Of the object, or the prefix of the list. */
  readonly name: string;
  readonly before: number;
}

export class Requests {
  readonly #places: Places;
  readonly #bodyBytesMax: number;
  /** Of all requests at work together. */
  #bodyBytes = 0;
  readonly #rooms = new Map<string, Room>();

  constructor(places: Places, bodyBytesMax: number) {
    this.#places = places;
    this.#bodyBytesMax = bodyBytesMax;
  }

  async answer(call: Call): Promise<void> {
    const { account, response } = call;
    const method = call.request.method ?? '';
    const target = readTarget(call.request.url ?? '');
    if (method !== 'GET' && method !== 'HEAD') requireWriting(account, method);
    if (target.rest === 'repository') {
      if (method === 'GET') await this.#places.open(account.folder, target.repository);
      else if (method === 'PUT') await this.#places.create(account.folder, target.repository);
      else throw wrongMethod(method);
      return sendJson(response, method === 'PUT' ? 201 : 200, {
        protocol: protocolVersion,
        access: account.access,
      });
    }
    const storage = await this.#places.open(account.folder, target.repository);
    if (target.rest === 'list') {
      if (method !== 'GET') throw wrongMethod(method);
      return sendList(storage, target.name, call);
    }
    if (target.rest === 'room') {
      if (method !== 'GET') throw wrongMethod(method);
      return sendJson(response, 200, (await this.#roomLeft(storage, call)) ?? {});
    }
    if (target.rest !== 'object') return this.#maintain(storage, target, method, call);
    if (method === 'PUT') return this.#put(storage, target, call);
    if (method === 'GET') return this.#get(storage, target.name, call);
    if (method === 'HEAD') return sendStat(await requireObject(storage, target.name, call), response);
    if (method === 'DELETE') return this.#delete(storage, target, call);
    throw wrongMethod(method);
  }

  async #put(storage: Storage, target: Target, call: Call): Promise<void> {
    const { account, request, response, signal } = call;
    const { name } = target;
    const length = bodyLength(request);
    const digest = request.headers['content-digest'];
    if (typeof digest !== 'string' || !isDigest(digest)) {
      throw invalidRequest('a put needs Content-Digest: sha-256=:…:');
    }
    if (account.access === 'append-only' && !mayAppend(name)) throw appendOnly(name);
    await this.#withMemory(length, async () => {
      const bytes = await readBody(request, length);
      if (digestOf(bytes) !== digest) {
        throw new Failure('unavailable', 'STORAGE_DAMAGED_ON_WAY', `"${name}" arrived with other bytes`);
      }
      const giveBack = await this.#takeRoom(storage, name, length, call);
      if (account.access === 'append-only' && isOwnable(name)) {
        await this.#noteOwner(storage, target, call);
      }
      let isNew = false;
      try {
        isNew = await putNew(storage, name, bytes, request.headers['if-none-match'] === '*', signal);
      } finally {
        if (!isNew) giveBack();
      }
      response.setHeader('ETag', `"${digest.slice('sha-256=:'.length, -1)}"`);
      response.writeHead(isNew ? 201 : 200, { 'Content-Length': 0 }).end();
    });
  }

  async #get(storage: Storage, name: string, call: Call): Promise<void> {
    const { request, response, signal } = call;
    const range = readRange(request.headers.range);
    const length = range?.length ?? (await requireObject(storage, name, call)).sizeBytes;
    await this.#withMemory(length, async () => {
      const bytes = await storage.get(name, { signal, ...(range !== undefined && { range }) });
      const digest = digestOf(bytes);
      response.setHeader('Content-Digest', digest);
      response.setHeader('Content-Type', 'application/octet-stream');
      response.setHeader('Content-Length', bytes.length);
      if (range === undefined) response.setHeader('ETag', `"${digest.slice('sha-256=:'.length, -1)}"`);
      else response.setHeader('Content-Range', `bytes ${range.offset}-${range.offset + range.length - 1}/*`);
      response.writeHead(range === undefined ? 200 : 206);
      response.end(bytes);
      // The memory is taken until the last byte has left.
      await finished(response, signal);
    });
  }

  async #delete(storage: Storage, { repository, name }: Target, call: Call): Promise<void> {
    const { account, response, signal } = call;
    if (account.access === 'append-only') {
      const notes = await this.#places.notes(account.folder);
      const isOwn = isOwnable(name) && (await isOwner(notes, repository, name, account.name, signal));
      // What is gone may be deleted again: the answer to the first try may have been lost.
      if (!isOwn && (!isOwnable(name) || (await storage.stat(name, { signal })) !== undefined)) {
        throw appendOnly(name);
      }
      await this.#room(account).deleting(storage, repository, name, signal);
      await forgetOwner(notes, repository, name, signal);
    } else await this.#room(account).deleting(storage, repository, name, signal);
    response.writeHead(204).end();
  }

  async #maintain(storage: Storage, target: Target, method: string, call: Call): Promise<void> {
    if (method !== 'POST') throw wrongMethod(method);
    const options = { signal: call.signal };
    if (target.rest === 'fill-reserve') {
      await storage.fillReserve?.(options);
      return sendJson(call.response, 200, {});
    }
    if (call.account.access !== 'full') throw appendOnly(target.rest);
    if (target.rest === 'free-reserve') {
      const isFreed = (await storage.freeReserve?.(options)) ?? false;
      return sendJson(call.response, 200, { isFreed });
    }
    const swept = (await storage.sweep?.(target.before, options)) ?? 0;
    return sendJson(call.response, 200, { swept });
  }

  /**
   * Before the object itself, so that a crash leaves a note about nothing rather than a session without an owner; and only while there is
   * no such object: names of sessions are random, so nobody can claim one of somebody else before it is there.
   */
  async #noteOwner(storage: Storage, { repository, name }: Target, { account, signal }: Call): Promise<void> {
    if ((await storage.stat(name, { signal })) !== undefined) return;
    await noteOwner(await this.#places.notes(account.folder), repository, name, account.name, signal);
  }

  /** Where no room is left, what is there already may still be put again. */
  async #takeRoom(storage: Storage, name: string, length: number, { account, signal }: Call) {
    try {
      return await this.#room(account).take(name, length, account.quotaBytes);
    } catch (error) {
      if (!isFailure(error, 'exhausted') || (await storage.stat(name, { signal })) === undefined) throw error;
      return () => undefined;
    }
  }

  /** Of the disk or of the quota, whatever ends first. */
  async #roomLeft(storage: Storage, { account, signal }: Call): Promise<StorageRoom | undefined> {
    const disk = await storage.room?.({ signal });
    const { quotaBytes } = account;
    if (quotaBytes === undefined) return disk;
    const left = Math.max(0, quotaBytes - (await this.#room(account).used()));
    return disk === undefined || left < disk.freeBytes ? { freeBytes: left, totalBytes: quotaBytes } : disk;
  }

  #room({ folder }: Account): Room {
    let room = this.#rooms.get(folder);
    if (room === undefined) {
      room = new Room(this.#places, folder);
      this.#rooms.set(folder, room);
    }
    return room;
  }

  async #withMemory(bytes: number, run: () => Promise<void>): Promise<void> {
    // One request always passes, or an object above the limit never would.
    if (this.#bodyBytes > 0 && this.#bodyBytes + bytes > this.#bodyBytesMax) throw busy(1000);
    this.#bodyBytes += bytes;
    try {
      await run();
    } finally {
      this.#bodyBytes -= bytes;
    }
  }
}

/** Nothing is decoded: what a name must not hold cannot be written in any way. */
function readTarget(url: string): Target {
  const [path = '', query, ...more] = url.split('?');
  const [, repository, rest] = /^\/v1\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (repository === undefined || !repositoryNamePattern.test(repository) || more.length > 0) {
    throw invalidRequest('no path of this server', 404);
  }
  const parameters = new Map(
    (query ?? '')
      .split('&')
      .filter((part) => part !== '')
      .map((part) => [part.replace(/=.*/, ''), part.replace(/^[^=]*=?/, '')]),
  );
  const target = { repository, name: '', before: 0 };
  if (rest === undefined || rest === '') return { ...target, rest: 'repository' };
  if (rest === 'objects') {
    const prefix = parameters.get('prefix') ?? '';
    if (!isObjectPrefix(prefix)) throw invalidRequest('no prefix of object names');
    return { ...target, rest: 'list', name: prefix };
  }
  if (rest.startsWith('objects/')) {
    const name = rest.slice('objects/'.length);
    if (!isObjectName(name)) throw invalidRequest('no name of an object');
    return { ...target, rest: 'object', name };
  }
  if (rest === 'fill-reserve' || rest === 'free-reserve' || rest === 'room') return { ...target, rest };
  const before = parameters.get('before') ?? '';
  if (rest !== 'sweep' || !/^[0-9]{1,15}$/.test(before)) throw invalidRequest('no path of this server', 404);
  return { ...target, rest, before: Number(before) };
}

/** Bounded before a byte is read; a body of unknown length has no bound. */
function bodyLength(request: IncomingMessage): number {
  const text = request.headers['content-length'];
  if (text === undefined) throw invalidRequest('a put needs Content-Length', 411);
  const length = Number(text);
  if (length > objectBytesMax) throw invalidRequest('an object has at most 128 MiB', 413);
  return length;
}

async function readBody(request: IncomingMessage, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  // The parser lets no more pass than Content-Length says.
  for await (const piece of request as AsyncIterable<Buffer>) filled += piece.copy(bytes, filled);
  if (filled !== length) throw invalidRequest('the body ended early');
  return bytes;
}

/** False when the same object was there. */
async function putNew(
  storage: Storage,
  name: string,
  bytes: Uint8Array,
  isExclusive: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await storage.put(name, bytes, { signal, ifAbsent: true });
    return true;
  } catch (error) {
    if (isExclusive || !isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    const found = await storage.get(name, { signal });
    if (Buffer.compare(found, bytes) === 0) return false;
    throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`);
  }
}

/** One range from a first to a last byte, which is all that a client of this protocol asks for. */
function readRange(header: string | undefined): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=([0-9]{1,15})-([0-9]{1,15})$/.exec(header) ?? [];
  const offset = Number(first);
  const length = Number(last) - offset + 1;
  if (first === undefined || length < 1 || length > objectBytesMax) {
    throw invalidRequest('a range is bytes=FIRST-LAST, of at most 128 MiB', 400);
  }
  return { offset, length };
}

async function requireObject(storage: Storage, name: string, { signal }: Call): Promise<ObjectStat> {
  const found = await storage.stat(name, { signal });
  if (found !== undefined) return found;
  throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
}

function sendStat(found: ObjectStat, response: ServerResponse): void {
  response.setHeader(modifiedHeader, found.modifiedAt);
  response.writeHead(200, { 'Content-Length': found.sizeBytes }).end();
}

/** One answer however long the list is, a line of JSON for some hundred objects; a list that broke off lacks the last line. */
async function sendList(storage: Storage, prefix: string, { response, signal }: Call): Promise<void> {
  let count = 0;
  let objects: ObjectStat[] = [];
  const send = async (line: unknown) => {
    // An error of the first page still becomes a status, because nothing has been sent.
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    if (!response.write(`${JSON.stringify(line)}\n`)) await once(response, 'drain', { signal });
  };
  for await (const { name, sizeBytes, modifiedAt } of storage.list(prefix, { signal })) {
    // A ".nfs…" or a "lost+found" lies beside the objects.
    if (!isObjectName(name)) continue;
    objects.push({ name, sizeBytes, modifiedAt });
    count += 1;
    if (objects.length === listLineObjects) {
      await send({ objects });
      objects = [];
    }
  }
  if (objects.length > 0) await send({ objects });
  await send({ end: true, count });
  response.end();
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.end(bytes);
}

async function finished(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!response.writableFinished && !response.destroyed) await once(response, 'finish', { signal });
}

function requireWriting({ access, name }: Account, method: string): void {
  if (access !== 'read-only') return;
  throw new Failure(
    'denied',
    'STORAGE_READ_ONLY',
    `the account "${name}" may only read, and asked for ${method}`,
  );
}

function appendOnly(what: string): Failure {
  return new Failure('denied', 'STORAGE_APPEND_ONLY', `"${what}" is refused: the account is append-only`);
}

function wrongMethod(method: string): Failure {
  return invalidRequest(`no "${method.slice(0, 20)}" here`, 405);
}
