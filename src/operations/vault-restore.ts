// A snapshot of Vault from the repository back into a Vault: proven as a whole before the first byte is sent, because what is sent replaces
// everything that is there.

import { Readable } from 'node:stream';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { putSnapshotBack } from '../sources/vault/put-back.ts';
import { checkVault, logIn, logOut, type VaultAbout } from '../sources/vault/session.ts';
import { SnapshotProof } from '../sources/vault/snapshot-proof.ts';
import type { VaultRequest } from '../sources/vault.ts';
import { cat } from './browse.ts';

export interface VaultRestoreRequest {
  readonly snapshot: ListedSnapshot;
  readonly vault: VaultRequest;
  /** Also into a cluster of other unseal keys. */
  readonly force: boolean;
  /** The host whose content may be replaced, named once more by who wants it. */
  readonly confirmed: string | undefined;
  readonly dryRun: boolean;
}

export interface VaultRestoreOutcome {
  readonly target: VaultAbout;
  readonly bytes: number;
}

export async function restoreVault(
  { snapshot, vault, force, confirmed, dryRun }: VaultRestoreRequest,
  repository: Repository,
  context: Context,
): Promise<VaultRestoreOutcome> {
  const [folder] = snapshot.paths;
  if (snapshot.sourceKind !== 'vault' || folder === undefined) {
    throw new Failure('usage', 'NOT_A_VAULT_SNAPSHOT', 'the snapshot is not one of a Vault', {
      hint: '"holdfast snapshots" lists what each is of.',
      facts: { source: snapshot.sourceKind },
    });
  }
  const { signal, clock } = context;
  const pause = (durationMs: number) => clock.sleep(durationMs, signal);
  const { access, ...place } = vault;
  const { about: target, isActive } = await checkVault(place, pause, signal);
  if (!isActive) {
    throw new Failure('usage', 'VAULT_NOT_ACTIVE', `"${target.host}" is not the active node`, {
      hint: '"vault operator raft list-peers" tells the leader: name its address.',
      facts: { host: target.host },
    });
  }
  const file = { snapshot, path: `${folder}/raft.snap` };
  await repository.loadIndex(context);
  context.monitor.phase('verifying');
  const bytes = await prove(cat(file, repository, context));
  if (dryRun) return { target, bytes };
  if (confirmed !== target.host) {
    throw new Failure(
      'denied',
      'VAULT_RESTORE_NOT_CONFIRMED',
      `to replace "${target.host}" was not confirmed`,
      {
        hint: `This replaces everything in that Vault, tokens and policies too. If that is wanted: --confirm ${target.host}`,
        facts: { host: target.host },
      },
    );
  }
  const token = 'token' in access ? access.token : await logIn(place, access.appRole, pause, signal);
  const connection = { ...place, token };
  try {
    context.monitor.phase('restoring');
    const content = () => Readable.from(copies(cat(file, repository, context)), { objectMode: false });
    await putSnapshotBack(connection, { snapshot: content, force }, pause, signal);
  } finally {
    // After a restore the token may be unknown: then it is gone as well.
    if (!('token' in access)) await logOut(connection, pause);
  }
  return { target, bytes };
}

async function prove(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const proof = new SnapshotProof();
  let bytes = 0;
  for await (const piece of pieces) {
    await proof.write(piece);
    bytes += piece.length;
  }
  await proof.end();
  return bytes;
}

/** The reader may reuse its buffers, and a socket takes the bytes later. */
async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}
