// Before a snapshot of Vault is read: does it run, unsealed, on raft storage, and does it know us? What it tells of itself is kept.

import { Failure } from '../../base/failure.ts';
import { askVault, bodyOf, checkAddress, type Pause, type VaultConnection } from './client.ts';

export const snapshotPath = 'sys/storage/raft/snapshot';

export interface AppRole {
  readonly roleId: string;
  /** Secret. */
  readonly secretId: string;
  /** Where the method is mounted. */
  readonly mount: string;
}

/** What Vault says of itself without being asked for a token. */
export interface VaultAbout {
  readonly host: string;
  readonly version: string;
  readonly clusterName: string;
  readonly clusterId: string;
  readonly seal: string;
}

/** Fails unless a snapshot can be made here. */
export async function checkVault(
  connection: VaultConnection,
  pause: Pause,
  signal: AbortSignal,
): Promise<{ readonly about: VaultAbout; readonly isActive: boolean }> {
  const { host } = checkAddress(connection.address);
  const health = await askVault(connection, { method: 'GET', path: 'sys/health' }, pause, signal);
  health.resume();
  const status = health.statusCode ?? 0;
  if (![200, 429, 473].includes(status)) throw unhealthy(status, host);
  const sealed = await askVault(connection, { method: 'GET', path: 'sys/seal-status' }, pause, signal);
  const told = await bodyOf(sealed);
  const text = (key: string) => (typeof told[key] === 'string' ? told[key] : '');
  if (sealed.statusCode !== 200 || text('version') === '') throw unhealthy(sealed.statusCode ?? 0, host);
  if (text('storage_type') !== '' && text('storage_type') !== 'raft') {
    throw new Failure('usage', 'VAULT_NOT_RAFT', `"${host}" keeps its data in "${text('storage_type')}"`, {
      hint: 'Only integrated storage (raft) has snapshots: save that other storage by its own means.',
      facts: { host, storage: text('storage_type') },
    });
  }
  return {
    isActive: status === 200,
    about: {
      host,
      version: text('version'),
      clusterName: text('cluster_name'),
      clusterId: text('cluster_id'),
      seal: text('type'),
    },
  };
}

const states: Readonly<Record<number, readonly [code: string, message: string, hint: string]>> = {
  472: ['VAULT_SECONDARY', 'is a disaster recovery secondary', 'Save the primary cluster.'],
  501: [
    'VAULT_NOT_INITIALIZED',
    'is not initialized',
    'There is nothing to save before "vault operator init".',
  ],
  503: ['VAULT_SEALED', 'is sealed', 'Unseal it by "vault operator unseal", then start the backup again.'],
  530: ['VAULT_REMOVED', 'was removed from its cluster', 'Name a node that is a member of the cluster.'],
};

function unhealthy(status: number, host: string): Failure {
  const facts = { host, status };
  const known = states[status];
  if (known === undefined) {
    return new Failure(
      'unavailable',
      'VAULT_ANSWER_UNFIT',
      `"${host}" answers ${status}, which no Vault does`,
      {
        hint: 'Check the address: a proxy or something else may answer there.',
        facts,
      },
    );
  }
  const [code, message, hint] = known;
  return new Failure('unavailable', code, `the Vault "${host}" ${message}`, { hint, facts });
}

/** Fails early where the token is known to lack the right; a token that may not ask is tried. */
export async function checkRight(
  connection: VaultConnection,
  pause: Pause,
  signal: AbortSignal,
): Promise<void> {
  const body = Buffer.from(JSON.stringify({ paths: [snapshotPath] }));
  const question = { method: 'POST', path: 'sys/capabilities-self', body } as const;
  const answer = await askVault(connection, question, pause, signal);
  const told = await bodyOf(answer);
  if (answer.statusCode !== 200) return;
  const { capabilities } = (told.data ?? told) as { readonly capabilities?: unknown };
  if (!Array.isArray(capabilities)) return;
  if (!capabilities.some((one) => ['read', 'root', 'sudo'].includes(String(one)))) {
    throw denied(checkAddress(connection.address).host);
  }
}

/** A token that ends with this backup. */
export async function logIn(
  connection: VaultConnection,
  { roleId, secretId, mount }: AppRole,
  pause: Pause,
  signal: AbortSignal,
): Promise<string> {
  const body = Buffer.from(JSON.stringify({ role_id: roleId, secret_id: secretId }));
  const path = `auth/${mount}/login`;
  const answer = await askVault(connection, { method: 'POST', path, body }, pause, signal);
  body.fill(0);
  const told = await bodyOf(answer);
  const { client_token: token } = (told.auth ?? {}) as { readonly client_token?: unknown };
  if (answer.statusCode === 200 && typeof token === 'string') return token;
  const { host } = checkAddress(connection.address);
  throw new Failure('denied', 'VAULT_LOGIN_REFUSED', `the Vault "${host}" refuses the AppRole`, {
    hint: 'Check role id, secret id (it may be used up or expired), namespace and where the method is mounted.',
    facts: { host, status: answer.statusCode ?? 0 },
  });
}

/** What we were given we give back; who cannot is no reason to call a backup bad. */
export async function logOut(connection: VaultConnection, pause: Pause): Promise<boolean> {
  try {
    const path = 'auth/token/revoke-self';
    const answer = await askVault(connection, { method: 'POST', path }, pause);
    answer.resume();
    return answer.statusCode === 204;
  } catch {
    return false;
  }
}

/** Why a snapshot was refused: a 403 means either of two things, which the token's own right to look at itself tells apart. */
export async function refusal(status: number, connection: VaultConnection, pause: Pause): Promise<Failure> {
  const { host } = checkAddress(connection.address);
  if (status === 403) {
    const path = 'auth/token/lookup-self';
    const answer = await askVault(connection, { method: 'GET', path }, pause);
    answer.resume();
    return answer.statusCode === 200 ? denied(host) : tokenRefused(host);
  }
  if (status === 429) {
    return new Failure('unavailable', 'VAULT_THROTTLED', `the Vault "${host}" is asked too often`, {
      hint: 'Try again later, or raise the rate limit quota.',
      facts: { host },
    });
  }
  if (states[status] !== undefined) return unhealthy(status, host);
  return new Failure('unavailable', 'VAULT_REFUSED', `the Vault "${host}" answers ${status} to a snapshot`, {
    hint: 'Its log says why; snapshots need integrated storage (raft) and the root namespace.',
    facts: { host, status },
  });
}

function denied(host: string): Failure {
  return new Failure('denied', 'VAULT_DENIED', `the token has no right to snapshots of "${host}"`, {
    hint: `Give it a policy with: path "${snapshotPath}" { capabilities = ["read"] }`,
    facts: { host },
  });
}

function tokenRefused(host: string): Failure {
  return new Failure('denied', 'VAULT_TOKEN_REFUSED', `the Vault "${host}" does not accept the token`, {
    hint: 'It is wrong, expired or revoked: make a new one.',
    facts: { host },
  });
}
