// A connection to a server for mail or logs: to an address that was checked, by TLS from its beginning or not at all.

import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Context } from '../../base/context.ts';
import { type Resolve, resolveTarget } from './addresses.ts';
import { pinned } from './post.ts';
import { canceled, connectionFailure } from './trouble.ts';

export interface Dial {
  readonly host: string;
  readonly port: number;
  /** For people. */
  readonly location: string;
  /** Absent: not encrypted. */
  readonly tls?: ConnectionOptions;
  readonly resolve: Resolve;
}

/** Such servers lie in inner networks, as a rule; what is never a server of one's own stays refused. */
const rules = { scope: 'internal', allowNetworks: [] } as const;

/** The connection is destroyed when the signal aborts. */
export async function dial(
  { host, port, location, tls, resolve }: Dial,
  { signal }: Context,
): Promise<Socket> {
  const addresses = await resolveTarget(host, rules, resolve);
  if (signal.aborted) throw canceled();
  const where = { host, port, lookup: pinned(addresses) };
  const socket =
    tls === undefined
      ? connect(where)
      : // A server name must not be an address (RFC 6066).
        connectTls({
          ...where,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          minVersion: 'TLSv1.2',
          ...tls,
        });
  const stop = () => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', stop));
  try {
    await once(socket, tls === undefined ? 'connect' : 'secureConnect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    socket.on('error', () => undefined);
    throw signal.aborted ? canceled() : connectionFailure(location, error);
  }
}
