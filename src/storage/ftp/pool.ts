// The connections of one FTP storage. Each is lent to one call at a time; one on which anything but an answer ended a call is closed
// and replaced when the next call needs it.

import { Failure } from '../../base/failure.ts';
import { FtpConnection, type FtpServer, lookAtCertificate } from './connection.ts';

export class FtpPool {
  readonly #server: FtpServer;
  readonly #connectionsMax: number;
  readonly #idle: FtpConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #lent = 0;
  #pinned: string | undefined;
  #isClosed = false;

  constructor(server: FtpServer, connectionsMax: number) {
    this.#server = server;
    this.#connectionsMax = connectionsMax;
  }

  async use<Result>(
    signal: AbortSignal,
    run: (connection: FtpConnection) => Promise<Result>,
  ): Promise<Result> {
    await this.#turn(signal);
    let connection: FtpConnection | undefined;
    try {
      const found = this.#takeIdle() ?? (await this.#connect(signal));
      connection = found;
      return await found.run(signal, () => run(found));
    } finally {
      if (connection !== undefined) this.#giveBack(connection);
      this.#lent -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Calls that are still at work may finish; their connections close with them. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#lent >= this.#connectionsMax) {
      await new Promise<void>((resolve) => {
        const go = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = () => {
          const place = this.#waiting.indexOf(go);
          if (place >= 0) this.#waiting.splice(place, 1);
          resolve();
        };
        this.#waiting.push(go);
        signal.addEventListener('abort', leave, { once: true });
      });
      if (signal.aborted) {
        // The place that was given to us meanwhile is the next one's.
        if (this.#lent < this.#connectionsMax) this.#waiting.shift()?.();
        throw new Failure('canceled', 'CANCELED', 'the call was canceled');
      }
    }
    this.#lent += 1;
  }

  #takeIdle(): FtpConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || !connection.isBroken) return connection;
      connection.close();
    }
  }

  async #connect(signal: AbortSignal): Promise<FtpConnection> {
    // Once for all connections: each of them then accepts this certificate alone.
    this.#pinned ??= await lookAtCertificate(this.#server, signal);
    return FtpConnection.open(this.#server, this.#pinned, signal);
  }

  #giveBack(connection: FtpConnection): void {
    if (!connection.isBroken && !this.#isClosed) return void this.#idle.push(connection);
    connection.close();
    // What broke this one has likely broken those, and only use would show it.
    for (const other of this.#idle.splice(0)) other.close();
  }
}
