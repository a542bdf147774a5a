// The table of storage kinds: one lazy line per kind.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Storage } from './storage.ts';
import { withNames } from './with/names.ts';

export const storages = {
  file: () => import('./local.ts'),
  memory: () => import('./memory.ts'),
} as const;

/** Opens the place that a `--repository` value names: a folder, or a URL. Names are checked, nothing else is added. */
export async function openStorage(url: string, context: Context): Promise<Storage> {
  const kind = await kindOf(url);
  return withNames(await kind.open(kind.fromUrl(url) as never, context), context);
}

/** Makes the place where a repository will lie. */
export async function createStorage(url: string, context: Context): Promise<Storage> {
  const kind = await kindOf(url);
  return withNames(await kind.create(kind.fromUrl(url) as never, context), context);
}

async function kindOf(url: string) {
  // At least two letters, so that the drive of a Windows path is none.
  const scheme = /^([a-z][a-z0-9+-]{1,15}):/i.exec(url)?.[1]?.toLowerCase() ?? 'file';
  if (!Object.hasOwn(storages, scheme)) {
    throw new Failure('usage', 'STORAGE_UNKNOWN_SCHEME', `"${scheme}:" is no kind of storage`, {
      hint: `Known kinds: ${Object.keys(storages).join(', ')}. Write ./ before the name of a folder that has a colon.`,
    });
  }
  return (await storages[scheme as keyof typeof storages]()).default;
}
