// Puts entries into a tree that did not exist before: FORMAT-checked names only, by directory handles that are opened component by
// component without following links (handles.ts), nothing is ever opened that was not created here. Usable in worker threads: the state is a cache
// of handles. security.md's order (directories, files, links, symlinks, specials, attributes) is kept by the caller.

import { constants, ftruncateSync, writeSync } from 'node:fs';
import type { Problem } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { Handles } from './handles.ts';
import { displayPath, type System, sys } from './system.ts';
import { errorCode } from './system-error.ts';

/** The attributes of an entry as a tree records them. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly xattrs: readonly (readonly [Uint8Array, Uint8Array])[];
}

export interface PlacingRules {
  /** Owners, capabilities of programs and setuid, setgid, sticky bits are put back; usually only root may. */
  readonly owners: boolean;
}

/** What a program may do by this is a special mode bit in another place. */
const capabilityAttribute = 'security.capability';

/** Whether an extended attribute is put back under these rules. */
export function putsBack({ owners }: PlacingRules, name: string): boolean {
  return owners || name !== capabilityAttribute;
}

export function xattrsUnder(
  rules: PlacingRules,
  { xattrs }: Pick<Attributes, 'xattrs'>,
): Attributes['xattrs'] {
  return rules.owners
    ? xattrs
    : xattrs.filter(([name]) => putsBack(rules, Buffer.from(name).toString('latin1')));
}

const createFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_NOCTTY;

export class Placer implements Disposable {
  readonly #system: System;
  readonly #rules: PlacingRules;
  readonly #handles: Handles;
  readonly #report: (problem: Problem) => void;

  /** `root` is an existing directory, a byte string. */
  constructor(system: System, root: string, rules: PlacingRules, report: (problem: Problem) => void) {
    this.#system = system;
    this.#rules = rules;
    this.#report = report;
    this.#handles = new Handles(system, root);
  }

  [Symbol.dispose](): void {
    this.#handles[Symbol.dispose]();
  }

  /** Paths are relative byte strings without "." and ".."; the empty path is the root itself. */
  makeDirectory(path: string): boolean {
    return this.#attempt(path, (parent, name) => this.#system.mkdirAt(parent, name, 0o700));
  }

  /** A file whose bytes are all at hand. */
  writeWhole(path: string, attributes: Attributes, content: Uint8Array): boolean {
    return this.#attempt(path, (parent, name) => {
      const file = this.#system.openAt(parent, name, createFlags, 0o600);
      try {
        writeAll(file, content, 0);
        this.#finish(path, file, attributes);
      } finally {
        this.#system.close(file);
      }
    });
  }

  /** A file of this size, all hole; bytes follow by writeAt, attributes by finishFile. */
  createFile(path: string, sizeBytes: number): boolean {
    return this.#attempt(path, (parent, name) => {
      const file = this.#system.openAt(parent, name, createFlags, 0o600);
      try {
        ftruncateSync(file, sizeBytes);
      } finally {
        this.#system.close(file);
      }
    });
  }

  /** Opens a file that createFile made; the caller closes it. */
  openFile(path: string): number | undefined {
    let opened: number | undefined;
    this.#attempt(path, (parent, name) => {
      opened = this.#system.openAt(
        parent,
        name,
        constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NOCTTY,
      );
    });
    return opened;
  }

  closeFile(file: number): void {
    this.#system.close(file);
  }

  writeAt(path: string, file: number, offset: number, bytes: Uint8Array): boolean {
    return this.#attempt(path, () => writeAll(file, bytes, offset));
  }

  finishFile(path: string, file: number, attributes: Attributes): boolean {
    return this.#attempt(path, () => this.#finish(path, file, attributes));
  }

  /** Takes back what createFile made. */
  removeFile(path: string): boolean {
    return this.#attempt(path, (parent, name) => this.#system.unlinkAt(parent, name));
  }

  /** A further name of an entry placed before. */
  link(path: string, existing: string): boolean {
    return this.#attempt(path, (parent, name) =>
      this.#handles.holding(parent, () => {
        const [from, fromName] = this.#handles.parent(existing);
        this.#system.linkAt(from, fromName, parent, name);
      }),
    );
  }

  symlink(path: string, target: string, attributes: Attributes): boolean {
    return this.#attempt(path, (parent, name) => {
      this.#system.symlinkAt(target, parent, name);
      if (this.#rules.owners) this.#system.chownAt(parent, name, attributes.uid, attributes.gid);
      this.#xattrsAt(path, parent, name, attributes);
      this.#system.setTimesAt(parent, name, attributes.mtimeNs);
    });
  }

  fifo(path: string, attributes: Attributes): boolean {
    return this.#attempt(path, (parent, name) => {
      this.#system.mkfifoAt(parent, name, 0o600);
      this.#finishAt(path, parent, name, attributes);
    });
  }

  device(path: string, attributes: Attributes, isBlock: boolean, major: number, minor: number): boolean {
    return this.#attempt(path, (parent, name) => {
      const type = isBlock ? sys.typeBlockDevice : sys.typeCharacterDevice;
      this.#system.mknodAt(parent, name, type | 0o600, major, minor);
      this.#finishAt(path, parent, name, attributes);
    });
  }

  /** To be called deepest first, when everything below is in place. */
  finishDirectory(path: string, attributes: Attributes): boolean {
    return this.#attempt(path, () => this.#finish(path, this.#handles.directory(path), attributes));
  }

  /** The attributes of the target itself, last of all. */
  finishRoot(attributes: Attributes): void {
    try {
      this.#finish('', this.#handles.root, attributes);
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      this.#report({
        path: '.',
        code: 'TARGET_DENIED',
        message: `its attributes could not be set (${code})`,
      });
    }
  }

  /** Makes the whole target durable. */
  sync(): void {
    this.#system.syncFileSystem(this.#handles.root);
  }

  // Owners first: a change of owner takes capabilities and special mode bits away.
  #finish(path: string, file: number, attributes: Attributes): void {
    if (this.#rules.owners) this.#system.chownFd(file, attributes.uid, attributes.gid);
    for (const [name, value] of xattrsUnder(this.#rules, attributes)) {
      this.#attribute(path, name, () => this.#system.setXattrFd(file, name, value));
    }
    this.#system.chmodFd(file, this.#mode(attributes.mode));
    this.#system.setTimesFd(file, attributes.mtimeNs);
  }

  #finishAt(path: string, parent: number, name: string, attributes: Attributes): void {
    if (this.#rules.owners) this.#system.chownAt(parent, name, attributes.uid, attributes.gid);
    this.#xattrsAt(path, parent, name, attributes);
    this.#system.chmodAt(parent, name, this.#mode(attributes.mode));
    this.#system.setTimesAt(parent, name, attributes.mtimeNs);
  }

  #xattrsAt(path: string, parent: number, name: string, attributes: Attributes): void {
    for (const [key, value] of xattrsUnder(this.#rules, attributes)) {
      this.#attribute(path, key, () => this.#system.setXattrAt(parent, name, key, value));
    }
  }

  // An attribute that the target cannot hold is trouble with one entry, and its content is still right.
  #attribute(path: string, name: Uint8Array, set: () => void): void {
    try {
      set();
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      this.#report({
        path: displayPath(path),
        code: 'TARGET_ATTRIBUTE_LOST',
        message: `the attribute "${Buffer.from(name).toString()}" could not be set (${code})`,
      });
    }
  }

  #mode(mode: number): number {
    return this.#rules.owners ? mode & 0o7777 : mode & 0o777;
  }

  #attempt(path: string, act: (parent: number, name: string) => void): boolean {
    try {
      const [parent, name] = this.#handles.parent(path);
      act(parent, name);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        throw new Failure('exhausted', 'TARGET_FULL', `no space is left for "${displayPath(path)}"`, {
          hint: 'Free space or choose another target; what was restored so far is complete file by file.',
          cause: error,
        });
      }
      this.#report({
        path: displayPath(path),
        code: code === 'ENOTDIR' || code === 'ELOOP' ? 'TARGET_PATH_IS_LINK' : 'TARGET_DENIED',
        message: `could not be put there (${code})`,
      });
      return false;
    }
  }
}

function writeAll(file: number, bytes: Uint8Array, offset: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, offset + written);
  }
}
