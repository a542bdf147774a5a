// Compares a restored tree with the snapshot: every byte by its keyed id, every attribute by its value. Reads from disk what was written.

import { constants, readSync } from 'node:fs';
import type { Context } from '../../base/context.ts';
import { boxTypes } from '../../repository/box.ts';
import type { Repository } from '../../repository/repository.ts';
import { nodeKinds } from '../../repository/tree.ts';
import { openPath, withParent } from '../../sources/files/open-path.ts';
import { type Attributes, type PlacingRules, xattrsUnder } from '../../sources/files/placing.ts';
import { displayPath, type FileStat, type System } from '../../sources/files/system.ts';
import { errorCode, kindOfType } from '../../sources/files/system-error.ts';
import type { Plan, PlannedFile } from './plan.ts';

export interface Difference {
  readonly path: string;
  readonly what: string;
}

export interface Verified {
  entries: number;
  bytes: number;
  readonly differences: Difference[];
}

/** `own`: the attributes of the root itself, absent when it has none in the snapshot or they are not set yet. */
export async function verifyPlan(
  plan: Plan,
  root: string,
  own: Attributes | undefined,
  system: System,
  rules: PlacingRules & { readonly devices: boolean },
  repository: Repository,
  context: Context,
): Promise<Verified> {
  const verified: Verified = { entries: 0, bytes: 0, differences: [] };
  const differs = (path: string, what: string) => {
    verified.differences.push({ path: path === '' ? '.' : displayPath(path), what });
  };
  const at = (path: string): string => (path === '' ? root : `${root}/${path}`);
  // An owner may be without the right to read: modes are put back as they were.
  const readable = <Result>(path: string, read: () => Result): Result | undefined => {
    try {
      return read();
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      differs(path, `could not be read (${code})`);
      return undefined;
    }
  };
  const look = (path: string): FileStat | undefined => {
    verified.entries += 1;
    return readable(path, () => {
      const stat = statIfAny(system, at(path));
      if (stat === undefined) differs(path, 'is missing');
      return stat;
    });
  };
  /** False when it is of another kind: then there is nothing more to look at. */
  const compare = (path: string, stat: FileStat, wanted: Attributes, kind: number): boolean => {
    const found = kindOfType[(stat.mode >>> 12) & 15];
    if (found !== kind) {
      differs(path, `is of kind ${found}, not ${kind}`);
      return false;
    }
    if (rules.owners && (stat.uid !== wanted.uid || stat.gid !== wanted.gid)) {
      differs(path, `belongs to ${stat.uid}:${stat.gid}, not ${wanted.uid}:${wanted.gid}`);
    }
    const mask = rules.owners ? 0o7777 : 0o777;
    if (kind !== nodeKinds.symlink && (stat.mode & mask) !== (wanted.mode & mask)) {
      differs(path, `has mode ${(stat.mode & 0o7777).toString(8)}, not ${wanted.mode.toString(8)}`);
    }
    // Where times are set by node:fs, they are cut to microseconds.
    const unit = system.capabilities.native ? 1n : 1000n;
    if (stat.mtimeNs / unit !== wanted.mtimeNs / unit)
      differs(path, `was changed at ${stat.mtimeNs} ns, not ${wanted.mtimeNs}`);
    for (const [name, value] of xattrsUnder(rules, wanted)) {
      const label = Buffer.from(name).toString();
      try {
        const found = withParent(system, at(path), (parent, rest) => system.getXattrAt(parent, rest, name));
        if (Buffer.compare(found, value) !== 0) differs(path, `has another attribute "${label}"`);
      } catch (error) {
        if (errorCode(error) === undefined) throw error;
        differs(path, `lacks the attribute "${label}"`);
      }
    }
    return true;
  };
  if (own !== undefined) {
    const stat = readable('', () => statIfAny(system, root));
    if (stat === undefined) differs('', 'is missing');
    else compare('', stat, own, nodeKinds.directory);
  }
  for (const directory of plan.directories) {
    const stat = look(directory.path);
    if (stat !== undefined && !directory.implied)
      compare(directory.path, stat, directory, nodeKinds.directory);
  }
  context.monitor.total('sourceBytes', plan.bytes);
  for (const file of plan.files) {
    context.signal.throwIfAborted();
    const stat = look(file.path);
    if (stat === undefined || !compare(file.path, stat, file, nodeKinds.file)) continue;
    if (stat.sizeBytes !== file.sizeBytes) {
      differs(file.path, `has ${stat.sizeBytes} bytes, not ${file.sizeBytes}`);
      continue;
    }
    const isSame = readable(file.path, () => sameContent(file, at(file.path), system, repository));
    if (isSame === undefined) continue;
    if (!isSame) differs(file.path, 'has other content');
    verified.bytes += file.sizeBytes;
    context.monitor.count('sourceBytes', file.sizeBytes);
  }
  const late = plan.lateLinks.filter(({ isDevice }) => rules.devices || !isDevice);
  for (const link of [...plan.links, ...late]) {
    const stat = look(link.path);
    const first = stat && readable(link.existing, () => statIfAny(system, at(link.existing)));
    if (stat !== undefined && stat.inode !== first?.inode) {
      differs(link.path, `is not the same file as "${displayPath(link.existing)}"`);
    }
  }
  for (const symlink of plan.symlinks) {
    const stat = look(symlink.path);
    if (stat === undefined || !compare(symlink.path, stat, symlink, nodeKinds.symlink)) continue;
    const target = readable(symlink.path, () =>
      withParent(system, at(symlink.path), (parent, rest) => system.readlinkAt(parent, rest)),
    );
    if (target !== undefined && target !== symlink.target) differs(symlink.path, 'points elsewhere');
  }
  for (const special of plan.specials) {
    if (special.kind !== nodeKinds.fifo && !rules.devices) continue;
    const stat = look(special.path);
    if (stat !== undefined) compare(special.path, stat, special, special.kind);
  }
  return verified;
}

/** The entry itself, at a path of any length. */
function statIfAny(system: System, path: string): FileStat | undefined {
  try {
    return withParent(system, path, (parent, rest) => system.statAtIfAny(parent, rest));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

const readLength = 1024 * 1024;

/** Reads the file run by run and computes the id of every chunk anew; holes must read as zeros. */
function sameContent(file: PlannedFile, path: string, system: System, repository: Repository): boolean {
  const handle = openPath(system, path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const next = contentOf(file, handle);
    for (let at = 0; at < file.ids.length; at += 32) {
      const found = repository.locate(file.ids, at);
      if (found === undefined) return false;
      const bytes = next(found.length);
      if (bytes === undefined) return false;
      const id = repository.ring.blobId(boxTypes.data, bytes);
      if (Buffer.compare(id, file.ids.subarray(at, at + 32)) !== 0) return false;
    }
    return holesAreZero(file, system, handle);
  } finally {
    system.close(handle);
  }
}

function contentOf(file: PlannedFile, handle: number): (length: number) => Buffer | undefined {
  const runs = runPairs(file);
  let run = 0;
  let inRun = 0;
  return (length) => {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const current = runs[run];
      if (current === undefined) return undefined;
      const want = Math.min(length - filled, current.length - inRun);
      const read = readSync(handle, bytes, filled, want, current.offset + inRun);
      if (read === 0) return undefined;
      filled += read;
      inRun += read;
      if (inRun === current.length) {
        run += 1;
        inRun = 0;
      }
    }
    return bytes;
  };
}

function holesAreZero(file: PlannedFile, system: System, handle: number): boolean {
  if (file.runs === undefined) return true;
  const buffer = Buffer.allocUnsafe(readLength);
  const zeros = Buffer.alloc(readLength);
  let end = 0;
  for (const run of [...runPairs(file), { offset: file.sizeBytes, length: 0 }]) {
    for (let at = nextData(system, handle, end); at < run.offset; at = nextData(system, handle, at)) {
      const want = Math.min(readLength, run.offset - at);
      const read = readSync(handle, buffer, 0, want, at);
      if (read === 0 || buffer.compare(zeros, 0, read, 0, read) !== 0) return false;
      at += read;
    }
    end = run.offset + run.length;
  }
  return true;
}

/** A hole is zeros by the word of the file system: reading a tebibyte of them would take hours. */
function nextData(system: System, handle: number, from: number): number {
  try {
    return system.seekData(handle, from) ?? Number.POSITIVE_INFINITY;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return from;
  }
}

function runPairs(file: PlannedFile): { offset: number; length: number }[] {
  if (file.runs === undefined) return [{ offset: 0, length: file.sizeBytes }];
  const pairs = Buffer.from(file.runs);
  return Array.from({ length: pairs.length / 16 }, (_, index) => ({
    offset: Number(pairs.readBigUInt64LE(index * 16)),
    length: Number(pairs.readBigUInt64LE(index * 16 + 8)),
  }));
}
