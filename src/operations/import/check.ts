// The first reading of a foreign archive: every byte of it, so that damage is found, and every name, so that nothing can be led out of the
// target. It costs the names of the archive in memory, and writes nothing.

import type { OpenArchive } from '../../archives/all.ts';
import type { ArchiveEntry } from '../../archives/archive.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { pathBytesMax, treeDepthMax } from '../../base/limits.ts';
import { Handles } from '../../sources/files/handles.ts';
import { displayPath, openSystem, sys } from '../../sources/files/system.ts';
import { errorCode } from '../../sources/files/system-error.ts';

export interface Wanted {
  readonly entry: ArchiveEntry;
  /** Relative to the target, without "." and ".."; empty for the top itself. */
  readonly path: string;
}

export interface Checked {
  readonly counts: {
    /** All of the archive. */
    readonly all: number;
    /** Those that are wanted. */
    readonly entries: number;
    readonly files: number;
    readonly bytes: number;
  };
  /**
   * Files that are not wanted themselves, while a further name of them is: their content is written under the first such name.
   */
  readonly standIns: ReadonlyMap<string, string>;
}

interface CheckRequest {
  readonly target?: string;
  readonly select: (path: string, isDirectory: boolean) => boolean;
  readonly overwrite: boolean;
  readonly onEntry?: (entry: Wanted) => void;
}

export async function checkEntries(
  archive: OpenArchive,
  request: CheckRequest,
  context: Context,
): Promise<Checked> {
  const counts = { all: 0, entries: 0, files: 0, bytes: 0 };
  const kinds = new Map<string, ArchiveEntry['kind']>();
  const standIns = new Map<string, string>();
  // Told only when all of the archive was proven: before, nothing of it may be believed.
  const wanted: Wanted[] = [];
  using present = new Present(request.target);
  for await (const { entry, content } of archive.entries(context)) {
    context.signal.throwIfAborted();
    let length = 0;
    for await (const piece of content) length += piece.length;
    if (entry.kind === 'file' && length !== entry.sizeBytes)
      throw unsafe(entry.path, 'is not as long as it says');
    const path = safePath(entry.path);
    counts.all += 1;
    checkPlace(path, entry, kinds);
    kinds.set(path, entry.kind);
    const isDirectory = entry.kind === 'directory';
    if (!isWanted(path, isDirectory, request.select)) continue;
    if (entry.kind === 'hardlink') {
      const existing = safePath(entry.target ?? '');
      if (!isWanted(existing, false, request.select) && !standIns.has(existing)) standIns.set(existing, path);
    }
    if (path !== '' && !request.overwrite) present.refuse(path, isDirectory);
    counts.entries += 1;
    if (entry.kind === 'file') {
      counts.files += 1;
      counts.bytes += entry.sizeBytes;
    }
    if (request.onEntry !== undefined) wanted.push({ entry, path });
  }
  for (const one of wanted) request.onEntry?.(one);
  return { counts, standIns };
}

/** The top itself is wanted with everything, and is no entry that a pattern could name. */
export function isWanted(path: string, isDirectory: boolean, select: CheckRequest['select']): boolean {
  return path === '' || select(`/${path}`, isDirectory);
}

/** Names below the target only: what would lead out of it makes the whole archive one that nobody should unpack. */
export function safePath(name: string): string {
  if (name.startsWith('/')) throw unsafe(name, 'has an absolute name');
  if (name.includes('\0')) throw unsafe(name, 'has a NUL in its name');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw unsafe(name, 'leads out of the target by ".."');
  if (name.length > pathBytesMax || parts.length > treeDepthMax) throw unsafe(name, 'lies too deep');
  return parts.join('/');
}

function checkPlace(
  path: string,
  entry: ArchiveEntry,
  kinds: ReadonlyMap<string, ArchiveEntry['kind']>,
): void {
  const { kind } = entry;
  if (path === '' && kind !== 'directory') throw unsafe(entry.path, 'has no name');
  const known = kinds.get(path);
  if (known !== undefined && !(known === 'directory' && kind === 'directory'))
    throw unsafe(entry.path, 'is there twice');
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const above = kinds.get(path.slice(0, slash));
    if (above !== undefined && above !== 'directory')
      throw unsafe(entry.path, `lies below an entry of the kind "${above}"`);
  }
  if (kind === 'symlink' && (entry.target ?? '') === '') throw unsafe(entry.path, 'is a link to nowhere');
  if (kind !== 'hardlink') return;
  const target = kinds.get(safePath(entry.target ?? ''));
  if (target === undefined || target === 'directory')
    throw unsafe(entry.path, 'is a further name of what the archive does not hold before it');
}

function unsafe(path: string, what: string): Failure {
  return new Failure('corrupt', 'ARCHIVE_UNSAFE', `the entry "${displayPath(path)}" ${what}`, {
    hint: 'Nothing was written. If the archive is trusted, unpack it with the program that made it, in a folder of its own.',
  });
}

/** What is there already below the target. */
class Present implements Disposable {
  readonly #handles: Handles | undefined;

  constructor(target: string | undefined) {
    this.#handles = target === undefined ? undefined : openIfAny(target);
  }

  refuse(path: string, isDirectory: boolean): void {
    const stat = this.#handles?.statIfAny(path);
    if (stat === undefined || (isDirectory && (stat.mode & sys.typeMask) === sys.typeDirectory)) return;
    throw new Failure('conflict', 'TARGET_EXISTS', `"${displayPath(path)}" exists already in the target`, {
      hint: 'Nothing was written. Choose an empty folder, or allow replacing with "--overwrite".',
    });
  }

  [Symbol.dispose](): void {
    this.#handles?.[Symbol.dispose]();
  }
}

function openIfAny(target: string): Handles | undefined {
  try {
    return new Handles(openSystem(), target);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure('denied', 'TARGET_DENIED', `the target "${displayPath(target)}" cannot be opened`, {
      cause: error,
    });
  }
}
