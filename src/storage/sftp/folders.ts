// The folders of a repository on an SFTP server: what a list and a sweep find in them.

import type { Instant } from '../../base/context.ts';
import type { ObjectStat } from '../storage.ts';
import type { SftpSession } from './connection.ts';
import { isMissing } from './failure.ts';
import { entriesOf, type RemoteStat, removeFile, statOf } from './files.ts';
import { temporaryPrefix } from './root.ts';

/** A storage as it is seen from here. */
export interface Place {
  readonly session: SftpSession;
  /** Of an object or a folder; of the root for an empty name. */
  path(name: string): string;
  /** Throws when the folder above all is gone. */
  requireRoot(): Promise<void>;
}

export interface Folder {
  readonly objects: readonly ObjectStat[];
  /** Names of the folders below that may hold more. */
  readonly folders: readonly string[];
}

export function objectStat(name: string, { sizeBytes, modifiedAt }: RemoteStat): ObjectStat {
  return { name, sizeBytes, modifiedAt };
}

/** Names with a dot in front are no folders of objects. */
function isFolderName(name: string): boolean {
  return !name.startsWith('.');
}

export async function readFolder(place: Place, folder: string, prefix: string): Promise<Folder> {
  const objects: ObjectStat[] = [];
  const folders: string[] = [];
  try {
    for await (const entry of entriesOf(place.session, place.path(folder))) {
      if (entry.name.startsWith(temporaryPrefix)) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const found = entry.isLink ? await follow(place, name) : entry;
      if (found === undefined) continue;
      if (!found.isDirectory) {
        if (name.startsWith(prefix)) objects.push(objectStat(name, found));
      } else if (isFolderName(entry.name) && (name.startsWith(prefix) || prefix.startsWith(`${name}/`))) {
        folders.push(name);
      }
    }
  } catch (error) {
    // A folder that was never made holds nothing, but the one above all must be there.
    if (!isMissing(error)) throw error;
    await place.requireRoot();
  }
  return { objects, folders };
}

/** A link to a folder counts: an operator may have moved a part of the repository to another disk. */
async function follow(place: Place, name: string): Promise<RemoteStat | undefined> {
  try {
    return await statOf(place.session, place.path(name));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function sweepFolder(
  place: Place,
  folder: string,
  before: Instant,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  let swept = 0;
  const folders: string[] = [];
  try {
    for await (const { name: last, isDirectory, modifiedAt } of entriesOf(
      place.session,
      place.path(folder),
    )) {
      const name = folder === '' ? last : `${folder}/${last}`;
      if (isDirectory && isFolderName(last)) folders.push(name);
      if (isDirectory || !last.startsWith(temporaryPrefix) || modifiedAt >= before) continue;
      await removeFile(place.session, place.path(name));
      swept += 1;
    }
  } catch (error) {
    // Others sweep, too, and a put that ends removes its own.
    if (!isMissing(error)) throw error;
    await place.requireRoot();
  }
  for (const name of folders) swept += await sweepFolder(place, name, before, signal);
  return swept;
}
