// What an in-place restore writes down before it touches anything, so that everything can be undone: which entry takes whose place, known by
// inode number, and the attributes of every folder whose entries change. Lies in the staging folder, lines of JSON with a checksum at the
// end, durable before the first entry moves. Whether a step was done is read from the disk, not from here.

import { createHash } from 'node:crypto';
import { constants, fsyncSync, readFileSync, writeSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import type { Handles } from '../../sources/files/handles.ts';
import { type FileStat, type System, sys } from '../../sources/files/system.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { eachXattr } from '../../sources/files/xattrs.ts';

/** The attributes of a folder, as they can be written down. */
export interface Saved {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Decimal. */
  readonly mtimeNs: string;
  /** Name as a byte string, value in base64. Absent where the file system has none. */
  readonly xattrs?: readonly (readonly [string, string])[];
}

/** One folder that an in-place restore works in. */
export interface Site {
  /** Byte string: an existing folder, free of links. */
  readonly base: string;
  /** Decimal. */
  readonly inode: string;
  readonly attributes: Saved;
}

/** Known before anything is made: where the staging folders are, and what the folders were like that hold them. */
export interface Begin {
  readonly version: 1;
  /** 16 hex. */
  readonly id: string;
  readonly startedAt: number;
  readonly sites: readonly Site[];
}

/** Absent `old`: nothing was there. Absent `fresh`: the entry is moved away. Inode numbers are decimal. */
export interface Operation {
  readonly path: string;
  /** The name that it gets aside, where two entries cannot be exchanged at once. */
  readonly number: number;
  readonly old?: { readonly inode: string; readonly mode: number };
  /** `print` tells whether it is still as the restore made it. */
  readonly fresh?: { readonly inode: string; readonly mode: number; readonly print: string };
}

export interface DirectoryRecord {
  /** The empty path is the base. */
  readonly path: string;
  readonly inode: string;
  readonly old: Saved;
  /** Absent: only its time moves, by itself. */
  readonly fresh?: Saved;
}

export interface Journal {
  readonly directories: readonly DirectoryRecord[];
  readonly operations: readonly Operation[];
}

export const names = {
  begin: 'begin',
  journal: 'journal',
  /** Everything is in its new place. */
  switched: 'switched',
  /** Everything is in its old place again: only the staging folder is left to be removed. */
  undone: 'undone',
  /** The undo copy was given up: what is left of it is of no use. */
  discarded: 'discarded',
  fresh: 'new',
  aside: 'old',
} as const;

export function stagingName(id: string): string {
  return `.holdfast-restore-${id}`;
}

/** The absolute path of what lies below a base. */
export function placeOf(base: string, path: string): string {
  if (path === '') return base;
  return base === '/' ? `/${path}` : `${base}/${path}`;
}

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/** Writes a file under another name first, then makes it and its name durable: a file that is there is whole. */
export function writeDurably(
  system: System,
  directory: number,
  name: string,
  chunks: Iterable<Buffer>,
): void {
  const draft = `${name}.draft`;
  const file = system.openAt(directory, draft, createFlags, 0o600);
  try {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
    }
    fsyncSync(file);
  } finally {
    system.close(file);
  }
  system.renameAt(directory, draft, directory, name);
  fsyncSync(directory);
}

export function writeJournal(handles: Handles, staging: string, journal: Journal): void {
  writeDurably(handles.system, handles.directory(staging), names.journal, linesOf(journal));
}

function* linesOf(journal: Journal): Generator<Buffer> {
  const hash = createHash('sha256');
  let count = 0;
  let lines: string[] = [];
  const take = () => {
    const chunk = Buffer.from(lines.join(''));
    lines = [];
    hash.update(chunk);
    return chunk;
  };
  for (const [kind, list] of [
    ['directory', journal.directories],
    ['operation', journal.operations],
  ] as const) {
    for (const one of list) {
      lines.push(`${JSON.stringify({ kind, ...one })}\n`);
      count += 1;
      if (lines.length === 1000) yield take();
    }
  }
  yield take();
  yield Buffer.from(`${JSON.stringify({ kind: 'end', count, sha256: hash.digest('hex') })}\n`);
}

/** Undefined when there is none: then nothing was moved. */
export function readJournal(handles: Handles, staging: string): Journal | undefined {
  const bytes = readFile(handles, `${staging}/${names.journal}`);
  if (bytes === undefined) return undefined;
  const directories: DirectoryRecord[] = [];
  const operations: Operation[] = [];
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const next = bytes.indexOf(10, at) + 1;
    if (next === 0) break;
    const line = JSON.parse(bytes.toString('utf8', at, next)) as { kind: string };
    if (line.kind === 'end') {
      const { count: wanted, sha256 } = line as unknown as { count: number; sha256: string };
      if (wanted !== count || createHash('sha256').update(bytes.subarray(0, at)).digest('hex') !== sha256)
        break;
      return { directories, operations };
    }
    count += 1;
    const entry = line as unknown as { readonly path: string };
    if (!isPlainPath(entry.path)) break;
    if (line.kind === 'directory') directories.push(entry as DirectoryRecord);
    else operations.push(entry as Operation);
    at = next;
  }
  throw new Failure('corrupt', 'RESTORE_JOURNAL_DAMAGED', 'the journal of an in-place restore is damaged', {
    hint: 'What was replaced lies in the folders "new" and "old" beside the journal; nothing was changed now.',
  });
}

function isPlainPath(path: unknown): boolean {
  if (path === '') return true;
  return (
    typeof path === 'string' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** A small file below the handles' folder; undefined when it is not there. */
export function readFile(handles: Handles, path: string): Buffer | undefined {
  const { system } = handles;
  let file: number;
  try {
    const [parent, name] = handles.parent(path);
    file = system.openAt(parent, name, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return readFileSync(file);
  } finally {
    system.close(file);
  }
}

export function saveAttributes(system: System, directory: number): Saved {
  const { mode, uid, gid, mtimeNs } = system.statFd(directory);
  const xattrs = xattrsAsText(
    () => system.listXattrsFd(directory),
    (name) => system.getXattrFd(directory, name),
  );
  return {
    mode: mode & 0o7777,
    uid,
    gid,
    mtimeNs: mtimeNs.toString(),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

/** Ascending by name; undefined where there cannot be any. Values that may not be read are left out. */
export function xattrsAsText(
  list: () => string[],
  get: (name: string) => Uint8Array,
): (readonly [string, string])[] | undefined {
  let isListed = true;
  const refused = (_error: unknown, _code: string, name?: string) => {
    if (name === undefined) isListed = false;
  };
  const xattrs = [...eachXattr(list, get, refused)].map(
    ([name, value]) => [name, Buffer.from(value).toString('base64')] as const,
  );
  return isListed ? xattrs : undefined;
}

/** Sets what differs and reports attributes that cannot be set; the time comes last. */
export function applyAttributes(
  system: System,
  directory: number,
  saved: Saved,
  lost: (attribute: string, code: string) => void,
): void {
  const attempt = (what: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      lost(what, code);
    }
  };
  const now = saveAttributes(system, directory);
  if (now.uid !== saved.uid || now.gid !== saved.gid) {
    attempt('owner', () => system.chownFd(directory, saved.uid, saved.gid));
  }
  if (saved.xattrs !== undefined) {
    const wanted = new Map(saved.xattrs);
    const present = new Map(now.xattrs ?? []);
    for (const name of present.keys()) {
      if (!wanted.has(name)) attempt(name, () => system.removeXattrFd(directory, name));
    }
    for (const [name, value] of wanted) {
      if (present.get(name) === value) continue;
      attempt(name, () => system.setXattrFd(directory, name, Buffer.from(value, 'base64')));
    }
  }
  if ((system.statFd(directory).mode & 0o7777) !== saved.mode) {
    attempt('mode', () => system.chmodFd(directory, saved.mode));
  }
  attempt('time', () => system.setTimesFd(directory, BigInt(saved.mtimeNs)));
}

/** Differs as soon as anything below an entry was changed, added or taken away. */
export function fingerprint(handles: Handles, path: string): string {
  const hash = createHash('sha256');
  for (const entry of handles.below(path)) hash.update(lineOf(entry.path.slice(path.length), entry.stat));
  // What is looked at like this is about to be moved: handles below it would lead to the old place.
  handles.forget();
  return hash.digest('hex').slice(0, 32);
}

function lineOf(path: string, stat: FileStat): string {
  const isDirectory = (stat.mode & sys.typeMask) === sys.typeDirectory;
  const size = isDirectory ? 0 : stat.sizeBytes;
  return `${path}\0${stat.inode}\0${stat.mode}\0${stat.uid}:${stat.gid}\0${size}\0${stat.mtimeNs}\n`;
}
