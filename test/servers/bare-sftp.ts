// An SFTP server without extensions, in memory, that can be told to misbehave. It serves any user who has the password.

import { generateKeyPairSync } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import ssh2, { type SftpServerStream } from 'ssh2';

export interface Manners {
  /** What renaming to a taken name does; the protocol demands a refusal. */
  renaming: 'refuses' | 'replaces';
  /** Reads give at most so many bytes. */
  readBytesMax: number;
  /** The last byte of each write is stored wrongly. */
  damagesWrites: boolean;
  /** The last byte of each file is lost. */
  losesTails: boolean;
  /** Requests get no answer. */
  isSilent: boolean;
  /** Files that hold more bytes are refused with a failure and these words. */
  full: { readonly bytes: number; readonly words: string } | undefined;
}

export interface BareSftp extends AsyncDisposable {
  readonly port: number;
  readonly manners: Manners;
  /** By absolute path; folders end with a slash. */
  readonly files: Map<string, Buffer>;
}

const status = { ok: 0, endOfFile: 1, noSuchFile: 2, failure: 4 } as const;

export async function startBareSftp(password: string, given: Partial<Manners> = {}): Promise<BareSftp> {
  const manners: Manners = {
    renaming: 'refuses',
    readBytesMax: 32 * 1024,
    damagesWrites: false,
    losesTails: false,
    isSilent: false,
    full: undefined,
    ...given,
  };
  const files = new Map<string, Buffer>([['/', Buffer.alloc(0)]]);
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const connections = new Set<EventEmitter & { end(): void }>();
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (connection) => {
    const one = connection as EventEmitter & { end(): void };
    connections.add(one);
    // Without this each answer waits for the one before it to be acknowledged; the library has no method for it.
    (connection as unknown as { _sock: Socket })._sock.setNoDelay(true);
    connection.on('error', () => undefined).on('close', () => connections.delete(one));
    connection.on(
      'authentication',
      (login: { method: string; password?: string; accept(): void; reject(): void }) =>
        login.method === 'password' && login.password === password ? login.accept() : login.reject(),
    );
    connection.on('session', (accept: () => EventEmitter) => {
      accept().on('sftp', (acceptSftp: () => SftpServerStream) => serve(acceptSftp(), files, manners));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    manners,
    files,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(sftp: SftpServerStream, files: Map<string, Buffer>, manners: Manners): void {
  const handles: { path: string; rest: string[] | undefined }[] = [];
  const opened = (id: number, path: string, rest?: string[]) => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(handles.push({ path, rest }) - 1);
    sftp.handle(id, handle);
  };
  const of = (handle: Buffer) => handles[handle.readUInt32BE()]!;
  const isFolder = (path: string) => files.has(asFolder(path));
  const attributes = (path: string) => ({
    mode: isFolder(path) ? 0o040700 : 0o100600,
    uid: 0,
    gid: 0,
    size: files.get(path)?.length ?? 0,
    atime: 1000,
    mtime: 1000,
  });
  // biome-ignore lint/suspicious/noExplicitAny: each request has arguments of its own.
  const on = (request: string, answer: (id: number, ...rest: any[]) => void) =>
    sftp.on(request, (id: number, ...rest: unknown[]) => {
      if (!manners.isSilent) answer(id, ...rest);
    });
  on('OPEN', (id, name: string, flags: number) => {
    const path = absolute(name);
    const isNew = (flags & 0x08) !== 0;
    if (isNew ? files.has(path) : !files.has(path)) {
      return sftp.status(id, isNew ? status.failure : status.noSuchFile);
    }
    if (isNew && !isFolder(parentOf(path))) return sftp.status(id, status.noSuchFile);
    if (isNew) files.set(path, Buffer.alloc(0));
    opened(id, path);
  });
  on('WRITE', (id, handle: Buffer, offset: number, bytes: Buffer) => {
    const { path } = of(handle);
    const old = files.get(path)!;
    const size = Math.max(old.length, offset + bytes.length);
    const { full } = manners;
    if (full !== undefined && size > full.bytes) return sftp.status(id, status.failure, full.words);
    const stored = grown(old, size);
    bytes.copy(stored, offset);
    if (manners.damagesWrites) stored[offset + bytes.length - 1]! ^= 1;
    files.set(path, stored);
    sftp.status(id, status.ok);
  });
  on('READ', (id, handle: Buffer, offset: number, length: number) => {
    const bytes = files
      .get(of(handle).path)!
      .subarray(offset, offset + Math.min(length, manners.readBytesMax));
    if (bytes.length === 0) sftp.status(id, status.endOfFile);
    else sftp.data(id, bytes);
  });
  on('CLOSE', (id) => sftp.status(id, status.ok));
  on('FSTAT', (id, handle: Buffer) => {
    const { path } = of(handle);
    if (manners.losesTails) files.set(path, files.get(path)!.subarray(0, -1));
    sftp.attrs(id, attributes(path));
  });
  on('STAT', (id, name: string) => {
    const path = absolute(name);
    if (isFolder(path) || files.has(path)) sftp.attrs(id, attributes(path));
    else sftp.status(id, status.noSuchFile);
  });
  on('MKDIR', (id, name: string) => {
    const path = absolute(name);
    if (isFolder(path)) return sftp.status(id, status.failure);
    files.set(asFolder(path), Buffer.alloc(0));
    sftp.status(id, status.ok);
  });
  on('REMOVE', (id, name: string) => {
    sftp.status(id, files.delete(absolute(name)) ? status.ok : status.noSuchFile);
  });
  on('RENAME', (id, from: string, to: string) => {
    const [source, target] = [absolute(from), absolute(to)];
    if (files.has(target) && manners.renaming === 'refuses') return sftp.status(id, status.failure);
    files.set(target, files.get(source)!);
    files.delete(source);
    sftp.status(id, status.ok);
  });
  on('OPENDIR', (id, name: string) => {
    const path = asFolder(absolute(name));
    if (!files.has(path)) return sftp.status(id, status.noSuchFile);
    const below = [...files.keys()]
      .filter((one) => one !== path && one.startsWith(path))
      .map((one) => one.slice(path.length))
      .filter((one) => /^[^/]+\/?$/.test(one));
    opened(id, path, ['.', '..', ...below]);
  });
  on('READDIR', (id, handle: Buffer) => {
    const open = of(handle);
    const isThere = (name: string) => files.has(`${open.path}${name}`);
    const names = open.rest!.splice(0, 1000).filter((name) => name.startsWith('.') || isThere(name));
    if (names.length === 0) return sftp.status(id, status.endOfFile);
    sftp.name(
      id,
      names.map((name) => {
        const filename = name.replace(/\/$/, '');
        return { filename, longname: filename, attrs: attributes(`${open.path}${filename}`) };
      }),
    );
  });
}

/** Within the memory that it has, where that is enough: files are written in many small pieces. */
function grown(bytes: Buffer, size: number): Buffer {
  if (bytes.byteOffset === 0 && bytes.buffer.byteLength >= size) return Buffer.from(bytes.buffer, 0, size);
  const larger = Buffer.allocUnsafeSlow(size * 2).fill(0);
  bytes.copy(larger);
  return larger.subarray(0, size);
}

function absolute(path: string): string {
  const whole = `/${path}`.replace(/\/\.(?=\/|$)/g, '').replace(/\/+/g, '/');
  return whole === '/' ? '/' : whole.replace(/\/$/, '');
}

function asFolder(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
