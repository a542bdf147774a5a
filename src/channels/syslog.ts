// Central logging by syslog, RFC 5424: over UDP (RFC 5426), TCP with counted octets (RFC 6587) or TLS (RFC 5425). UDP tells nobody whether
// anything arrived; over TCP and TLS a message is sent once the server, having had all of it, has closed the connection in good order.

import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { hostname as ownName } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type Channel, type ChannelKind, taken } from './channel.ts';
import { caFile, host, optionsOf, port, readUrl, timeoutSeconds } from './fields.ts';
import { type Resolve, resolveTarget, systemResolve } from './network/addresses.ts';
import { readAuthorities } from './network/authorities.ts';
import { dial } from './network/dial.ts';
import { hostOf } from './network/post.ts';
import { canceled, connectionFailure } from './network/trouble.ts';
import { type Facility, facilities, syslogRecord } from './syslog/record.ts';

export const transports = ['udp', 'tcp', 'tls'] as const;
const facilityNames = Object.keys(facilities) as [Facility, ...Facility[]];
const printable = z.string().check(z.regex(/^[\x21-\x7e]{1,48}$/, 'is one word of printable ASCII'));

export const syslogConfig = z.strictObject({
  host,
  port,
  transport: z._default(z.enum(transports, `must be one of ${transports.join(', ')}`), 'udp'),
  facility: z._default(z.enum(facilityNames, `must be one of ${facilityNames.join(', ')}`), 'daemon'),
  appName: z._default(printable, 'holdfast'),
  /** Absent: the name of this machine. */
  hostname: z.optional(printable),
  caFile,
  /** For servers that want a certificate of the sender, in PEM. */
  certificateFile: z.optional(z.string()),
  certificateKeyFile: z.optional(z.string()),
  timeoutSeconds,
});
export type SyslogConfig = z.infer<typeof syslogConfig>;

const ports = { udp: 514, tcp: 601, tls: 6514 } as const;
/** Every receiver should take as much as this by UDP (RFC 5424 § 6.1), and takes more by TCP. */
const recordBytesMax = { udp: 2048, tcp: 8192, tls: 8192 } as const;

const syslog: ChannelKind<SyslogConfig> = {
  kind: 'syslog',
  title: 'syslog server, RFC 5424',
  config: syslogConfig,
  secretFields: [],
  fromUrl: syslogFromUrl,
  open: (config) => openSyslog(config),
};
export default syslog;

export async function openSyslog(config: SyslogConfig, resolve: Resolve = systemResolve): Promise<Channel> {
  const { transport } = config;
  const to = config.port ?? ports[transport];
  const location = `syslog:${config.host.includes(':') ? `[${config.host}]` : config.host}:${to}/${transport}`;
  const tls = transport === 'tls' ? await tlsOf(config) : undefined;
  const plan = { host: config.host, port: to, location, resolve, ...(tls === undefined ? {} : { tls }) };
  const names = {
    facility: config.facility,
    appName: config.appName,
    hostname:
      config.hostname ??
      ownName()
        .replace(/[^\x21-\x7e]/g, '-')
        .slice(0, 48),
    processId: String(process.pid),
  };
  return {
    location,
    async send(message, context) {
      const record = syslogRecord(message, names, recordBytesMax[transport]);
      await (transport === 'udp' ? sendDatagram(plan, record, context) : sendStream(plan, record, context));
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}

type Plan = Parameters<typeof dial>[0];

async function sendDatagram(
  { host: name, port: to, location, resolve }: Plan,
  record: Buffer,
  context: Context,
) {
  const rules = { scope: 'internal', allowNetworks: [] } as const;
  const [target] = await resolveTarget(name, rules, resolve);
  if (context.signal.aborted) throw canceled();
  const socket = createSocket(target!.family === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolved, rejected) => {
      socket.once('error', rejected);
      socket.send(record, to, target!.address, (error) => (error ? rejected(error) : resolved()));
    });
  } catch (error) {
    throw connectionFailure(location, error);
  } finally {
    socket.close();
  }
}

async function sendStream(plan: Plan, record: Buffer, context: Context): Promise<void> {
  const from = context.clock.elapsed();
  const socket = await dial(plan, context);
  // What a server answers to the first bytes is here after the time in which it has answered already.
  const breathMs = Math.min(breathMostMs, Math.max(breathLeastMs, 2 * (context.clock.elapsed() - from)));
  try {
    await closed(socket, Buffer.concat([Buffer.from(`${record.length} `), record]), breathMs, context);
  } catch (error) {
    throw context.signal.aborted ? canceled() : connectionFailure(plan.location, error);
  } finally {
    socket.destroy();
  }
  if (context.signal.aborted) throw canceled();
}

const breathLeastMs = 20;
const breathMostMs = 900;

/**
 * A server that takes nothing resets the connection; one that has read all closes it after us. One that has too many connections, or is going
 * down, may close ours in good order and read nothing: so the last byte is kept back for a breath, and who has closed by then had no whole
 * record.
 */
function closed(socket: Socket, bytes: Buffer, breathMs: number, context: Context): Promise<void> {
  return new Promise((resolve, reject) => {
    let isWhole = false;
    let hasEnded = false;
    socket.once('error', reject);
    socket.once('end', () => {
      hasEnded = isWhole;
    });
    socket.once('close', () => (hasEnded ? resolve() : reject(new Error('broke off'))));
    // Answers are not foreseen; what is not read would keep the end from being seen.
    socket.resume();
    socket.write(bytes.subarray(0, -1));
    context.clock.sleep(breathMs, context.signal).then(() => {
      if (!socket.writable || socket.readableEnded) return;
      isWhole = true;
      socket.end(bytes.subarray(-1));
    }, reject);
  });
}

async function tlsOf({
  caFile: path,
  certificateFile,
  certificateKeyFile,
}: SyslogConfig): Promise<ConnectionOptions> {
  const ca = await readAuthorities(path);
  const [cert, key] = await Promise.all([readOwn(certificateFile), readOwn(certificateKeyFile)]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readOwn(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'CHANNEL_FILE_UNREADABLE', `"${path}" cannot be read`, {
      hint: 'certificateFile and certificateKeyFile name files in PEM format that the sender of messages may read.',
      cause,
    });
  }
}

/** syslog://host:6514?transport=tls */
function syslogFromUrl(text: string): Readonly<Record<string, unknown>> {
  const url = readUrl(text);
  return {
    host: hostOf(url),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...optionsOf(url, {
      transport: 'text',
      facility: 'text',
      appName: 'text',
      hostname: 'text',
      caFile: 'text',
      certificateFile: 'text',
      certificateKeyFile: 'text',
      timeoutSeconds: 'number',
    }),
  };
}
