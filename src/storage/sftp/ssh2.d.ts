// The part of the library ssh2 that sftp-connection.ts and its tests use; it comes without types.

declare module 'ssh2' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  export type Done<Result> = (error: Error | undefined | null, result: Result) => void;

  export interface Attributes {
    readonly mode: number;
    readonly size: number;
    /** Seconds. */
    readonly mtime: number;
  }

  export interface NamedEntry {
    readonly filename: string;
    readonly attrs: Attributes;
  }

  export interface FileSystemSpace {
    readonly f_frsize: number;
    readonly f_blocks: number;
    readonly f_bfree: number;
    readonly f_bavail: number;
    readonly f_files: number;
    readonly f_favail: number;
  }

  export interface SFTPWrapper extends EventEmitter {
    /** What the server announced, with versions. No method tells it. */
    readonly _extensions: Readonly<Record<string, string>>;
    open(path: string, flags: number, attributes: { mode: number }, done: Done<Buffer>): void;
    close(handle: Buffer, done: Done<void>): void;
    read(
      handle: Buffer,
      into: Buffer,
      offset: number,
      length: number,
      position: number,
      done: Done<number>,
    ): void;
    write(
      handle: Buffer,
      from: Buffer,
      offset: number,
      length: number,
      position: number,
      done: Done<void>,
    ): void;
    fstat(handle: Buffer, done: Done<Attributes>): void;
    stat(path: string, done: Done<Attributes>): void;
    unlink(path: string, done: Done<void>): void;
    rename(from: string, to: string, done: Done<void>): void;
    mkdir(path: string, attributes: { mode: number }, done: Done<void>): void;
    opendir(path: string, done: Done<Buffer>): void;
    readdir(handle: Buffer, done: Done<NamedEntry[]>): void;
    ext_openssh_fsync(handle: Buffer, done: Done<void>): void;
    ext_openssh_hardlink(from: string, to: string, done: Done<void>): void;
    ext_openssh_statvfs(path: string, done: Done<FileSystemSpace>): void;
  }

  export interface Key {
    readonly type: string;
    isPrivateKey(): boolean;
    /** Of a private key: PEM that node:crypto reads. */
    getPrivatePEM(): string;
  }

  export interface ConnectConfig {
    sock: Duplex;
    username: string;
    authHandler?: readonly object[];
    readyTimeout?: number;
    keepaliveInterval?: number;
    keepaliveCountMax?: number;
    hostVerifier?: (key: Buffer) => boolean;
    algorithms?: { serverHostKey?: readonly string[] };
  }

  export interface Client extends EventEmitter {
    connect(config: ConnectConfig): void;
    sftp(done: Done<SFTPWrapper>): void;
    forwardOut(fromHost: string, fromPort: number, toHost: string, toPort: number, done: Done<Duplex>): void;
    end(): void;
  }

  /** The server's side of one session, for tests. */
  export interface SftpServerStream extends EventEmitter {
    handle(id: number, handle: Buffer): void;
    status(id: number, code: number, message?: string): void;
    data(id: number, bytes: Buffer): void;
    name(id: number, names: readonly { filename: string; longname: string; attrs: object }[]): void;
    attrs(id: number, attributes: object): void;
  }

  const ssh2: {
    readonly Client: new () => Client;
    readonly Server: new (
      config: object,
      onConnection: (connection: EventEmitter) => void,
    ) => EventEmitter & {
      listen(port: number, host: string, done: () => void): void;
      address(): { port: number };
      close(done?: () => void): void;
    };
    readonly utils: {
      parseKey(key: Buffer | string, passphrase?: string): Key | Key[] | Error;
    };
  };
  export default ssh2;
}
