// A double of Vault's HTTP API as far as snapshots need it: none of Vault and OpenBao can be installed from Debian or npm. Health, seal status,
// AppRole, tokens and snapshots answer as HashiCorp documents them, from a cluster of an active node and a standby that redirects.

import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { serve } from './front.ts';
import { bodyOf } from './kms-double.ts';

export const vaultToken = 'hvs.CAESIExampleTokenThatNobodyMayEverSee';
export const appRole = { roleId: 'backup', secretId: '3f6dd2bb-secret-id-of-approle' };
const loginToken = 'hvs.TokenOfAppRoleForOneBackup';

export interface VaultDouble extends AsyncDisposable {
  /** Of the active node. */
  readonly address: string;
  /** Of a standby node, which redirects what it cannot answer. */
  readonly standby: string;
  readonly tokens: Map<string, readonly string[]>;
  readonly calls: string[];
  /** Of the active node. */
  health: number;
  storageType: string;
  snapshot: Buffer;
  /** Sends so many bytes of the snapshot, then breaks off or, where `endsWell`, ends like any other answer. */
  cut: { readonly bytes: number; readonly endsWell: boolean } | undefined;
  /** How many snapshots are refused because of too many questions. */
  throttled: number;
  /** Where the standby sends on to; the active node when absent. */
  redirectTo: string | undefined;
  /** Whether the cluster is sealed by other keys than the snapshot's. */
  otherKeys: boolean;
  readonly restored: { readonly path: string; readonly bytes: Buffer }[];
}

/** The layout of hashicorp/raft-snapshot with the sums that Vault seals beside the plain ones. */
export function raftSnapshot(
  state: Buffer,
  change: {
    readonly sums?: (sums: string) => string | undefined;
    readonly members?: (members: [string, Buffer][]) => [string, Buffer][];
    readonly tail?: Buffer;
  } = {},
): Buffer {
  const meta = Buffer.from('{"Version":1,"ID":"bolt-snapshot","Index":42,"Term":3,"Size":0}\n');
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const plain = `${sha256(meta)}  meta.json\n${sha256(state)}  state.bin\n`;
  const sums = change.sums === undefined ? plain : change.sums(plain);
  const members: [string, Buffer][] = [
    ['meta.json', meta],
    ['state.bin', state],
    ...(sums === undefined ? [] : [['SHA256SUMS', Buffer.from(sums)] as [string, Buffer]]),
    ['SHA256SUMS.sealed', Buffer.from('sealed by the barrier')],
  ];
  const blocks = (change.members?.(members) ?? members).flatMap(([name, bytes]) => [
    tarHeader(name, bytes.length),
    bytes,
    Buffer.alloc(-bytes.length & 511),
  ]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024), change.tail ?? Buffer.alloc(0)]));
}

/** As Go's archive/tar writes it: ustar, mode 0600. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('14524125600\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

export async function startVaultDouble(): Promise<VaultDouble> {
  const answerActive = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace(/^\/v1\//, '');
    double.calls.push(`${request.method} ${path}`);
    const body = await bodyOf(request);
    const answer = (status: number, value?: object, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const refuse = () => answer(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] });
    const rights = double.tokens.get(String(request.headers['x-vault-token']));
    if (path === 'sys/health') return answer(double.health, { sealed: double.health === 503 });
    if (path === 'sys/seal-status') {
      return answer(200, {
        type: 'shamir',
        initialized: true,
        sealed: false,
        t: 3,
        n: 5,
        version: '1.19.0',
        storage_type: double.storageType,
        cluster_name: 'vault-cluster-1',
        cluster_id: '0b9c1a4e-0000-4000-8000-000000000001',
      });
    }
    if (path === 'auth/approle/login') {
      const { role_id: role, secret_id: secret } = JSON.parse(body.toString('utf8'));
      if (role !== appRole.roleId || secret !== appRole.secretId) {
        return answer(400, { errors: ['invalid role or secret ID'] });
      }
      double.tokens.set(loginToken, ['read']);
      return answer(200, { auth: { client_token: loginToken, lease_duration: 60 } });
    }
    if (rights === undefined) return refuse();
    if (path === 'auth/token/lookup-self') return answer(200, { data: {} });
    if (path === 'auth/token/revoke-self') {
      double.tokens.delete(String(request.headers['x-vault-token']));
      return answer(204);
    }
    if (path === 'sys/capabilities-self') {
      // A token without the default policy may not even ask.
      if (rights.includes('mute')) return refuse();
      const told = rights.length === 0 ? ['deny'] : rights;
      return answer(200, { capabilities: told, data: { capabilities: told } });
    }
    if (path.startsWith('sys/storage/raft/snapshot') && request.method === 'POST') {
      if (!rights.includes('update')) return refuse();
      if (double.otherKeys && !path.endsWith('-force')) {
        const told =
          'could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the snapshot-force API to bypass this check';
        return answer(400, { errors: [told] });
      }
      double.restored.push({ path, bytes: body });
      return answer(204);
    }
    if (path === 'sys/storage/raft/snapshot') {
      if (!rights.includes('read') && !rights.includes('root')) return refuse();
      if (double.throttled > 0) {
        double.throttled -= 1;
        return answer(
          429,
          { errors: ['request path: rate limit quota exceeded'] },
          { 'retry-after': '0.01' },
        );
      }
      return sendSnapshot(response);
    }
    answer(404, { errors: [] });
  };
  const sendSnapshot = (response: ServerResponse) => {
    const { snapshot, cut } = double;
    // Without a length, as Vault streams it.
    response.writeHead(200, { 'content-type': 'application/gzip', 'x-content-type-options': 'nosniff' });
    if (cut === undefined) return response.end(snapshot);
    response.write(snapshot.subarray(0, cut.bytes), () => {
      if (cut.endsWell) response.end();
      else response.destroy();
    });
  };
  const active = await serve((request, response) => void answerActive(request, response));
  const standby = await serve((request, response) => {
    request.resume();
    if (request.url === '/v1/sys/health') return response.writeHead(429).end('{}');
    if (request.url === '/v1/sys/seal-status') return void answerActive(request, response);
    const location = `${double.redirectTo ?? double.address}${request.url}`;
    response.writeHead(307, { location }).end();
  });
  const double: VaultDouble = {
    address: `http://127.0.0.1:${active.port}`,
    standby: `http://127.0.0.1:${standby.port}`,
    tokens: new Map([[vaultToken, ['read']]]),
    calls: [],
    health: 200,
    storageType: 'raft',
    snapshot: raftSnapshot(randomBytes(100_000)),
    cut: undefined,
    throttled: 0,
    redirectTo: undefined,
    otherKeys: false,
    restored: [],
    async [Symbol.asyncDispose]() {
      await standby[Symbol.asyncDispose]();
      await active[Symbol.asyncDispose]();
    },
  };
  return double;
}
