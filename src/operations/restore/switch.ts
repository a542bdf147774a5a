// The switch of an in-place restore: from what lies ready in the staging folder to the journal, and from the journal to the disk.

import type { Context } from '../../base/context.ts';
import type { Handles } from '../../sources/files/handles.ts';
import { displayPath, sys } from '../../sources/files/system.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { type Changes, parentOf } from './changes.ts';
import {
  applyAttributes,
  type DirectoryRecord,
  fingerprint,
  type Journal,
  names,
  type Operation,
  placeOf,
  type Saved,
  type Site,
  saveAttributes,
} from './journal.ts';
import { Moves } from './moves.ts';

/**
 * `isBroken` tells of entries that could not be restored whole: those do not replace anything. What changed on the disk since it was
 * compared is left alone, because the restore point does not have it.
 */
export function makeJournal(
  handles: Handles,
  staging: string,
  site: Site,
  changes: Changes,
  isBroken: (path: string) => boolean,
  context: Context,
): Journal {
  const operations: Operation[] = [];
  const problem = (path: string) =>
    context.monitor.problem({
      path: displayPath(placeOf(site.base, path)),
      code: 'TARGET_CHANGED',
      message: 'changed while it was being restored, so it was left alone',
    });
  for (const [path, expected] of changes.switched) {
    const staged = `${staging}/${names.fresh}/${path}`;
    const fresh = handles.statIfAny(staged);
    if (fresh === undefined || (expected !== undefined && isBroken(path))) continue;
    const old = handles.statIfAny(path);
    if (old?.inode !== expected) {
      problem(path);
      continue;
    }
    operations.push({
      path,
      number: operations.length,
      ...(old === undefined ? {} : { old: { inode: old.inode.toString(), mode: old.mode } }),
      fresh: { inode: fresh.inode.toString(), mode: fresh.mode, print: fingerprint(handles, staged) },
    });
  }
  for (const path of changes.deleted) {
    const old = handles.statIfAny(path);
    if (old === undefined) continue;
    operations.push({
      path,
      number: operations.length,
      old: { inode: old.inode.toString(), mode: old.mode },
    });
  }
  const moved = new Set(operations.map(({ path }) => parentOf(path)));
  const directories: DirectoryRecord[] = [];
  for (const [path, wanted] of changes.directories) {
    const stat = handles.statIfAny(path);
    if (stat === undefined || (stat.mode & sys.typeMask) !== sys.typeDirectory) continue;
    const old = path === '' ? site.attributes : saveAttributes(handles.system, handles.directory(path));
    // The staging folder itself moves the time of the base, even where nothing else in it changes.
    const fresh: Saved | undefined = wanted ?? (path === '' && !moved.has('') ? old : undefined);
    directories.push({
      path,
      inode: stat.inode.toString(),
      old,
      ...(fresh === undefined ? {} : { fresh }),
    });
  }
  return { directories: deepestFirst(directories), operations };
}

/** Does what the journal says. Trouble with one entry is a problem, and the entry stays as it was. */
export function performJournal(
  handles: Handles,
  staging: string,
  id: string,
  base: string,
  journal: Journal,
  context: Context,
): void {
  handles.forget();
  const moves = new Moves(handles, staging, id);
  openFolders(handles, journal.directories);
  for (const operation of journal.operations) {
    const path = displayPath(placeOf(base, operation.path));
    try {
      if (moves.perform(operation) === 'done') continue;
      context.monitor.problem({
        path,
        code: 'TARGET_CHANGED',
        message: 'changed while it was being restored, so it was left alone',
      });
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      context.monitor.problem({ path, code: 'TARGET_DENIED', message: `could not be put there (${code})` });
    }
  }
  for (const { path, inode, old, fresh } of journal.directories) {
    const now = handles.statIfAny(path);
    if (now?.inode.toString() !== inode) continue;
    const natural = { ...old, mtimeNs: now.mtimeNs.toString() };
    if (fresh === undefined && (now.mode & 0o7777) === old.mode) continue;
    setAttributes(handles, base, path, fresh ?? natural, context);
  }
}

/** The folders of a journal, as they were. */
export function restoreFolders(
  handles: Handles,
  base: string,
  directories: readonly DirectoryRecord[],
  context: Context,
): void {
  for (const { path, inode, old } of directories) {
    if (handles.statIfAny(path)?.inode.toString() === inode) setAttributes(handles, base, path, old, context);
    else {
      context.monitor.problem({
        path: displayPath(placeOf(base, path)),
        code: 'TARGET_CHANGED',
        message: 'is another folder now, so its attributes were left alone',
      });
    }
  }
}

function setAttributes(handles: Handles, base: string, path: string, saved: Saved, context: Context): void {
  applyAttributes(handles.system, handles.directory(path), saved, (attribute, code) =>
    context.monitor.problem({
      path: displayPath(placeOf(base, path)),
      code: 'TARGET_ATTRIBUTE_LOST',
      message: `the attribute "${displayPath(attribute)}" could not be set (${code})`,
    }),
  );
}

/** Lets us work in folders that their owner may not write to; their mode comes back with their attributes. */
export function openFolders(handles: Handles, directories: readonly DirectoryRecord[]): void {
  if (process.getuid?.() === 0) return;
  for (const { path, inode } of [...directories].reverse()) {
    const stat = handles.statIfAny(path);
    if (stat === undefined || stat.inode.toString() !== inode || (stat.mode & 0o300) === 0o300) continue;
    handles.system.chmodFd(handles.directory(path), (stat.mode & 0o7777) | 0o700);
  }
}

function deepestFirst(directories: readonly DirectoryRecord[]): DirectoryRecord[] {
  const depth = (path: string) => (path === '' ? 0 : path.split('/').length);
  return [...directories].sort((a, b) => depth(b.path) - depth(a.path));
}
