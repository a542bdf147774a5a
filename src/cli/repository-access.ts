// From `--repository` and a secret to an open repository: the one visible place where the wrappers of a storage are stacked.

import { posix } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { Repository } from '../repository/repository.ts';
import type { Storage } from '../storage/storage.ts';
import type { Invocation } from './command.ts';
import { type FoundSecret, mainSecret, requireSecret, type SecretNames } from './secrets.ts';
import { rateOption } from './values.ts';

export async function openMainRepository(invocation: Invocation): Promise<Repository> {
  const place = repositoryPlace(invocation);
  const storage = await openPlace(place, invocation);
  return openAt(storage, await requireSecret(invocation, mainSecret, storage.location), invocation);
}

/** A second repository, of `copy --to` and `repair --from`; without a secret of its own it is tried with the first one's. */
export async function openOtherRepository(
  place: string,
  names: SecretNames,
  first: FoundSecret | undefined,
  invocation: Invocation,
): Promise<Repository> {
  const { findSecret } = await import('./secrets.ts');
  const storage = await openPlace(place, invocation);
  const secret = (await findSecret(invocation, names)) ?? first;
  return openAt(storage, secret ?? (await requireSecret(invocation, names, storage.location)), invocation);
}

export async function openAt(storage: Storage, found: FoundSecret, invocation: Invocation): Promise<Repository> {
  const { openRepository } = await import('../repository/open.ts');
  const { ambient, context } = invocation;
  try {
    return await openRepository(
      {
        storage,
        state: { directory: ambient.stateDirectory },
        secrets: [found.secret],
        owner: ambient.owner,
        writerName: writerName(invocation),
      },
      context,
    );
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

export function writerName({ ambient }: Invocation): string {
  return `${ambient.userName}@${ambient.hostName}`;
}

export function repositoryPlace({ options, ambient }: Invocation): string {
  const place = options.text('repository') ?? ambient.environment['HOLDFAST_REPOSITORY'];
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

async function openPlace(place: string, invocation: Invocation): Promise<Storage> {
  const { openStorage } = await import('../storage/all.ts');
  return stack(await openStorage(place, invocation.context), invocation);
}

export async function createPlace(place: string, invocation: Invocation): Promise<Storage> {
  const { createStorage } = await import('../storage/all.ts');
  return stack(await createStorage(place, invocation.context), invocation);
}

/** Inside out: what the storage is · bandwidth · retries · names. A local cache is of use only where reading is slow. */
async function stack(inner: Storage, invocation: Invocation): Promise<Storage> {
  const { options, ambient, context } = invocation;
  const [{ withNames }, { withRetry }] = await Promise.all([
    import('../storage/with/names.ts'),
    import('../storage/with/retry.ts'),
  ]);
  let storage = inner;
  const uploadBytesPerSecond = rateOption(options, 'limitUpload');
  const downloadBytesPerSecond = rateOption(options, 'limitDownload');
  if (uploadBytesPerSecond !== undefined || downloadBytesPerSecond !== undefined) {
    const { withLimits } = await import('../storage/with/limits.ts');
    storage = withLimits(
      storage,
      {
        ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond }),
        ...(downloadBytesPerSecond === undefined ? {} : { downloadBytesPerSecond }),
      },
      context,
    );
  }
  storage = withRetry(storage, { random: fraction(ambient.random) }, context);
  return withNames(storage);
}

/** 0 to 1 from random bytes, for the jitter of retries. */
function fraction(random: (length: number) => Uint8Array): () => number {
  return () => Buffer.from(random(4)).readUInt32LE() / 2 ** 32;
}
