// The staging folder of an in-place restore, and the pointer to it in our own state: made, found, removed. `Begin` (journal.ts) lies in both,
// so that a lost state directory or a staging folder cut off at its making does no harm.

import { constants, readdirSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import { makeFolders } from '../../disk/folders.ts';
import type { SessionOwner } from '../../repository/repository.ts';
import { Handles } from '../../sources/files/handles.ts';
import { displayPath, fsPath, type System, sys } from '../../sources/files/system.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { type Begin, names, placeOf, readFile, type Site, stagingName, writeDurably } from './journal.ts';

/** `finishing`: all is as it was before; only the time of the folders that held the staging folder has to be set. */
export interface Pointer extends Begin {
  readonly owner: { readonly node: string; readonly incarnation: string };
  readonly finishing?: true;
}

/** Makes the folder of pointers; `folder` is a byte string. */
export function writePointer(system: System, folder: string, pointer: Pointer): void {
  makeFolders(fsPath(folder));
  using handles = new Handles(system, folder);
  writeDurably(system, handles.root, `${pointer.id}.json`, [Buffer.from(`${JSON.stringify(pointer)}\n`)]);
}

/** Newest first. */
export function readPointers(system: System, folder: string): Pointer[] {
  let found: string[];
  try {
    found = readdirSync(fsPath(folder));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  using handles = new Handles(system, folder);
  const pointers: Pointer[] = [];
  for (const name of found) {
    if (!/^[0-9a-f]{16}\.json$/.test(name)) continue;
    const bytes = readFile(handles, name);
    const pointer = parseBegin<Pointer>(bytes);
    if (pointer !== undefined) pointers.push(pointer);
  }
  return pointers.sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1));
}

/** Undefined for what is no such file: then the other copy counts. */
export function parseBegin<Kind extends Begin>(bytes: Buffer | undefined): Kind | undefined {
  try {
    const parsed = JSON.parse(bytes?.toString() ?? '') as Kind;
    return parsed.version === 1 && Array.isArray(parsed.sites) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

export function removePointer(system: System, folder: string, id: string): void {
  let handles: Handles;
  try {
    handles = new Handles(system, folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  using open = handles;
  if (open.statIfAny(`${id}.json`) !== undefined) system.unlinkAt(open.root, `${id}.json`);
}

/** The folders "new" and "old" in a folder that only we may enter. */
export function makeStaging(handles: Handles, site: Site, begin: Begin): void {
  const { system } = handles;
  const staging = stagingName(begin.id);
  try {
    system.mkdirAt(handles.root, staging, 0o700);
    const directory = handles.directory(staging);
    writeDurably(system, directory, names.begin, [Buffer.from(`${JSON.stringify(begin)}\n`)]);
    system.mkdirAt(directory, names.fresh, 0o700);
    system.mkdirAt(directory, names.aside, 0o700);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined) throw cause;
    throw new Failure(
      'denied',
      'TARGET_DENIED',
      `the target "${displayPath(site.base)}" cannot be used (${code})`,
      {
        hint: 'Choose a folder that you may write to.',
        cause,
      },
    );
  }
}

/** One that others own or may write to is not ours: its journal could lead us anywhere. */
export function isOurStaging(handles: Handles, staging: string): boolean {
  const stat = handles.statIfAny(staging);
  if (stat === undefined || (stat.mode & sys.typeMask) !== sys.typeDirectory) return false;
  return (process.getuid === undefined || stat.uid === process.getuid()) && (stat.mode & 0o077) === 0;
}

/**
 * A path to what is new that nobody else can lead elsewhere, though others may write to the folder that holds the staging folder: by the
 * handle where the system has real ones. Valid while the handle is open.
 */
export function freshRoot(handles: Handles, staging: string, base: string): { path: string; handle: number } {
  const { system } = handles;
  const holder = handles.directory(staging);
  const { uid, mode } = system.statFd(holder);
  if ((process.getuid !== undefined && uid !== process.getuid()) || (mode & 0o077) !== 0) {
    throw new Failure('conflict', 'STAGING_REPLACED', `somebody replaced the folder "${staging}"`, {
      hint: 'Find out who writes to the folder that is restored, then restore again.',
    });
  }
  const handle = system.openAt(holder, names.fresh, constants.O_RDONLY | constants.O_DIRECTORY);
  const path = system.capabilities.native
    ? `/proc/self/fd/${handle}`
    : placeOf(base, `${staging}/${names.fresh}`);
  return { path, handle };
}

/** Whether there is a staging folder; one that is not ours is refused. */
export function hasStaging(handles: Handles, staging: string): boolean {
  if (handles.statIfAny(staging) === undefined) return false;
  if (isOurStaging(handles, staging)) return true;
  throw new Failure('denied', 'STAGING_NOT_OURS', `the folder "${staging}" belongs to somebody else`, {
    hint: 'Run the rollback as the user who ran the restore.',
  });
}

export function hasMark(handles: Handles, staging: string, mark: string): boolean {
  return handles.statIfAny(`${staging}/${mark}`) !== undefined;
}

export function setMark(handles: Handles, staging: string, mark: string): void {
  writeDurably(handles.system, handles.directory(staging), mark, []);
}

/** What the journal tells of goes before it, so that a removal that was cut off is begun again. */
export function removeStaging(handles: Handles, staging: string): void {
  for (const folder of [names.fresh, names.aside]) removeBelow(handles, `${staging}/${folder}`);
  const { system } = handles;
  // A mark that says that nothing here is needed any more stays to the last.
  const last: readonly string[] = [names.undone, names.discarded];
  const files = system.listNames(handles.directory(staging)).filter((name) => !last.includes(name));
  for (const name of [...files.sort().reverse(), ...last]) {
    if (hasMark(handles, staging, name)) system.unlinkAt(handles.directory(staging), name);
  }
  handles.forget();
  system.unlinkAt(handles.root, staging, sys.atRemoveDir);
}

/** Never enters another file system: a mount below makes the removal fail instead. */
function removeBelow(handles: Handles, top: string): void {
  handles.forget();
  const { system } = handles;
  const folders: string[] = [];
  for (const { path, stat } of handles.below(top)) {
    if ((stat.mode & sys.typeMask) === sys.typeDirectory) {
      folders.push(path);
      if ((stat.mode & 0o700) === 0o700) continue;
      const [parent, name] = handles.parent(path);
      system.chmodAt(parent, name, 0o700);
      continue;
    }
    const [parent, name] = handles.parent(path);
    system.unlinkAt(parent, name);
  }
  handles.forget();
  for (const path of folders.reverse()) {
    const [parent, name] = handles.parent(path);
    system.unlinkAt(parent, name, sys.atRemoveDir);
    handles.forget();
  }
}

/** Nothing that a living process works on is touched by another. */
export function refuseIfRunning(pointer: Pointer, owner: SessionOwner): void {
  const { node, incarnation } = pointer.owner;
  if (node !== owner.node || incarnation === owner.incarnation || owner.isDead(node, incarnation)) return;
  throw new Failure('conflict', 'RESTORE_RUNNING', `the restore "${pointer.id}" is still running`, {
    hint: 'Wait until it has ended, or stop it first.',
  });
}
