// The objects below a prefix, listed and read. One that another process deleted meanwhile is passed over; one that cannot be read is told.

import { mapAhead } from '../base/ahead.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { ObjectStat, Storage } from '../storage/storage.ts';

export interface ReadAllOptions {
  readonly wanted?: (name: string) => boolean;
  /** Told of each object that is empty or that the disk does not give; absent, the first is a warning and the second fails. */
  readonly unusable?: (name: string, failure: Failure) => void;
}

export interface ReadObject {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly modifiedAt: number;
}

/** Lists and reads all objects below a prefix, a few at a time. */
export async function* readAll(
  storage: Storage,
  prefix: string,
  context: Context,
  options: ReadAllOptions = {},
): AsyncGenerator<ReadObject> {
  yield* readObjects(storage, listed(storage, prefix, context, options), context, options.unusable);
}

/** Objects of no bytes count as absent. */
export async function* listed(
  storage: Storage,
  prefix: string,
  context: Context,
  { wanted, unusable }: ReadAllOptions,
): AsyncGenerator<ObjectStat> {
  const { signal } = context;
  for await (const object of storage.list(prefix, { signal })) {
    const { name, sizeBytes } = object;
    if (wanted?.(name) === false) continue;
    if (sizeBytes > 0) yield object;
    else if (unusable !== undefined) unusable(name, emptyObject(name));
    else context.log.warn('an object of no bytes counts as absent', { object: name });
  }
}

/** Those that are still there. */
export async function* readObjects(
  storage: Storage,
  objects: Iterable<ObjectStat> | AsyncIterable<ObjectStat>,
  context: Context,
  unusable?: ReadAllOptions['unusable'],
): AsyncGenerator<ReadObject> {
  const read = mapAhead(objects, storage.features.parallelCallsMax, ({ name, modifiedAt }) =>
    readUnlessGone(storage, name, modifiedAt, context, unusable),
  );
  for await (const object of read) if (object !== undefined) yield object;
}

// Between listing and reading another process may delete an object on purpose (a superseded index, an ended session).
async function readUnlessGone(
  storage: Storage,
  name: string,
  modifiedAt: number,
  context: Context,
  unusable: ReadAllOptions['unusable'],
): Promise<ReadObject | undefined> {
  try {
    return { name, modifiedAt, bytes: await storage.get(name, { signal: context.signal }) };
  } catch (error) {
    if (isFailure(error, 'missing')) return undefined;
    if (unusable === undefined || !isOfObjectAlone(error, storage)) throw error;
    unusable(name, error);
    return undefined;
  }
}

/** A bad sector or a wrong mode: the other objects may well be readable. A server that does not answer is no matter of one object. */
function isOfObjectAlone(error: unknown, { features }: Storage): error is Failure {
  if (isFailure(error, 'corrupt')) return true;
  const isOfDisk =
    isFailure(error, 'unavailable', 'STORAGE_IO_ERROR') || isFailure(error, 'denied', 'STORAGE_DENIED');
  return features.isLocal && isOfDisk;
}

function emptyObject(name: string): Failure {
  return new Failure('corrupt', 'OBJECT_EMPTY', `object "${name}" has no bytes, so it counts as absent`, {
    hint: 'Copy it back from another copy of the repository. If there is none, delete this file: then what it held is told as missing.',
  });
}
