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

export async function startProxy(targetPort: number, given: Partial<Weather> = {}): Promise<Proxy> {
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
      from.on('data', (bytes: Buffer) => {
        if (weather.isPartitioned) return;
        passed += bytes.length;
        if (weather.resetAfterBytes !== undefined && passed > weather.resetAfterBytes) return cut();
        if (weather.delayMs === 0) {
          if (!to.write(bytes)) {
            from.pause();
            to.once('drain', () => from.resume());
          }
        } else setTimeout(() => void (to.writable && to.write(bytes)), weather.delayMs);
      });
      from.on('end', () => setTimeout(() => to.end(), weather.delayMs));
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
