// From `--repository` and a secret to an open repository.

import { join, posix } from 'node:path';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Repository } from '../repository/repository.ts';
import type { Storage } from '../storage/storage.ts';
import type { Invocation } from './command.ts';
import { type FoundSecret, findSecret, mainSecret, requireSecret, type SecretNames } from './secrets.ts';
import { rateOption } from './values.ts';

/** The place is looked at before a passphrase is asked for; `found` spares asking twice. */
export async function openMainRepository(invocation: Invocation, found?: FoundSecret): Promise<Repository> {
  const storage = await openPlace(repositoryPlace(invocation), invocation);
  try {
    const secret = found ?? (await requireSecret(invocation, mainSecret, storage.location));
    return await openAt(storage, secret, invocation);
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** A second repository, of `copy --to` and `repair --from`; without a secret of its own it is tried with the first one's. */
export async function openOtherRepository(
  place: string,
  names: SecretNames,
  first: FoundSecret | undefined,
  invocation: Invocation,
): Promise<Repository> {
  const storage = await openPlace(place, invocation);
  try {
    const secret = (await findSecret(invocation, names)) ?? first;
    return await openAt(
      storage,
      secret ?? (await requireSecret(invocation, names, storage.location)),
      invocation,
    );
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

async function openAt(storage: Storage, found: FoundSecret, invocation: Invocation): Promise<Repository> {
  const { openRepository } = await import('../repository/open.ts');
  const { ambient, context } = invocation;
  return openRepository(
    {
      storage,
      state: { directory: ambient.stateDirectory },
      secrets: [found.secret],
      owner: ambient.owner,
      writerName: writerName(invocation),
    },
    context,
  );
}

export function writerName({ ambient }: Invocation): string {
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
export function localFolder(place: string, { ambient }: Invocation): string | undefined {
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

async function openPlace(place: string, invocation: Invocation): Promise<Storage> {
  const { openStorage } = await import('../storage/all.ts');
  return stack(await openStorage(place, invocation.context), invocation);
}

export async function createPlace(place: string, invocation: Invocation): Promise<Storage> {
  const { createStorage } = await import('../storage/all.ts');
  return stack(await createStorage(place, invocation.context), invocation);
}

/**
 * The one visible place where the wrappers of a storage are stacked, from the inside: limits (what is sent again counts again),
 * retry, cache. The last two help only where a network lies between: a local disk is its own cache, and its errors stay.
 */
export async function stack(
  inner: Storage,
  { options, ambient, context }: Pick<Invocation, 'options' | 'ambient' | 'context'>,
): Promise<Storage> {
  const upload = rateOption(options, 'limitUpload');
  const download = rateOption(options, 'limitDownload');
  let storage = inner;
  if (upload !== undefined || download !== undefined) {
    const { withLimits } = await import('../storage/with/limits.ts');
    const limits = {
      ...(upload === undefined ? {} : { uploadBytesPerSecond: upload }),
      ...(download === undefined ? {} : { downloadBytesPerSecond: download }),
    };
    storage = withLimits(storage, limits, context.clock);
  }
  if (inner.features.isLocal) return storage;
  const { withRetry } = await import('../storage/with/retry.ts');
  const random = () => Buffer.from(ambient.random(4)).readUInt32LE() / 2 ** 32;
  storage = withRetry(storage, random, context);
  const repositoryId = await readRepositoryId(storage, context);
  if (repositoryId === undefined) return storage;
  const { withCache } = await import('../storage/with/cache.ts');
  return withCache(storage, {
    folder: join(ambient.cacheDirectory, 'repositories', repositoryId),
    wholePrefixes: ['index/', 'snapshots/'],
    rangePrefixes: ['meta/'],
  });
}

/**
 * What the config claims; undefined where there is none that can be read, which opening tells better. Not proved yet, and need not
 * be: the id only names the cache's folder, and what lies there is authenticated like what the storage gives.
 */
async function readRepositoryId(storage: Storage, context: Context): Promise<string | undefined> {
  const { peekConfig } = await import('../repository/config.ts');
  try {
    return peekConfig(await storage.get('config/1', { signal: context.signal }), 'config/1').repoId;
  } catch (error) {
    if (error instanceof Failure && (error.kind === 'canceled' || error.kind === 'unavailable')) throw error;
    return undefined;
  }
}
