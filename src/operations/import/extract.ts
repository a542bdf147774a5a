// The second reading: entries are placed below the target by directory handles that follow no link. Directories and files first, then
// further names, symlinks and specials, last the attributes of directories from the deepest up, so that no write can be led elsewhere.

import type { OpenArchive } from '../../archives/all.ts';
import type { ArchiveEntry } from '../../archives/archive.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { makeFolders } from '../../disk/folders.ts';
import { Handles } from '../../sources/files/handles.ts';
import { byName, byNumber, type OwnerMapping } from '../../sources/files/owners.ts';
import { type Attributes, Placer } from '../../sources/files/placing.ts';
import { displayPath, fsPath, openSystem, type System, sys } from '../../sources/files/system.ts';
import { type Checked, isWanted, safePath } from './check.ts';

export interface ExtractRequest {
  /** Byte string. */
  readonly target: string;
  readonly select: (path: string, isDirectory: boolean) => boolean;
  readonly overwrite: boolean;
  readonly owners: boolean;
  readonly numericIds: boolean;
  readonly devices: boolean;
}

export interface Extracted {
  files: number;
  directories: number;
  symlinks: number;
  hardlinks: number;
  specials: number;
  bytes: number;
  /** Devices that were not asked for. */
  skipped: number;
}

interface Late {
  readonly path: string;
  readonly entry: ArchiveEntry;
}

export async function extract(
  archive: OpenArchive,
  checked: Checked,
  request: ExtractRequest,
  context: Context,
): Promise<Extracted> {
  try {
    makeFolders(fsPath(request.target));
  } catch (cause) {
    throw new Failure('denied', 'TARGET_DENIED', `"${displayPath(request.target)}" cannot be made`, {
      cause,
    });
  }
  const system = openSystem();
  using place = new Place(system, request, context);
  const done: Extracted = {
    files: 0,
    directories: 0,
    symlinks: 0,
    hardlinks: 0,
    specials: 0,
    bytes: 0,
    skipped: 0,
  };
  const late: Late[] = [];
  /** Under which name a file that is not wanted itself was written. */
  const written = new Map<string, string>();
  for await (const { entry, content } of archive.entries(context)) {
    context.signal.throwIfAborted();
    const own = safePath(entry.path);
    let path = own;
    if (!isWanted(own, entry.kind === 'directory', request.select)) {
      const standIn = checked.standIns.get(own);
      if (standIn === undefined || entry.kind !== 'file') continue;
      path = standIn;
      written.set(own, path);
    }
    context.monitor.count('entries', 1);
    if (entry.kind === 'directory') {
      if (place.directory(path, entry)) done.directories += 1;
    } else if (entry.kind === 'file') {
      const bytes = await place.file(path, entry, content);
      if (bytes === undefined) continue;
      done.files += 1;
      done.bytes += bytes;
    } else late.push({ path, entry });
  }
  // A further name of what comes late itself comes after it.
  const lateNames = new Set(late.flatMap(({ path, entry }) => (entry.kind === 'hardlink' ? [] : [path])));
  const rank = ({ entry }: Late) =>
    entry.kind !== 'hardlink' ? 1 : lateNames.has(safePath(entry.target ?? '')) ? 2 : 0;
  for (const one of late.sort((a, b) => rank(a) - rank(b))) placeLate(one, place, written, request, done);
  place.finish();
  return done;
}

function placeLate(
  { path, entry }: Late,
  place: Place,
  written: ReadonlyMap<string, string>,
  { devices }: ExtractRequest,
  done: Extracted,
): void {
  const { kind } = entry;
  if (kind === 'hardlink') {
    const named = safePath(entry.target ?? '');
    const existing = written.get(named) ?? named;
    // The content itself was written under this very name.
    if (existing === path) return;
    if (place.link(path, existing)) done.hardlinks += 1;
  } else if (kind === 'symlink') {
    if (place.symlink(path, entry)) done.symlinks += 1;
  } else if (kind === 'fifo') {
    if (place.fifo(path, entry)) done.specials += 1;
  } else if (!devices) done.skipped += 1;
  else if (place.device(path, entry)) done.specials += 1;
}

/** The target as it is being filled. */
class Place implements Disposable {
  readonly #request: ExtractRequest;
  readonly #context: Context;
  readonly #placer: Placer;
  readonly #handles: Handles;
  /** Folders that are there, and what each is to become; undefined for those that only lead somewhere. */
  readonly #directories = new Map<string, Attributes | undefined>();

  constructor(system: System, request: ExtractRequest, context: Context) {
    this.#request = request;
    this.#context = context;
    const rules = { owners: request.owners };
    this.#placer = new Placer(system, request.target, rules, (problem) => context.monitor.problem(problem));
    this.#handles = new Handles(system, request.target);
  }

  [Symbol.dispose](): void {
    this.#handles[Symbol.dispose]();
    this.#placer[Symbol.dispose]();
  }

  directory(path: string, entry: ArchiveEntry): boolean {
    if (!this.#ensure(path)) return false;
    this.#directories.set(path, this.#attributes(entry));
    return true;
  }

  /** How many bytes were written; undefined when it could not be placed. */
  async file(
    path: string,
    entry: ArchiveEntry,
    content: AsyncIterable<Uint8Array>,
  ): Promise<number | undefined> {
    const placer = this.#placer;
    if (!this.#makeRoom(path) || !placer.createFile(path, 0)) return undefined;
    const file = placer.openFile(path);
    if (file === undefined) return undefined;
    try {
      let at = 0;
      for await (const piece of content) {
        if (!placer.writeAt(path, file, at, piece)) return undefined;
        at += piece.length;
        this.#context.monitor.count('sourceBytes', piece.length);
      }
      return placer.finishFile(path, file, this.#attributes(entry)) ? at : undefined;
    } finally {
      placer.closeFile(file);
    }
  }

  link(path: string, existing: string): boolean {
    return this.#makeRoom(path) && this.#placer.link(path, existing);
  }

  symlink(path: string, entry: ArchiveEntry): boolean {
    return this.#makeRoom(path) && this.#placer.symlink(path, entry.target ?? '', this.#attributes(entry));
  }

  fifo(path: string, entry: ArchiveEntry): boolean {
    return this.#makeRoom(path) && this.#placer.fifo(path, this.#attributes(entry));
  }

  device(path: string, entry: ArchiveEntry): boolean {
    const { major, minor } = entry.device ?? { major: 0, minor: 0 };
    const isBlock = entry.kind === 'block-device';
    return this.#makeRoom(path) && this.#placer.device(path, this.#attributes(entry), isBlock, major, minor);
  }

  /** Attributes of folders, deepest first, and then all of it on the disk. */
  finish(): void {
    const depth = (path: string) => path.split('/').length;
    const deepest = [...this.#directories].sort(([a], [b]) => depth(b) - depth(a));
    for (const [path, attributes] of deepest) {
      if (attributes === undefined || path === '') continue;
      this.#placer.finishDirectory(path, attributes);
    }
    const top = this.#directories.get('');
    if (top !== undefined) this.#placer.finishRoot(top);
    this.#placer.sync();
  }

  /** Makes the folders above, and takes away what is in the way where that is allowed. */
  #makeRoom(path: string): boolean {
    const slash = path.lastIndexOf('/');
    if (slash >= 0 && !this.#ensure(path.slice(0, slash))) return false;
    const stat = this.#request.overwrite ? this.#handles.statIfAny(path) : undefined;
    if (stat === undefined) return true;
    if ((stat.mode & sys.typeMask) === sys.typeDirectory) {
      this.#problem(path, 'is a folder in the target, which is not replaced');
      return false;
    }
    return this.#placer.removeFile(path);
  }

  /** A folder that is there is kept, a link to one is not taken for one. */
  #ensure(path: string): boolean {
    if (path === '' || this.#directories.has(path)) return true;
    const slash = path.lastIndexOf('/');
    if (slash >= 0 && !this.#ensure(path.slice(0, slash))) return false;
    const stat = this.#handles.statIfAny(path);
    const isThere = stat !== undefined && (stat.mode & sys.typeMask) === sys.typeDirectory;
    if (stat !== undefined && !isThere) {
      if (!this.#request.overwrite) {
        this.#problem(path, 'is no folder in the target');
        return false;
      }
      if (!this.#placer.removeFile(path)) return false;
    }
    if (!isThere && !this.#placer.makeDirectory(path)) return false;
    this.#directories.set(path, undefined);
    return true;
  }

  #problem(path: string, message: string): void {
    this.#context.monitor.problem({ path: displayPath(path), code: 'TARGET_EXISTS', message });
  }

  #attributes(entry: ArchiveEntry): Attributes {
    const { mode, uid, gid, mtimeNs } = entry;
    // Other namespaces than a user's own decide what programs may do.
    const kept = (entry.xattrs ?? []).filter(([name]) => this.#request.owners || name.startsWith('user.'));
    const xattrs = kept.map(([name, value]) => [Buffer.from(name, 'latin1'), value] as const);
    return this.#owned(entry)({ mode, uid, gid, mtimeNs, xattrs });
  }

  /** Who is known here by the name in the archive, gets it. */
  #owned({ uid, gid, user, group }: ArchiveEntry): OwnerMapping {
    if (!this.#request.owners || this.#request.numericIds) return byNumber;
    const named = (id: number, name: string | undefined) =>
      new Map(name === undefined || name === '' ? [] : [[id, Buffer.from(name, 'latin1').toString()]]);
    const key = `${uid}:${user}:${gid}:${group}`;
    const known = this.#mappings.get(key);
    if (known !== undefined) return known;
    const mapping = byName({ users: named(uid, user), groups: named(gid, group) });
    this.#mappings.set(key, mapping);
    return mapping;
  }
  readonly #mappings = new Map<string, OwnerMapping>();
}
