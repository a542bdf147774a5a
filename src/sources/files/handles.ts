// Directory handles below one folder, opened component by component without following links, the last used ones kept open. Whoever works
// with paths below a folder that others may write to goes through here, so that no link can lead an action elsewhere.

import { constants } from 'node:fs';
import { type FileStat, type System, sys } from './system.ts';
import { errorCode } from './system-error.ts';

const handlesMax = 128;
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** What says that nothing of this path can be there. */
const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

export interface EntryBelow {
  readonly path: string;
  readonly stat: FileStat;
}

export class Handles implements Disposable {
  readonly system: System;
  /** The folder itself. */
  readonly root: number;
  readonly #open = new Map<string, number>();
  /** Not to be closed while another path is looked up. */
  #held: number | undefined;

  /** `root` is an existing directory, a byte string; links on the way to it are followed. */
  constructor(system: System, root: string) {
    this.system = system;
    this.root = system.openAt(sys.atFdCwd, root, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  [Symbol.dispose](): void {
    this.forget();
    this.system.close(this.root);
  }

  /** Closes what is kept open, so that directories that were moved are found anew. */
  forget(): void {
    for (const handle of this.#open.values()) this.system.close(handle);
    this.#open.clear();
  }

  /** The directory that holds an entry, and the entry's name in it. Paths are relative byte strings without "." and "..". */
  parent(path: string): [number, string] {
    const slash = path.lastIndexOf('/');
    return slash < 0 ? [this.root, path] : [this.directory(path.slice(0, slash)), path.slice(slash + 1)];
  }

  /** Valid until the next call; the empty path is the root. A loop, because folders may lie deeper than the stack is. */
  directory(path: string): number {
    let end = path.length;
    let handle = this.#cached(path);
    while (handle === undefined) {
      end = Math.max(0, path.lastIndexOf('/', end - 1));
      handle = this.#cached(path.slice(0, end));
    }
    while (end < path.length) {
      const start = end === 0 ? 0 : end + 1;
      const slash = path.indexOf('/', start);
      end = slash < 0 ? path.length : slash;
      handle = this.system.openAt(handle, path.slice(start, end), directoryFlags);
      this.#keep(path.slice(0, end), handle);
    }
    return handle;
  }

  #cached(path: string): number | undefined {
    if (path === '') return this.root;
    const cached = this.#open.get(path);
    if (cached === undefined) return undefined;
    this.#open.delete(path);
    this.#open.set(path, cached);
    return cached;
  }

  #keep(path: string, handle: number): void {
    this.#open.set(path, handle);
    for (const [oldest, old] of this.#open) {
      if (this.#open.size <= handlesMax) break;
      if (old === this.#held) continue;
      this.system.close(old);
      this.#open.delete(oldest);
    }
  }

  /** Keeps a directory valid while `act` looks up others. */
  holding(handle: number, act: () => void): void {
    this.#held = handle;
    try {
      act();
    } finally {
      this.#held = undefined;
    }
  }

  /** Undefined when nothing is there, no directory leads there, or a name on the way is too long to be there. */
  statIfAny(path: string): FileStat | undefined {
    if (path === '') return this.system.statFd(this.root);
    try {
      const [parent, name] = this.parent(path);
      return this.system.statAtIfAny(parent, name);
    } catch (error) {
      const code = errorCode(error);
      if (code !== undefined && absent.includes(code)) return undefined;
      throw error;
    }
  }

  /** The entry itself and all below it that lies on the same device, parents first, in byte order. */
  *below(path: string): Generator<EntryBelow, void, undefined> {
    const top = this.statIfAny(path);
    if (top === undefined) return;
    const stack: EntryBelow[] = [{ path, stat: top }];
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      yield entry;
      if ((entry.stat.mode & sys.typeMask) !== sys.typeDirectory || entry.stat.device !== top.device)
        continue;
      const names = this.system.listNames(this.directory(entry.path)).sort().reverse();
      for (const name of names) {
        const child = entry.path === '' ? name : `${entry.path}/${name}`;
        const stat = this.statIfAny(child);
        if (stat !== undefined) stack.push({ path: child, stat });
      }
    }
  }
}
