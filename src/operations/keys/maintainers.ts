// Maintenance keys: who holds one gives space back and looks for damage, and reads no name. FORMAT.md §15.

import { randomBytes } from 'node:crypto';
import { equalBytes, hex } from '../../base/bytes.ts';
import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import { rotateBundle } from '../../repository/bundle.ts';
import { loadChain } from '../../repository/chain.ts';
import { maintenanceFeature } from '../../repository/config.ts';
import { encodeMaintenanceKey, maintenanceShareName } from '../../repository/maintenance-key.ts';
import { requireFeature } from '../../repository/open.ts';
import { mendRefs, readRefs } from '../../repository/refs.ts';
import type { Repository } from '../../repository/repository.ts';
import { publishBundle, signIndexes } from './writers.ts';

export interface ListedMaintainer {
  /** 32 hex. */
  readonly id: string;
  readonly name: string;
  readonly since: Instant;
}

/** Oldest first; those that were removed are not listed. */
export function listMaintainers({ ring }: Repository): ListedMaintainer[] {
  return (ring.bundle.maintainers ?? []).map(({ id, name, from }) => ({ id: hex(id), name, since: from }));
}

/** Makes a maintenance key. `keep` stores it durably before anything in the repository changes. */
export async function addMaintainer(
  request: { readonly name: string; readonly keep: (key: Secret) => void },
  repository: Repository,
  context: Context,
): Promise<{ readonly id: string }> {
  const { ring } = repository;
  const id = randomBytes(16);
  const grantKey = randomBytes(32);
  const text = encodeMaintenanceKey({ repositoryId: ring.repositoryId, id, grantKey });
  request.keep(new Secret(Buffer.from(text, 'latin1'), 'maintenance-key'));
  // From here on the index key is in hands that cannot read: what a full key has not signed is borrowed by nobody.
  if (!ring.needsVouching) await signIndexes(repository, context);
  // First the writers, then what they have published until now.
  await requireFeature(maintenanceFeature, repository, context, 'writers');
  const { all } = await readRefs(repository, context);
  await mendRefs(repository, (await loadChain(repository, context)).snapshots, all, context);
  const { bundle } = ring;
  const maintainer = { id, grantKey, name: request.name, from: context.clock.now() };
  await publishBundle(
    {
      ...bundle,
      number: bundle.number + 1,
      maintainers: [...(bundle.maintainers ?? []), maintainer],
    },
    repository,
    context,
  );
  return { id: hex(id) };
}

/** Gives this key nothing from now on, and new keys to all others. Its account at the storage must be closed there. */
export async function removeMaintainer(id: string, repository: Repository, context: Context): Promise<void> {
  const { bundle } = repository.ring;
  const wanted = Buffer.from(id, 'hex');
  const isWanted = (one: { readonly id: Uint8Array }): boolean => equalBytes(one.id, wanted);
  const { maintainers = [] } = bundle;
  if (!maintainers.some(isWanted)) {
    throw new Failure('missing', 'MAINTAINER_UNKNOWN', `there is no maintenance key "${id}"`, {
      hint: 'List them with "holdfast maintainer list".',
    });
  }
  const next = rotateBundle(bundle, context.clock.now());
  await publishBundle(
    { ...next, maintainers: maintainers.filter((one) => !isWanted(one)) },
    repository,
    context,
  );
  const { storage } = repository;
  const { signal } = context;
  const names: string[] = [];
  for await (const { name } of storage.list(maintenanceShareName(wanted, ''), { signal })) names.push(name);
  for (const name of names) await storage.delete(name, { signal });
}
