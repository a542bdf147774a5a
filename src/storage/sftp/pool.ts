// A few connections to one server. A connection carries at most the 2 MiB of its channel's window per round trip, and the process behind
// it does one thing at a time, an fsync too; so a busy storage uses more of them.

import type { SftpConnection, SftpSession } from './connection.ts';

const connectionsMax = 4;
/** A further connection is made when each has so many calls. */
const callsEach = 2;

interface Lane {
  readonly connection: SftpConnection;
  calls: number;
}

export class SftpPool {
  readonly #connect: () => SftpConnection;
  readonly #first: Lane;
  readonly #lanes: Lane[];
  #lanesMax = connectionsMax;

  constructor(first: SftpConnection, connect: () => SftpConnection) {
    this.#connect = connect;
    this.#first = { connection: first, calls: 0 };
    this.#lanes = [this.#first];
  }

  /** Runs on the connection that has least to do. */
  async use<Result>(run: (session: SftpSession) => Promise<Result>): Promise<Result> {
    const lane = this.#idlest();
    lane.calls += 1;
    try {
      return await run(await this.#session(lane));
    } finally {
      lane.calls -= 1;
    }
  }

  close(): void {
    for (const { connection } of this.#lanes) connection.close();
  }

  #idlest(): Lane {
    const lane = this.#lanes.reduce((best, one) => (one.calls < best.calls ? one : best));
    if (lane.calls < callsEach || this.#lanes.length >= this.#lanesMax) return lane;
    const more = { connection: this.#connect(), calls: 0 };
    this.#lanes.push(more);
    return more;
  }

  async #session(lane: Lane): Promise<SftpSession> {
    try {
      return await lane.connection.session();
    } catch (error) {
      if (lane === this.#first) throw error;
      // The server, or a guard before it, may allow fewer connections: no more are asked for.
      lane.connection.close();
      const index = this.#lanes.indexOf(lane);
      if (index >= 0) this.#lanes.splice(index, 1);
      this.#lanesMax = this.#lanes.length;
      return this.#first.connection.session();
    }
  }
}
