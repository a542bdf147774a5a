// The table of storage kinds: one lazy line per kind.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Storage } from './storage.ts';

export const storages = {
  file: () => import('./local.ts'),
  memory: () => import('./memory.ts'),
} as const;

/** Opens the place that a `--repository` value names: a folder, or a URL. */
export async function openStorage(url: string, context: Context): Promise<Storage> {
  const kind = await kindOf(url);
  return kind.open(kind.fromUrl(url) as never, context);
}

/** Makes the place where a repository will lie. */
export async function createStorage(url: string, context: Context): Promise<Storage> {
  const kind = await kindOf(url);
  return kind.create(kind.fromUrl(url) as never, context);
}

async function kindOf(url: string) {
  const scheme = /^([a-z][a-z0-9+-]{1,15}):/.exec(url)?.[1] ?? 'file';
  const load = storages[scheme as keyof typeof storages];
  if (load === undefined) {
    throw new Failure('usage', 'STORAGE_UNKNOWN_SCHEME', `"${scheme}:" is no kind of storage`, {
      hint: `Known kinds: ${Object.keys(storages).join(', ')}. A path without scheme is a folder.`,
    });
  }
  return (await load()).default;
}
