// From `--repository` and a secret to an open repository.

import { posix } from 'node:path';
import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { Purpose } from '../repository/config.ts';
import type { Repository } from '../repository/repository.ts';
import type { SecretOf } from '../storage/all.ts';
import type { Storage } from '../storage/storage.ts';
import type { TransferLimits } from '../storage/with/limits.ts';
import type { Ambient } from './ambient.ts';
import type { Invocation } from './command.ts';
import { invalidOption } from './options.ts';
import { findSecret, mainSecret, requireSecret, type SecretNames } from './secrets.ts';
import type { FoundSecret } from './slot-secrets.ts';
import { storageSecrets } from './storage-secrets.ts';
import { rateOption } from './values.ts';

export interface AccessOptions {
  /** Spares asking for the secret twice. */
  readonly found?: FoundSecret | undefined;
  /** For who judges what is stored, or deletes: the local cache must not answer in place of the storage. */
  readonly uncached?: boolean;
  /** What is stored from now on is to be retained until then. */
  readonly retainUntil?: Instant | undefined;
  /** Which key slot opened, for who tests keys; a passphrase is not stretched again for that. */
  readonly onUnlocked?: (slot: { readonly id: string; readonly type: string }) => void;
  /** See RepositoryAccess. */
  readonly meanwhile?: () => void;
}

/** The place is looked at before a passphrase is asked for. */
export async function openMainRepository(
  invocation: Invocation,
  purpose: Purpose,
  access: AccessOptions = {},
): Promise<Repository> {
  const storage = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  try {
    const secret = access.found ?? (await requireSecret(invocation, mainSecret, storage.location));
    return await openAt(storage, secret, mainSecret, purpose, access, invocation);
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** As a write-only writer where a key of one is named, which takes no passphrase. */
export async function openForBackup(invocation: Invocation, access: AccessOptions): Promise<Repository> {
  const { options, ambient, context } = invocation;
  const path = options.text('writerKey') ?? ambient.environment['HOLDFAST_WRITER_KEY_FILE'];
  if (!path) return openMainRepository(invocation, 'write', access);
  const { readPrivateFile } = await import('../keyslots/private-file.ts');
  const { decodeWriterKey } = await import('../repository/writer-key.ts');
  const key = decodeWriterKey(new Secret(readPrivateFile(path)));
  const storage = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  try {
    const { openForWriting } = await import('../repository/open.ts');
    const wrap = await wrapping(access, invocation);
    const state = { directory: ambient.stateDirectory };
    return await openForWriting({ storage, state, owner: ambient.owner, wrap, key }, context);
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** With a maintenance key where one is named, which takes no passphrase; else in full. */
export async function openForUpkeep(invocation: Invocation, purpose: Purpose): Promise<Repository> {
  const { options, ambient, context } = invocation;
  const access = { uncached: true };
  const path = options.text('maintenanceKey') ?? ambient.environment['HOLDFAST_MAINTENANCE_KEY_FILE'];
  if (!path) return openMainRepository(invocation, purpose, access);
  const { readPrivateFile } = await import('../keyslots/private-file.ts');
  const { decodeMaintenanceKey } = await import('../repository/maintenance-key.ts');
  const key = decodeMaintenanceKey(new Secret(readPrivateFile(path)));
  const storage = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  try {
    const { openForMaintenance } = await import('../repository/open-maintenance.ts');
    const wrap = await wrapping(access, invocation);
    const state = { directory: ambient.stateDirectory };
    return await openForMaintenance({ storage, state, owner: ambient.owner, wrap, key }, context);
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** A second repository, of `copy --to` and `repair --from`; without a secret of its own it is tried with the first one's. */
export async function openOtherRepository(
  place: string,
  names: SecretNames,
  purpose: Purpose,
  access: AccessOptions,
  invocation: Invocation,
): Promise<Repository> {
  const storage = await openPlace(place, names, invocation);
  try {
    const secret = (await findSecret(invocation, names)) ?? access.found;
    return await openAt(
      storage,
      secret ?? (await requireSecret(invocation, names, storage.location)),
      names,
      purpose,
      access,
      invocation,
    );
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

async function openAt(
  storage: Storage,
  found: FoundSecret,
  names: SecretNames,
  purpose: Purpose,
  access: AccessOptions,
  invocation: Invocation,
): Promise<Repository> {
  const { openRepository } = await import('../repository/open.ts');
  const { ambient, context } = invocation;
  const { findShredKey } = await import('./shred-key.ts');
  const shredKey = await findShredKey(invocation, names);
  return openRepository(
    {
      storage,
      state: { directory: ambient.stateDirectory },
      secrets: [found.secret],
      ...(shredKey === undefined ? {} : { shredKey }),
      owner: ambient.owner,
      writerName: writerName(invocation),
      purpose,
      ...(access.onUnlocked === undefined ? {} : { onUnlocked: access.onUnlocked }),
      ...(access.meanwhile === undefined ? {} : { meanwhile: access.meanwhile }),
      wrap: await wrapping(access, invocation),
    },
    context,
  );
}

/** What is put around the storage once the repository in it is known. */
export async function wrapping(
  { uncached = false, retainUntil }: AccessOptions,
  { ambient }: Pick<Invocation, 'ambient'>,
): Promise<(plain: Storage, id: string) => Storage> {
  const { cacheStorage, retainStorage } = await import('./storage-stack.ts');
  return (plain, id) => {
    const retaining = retainStorage(plain, retainUntil);
    return uncached ? retaining : cacheStorage(retaining, ambient.cacheDirectory, id);
  };
}

export function writerName({ ambient }: Pick<Invocation, 'ambient'>): string {
  return `${ambient.userName}@${ambient.hostName}`;
}

export function repositoryPlace({ options, ambient }: Invocation): string {
  const place = options.text('repository') ?? ambient.environment.HOLDFAST_REPOSITORY;
  if (!place) {
    throw new Failure('usage', 'REPOSITORY_NOT_NAMED', 'no repository was named');
  }
  return place;
}

/** The folder of a repository that lies on this machine, as a byte string; undefined for others. */
export function localFolder(place: string, { ambient }: Pick<Invocation, 'ambient'>): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(place)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'file') return undefined;
  const path = place.replace(/^file:(\/\/)?/i, '');
  return posix.resolve(ambient.workingDirectory, ambient.argumentBytes(path));
}

export interface FolderIdentity {
  readonly device: number;
  readonly inode: bigint;
}

/** The repository, where it is a folder of this machine: it must neither save nor replace itself. */
export async function ownFolder(invocation: Invocation): Promise<FolderIdentity | undefined> {
  const folder = localFolder(repositoryPlace(invocation), invocation);
  return folder === undefined ? undefined : folderIdentity(folder);
}

/** Of a byte string; undefined when nothing is there. */
export async function folderIdentity(folder: string): Promise<FolderIdentity | undefined> {
  const { openSystem, sys } = await import('../sources/files/system.ts');
  const stat = openSystem().statAtIfAny(sys.atFdCwd, folder);
  return stat === undefined ? undefined : { device: stat.device, inode: stat.inode };
}

/** `names`: the variables of the storage's own secrets begin as those of the repository's passphrase. */
export async function openPlace(place: string, names: SecretNames, invocation: Invocation): Promise<Storage> {
  return openStacked(place, storageSecrets(names, invocation), limitsOf(invocation), invocation);
}

export async function createPlace(
  place: string,
  names: SecretNames,
  invocation: Invocation,
): Promise<Storage> {
  const { createStorage } = await import('../storage/all.ts');
  const inner = await createStorage(place, storageSecrets(names, invocation), invocation.context);
  return stack(inner, limitsOf(invocation), invocation);
}

/** A storage with everything around it that does not depend on what it holds. */
export async function openStacked(
  place: string,
  secretOf: SecretOf,
  limits: TransferLimits,
  { ambient, context }: Pick<Invocation, 'ambient' | 'context'>,
): Promise<Storage> {
  const { openStorage } = await import('../storage/all.ts');
  const { openWithRetry } = await import('../storage/with/retry.ts');
  const inner = await openWithRetry(() => openStorage(place, secretOf, context), randomOf(ambient), context);
  return stack(inner, limits, { ambient, context });
}

async function stack(
  inner: Storage,
  limits: TransferLimits,
  { ambient, context }: Pick<Invocation, 'ambient' | 'context'>,
): Promise<Storage> {
  const { stackStorage } = await import('./storage-stack.ts');
  return stackStorage(inner, limits, randomOf(ambient), context);
}

function limitsOf(invocation: Invocation): TransferLimits {
  const upload = rateOption('limitUpload', invocation);
  const download = rateOption('limitDownload', invocation);
  const calls = invocation.options.count('limitCalls', '--limit-calls');
  if (calls === 0) throw invalidOption('--limit-calls', '0', 'a whole number from 1');
  return {
    ...(upload === undefined ? {} : { uploadBytesPerSecond: upload }),
    ...(download === undefined ? {} : { downloadBytesPerSecond: download }),
    ...(calls === undefined ? {} : { callsPerSecond: calls }),
  };
}

/** From 0 up to, not including, 1. */
function randomOf({ random }: Ambient): () => number {
  return () => Buffer.from(random(4)).readUInt32LE() / 2 ** 32;
}
