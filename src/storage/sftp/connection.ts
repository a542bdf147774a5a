// One SSH connection with one SFTP session, made when it is needed and made anew after it broke. Many requests are under way at once. No
// request waits for ever: the library gives a login 15 s and pings an idle server, and a server that answers nothing for 60 s is left.

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Client, type Done, type SFTPWrapper } from 'ssh2';
import type { Failure } from '../../base/failure.ts';
import { connectFailure, lost } from './failure.ts';
import { type Hop, hostKeyCheck, loginMethods, type SftpConfig } from './login.ts';

export interface SftpLimits {
  readonly connectMs: number;
  readonly idleMs: number;
}

export const usualLimits: SftpLimits = { connectMs: 15_000, idleMs: 60_000 };

/** All failures are Failures but the answers of the server, which sftp-failure.ts maps. */
export interface SftpSession {
  readonly hasFsync: boolean;
  readonly hasHardlink: boolean;
  readonly hasStatvfs: boolean;
  /** What one read or write may carry. */
  readonly chunkBytes: number;
  /** Fails with `lost` when the connection ends before the answer. */
  ask<Result>(send: (sftp: SFTPWrapper, done: Done<Result>) => void): Promise<Result>;
}

export class SftpConnection {
  readonly #config: SftpConfig;
  readonly #where: string;
  readonly #limits: SftpLimits;
  readonly #closing = new AbortController();
  #session: Promise<OpenSession> | undefined;

  /** `where` names the storage in messages. */
  constructor(config: SftpConfig, where: string, limits: SftpLimits) {
    this.#config = config;
    this.#where = where;
    this.#limits = limits;
  }

  /** The one that is open; what fails or ends is replaced by whoever asks next. */
  async session(): Promise<SftpSession> {
    if (this.#closing.signal.aborted) throw lost(this.#where, undefined);
    if (this.#session !== undefined) return this.#session;
    const forget = () => {
      if (this.#session === connecting) this.#session = undefined;
    };
    const connecting = this.#connect(forget);
    this.#session = connecting;
    connecting.catch(forget);
    return connecting;
  }

  close(): void {
    this.#closing.abort();
    this.#session?.then(
      (session) => session.end(),
      () => undefined,
    );
    this.#session = undefined;
  }

  async #connect(onEnd: () => void): Promise<OpenSession> {
    const { jump } = this.#config;
    const links: Link[] = [];
    const leave = () => leaveAll(links);
    this.#closing.signal.addEventListener('abort', leave, { once: true });
    try {
      let channel: Duplex | undefined;
      if (jump !== undefined) {
        const first = await this.#logIn(links, jump, true, undefined);
        channel = await this.#forward(first, jump);
      }
      const client = await this.#logIn(links, this.#config, false, channel);
      const sftp = await this.#start<SFTPWrapper>(client, this.#config, (done) => client.sftp(done));
      return new OpenSession(sftp, links, this.#where, this.#limits.idleMs, onEnd);
    } catch (error) {
      leave();
      throw error;
    } finally {
      this.#closing.signal.removeEventListener('abort', leave);
    }
  }

  /** Through the channel of a jump host, if there is one. */
  async #logIn(links: Link[], hop: Hop, isJump: boolean, channel: Duplex | undefined): Promise<Client> {
    const { knownHosts, hostKey } = this.#config;
    const check = await hostKeyCheck(hop, knownHosts, isJump ? undefined : hostKey);
    const authHandler = await loginMethods(this.#config, hop, isJump);
    let refused: Failure | undefined;
    if (this.#closing.signal.aborted) throw lost(this.#where, undefined);
    // Last of all, so that no error comes before somebody listens. Without noDelay each small request waits 40 ms for the one before it
    // to be acknowledged.
    const socket = channel ?? connect({ host: hop.host, port: hop.port, noDelay: true });
    const client = newClient(links, socket);
    await this.#start<void>(client, hop, (done) => {
      client.once('ready', () => done(undefined, undefined));
      client.connect({
        sock: socket,
        username: hop.user,
        authHandler,
        readyTimeout: this.#limits.connectMs,
        keepaliveInterval: Math.ceil(this.#limits.idleMs / 3),
        keepaliveCountMax: 2,
        algorithms: { serverHostKey: check.algorithms },
        hostVerifier: (key) => {
          refused = check.judge(key);
          return refused === undefined;
        },
      });
    }).catch((error: unknown) => {
      throw refused ?? error;
    });
    return client;
  }

  #forward(client: Client, jump: Hop): Promise<Duplex> {
    const { host, port } = this.#config;
    return this.#start(client, jump, (done) => client.forwardOut('127.0.0.1', 0, host, port, done));
  }

  /** One step of the way in; fails as soon as the client does. */
  async #start<Result>(client: Client, hop: Hop, step: (done: Done<Result>) => void): Promise<Result> {
    if (this.#closing.signal.aborted) throw lost(this.#where, undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const ended = () => reject(new Error('the server closed the connection'));
    // The library may give up without a word when a channel is refused.
    const signal = AbortSignal.timeout(this.#limits.connectMs + 1000);
    const timedOut = () => reject(new Error('no answer in time'));
    client.once('error', reject).once('close', ended);
    signal.addEventListener('abort', timedOut);
    try {
      step((error, result) => (error ? reject(error) : resolve(result)));
      return await promise;
    } catch (error) {
      throw connectFailure(hop.host, hop.user, error);
    } finally {
      client.off('error', reject).off('close', ended);
      signal.removeEventListener('abort', timedOut);
    }
  }
}

class OpenSession implements SftpSession {
  readonly hasFsync: boolean;
  readonly hasHardlink: boolean;
  readonly hasStatvfs: boolean;
  readonly chunkBytes: number;
  readonly #sftp: SFTPWrapper;
  /** In the order in which they were made. */
  readonly #links: readonly Link[];
  readonly #where: string;
  readonly #idleMs: number;
  readonly #onEnd: () => void;
  readonly #waiting = new Set<(error: unknown) => void>();
  #answers = 0;
  #isWatched = false;
  #ended: Failure | undefined;

  constructor(sftp: SFTPWrapper, links: readonly Link[], where: string, idleMs: number, onEnd: () => void) {
    const extensions = sftp._extensions;
    this.hasFsync = extensions['fsync@openssh.com'] === '1';
    this.hasHardlink = extensions['hardlink@openssh.com'] === '1';
    this.hasStatvfs = extensions['statvfs@openssh.com'] === '2';
    // Servers that tell no limits are only sure to take 32 KiB.
    this.chunkBytes = extensions['limits@openssh.com'] === '1' ? 128 * 1024 : 32 * 1024;
    this.#sftp = sftp;
    this.#links = links;
    this.#where = where;
    this.#idleMs = idleMs;
    this.#onEnd = onEnd;
    const ended = (cause?: unknown) => this.#end(cause);
    for (const { client } of links) client.once('error', ended).once('close', ended).once('end', ended);
    sftp.on('error', ended).once('end', ended).once('close', ended);
  }

  ask<Result>(send: (sftp: SFTPWrapper, done: Done<Result>) => void): Promise<Result> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#watch();
      send(this.#sftp, (error, result) => {
        this.#answers += 1;
        this.#waiting.delete(reject);
        if (error) reject(error);
        else resolve(result);
      });
    });
  }

  end(): void {
    this.#end(undefined);
  }

  #end(cause: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = lost(this.#where, cause);
    this.#onEnd();
    for (const reject of this.#waiting) reject(this.#ended);
    this.#waiting.clear();
    leaveAll(this.#links);
  }

  /** As long as requests are under way, an answer must come now and then. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    const answersBefore = this.#answers;
    const look = () => {
      this.#isWatched = false;
      if (this.#ended !== undefined || this.#waiting.size === 0) return;
      if (this.#answers === answersBefore) this.#end(new Error('no answer in time'));
      else this.#watch();
    };
    // Where it was this process that stood still, answers are read in this turn of the loop, after its timers.
    AbortSignal.timeout(this.#idleMs).addEventListener('abort', () => setImmediate(look));
  }
}

/** The library's client and the socket below it, which the library would leave half-closed when the other side is silent. */
interface Link {
  readonly client: Client;
  readonly socket: Duplex;
}

/** Errors after the end of a connection come without anybody who waits for them; they must not end the process. */
function newClient(links: Link[], socket: Duplex): Client {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  socket.on('error', () => undefined);
  links.push({ client, socket });
  return client;
}

/** The inner ones first. */
function leaveAll(links: readonly Link[]): void {
  for (const { client, socket } of links.toReversed()) {
    client.end();
    socket.destroy();
  }
}
