// The certificate that a server shows, for who watches when it ends: seen on a connection of its own, which trusts nobody, says nothing and is
// closed at once.

import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { Failure } from '../../base/failure.ts';
import type { CallOptions, ServerCertificate } from '../storage.ts';

const connectMs = 15_000;

export async function serverCertificate(
  host: string,
  port: number,
  { signal }: CallOptions,
): Promise<ServerCertificate | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(connectMs)]);
  const socket = connect({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: false,
  });
  const stop = () => socket.destroy(new Error('no handshake in time'));
  within.addEventListener('abort', stop, { once: true });
  try {
    if (within.aborted) stop();
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return shownBy(socket, `${host}:${port}`);
  } catch (cause) {
    if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
    throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', `"${host}:${port}" shows no certificate`, {
      hint: 'Check the network, the port, and whether the server speaks TLS there.',
      cause,
    });
  } finally {
    within.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** Of an endpoint that is named by a URL; undefined where it has no TLS. */
export async function endpointCertificate(
  endpoint: string,
  options: CallOptions,
): Promise<ServerCertificate | undefined> {
  const { protocol, hostname, port } = new URL(endpoint);
  if (protocol !== 'https:') return undefined;
  return serverCertificate(hostname.replace(/^\[(.*)\]$/, '$1'), Number(port || 443), options);
}

/** Of all that the server sends, the one that ends first: without any of them it is not trusted any more. */
export function shownBy(socket: TLSSocket, server: string): ServerCertificate | undefined {
  let first: ServerCertificate | undefined;
  const seen = new Set<string>();
  let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (one?.fingerprint256 !== undefined && !seen.has(one.fingerprint256)) {
    seen.add(one.fingerprint256);
    const [beginsAt, endsAt] = [Date.parse(one.valid_from), Date.parse(one.valid_to)];
    if (endsAt < (first?.endsAt ?? Number.POSITIVE_INFINITY)) first = { server, beginsAt, endsAt };
    one = one.issuerCertificate;
  }
  return first;
}
