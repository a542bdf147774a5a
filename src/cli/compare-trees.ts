// Compares two folders, every byte and every attribute, with system calls alone: no line of the engine takes part, so that what
// it says about a restore is a second opinion.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileStat, fsPath, openSystem, type System, sys } from '../sources/files/system.ts';
import { pathText } from './show.ts';

export interface Comparison {
  entries: number;
  bytes: number;
  readonly differences: { readonly path: string; readonly what: string }[];
}

interface Comparing {
  readonly system: System;
  readonly left: string;
  readonly right: string;
  readonly withOwners: boolean;
  readonly found: Comparison;
  /** Hard links: the inode on the left by the one on the right, and back. */
  readonly pairs: Map<string, string>;
}

const typeMask = 0o170000;
const types = { directory: 0o040000, file: 0o100000, symlink: 0o120000, socket: 0o140000 };
const blockBytes = 1024 * 1024;

/** Both are byte strings. Sockets are recorded but never restored, so they are left out. */
export function compareTrees(left: string, right: string, withOwners: boolean): Comparison {
  const found: Comparison = { entries: 0, bytes: 0, differences: [] };
  const comparing: Comparing = { system: openSystem(), left, right, withOwners, found, pairs: new Map() };
  const open = [''];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const child of compareEntry(path, comparing)) open.push(`${path}/${child}`);
  }
  return found;
}

/** Returns the names to go on with, when it is a directory on both sides. */
function compareEntry(path: string, comparing: Comparing): string[] {
  const { system, left, right, found } = comparing;
  const wanted = system.statAtIfAny(sys.atFdCwd, left + path);
  const restored = system.statAtIfAny(sys.atFdCwd, right + path);
  const differs = (what: string) =>
    void found.differences.push({ path: pathText(path === '' ? '/' : path), what });
  if (wanted === undefined || (wanted.mode & typeMask) === types.socket) return [];
  found.entries += 1;
  if (restored === undefined) {
    differs('is missing');
    return [];
  }
  compareAttributes(wanted, restored, comparing, differs);
  compareXattrs(left + path, right + path, system, differs);
  const type = wanted.mode & typeMask;
  if (type !== (restored.mode & typeMask)) return [];
  if (type === types.symlink) {
    const target = system.readlinkAt(sys.atFdCwd, left + path);
    if (target !== system.readlinkAt(sys.atFdCwd, right + path)) differs('points elsewhere');
  } else if (type === types.file) {
    compareLinks(wanted, restored, comparing, differs);
    compareContent(path, wanted, restored, comparing, differs);
  } else if (type === types.directory) {
    return compareNames(path, comparing, differs);
  }
  return [];
}

function compareAttributes(
  wanted: FileStat,
  restored: FileStat,
  { withOwners }: Comparing,
  differs: (what: string) => void,
): void {
  if (wanted.mode !== restored.mode && (wanted.mode & typeMask) !== types.symlink) {
    differs(`has mode ${restored.mode.toString(8)}, not ${wanted.mode.toString(8)}`);
  }
  if (withOwners && (wanted.uid !== restored.uid || wanted.gid !== restored.gid)) {
    differs(`belongs to ${restored.uid}:${restored.gid}, not ${wanted.uid}:${wanted.gid}`);
  }
  if (wanted.mtimeNs !== restored.mtimeNs)
    differs(`was changed at ${restored.mtimeNs} ns, not ${wanted.mtimeNs}`);
  if (wanted.rdevMajor !== restored.rdevMajor || wanted.rdevMinor !== restored.rdevMinor)
    differs('is another device');
}

function compareXattrs(left: string, right: string, system: System, differs: (what: string) => void): void {
  const read = (path: string) =>
    new Map(
      listXattrs(system, path).map((name) => [name, Buffer.from(system.getXattrAt(sys.atFdCwd, path, name))]),
    );
  const wanted = read(left);
  const restored = read(right);
  for (const name of new Set([...wanted.keys(), ...restored.keys()])) {
    const [a, b] = [wanted.get(name), restored.get(name)];
    if (a === undefined || b === undefined || !a.equals(b)) differs(`has another attribute "${name}"`);
  }
}

/** A file system without extended attributes has none. */
function listXattrs(system: System, path: string): string[] {
  try {
    return system.listXattrsAt(sys.atFdCwd, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTSUP') return [];
    throw error;
  }
}

/** Names that were one inode must be one again, and names that were not must not. */
function compareLinks(
  wanted: FileStat,
  restored: FileStat,
  { pairs }: Comparing,
  differs: (what: string) => void,
): void {
  const a = `a ${wanted.device} ${wanted.inode}`;
  const b = `b ${restored.device} ${restored.inode}`;
  if ((pairs.get(a) ?? b) !== b || (pairs.get(b) ?? a) !== a) differs('is linked to other names');
  pairs.set(a, b);
  pairs.set(b, a);
}

function compareContent(
  path: string,
  wanted: FileStat,
  restored: FileStat,
  { left, right, found }: Comparing,
  differs: (what: string) => void,
): void {
  if (wanted.sizeBytes !== restored.sizeBytes) {
    differs(`has ${restored.sizeBytes} bytes, not ${wanted.sizeBytes}`);
    return;
  }
  found.bytes += wanted.sizeBytes;
  // A file system may allocate a little more or less than another, but a hole must not become a megabyte of zeros.
  const isSparse = wanted.blocks * 512 + blockBytes < wanted.sizeBytes;
  if (isSparse && restored.blocks > wanted.blocks + 2 * (blockBytes / 512)) differs('has lost its holes');
  const offset = firstDifference(left + path, right + path);
  if (offset !== undefined) differs(`differs from byte ${offset} on`);
}

function firstDifference(left: string, right: string): number | undefined {
  const open = (path: string) => openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  const a = open(left);
  const b = open(right);
  const [bytes, others] = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)];
  try {
    for (let offset = 0; ; offset += blockBytes) {
      const length = readSync(a, bytes, 0, blockBytes, offset);
      const otherLength = readSync(b, others, 0, blockBytes, offset);
      if (length !== otherLength || bytes.compare(others, 0, length, 0, length) !== 0) return offset;
      if (length < blockBytes) return undefined;
    }
  } finally {
    closeSync(a);
    closeSync(b);
  }
}

function compareNames(
  path: string,
  { system, left, right }: Comparing,
  differs: (what: string) => void,
): string[] {
  const wanted = namesOf(system, left + path);
  const restored = new Set(namesOf(system, right + path));
  for (const name of wanted) restored.delete(name);
  for (const name of restored) differs(`has "${pathText(name)}", which was not there before`);
  return wanted;
}

function namesOf(system: System, path: string): string[] {
  const directory = openSync(fsPath(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return system.listNames(directory);
  } finally {
    closeSync(directory);
  }
}
