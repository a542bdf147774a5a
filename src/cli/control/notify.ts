// Tells systemd how the service is: ready, alive, stopping. Where nobody listens, nothing is said. A datagram to a socket of the file system
// or of the abstract kind, which Node has no way to send, so the C library is asked.

import { createRequire } from 'node:module';
import type koffiModule from 'koffi';

export interface Notifier {
  /** Lines such as READY=1. Never fails. */
  tell(...lines: readonly string[]): void;
  /** How often "alive" is expected, in milliseconds; undefined where it is not. */
  readonly aliveMs: number | undefined;
}

const silent: Notifier = { tell: () => undefined, aliveMs: undefined };
const afUnix = 1;
const sockDgram = 2;
const sockCloexec = 0o2000000;
const pathMax = 107;

export function createNotifier(environment: Readonly<Record<string, string | undefined>>): Notifier {
  const place = environment.NOTIFY_SOCKET;
  if (place === undefined || !/^[/@]./.test(place) || Buffer.byteLength(place) > pathMax) return silent;
  const micros = Number(environment.WATCHDOG_USEC);
  const isMine = environment.WATCHDOG_PID === undefined || environment.WATCHDOG_PID === String(process.pid);
  try {
    const send = datagrams(place);
    return {
      tell: (...lines) => send(Buffer.from(`${lines.join('\n')}\n`)),
      aliveMs: isMine && micros > 0 ? Math.max(500, micros / 2000) : undefined,
    };
  } catch {
    // The service works without it; systemd says what it missed.
    return silent;
  }
}

function datagrams(place: string): (bytes: Buffer) => void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule;
  const library = koffi.load(null);
  const socket = library.func('int socket(int domain, int type, int protocol)');
  const sendTo = library.func(
    'int64_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
  );
  const close = library.func('int close(int fd)');
  // struct sockaddr_un: the family, then the path; a path that begins with "@" is an abstract name.
  const path = Buffer.from(place.replace(/^@/, '\0'), 'utf8');
  const address = Buffer.alloc(2 + path.length + (place.startsWith('@') ? 0 : 1));
  address.writeUInt16LE(afUnix, 0);
  path.copy(address, 2);
  return (bytes) => {
    const fd = socket(afUnix, sockDgram | sockCloexec, 0) as number;
    if (fd < 0) return;
    sendTo(fd, bytes, bytes.length, 0, address, address.length);
    close(fd);
  };
}
