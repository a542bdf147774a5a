// Repositories on a Holdfast object server (rest/server.ts), over HTTPS. Class A: the server links a synced file to a name that was free
// before it answers. node:http alone, because connections, certificates and half-sent bodies must be in our own hands.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod/mini';
import { Failure, isFailure } from '../base/failure.ts';
import { readAddress } from './address.ts';
import { serverCertificate } from './network/server-certificate.ts';
import { Connection, type Question } from './rest/connection.ts';
import { connectionFailure, strangeAnswer, tooShort } from './rest/failure.ts';
import {
  about,
  defaultPort,
  digestOf,
  isLoopback,
  listLine,
  listLineBytesMax,
  modifiedHeader,
  objectBytesMax,
  repositoryNamePattern,
  roomAnswer,
} from './rest/protocol.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PostureFinding,
  PutOptions,
  ServerCertificate,
  Storage,
  StorageKind,
  StorageRoom,
} from './storage.ts';

const parallelCallsMax = 6;
const optionNames = ['ca-file', 'certificate-sha256', 'allow-plaintext'];

const config = z.object({
  host: z.string().check(z.minLength(1)),
  port: z._default(z.int().check(z.gte(1), z.lte(65_535)), defaultPort),
  /** Of the repository. */
  name: z.string().check(z.regex(repositoryNamePattern)),
  user: z.optional(z.string().check(z.regex(/^[^:]+$/))),
  password: z.optional(z.string()),
  /** Instead of user and password. */
  token: z.optional(z.string().check(z.regex(/^[\w-]{20,100}$/))),
  tls: z._default(z.boolean(), true),
  /** PEM, of the authority that signed the server's certificate. */
  caFile: z.optional(z.string()),
  /** Of the server's certificate: hexadecimal digits, with or without colons. */
  certificateSha256: z.optional(z.string().check(z.regex(/^([0-9a-fA-F]{2}:?){32}$/))),
  allowPlaintextTransport: z._default(z.boolean(), false),
});
type RestConfig = z.infer<typeof config>;

const rest: StorageKind<RestConfig> = {
  scheme: 'rest',
  title: 'Holdfast object server',
  config,
  secretFields: ['password', 'token'],
  fromUrl(url) {
    const example = 'rests://alice@backup.example.org/laptop';
    const { host, port, user, path, options } = readAddress(url, optionNames, example);
    const fail = (why: string) =>
      new Failure('usage', 'STORAGE_URL_INVALID', `the URL of an object server cannot be used: ${why}`, {
        hint: `Write it like ${example}`,
      });
    const [name] = path;
    if (host === '') throw fail('it names no server');
    if (name === undefined || path.length > 1)
      throw fail('after the server comes the name of one repository');
    const plaintext = options['allow-plaintext'];
    if (plaintext !== undefined && plaintext !== 'yes') throw fail('"allow-plaintext" can only be "yes"');
    const caFile = options['ca-file'];
    const certificateSha256 = options['certificate-sha256'];
    return {
      host,
      name,
      tls: /^rests:/i.test(url),
      ...(port !== undefined && { port }),
      ...(user !== undefined && { user }),
      ...(caFile !== undefined && { caFile }),
      ...(certificateSha256 !== undefined && { certificateSha256 }),
      ...(plaintext !== undefined && { allowPlaintextTransport: true }),
    };
  },
  async open(given, context) {
    const storage = new RestStorage(given, await connectionTo(given));
    return opened(storage, () => storage.greet('GET', context));
  },
  async create(given, context) {
    const storage = new RestStorage(given, await connectionTo(given));
    return opened(storage, () => storage.greet('PUT', context));
  },
};
export default rest;

async function opened(storage: RestStorage, greet: () => Promise<unknown>): Promise<Storage> {
  try {
    await greet();
    return storage;
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

function connectionTo(given: RestConfig): Promise<Connection> {
  const { user, password, token, tls, host } = given;
  if (!tls && !given.allowPlaintextTransport && !isLoopback(host)) {
    throw new Failure(
      'usage',
      'STORAGE_PLAINTEXT',
      `"rest://" would show the password to everybody on the way to "${host}"`,
      {
        hint: 'Use rests://. Only on a network that is encrypted otherwise add ?allow-plaintext=yes.',
      },
    );
  }
  if (!tls && (given.caFile !== undefined || given.certificateSha256 !== undefined)) {
    throw new Failure('usage', 'STORAGE_PLAINTEXT', 'a certificate was named for a connection without one', {
      hint: 'Use rests://.',
    });
  }
  if (token === undefined && (user === undefined || password === undefined)) {
    throw new Failure(
      'usage',
      'STORAGE_LOGIN_MISSING',
      'an object server needs a user and password, or a token',
      {
        hint: 'Write the user into the URL and set HOLDFAST_STORAGE_PASSWORD_FILE, or set HOLDFAST_STORAGE_TOKEN_FILE alone.',
      },
    );
  }
  const login = Buffer.from(`${user}:${password}`).toString('base64');
  return Connection.open({
    location: locationOf(given),
    host,
    port: given.port,
    isSecure: tls,
    caFile: given.caFile,
    certificateSha256: given.certificateSha256?.replaceAll(':', '').toLowerCase(),
    authorization: token === undefined ? `Basic ${login}` : `Bearer ${token}`,
    connectionsMax: parallelCallsMax,
  });
}

function locationOf({ tls, user, token, host, port, name }: RestConfig): string {
  const shownUser = user === undefined || token !== undefined ? '' : `${encodeURIComponent(user)}@`;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rests' : 'rest'}://${shownUser}${shownHost}:${port}/${name}`;
}

class RestStorage implements Storage {
  readonly location: string;
  readonly features = { exclusivePut: true, parallelCallsMax, isLocal: false, durability: 'A' } as const;
  readonly #base: string;
  readonly #connection: Connection;
  readonly #isSecure: boolean;
  readonly #isOnThisMachine: boolean;
  readonly #host: string;
  readonly #port: number;

  constructor(given: RestConfig, connection: Connection) {
    this.location = locationOf(given);
    this.#base = `/v1/${given.name}`;
    this.#isSecure = given.tls;
    this.#isOnThisMachine = isLoopback(given.host);
    this.#host = given.host;
    this.#port = given.port;
    this.#connection = connection;
  }

  /** PUT makes the repository's place. */
  async greet(method: 'GET' | 'PUT', { signal }: CallOptions): Promise<z.infer<typeof about>> {
    const found = about.safeParse(await this.#askJson({ method, path: this.#base, signal }));
    if (!found.success) throw strangeAnswer(this.location, 'it speaks another version of the protocol');
    return found.data;
  }

  /** What the server says of this account; how its disk is kept, it does not know. */
  async posture(options: CallOptions): Promise<readonly PostureFinding[]> {
    const { access } = await this.greet('GET', options);
    return [
      access === 'full'
        ? {
            about: 'object-lock',
            verdict: 'warning',
            detail: 'this account may delete: give hosts that only back up one that is append-only',
          }
        : { about: 'object-lock', verdict: 'good', detail: `this account is ${access}: it deletes nothing` },
      this.#isSecure
        ? { about: 'transport', verdict: 'good', detail: 'all calls go through TLS' }
        : {
            about: 'transport',
            verdict: this.#isOnThisMachine ? 'good' : 'bad',
            detail: this.#isOnThisMachine
              ? 'the server is on this machine'
              : 'the password is shown to everybody on the way: use rests://',
          },
    ];
  }

  async room({ signal }: CallOptions): Promise<StorageRoom | undefined> {
    let answer: object;
    try {
      answer = await this.#askJson({ method: 'GET', path: `${this.#base}/room`, signal });
    } catch (error) {
      // A server from before there was such a question.
      if (isFailure(error, 'bug', 'REQUEST_INVALID')) return undefined;
      throw error;
    }
    const found = roomAnswer.safeParse(answer);
    return found.success ? found.data : undefined;
  }

  async certificate(options: CallOptions): Promise<ServerCertificate | undefined> {
    return this.#isSecure ? serverCertificate(this.#host, this.#port, options) : undefined;
  }

  async put(name: string, bytes: Uint8Array, { signal, ifAbsent }: PutOptions): Promise<void> {
    await this.#askEmpty({
      method: 'PUT',
      path: this.#object(name),
      name,
      headers: { 'Content-Digest': digestOf(bytes), ...(ifAbsent === true && { 'If-None-Match': '*' }) },
      body: bytes,
      signal,
    });
  }

  async get(name: string, { signal, range }: GetOptions): Promise<Uint8Array> {
    // HTTP has no range of no bytes.
    if (range?.length === 0) {
      const found = await this.#stat(name, signal);
      if (range.offset > found.sizeBytes) throw tooShort(name);
      return new Uint8Array(0);
    }
    const headers = range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    const path = this.#object(name);
    const message = await this.#ask({ method: 'GET', path, name, signal, ...(headers && { headers }) });
    const length = Number(message.headers['content-length'] ?? Number.NaN);
    const isAsked = range === undefined ? message.statusCode === 200 : message.statusCode === 206;
    if (!isAsked || !(length <= objectBytesMax) || (range !== undefined && length !== range.length)) {
      message.destroy();
      throw strangeAnswer(this.location, `status ${message.statusCode}, ${length} bytes`);
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    await this.#read(message, signal, (piece) => {
      filled += piece.copy(bytes, filled);
    });
    if (filled !== length || digestOf(bytes) !== message.headers['content-digest']) {
      throw new Failure('unavailable', 'STORAGE_DAMAGED_ON_WAY', `"${name}" arrived with other bytes`, {
        hint: 'Check the network and what stands between; it is tried again.',
      });
    }
    return bytes;
  }

  async stat(name: string, { signal }: CallOptions): Promise<ObjectStat | undefined> {
    try {
      return await this.#stat(name, signal);
    } catch (error) {
      if (error instanceof Failure && error.code === 'OBJECT_MISSING') return undefined;
      throw error;
    }
  }

  async *list(prefix: string, { signal }: CallOptions): AsyncIterable<ObjectStat> {
    const message = await this.#ask({
      method: 'GET',
      path: `${this.#base}/objects?prefix=${prefix}`,
      signal,
    });
    let count = 0;
    let hasEnded = false;
    try {
      for await (const text of this.#lines(message, signal)) {
        const line = hasEnded ? undefined : parseLine(text);
        if (line === undefined) throw strangeAnswer(this.location, 'a list has a line that is none');
        if ('end' in line) {
          if (line.count !== count)
            throw strangeAnswer(this.location, `a list has ${count} of ${line.count} objects`);
          hasEnded = true;
          continue;
        }
        count += line.objects.length;
        yield* line.objects;
      }
      // A list that broke off would be an empty, or a shorter, list.
      if (!hasEnded) throw connectionFailure(this.location, new Error('a list broke off'), signal);
    } finally {
      message.destroy();
    }
  }

  async delete(name: string, { signal }: CallOptions): Promise<void> {
    await this.#askEmpty({ method: 'DELETE', path: this.#object(name), name, signal });
  }

  async fillReserve({ signal }: CallOptions): Promise<void> {
    await this.#askEmpty({ method: 'POST', path: `${this.#base}/fill-reserve`, signal });
  }

  async freeReserve({ signal }: CallOptions): Promise<boolean> {
    const found = await this.#askJson({ method: 'POST', path: `${this.#base}/free-reserve`, signal });
    return (found as { isFreed?: unknown }).isFreed === true;
  }

  async sweep(before: number, { signal }: CallOptions): Promise<number> {
    const path = `${this.#base}/sweep?before=${Math.max(0, Math.floor(before))}`;
    const { swept } = (await this.#askJson({ method: 'POST', path, signal })) as { swept?: unknown };
    return typeof swept === 'number' ? swept : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection[Symbol.dispose]();
  }

  async #stat(name: string, signal: AbortSignal): Promise<ObjectStat> {
    const message = await this.#ask({ method: 'HEAD', path: this.#object(name), name, signal });
    await this.#read(message, signal, () => undefined);
    const sizeBytes = Number(message.headers['content-length'] ?? Number.NaN);
    const modifiedAt = Number(message.headers[modifiedHeader] ?? Number.NaN);
    if (!Number.isSafeInteger(sizeBytes) || !Number.isSafeInteger(modifiedAt)) {
      throw strangeAnswer(this.location, 'an object without its size or time');
    }
    return { name, sizeBytes, modifiedAt };
  }

  async #ask(question: Question): Promise<IncomingMessage> {
    if (question.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
    return this.#connection.ask(question);
  }

  async #askEmpty(question: Question): Promise<void> {
    await this.#read(await this.#ask(question), question.signal, () => undefined);
  }

  async #askJson(question: Question): Promise<object> {
    let text = '';
    await this.#read(await this.#ask(question), question.signal, (piece) => {
      if (text.length < 1000) text += piece.toString();
    });
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null) return value;
    throw strangeAnswer(this.location, 'no JSON');
  }

  async #read(message: IncomingMessage, signal: AbortSignal, take: (piece: Buffer) => void): Promise<void> {
    try {
      for await (const piece of message as AsyncIterable<Buffer>) take(piece);
    } catch (error) {
      throw connectionFailure(this.location, error, signal);
    }
  }

  async *#lines(message: IncomingMessage, signal: AbortSignal): AsyncIterable<string> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const piece of message as AsyncIterable<Buffer>) {
        let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
        for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
          yield textOf(bytes.subarray(0, end));
          bytes = bytes.subarray(end + 1);
        }
        if (bytes.length > listLineBytesMax)
          throw strangeAnswer(this.location, 'a list has a line without an end');
        rest = bytes;
      }
    } catch (error) {
      throw connectionFailure(this.location, error, signal);
    }
  }

  #object(name: string): string {
    return `${this.#base}/objects/${name}`;
  }
}

function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : '';
}

function parseLine(text: string): z.infer<typeof listLine> | undefined {
  const line = listLine.safeParse(parseJson(text));
  return line.success ? line.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
