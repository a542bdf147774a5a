// Connections of HTTP libraries that have no useful time limits of their own: kept alive between calls, given up when they cannot be
// made or when nothing moves on them. A limit on silence, unlike one on the whole call, does not punish slow lines.

import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Failure } from '../../base/failure.ts';

/** The limits that every kind uses. */
const defaults = { connectMs: 15_000, silenceMs: 60_000 };

export interface AgentOptions {
  readonly connectionsMax: number;
  /** PEM, believed besides the authorities that Node knows. */
  readonly caFile?: string | undefined;
  readonly limits?: { readonly connectMs: number; readonly silenceMs: number };
}

export type Agent = HttpAgent | HttpsAgent;

export async function patientAgent(endpoint: string, options: AgentOptions): Promise<Agent> {
  const limits = options.limits ?? defaults;
  const kept = { keepAlive: true, maxSockets: options.connectionsMax, timeout: limits.silenceMs };
  if (new URL(endpoint).protocol === 'http:') return withLimits(new HttpAgent(kept), 'connect', limits);
  if (options.caFile === undefined) return withLimits(new HttpsAgent(kept), 'secureConnect', limits);
  const ca = [...rootCertificates, await readCertificates(options.caFile)];
  return withLimits(new HttpsAgent({ ...kept, ca }), 'secureConnect', limits);
}

function withLimits(
  agent: Agent,
  ready: 'connect' | 'secureConnect',
  { connectMs, silenceMs }: typeof defaults,
): Agent {
  const plain: HttpAgent = agent;
  const connect = plain.createConnection.bind(plain);
  plain.createConnection = (...given: Parameters<HttpAgent['createConnection']>) => {
    const socket = connect(...given) as Socket;
    socket.setTimeout(connectMs);
    socket.once(ready, () => socket.setTimeout(silenceMs));
    socket.on('timeout', () => {
      const before = stateOf(socket);
      // Where it was this process that stood still, what came meanwhile is heard in this turn of the loop, after its timers.
      setImmediate(() => {
        if (stateOf(socket) !== before) return;
        socket.destroy(Object.assign(new Error('nothing moved for too long'), { code: 'ETIMEDOUT' }));
      });
    });
    return socket;
  };
  return agent;
}

/** Another one whenever something moved. */
function stateOf({ connecting, bytesRead, writableLength }: Socket): string {
  return `${connecting} ${bytesRead} ${writableLength}`;
}

async function readCertificates(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Failure('usage', 'STORAGE_FILE_UNREADABLE', `the certificates in "${path}" cannot be read`, {
      hint: 'The option ca-file names a file of PEM certificates.',
      cause,
    });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Failure('usage', 'STORAGE_FILE_UNREADABLE', `"${path}" holds no PEM certificate`, {
    hint: 'The option ca-file names a file of PEM certificates.',
  });
}
