// What is read of a repository before anything can be opened: configs and keys, and which of several is to be believed.

import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { Storage } from '../storage/storage.ts';
import { readAll } from './read-all.ts';
import { rescuePrefix } from './rescue.ts';

/** What is read before anything can be opened: configs, highest number first, and all below `keys/`. */
export async function readFront(
  storage: Storage,
  context: Context,
): Promise<{ readonly configs: readonly NumberedObject[]; readonly keys: readonly StoredObject[] }> {
  // At once: each round to a storage far away costs as much as everything else here.
  const [configs, keys] = await Promise.all([
    collect(readAll(storage, 'config/', context)).then((objects) => numbered('config/', objects)),
    collect(readAll(storage, 'keys/', context, { wanted: (name) => !name.startsWith(rescuePrefix) })),
  ]);
  if (configs.length === 0) {
    throw new Failure('missing', 'REPOSITORY_MISSING', `there is no repository at "${storage.location}"`, {
      hint: 'Check the place, or make a repository there with "holdfast init".',
    });
  }
  return { configs, keys };
}

export interface StoredObject {
  readonly name: string;
  readonly bytes: Uint8Array;
}
export interface NumberedObject extends StoredObject {
  readonly number: number;
}

export async function collect(objects: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
  const collected: StoredObject[] = [];
  for await (const object of objects) collected.push(object);
  return collected;
}

/** Those that are named `<prefix><n>`, highest number first. */
export function numbered(prefix: string, objects: readonly StoredObject[]): NumberedObject[] {
  return objects
    .map(({ name, bytes }) => ({
      digits: name.startsWith(prefix) ? name.slice(prefix.length) : '',
      name,
      bytes,
    }))
    .filter(({ digits }) => /^[1-9][0-9]{0,8}$/.test(digits))
    .map(({ digits, name, bytes }) => ({ number: Number(digits), name, bytes }))
    .sort((a, b) => b.number - a.number);
}

/** The highest that can be believed; when none can, the failure of the highest. */
export function highestValid<Result>(
  objects: readonly NumberedObject[],
  open: (object: NumberedObject) => Result,
): Result {
  let first: unknown;
  for (const object of objects) {
    try {
      return open(object);
    } catch (error) {
      if (!isFailure(error, 'corrupt')) throw error;
      first ??= error;
    }
  }
  throw first;
}
