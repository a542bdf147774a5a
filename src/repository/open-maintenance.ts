// Opens a repository with a maintenance key: to prune and to look for damage, and for nothing else. FORMAT.md §15.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { signerKeyId } from './bundle.ts';
import { peekConfig, refuseUnknownFeatures } from './config.ts';
import { readFront } from './front.ts';
import { type MaintenanceKey, maintenanceRing } from './maintenance-key.ts';
import type { RepositoryAccess } from './open.ts';
import { Repository } from './repository.ts';
import { RepositoryState, type WriterIdentity } from './state.ts';

export async function openForMaintenance(
  access: Omit<RepositoryAccess, 'secrets' | 'purpose' | 'writerName' | 'shredKey'> & {
    readonly key: MaintenanceKey;
  },
  context: Context,
): Promise<Repository> {
  const { storage, key } = access;
  const { configs, keys } = await readFront(storage, context);
  // Not verified, for that takes the master key: nothing but the names of features is believed of it.
  const config = peekConfig(configs[0]!.bytes, configs[0]!.name);
  if (config.repoId !== hex(key.repositoryId)) {
    throw new Failure('denied', 'MAINTENANCE_KEY_FOREIGN', 'the maintenance key is for another repository', {
      facts: { repository: config.repoId.slice(0, 12), key: hex(key.repositoryId).slice(0, 12) },
      hint: 'Check the place of the repository and the file of the key.',
    });
  }
  refuseUnknownFeatures(config, 'write');
  return new Repository({
    storage: access.wrap?.(storage, config.repoId) ?? storage,
    config,
    ring: maintenanceRing(key, keys),
    state: new RepositoryState(access.state, config.repoId),
    owner: access.owner,
    identity: nobody(),
  });
}

/** A session wants a name. This one is known to no bundle, so that nothing it could sign would be believed. */
function nobody(): WriterIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  return { writerId: hex(randomBytes(16)), privateKey, publicKey: raw, keyId: signerKeyId(raw) };
}
