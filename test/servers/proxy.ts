// A TCP proxy before a server, that delays, slows, cuts and blocks: what a network does to us.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Weather {
  /** Added to every piece of data, in each direction. */
  delayMs: number;
  /** After how many bytes, of both directions together, a connection is reset; undefined: never. */
  resetAfterBytes: number | undefined;
  /** Nothing goes through, and nobody is told: connections hang. */
  isPartitioned: boolean;
  /** New connections are refused by a reset. */
  isRefusing: boolean;
}

export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** May be changed at any time; holds for what comes next. */
  readonly weather: Weather;
  /** Of all connections so far. */
  connections(): number;
  /** Resets every open connection. */
  cut(): void;
}

/** `watch` sees what clients send, as it arrives. */
export async function startProxy(
  targetPort: number,
  given: Partial<Weather> = {},
  watch?: (bytes: Buffer) => void,
): Promise<Proxy> {
  const weather: Weather = {
    delayMs: 0,
    resetAfterBytes: undefined,
    isPartitioned: false,
    isRefusing: false,
    ...given,
  };
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    connections += 1;
    if (weather.isRefusing) return void near.resetAndDestroy();
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const cut = () => {
      near.resetAndDestroy();
      far.resetAndDestroy();
    };
    let passed = 0;
    const carry = (from: Socket, to: Socket) => {
      open.add(from);
      const line = delayLine(from, to, () => weather.delayMs);
      from.on('data', (bytes: Buffer) => {
        if (weather.isPartitioned) return;
        passed += bytes.length;
        if (weather.resetAfterBytes !== undefined && passed > weather.resetAfterBytes) return cut();
        if (from === near) watch?.(bytes);
        line.push(bytes);
      });
      from.on('end', () => line.push(undefined));
      from.on('error', cut);
      from.on('close', () => open.delete(from));
    };
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const cutAll = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: address.port,
    weather,
    connections: () => connections,
    cut: cutAll,
    async [Symbol.asyncDispose]() {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What may be on its way in one direction of a connection: at 25 ms more than two gigabytes a second, so delay is all that is felt. */
const onTheWayMax = 64 * 1024 * 1024;

/** Pieces leave in the order in which they came, each when its delay is over, however the delay changes. undefined: the end. */
function delayLine(
  from: Socket,
  to: Socket,
  delayMs: () => number,
): { push(bytes: Buffer | undefined): void } {
  const line: { readonly bytes: Buffer | undefined; readonly dueAt: number }[] = [];
  let held = 0;
  let timer: NodeJS.Timeout | undefined;
  const advance = () => {
    timer = undefined;
    for (let first = line[0]; first !== undefined; first = line[0]) {
      const waitMs = first.dueAt - performance.now();
      // A timer may ring a little early.
      if (waitMs >= 1) {
        timer = setTimeout(advance, waitMs);
        break;
      }
      line.shift();
      held -= first.bytes?.length ?? 0;
      if (first.bytes === undefined) to.end();
      else if (to.writable) to.write(first.bytes);
    }
    if (held + to.writableLength < onTheWayMax) from.resume();
  };
  to.on('drain', advanceUnlessWaiting);
  to.on('close', () => clearTimeout(timer));
  function advanceUnlessWaiting() {
    if (timer === undefined) advance();
  }
  return {
    push(bytes) {
      const dueAt = performance.now() + delayMs();
      line.push({ bytes, dueAt: Math.max(dueAt, line.at(-1)?.dueAt ?? 0) });
      held += bytes?.length ?? 0;
      advanceUnlessWaiting();
      if (held + to.writableLength >= onTheWayMax) from.pause();
    },
  };
}
