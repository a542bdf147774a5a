// One control connection to an FTP server, which does one thing at a time. It stands on the library's login, passive mode and
// responses; reading is done here, because the library cannot stop a transfer after a range, and because the last answer of a
// listing may say that the list was cut short. Paths are whole paths: the current folder is never changed.

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Client, FTPError, type FTPResponse, parseList } from 'basic-ftp';
import { Failure } from '../../base/failure.ts';
import { lookOptions, requirePin, type Trust, tlsOptions } from '../network/certificates.ts';
import { shownBy } from '../network/server-certificate.ts';
import type { ServerCertificate } from '../storage.ts';

export interface FtpServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls: 'explicit' | 'implicit' | 'none';
  readonly trust: Trust;
}

export interface FtpEntry {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  /** Absent where the listing tells no exact time. */
  readonly modifiedAt?: number;
}

const connectMs = 15_000;
/** Without a byte in any direction. */
const idleMs = 60_000;
const pieceBytes = 256 * 1024;
/** About what a new connection costs. */
const restBytesMax = 1024 * 1024;
const listingBytesMax = 64 * 1024 * 1024;

export class FtpConnection {
  readonly #client: Client;
  readonly #listCommand: 'MLSD' | 'LIST -a';
  readonly hasMachineLists: boolean;

  #isBusy = true;

  private constructor(client: Client, hasMachineLists: boolean) {
    this.#client = client;
    this.hasMachineLists = hasMachineLists;
    this.#listCommand = hasMachineLists ? 'MLSD' : 'LIST -a';
    watch(client, () => this.#isBusy);
  }

  /** Logged in, in binary mode, data channels encrypted like this one. `pinned`: from `lookAtCertificate`. */
  static open(server: FtpServer, pinned: string | undefined, signal: AbortSignal): Promise<FtpConnection> {
    const client = new Client(0);
    return guarded(client, AbortSignal.any([signal, AbortSignal.timeout(connectMs)]), async () => {
      await startTls(client, server, tlsOptions(server.trust, server.host, pinned));
      await client.login(server.user, server.password);
      await client.useDefaultSettings();
      // The library passes over a refusal, and would then send the data in clear.
      if (client.ftp.hasTLS) await client.send('PROT P');
      return new FtpConnection(client, client.availableListCommands.includes('MLSD'));
    });
  }

  get isBroken(): boolean {
    return this.#client.closed;
  }

  close(): void {
    this.#client.close();
  }

  /** Runs calls on this connection; an abort, or silence of one to two minutes, closes it and ends them. */
  async run<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    this.#isBusy = true;
    try {
      return await guarded(this.#client, signal, run);
    } finally {
      this.#isBusy = false;
    }
  }

  size(path: string): Promise<number> {
    return this.#client.size(path);
  }

  async modifiedAt(path: string): Promise<number> {
    return (await this.#client.lastMod(path)).getTime();
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#client.send(`RNFR ${from}`);
    await this.#client.send(`RNTO ${to}`);
  }

  async remove(path: string): Promise<void> {
    await this.#client.send(`DELE ${path}`);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#client.send(`MKD ${path}`);
  }

  /** Rejects when there is no such folder; costs a listing where the server has no MLST. */
  async requireFolder(path: string): Promise<void> {
    if (!this.hasMachineLists) return void (await this.list(path));
    const { message } = await this.#client.send(path === '' ? 'MLST' : `MLST ${path}`);
    if (/type=file/i.test(message)) {
      throw new FTPError({ code: 550, message: '550 no such folder, but a file' });
    }
  }

  async store(path: string, bytes: Uint8Array): Promise<void> {
    await this.#transfer(`STOR ${path}`, 0, (socket, ended) => {
      socket.once('finish', ended);
      const send = () => Readable.from(pieces(bytes)).pipe(socket);
      // Nothing to send, and thus the end, right at the end of the handshake would cut the handshake short: its last message is sent
      // only after this event.
      if (socket instanceof TLSSocket && !socket.authorized)
        socket.once('secureConnect', () => setImmediate(send));
      else setImmediate(send);
      // Nothing comes this way, but the end of the connection does, and only a socket that is read sees it.
      socket.resume();
    });
  }

  /**
   * Gives pieces as they come until `sink` says that it has enough; false when the file ended before. `restBytes`: how much the file
   * has behind what is wanted. FTP knows no end of a range: a short rest is let come, for the sake of the connection, of which some
   * servers (proftpd with TLS) make an end when a transfer is broken off.
   */
  async retrieve(
    path: string,
    offset: number,
    restBytes: number,
    sink: (piece: Buffer) => boolean,
  ): Promise<boolean> {
    const { isEnough, isStopped } = await this.#receive(
      `RETR ${path}`,
      offset,
      restBytes > restBytesMax,
      sink,
    );
    if (isStopped) {
      // Whatever the server had yet to say about the transfer must not be taken for the answer to the next command.
      const answer = await this.#client.send('NOOP').catch(() => undefined);
      if (answer?.code !== 200) this.close();
    }
    return isEnough;
  }

  /** All entries but "." and "..". Rejects when the server says that it left some out. */
  async list(path: string): Promise<FtpEntry[]> {
    const pieces: Buffer[] = [];
    let length = 0;
    const command = path === '' ? this.#listCommand : `${this.#listCommand} ${path}`;
    const { answer } = await this.#receive(command, 0, true, (piece) => {
      pieces.push(piece);
      length += piece.length;
      return length > listingBytesMax;
    });
    if (length > listingBytesMax || /truncated/i.test(answer)) {
      throw new Failure(
        'unavailable',
        'STORAGE_LIST_INCOMPLETE',
        `the server leaves out names of "${path}"`,
        {
          hint: 'Ask who runs the server to lift its limit on listings (in Pure-FTPd: LimitRecursion).',
        },
      );
    }
    return parseList(Buffer.concat(pieces, length).toString('utf8'))
      .filter(({ name }) => name !== '.' && name !== '..')
      .map(({ name, size, modifiedAt, isFile, isDirectory }) => ({
        name,
        type: isFile ? 'file' : isDirectory ? 'directory' : 'other',
        sizeBytes: size,
        ...(modifiedAt === undefined ? {} : { modifiedAt: modifiedAt.getTime() }),
      }));
  }

  async #receive(
    command: string,
    offset: number,
    mayStop: boolean,
    sink: (piece: Buffer) => boolean,
  ): Promise<{ readonly isEnough: boolean; readonly isStopped: boolean; readonly answer: string }> {
    let isEnough = false;
    const answer = await this.#transfer(command, offset, (socket, ended, stop) => {
      socket.on('data', (piece: Buffer) => {
        if (isEnough) return;
        isEnough = sink(piece);
        if (isEnough && mayStop) stop();
      });
      socket.once('end', ended);
    });
    return { isEnough, isStopped: isEnough && mayStop, answer };
  }

  /**
   * Ends when both the data have ended and the server has said how it went. When the data connection fails, the server's word is
   * waited for: a refused command resets it, too, and the word says why. After `stop` that word does not matter.
   */
  async #transfer(
    command: string,
    offset: number,
    attach: (socket: Socket, ended: () => void, stop: () => void) => void,
  ): Promise<string> {
    const { ftp } = this.#client;
    await this.#client.prepareTransfer(ftp);
    const data = ftp.dataSocket;
    if (data === undefined) throw new Error('no data connection');
    let dataError: Error | undefined;
    let isEnd = false;
    let isStopped = false;
    let answer: FTPResponse | FTPError | undefined;
    let settle: () => void = () => undefined;
    for (const event of ['error', 'close'] as const) {
      // The library's own, added last, ends the whole connection.
      const own = data.rawListeners(event).at(-1);
      if (own !== undefined) data.removeListener(event, own as () => void);
    }
    data.once('error', (error: Error) => {
      dataError = error;
      data.destroy();
    });
    data.once('close', () => {
      isEnd = true;
      settle();
    });
    if (offset > 0) await this.#client.send(`REST ${offset}`);
    let isStarted = false;
    return (await ftp.handle(command, (response, task) => {
      settle = () => {
        if (!isEnd || answer === undefined) return;
        ftp.dataSocket = undefined;
        const isBrokenOff = answer.code < 400 || [425, 426, 451].includes(answer.code);
        if (isStopped) task.resolve(answer.message);
        else if (dataError !== undefined && isBrokenOff) task.reject(dataError);
        else if (answer instanceof FTPError) task.reject(answer);
        else task.resolve(answer.message);
      };
      if (response instanceof FTPError) {
        answer = response;
        isEnd = true;
        settle();
      } else if (response instanceof Error) {
        ftp.dataSocket = undefined;
        if (isStopped) task.resolve('');
        else task.reject(response);
      } else if (response.code >= 200) {
        answer = response;
        settle();
      } else if (!isStarted) {
        isStarted = true;
        const end = () => {
          isEnd = true;
          settle();
        };
        attach(data, end, () => {
          isStopped = true;
          ftp.dataSocket = undefined;
          end();
        });
      }
    })) as string;
  }
}

/** Looks at the certificate on a connection of its own, before any password is sent; undefined without a pin. */
export async function lookAtCertificate(server: FtpServer, signal: AbortSignal): Promise<string | undefined> {
  if (server.trust.fingerprint === undefined || server.tls === 'none') return undefined;
  const client = new Client(0);
  try {
    return await guarded(client, AbortSignal.any([signal, AbortSignal.timeout(connectMs)]), async () => {
      await startTls(client, server, lookOptions(server.trust, server.host));
      return requirePin(client.ftp.socket as TLSSocket, server.trust, server.host);
    });
  } finally {
    client.close();
  }
}

/** What the server shows, on a connection of its own; undefined without TLS. */
export async function shownCertificate(
  server: FtpServer,
  signal: AbortSignal,
): Promise<ServerCertificate | undefined> {
  if (server.tls === 'none') return undefined;
  const client = new Client(0);
  try {
    return await guarded(client, AbortSignal.any([signal, AbortSignal.timeout(connectMs)]), async () => {
      await startTls(client, server, lookOptions(server.trust, server.host));
      return shownBy(client.ftp.socket as TLSSocket, `${server.host}:${server.port}`);
    });
  } finally {
    client.close();
  }
}

async function startTls(
  client: Client,
  { host, port, tls }: FtpServer,
  options: ReturnType<typeof tlsOptions>,
): Promise<void> {
  if (tls === 'implicit') return void (await client.connectImplicitTLS(host, port, options));
  await client.connect(host, port);
  if (tls === 'none') return;
  let answer: FTPResponse;
  try {
    answer = await client.useTLS(options);
  } catch (error) {
    if (!(error instanceof FTPError) || error.code < 500) throw error;
    throw new Failure('denied', 'STORAGE_NO_TLS', `"${host}" offers no encryption (${error.code})`, {
      hint: 'Ask for explicit TLS on the server, or use "ftps:" where it has implicit TLS. Without any, the password and all names are sent in clear: accept that with allow-plaintext=true.',
      cause: error,
    });
  }
  if (answer.code >= 300) throw new FTPError(answer);
}

/** The library has no signal and only one timeout for everything: closing the client ends whatever it does. */
async function guarded<Result>(
  client: Client,
  signal: AbortSignal,
  run: () => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) throw canceledOr(signal, undefined);
  const onAbort = () => client.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await run();
  } catch (error) {
    // An answer leaves the connection as good as it was; anything else may have left it in the middle of something.
    if (!(error instanceof FTPError)) client.close();
    throw signal.aborted ? canceledOr(signal, error) : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function canceledOr(signal: AbortSignal, error: unknown): unknown {
  if ((signal.reason as Error | undefined)?.name === 'TimeoutError') {
    return Object.assign(new Error('no connection in time', { cause: error }), { code: 'ETIMEDOUT' });
  }
  return new Failure('canceled', 'CANCELED', 'the call was canceled');
}

/** Closes a busy client when no byte has moved for a whole interval; looks once in each, for as long as the client is open. */
function watch(client: Client, isBusy: () => boolean): void {
  let seen = -1;
  const look = () => {
    if (client.closed) return;
    const moved = movedBytes(client);
    if (isBusy() && moved === seen) {
      client.ftp.closeWithError(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
      return;
    }
    seen = moved;
    AbortSignal.timeout(idleMs).addEventListener('abort', look, { once: true });
  };
  look();
}

function movedBytes({ ftp }: Client): number {
  const { socket, dataSocket } = ftp;
  let moved = socket.bytesRead + socket.bytesWritten;
  // What waits in our own buffer has not moved.
  if (dataSocket !== undefined)
    moved += dataSocket.bytesRead + dataSocket.bytesWritten - dataSocket.writableLength;
  return moved;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
    yield bytes.subarray(offset, offset + pieceBytes);
  }
}
