// The single steps of an in-place restore and of its undoing. Each reads from the disk, by inode numbers, how far it is, so that it can be
// begun again after a crash; none destroys anything.

import { constants } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import type { Handles } from '../../sources/files/handles.ts';
import { displayPath, sys } from '../../sources/files/system.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { fingerprint, names, type Operation } from './journal.ts';

/** EINVAL: the file system cannot exchange, or cannot refuse to replace. */
const unsupported: ReadonlySet<string> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** `changed`: somebody else's entry is in the place, and was left alone. */
export type Performed = 'done' | 'changed';
/** `kept`: an entry that was changed after the restore lies beside the old one, or still in its place. */
export type Undone = 'undone' | 'untouched' | { readonly keptAs: string } | 'left' | 'lost';

export class Moves {
  readonly #handles: Handles;
  readonly #staging: string;
  readonly #id: string;

  /** `staging` is the name of the staging folder below the handles' root. */
  constructor(handles: Handles, staging: string, id: string) {
    this.#handles = handles;
    this.#staging = staging;
    this.#id = id;
  }

  perform(operation: Operation): Performed {
    const { path, old, fresh } = operation;
    const staged = this.#staged(operation);
    const aside = this.#aside(operation);
    const here = this.#inode(path);
    if (fresh === undefined) {
      if (here === old?.inode) this.#move(path, aside);
      return this.#inode(aside) === old?.inode ? 'done' : 'changed';
    }
    if (here === fresh.inode) return 'done';
    if (here === undefined) {
      if (old !== undefined && this.#inode(aside) !== old.inode) return 'changed';
      if (this.#inode(staged) !== fresh.inode) return 'changed';
      this.#move(staged, path);
      return 'done';
    }
    if (here !== old?.inode || this.#inode(staged) !== fresh.inode) return 'changed';
    return this.#exchange(operation, old.inode) ? 'done' : 'changed';
  }

  undo(operation: Operation): Undone {
    const { path, old, fresh } = operation;
    const staged = this.#staged(operation);
    const here = this.#inode(path);
    if (fresh !== undefined && old === undefined) {
      if (here !== fresh.inode) {
        return here === undefined || this.#inode(staged) === fresh.inode ? 'untouched' : 'left';
      }
      if (fingerprint(this.#handles, path) !== fresh.print) return 'left';
      this.#move(path, staged);
      return 'undone';
    }
    if (old === undefined || here === old.inode) return 'untouched';
    const aside = this.#aside(operation);
    const source = [staged, aside].find((place) => this.#inode(place) === old.inode);
    if (source === undefined) {
      // Never moved by us: somebody took it away before.
      return fresh === undefined || this.#inode(staged) === fresh.inode ? 'untouched' : 'lost';
    }
    if (here === undefined) {
      this.#move(source, path);
      return 'undone';
    }
    const isOurs = here === fresh?.inode && fingerprint(this.#handles, path) === fresh.print;
    if (!isOurs) {
      const keptAs = this.#keepBeside(path);
      this.#move(source, path);
      return { keptAs };
    }
    if (source === staged) {
      if (!this.#exchange(operation, fresh?.inode)) return 'lost';
    } else {
      this.#move(path, staged);
      this.#move(source, path);
    }
    return 'undone';
  }

  /** Where an entry waits until it is switched in; after an exchange the old one is there. */
  #staged({ path }: Operation): string {
    return `${this.#staging}/${names.fresh}/${path}`;
  }

  #aside({ number }: Operation): string {
    return `${this.#staging}/${names.aside}/${number}`;
  }

  #inode(path: string): string | undefined {
    return this.#handles.statIfAny(path)?.inode.toString();
  }

  /** The entry in its place, whose inode must be `expected`, and the staged one change places. */
  #exchange(operation: Operation, expected: string | undefined): boolean {
    const { path } = operation;
    const staged = this.#staged(operation);
    try {
      this.#rename(path, staged, sys.renameExchange);
    } catch (error) {
      if (!unsupported.has(errorCode(error) ?? '')) throw error;
      const aside = this.#aside(operation);
      this.#move(path, aside);
      this.#move(staged, path);
      return true;
    }
    // Somebody put another entry there between the look and the exchange: it goes back.
    if (this.#inode(staged) === expected) return true;
    this.#rename(path, staged, sys.renameExchange);
    return false;
  }

  #keepBeside(path: string): string {
    for (let number = 1; ; number += 1) {
      const beside = `${path}.kept-${this.#id.slice(0, 4)}${number === 1 ? '' : `-${number}`}`;
      if (this.#inode(beside) !== undefined) continue;
      this.#move(path, beside);
      return beside;
    }
  }

  /** Never replaces. */
  #move(from: string, to: string): void {
    try {
      this.#rename(from, to, sys.renameNoReplace);
    } catch (error) {
      if (!unsupported.has(errorCode(error) ?? '')) throw error;
      if (this.#inode(to) !== undefined) {
        throw new Failure('conflict', 'PLACE_TAKEN', `something new is at "${displayPath(to)}"`, {
          hint: 'Leave the folder alone while it is restored, then run "holdfast rollback".',
        });
      }
      this.#rename(from, to, 0);
    }
  }

  /** A folder that its owner may not write to cannot be moved to another folder either, but by root. */
  #rename(from: string, to: string, flags: number): void {
    const { system } = this.#handles;
    const go = () => {
      const [toParent, toName] = this.#handles.parent(to);
      // A handle of its own: the next look-up may close the other one.
      const target = system.openAt(toParent, '.', constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        const [fromParent, fromName] = this.#handles.parent(from);
        system.renameAt(fromParent, fromName, target, toName, flags);
      } finally {
        system.close(target);
      }
    };
    try {
      go();
    } catch (error) {
      if (errorCode(error) !== 'EACCES') throw error;
      const opened = [from, to].flatMap((path) => this.#openUp(path));
      if (opened.length === 0) throw error;
      go();
      for (const { inode, mode } of opened) {
        for (const path of [from, to]) {
          const [parent, name] = this.#handles.parent(path);
          const stat = system.statAtIfAny(parent, name);
          if (stat?.inode === inode) system.chmodAt(parent, name, mode);
        }
      }
    }
  }

  #openUp(path: string): { inode: bigint; mode: number }[] {
    const stat = this.#handles.statIfAny(path);
    if (stat === undefined || (stat.mode & sys.typeMask) !== sys.typeDirectory) return [];
    if ((stat.mode & 0o200) !== 0) return [];
    const [parent, name] = this.#handles.parent(path);
    this.#handles.system.chmodAt(parent, name, (stat.mode & 0o7777) | 0o200);
    return [{ inode: stat.inode, mode: stat.mode & 0o7777 }];
  }
}
