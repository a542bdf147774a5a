// The archives of a folder, told by their names, each proven by the checksum beside it.

import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sealsInName } from '../../archives/seals/all.ts';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { readCompanions, verifyChecksums } from '../import/companions.ts';

export const namePrefix = 'keys_backup';
const nameForm = /^keys_backup_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.tar\.gz$/;

export interface NamedArchive {
  readonly archive: string;
  readonly path: string;
  /** As the name tells, in UTC. */
  readonly time: Instant;
  /** Outermost first. */
  readonly seals: readonly string[];
}

export interface ListedArchive extends NamedArchive {
  readonly sizeBytes: number;
  readonly mode: number;
  /** `unchecked`: there is no checksum beside it. */
  readonly checksum: 'verified' | 'wrong' | 'unchecked' | 'unreadable';
}

/** Files of exactly the form of our names, oldest first; none where there is no folder. */
export async function namedArchives(folder: string): Promise<NamedArchive[]> {
  let names: readonly string[];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  const found = names.flatMap((archive): NamedArchive[] => {
    const { names: seals, rest } = sealsInName(archive);
    const time = timeInName(rest);
    return time === undefined ? [] : [{ archive, path: join(folder, archive), time, seals }];
  });
  return found.sort((a, b) => a.time - b.time || (a.archive < b.archive ? -1 : 1));
}

/** Undefined also for a day that is none. */
export function timeInName(name: string): Instant | undefined {
  const match = nameForm.exec(name);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(text);
  return Number.isFinite(time) && new Date(time).toISOString() === text ? time : undefined;
}

export async function listArchives(folder: string, context: Context): Promise<ListedArchive[]> {
  const listed: ListedArchive[] = [];
  for (const named of await namedArchives(folder)) {
    const { size, mode } = await stat(named.path);
    listed.push({
      ...named,
      sizeBytes: size,
      mode: mode & 0o777,
      checksum: await checksumOf(named, context),
    });
  }
  return listed;
}

export async function checksumOf(
  { path }: NamedArchive,
  context: Context,
): Promise<ListedArchive['checksum']> {
  try {
    const companions = await readCompanions(Buffer.from(path, 'utf8').toString('latin1'));
    if (companions.checksums.length === 0) return 'unchecked';
    await verifyChecksums(() => createReadStream(path, { signal: context.signal }), companions, context);
    return 'verified';
  } catch (error) {
    if (isFailure(error, 'corrupt')) return 'wrong';
    if (context.signal.aborted) throw error;
    return 'unreadable';
  }
}

/** Whole, and nothing of its source was left out: what a restore can rely on. */
export async function isGood(named: NamedArchive, context: Context): Promise<boolean> {
  if ((await checksumOf(named, context)) !== 'verified') return false;
  try {
    const manifest: unknown = JSON.parse(await readFile(`${named.path}.manifest.json`, 'utf8'));
    return (manifest as { readonly problems?: unknown }).problems === 0;
  } catch {
    return false;
  }
}
