// Puts a snapshot back into a Vault, which replaces everything in it. Whoever calls has asked twice and has proven the snapshot.

import type { Readable } from 'node:stream';
import { Failure } from '../../base/failure.ts';
import { askVault, bodyOf, checkAddress, type Pause, type VaultConnection } from './client.ts';
import { refusal, snapshotPath } from './session.ts';

export interface PutBack {
  readonly snapshot: () => Readable;
  /** Also into a cluster of other unseal keys. */
  readonly force: boolean;
}

export async function putSnapshotBack(
  connection: VaultConnection,
  { snapshot, force }: PutBack,
  pause: Pause,
  signal: AbortSignal,
): Promise<void> {
  const { host } = checkAddress(connection.address);
  const path = force ? `${snapshotPath}-force` : snapshotPath;
  const answer = await askVault(connection, { method: 'POST', path, body: snapshot }, pause, signal);
  const status = answer.statusCode ?? 0;
  if (status === 200 || status === 204) {
    answer.resume();
    return;
  }
  const told = JSON.stringify((await bodyOf(answer)).errors ?? '');
  if (/unseal keys|snapshot-force/.test(told)) {
    throw new Failure('conflict', 'VAULT_OTHER_KEYS', `the Vault "${host}" has other unseal keys`, {
      hint: 'If you hold the unseal keys of the snapshot: --force. After that, only those unseal this Vault.',
      facts: { host },
    });
  }
  if (status === 403) {
    throw new Failure('denied', 'VAULT_RESTORE_DENIED', `the token may not put a snapshot into "${host}"`, {
      hint: `It needs a policy with: path "${path}" { capabilities = ["update"] }`,
      facts: { host },
    });
  }
  throw await refusal(status, connection, pause);
}
