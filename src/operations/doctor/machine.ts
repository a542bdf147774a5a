// What the doctor looks at without a repository: space, modes, the log, the clock. Nothing is changed but for one file of its own in the
// state folder, which is gone again.

import { closeSync, constants, lstatSync, openSync, readdirSync, type Stats, statSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../base/context.ts';
import { makeFolders } from '../../disk/folders.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { type Finding, finding } from './finding.ts';

/** As the monitoring judges disks, unless it is told otherwise. */
const warningPercent = 80;
const criticalPercent = 90;
/** More files than this are not looked at one by one. */
const filesMax = 50_000;
/** Clocks that agree within this are right. */
const clockToleranceMs = 2 * 60_000;

export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** 0 where the file system counts no files. */
  readonly totalFiles: number;
  readonly freeFiles: number;
}

/** Of the folder, or of the first above it that is there. */
export async function spaceAt(path: string): Promise<Space> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(at);
      // Blocks kept for root count neither as used nor as free, as df does it.
      return {
        totalBytes: (blocks - bfree + bavail) * bsize,
        freeBytes: bavail * bsize,
        totalFiles: files,
        freeFiles: ffree,
      };
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || dirname(at) === at) throw error;
    }
  }
}

export async function findSpace(path: string, measure = spaceAt): Promise<Finding> {
  let space: Space;
  try {
    space = await measure(path);
  } catch (error) {
    return finding('disk', 'space-unknown', { path, reason: errorCode(error) ?? String(error) });
  }
  const used = (free: number, total: number) => (total === 0 ? 0 : Math.floor((1 - free / total) * 100));
  const bytesPercent = used(space.freeBytes, space.totalBytes);
  const filesPercent = used(space.freeFiles, space.totalFiles);
  const percent = Math.max(bytesPercent, filesPercent);
  const facts = { path, percent, bytesPercent, filesPercent, freeBytes: space.freeBytes };
  if (percent >= criticalPercent) return finding('disk', 'space-out', facts);
  return finding('disk', percent >= warningPercent ? 'space-short' : 'space-ok', facts);
}

/** A key or a folder that is its owner's alone. */
export function findMode(path: string, isFolder: boolean): Finding {
  const wanted = isFolder ? '700' : '600';
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return finding('modes', 'file-missing', { path });
    return finding('modes', 'file-unread', { path, reason: code ?? String(error) });
  }
  const facts = { path, mode: octal(stat.mode), wanted };
  // A pipe or a device, such as what the shell makes of <(…), is nobody else's.
  if (!isFolder && !stat.isFile()) return finding('modes', 'mode-ok', facts);
  if ((stat.mode & 0o077) !== 0) return finding('modes', 'mode-open', facts);
  if (process.getuid !== undefined && stat.uid !== process.getuid() && process.getuid() !== 0)
    return finding('modes', 'mode-foreign', { ...facts, owner: stat.uid });
  return finding('modes', 'mode-ok', facts);
}

/** Everything below a folder that others may read or change; `select` chooses among its files. */
export function findOpenFiles(
  folder: string,
  kind: 'objects' | 'backups',
  select: (name: string) => boolean,
): Finding {
  let looked = 0;
  let open = 0;
  let first = '';
  const judge = (path: string) => {
    looked += 1;
    if ((lstatSync(path).mode & 0o077) === 0) return;
    open += 1;
    if (first === '') first = path;
  };
  const visit = (path: string) => {
    judge(path);
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (looked >= filesMax) return;
      const inner = join(path, entry.name);
      if (entry.isDirectory() && kind === 'objects') visit(inner);
      else if (entry.isFile() && select(entry.name)) judge(inner);
    }
  };
  try {
    visit(folder);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return finding('modes', 'file-missing', { path: folder });
    return finding('modes', 'file-unread', { path: folder, reason: code ?? String(error) });
  }
  const facts = { path: folder, looked, open, first };
  return finding('modes', open === 0 ? `${kind}-ok` : `${kind}-open`, facts);
}

/** Opened for appending and closed: nothing is written, and nothing is made where nothing was. */
export function findLog(path: string): Finding {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_APPEND));
    return finding('log', 'log-ok', { path });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') return unwritable(path, error);
  }
  try {
    const folder = statSync(dirname(path));
    const isRoot = process.getuid?.() === 0;
    const isOurs = process.getuid === undefined || folder.uid === process.getuid();
    const mask = isOurs ? 0o300 : 0o003;
    if (isRoot || (folder.mode & mask) === mask) return finding('log', 'log-ok', { path });
    return finding('log', 'log-unwritable', { path, reason: 'EACCES' });
  } catch (error) {
    return unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): Finding {
  return finding('log', 'log-unwritable', { path, reason: errorCode(error) ?? String(error) });
}

/** A file that is written now must be from now. Nothing of it stays. */
export async function findFileClock(folder: string, context: Context): Promise<Finding> {
  try {
    makeFolders(folder);
    const own = await mkdtemp(join(folder, 'doctor-'));
    try {
      const path = join(own, 'now');
      const before = context.clock.now();
      await writeFile(path, '', { mode: 0o600 });
      const offMs = statSync(path).mtimeMs - before;
      const facts = { place: folder, seconds: Math.round(offMs / 1000) };
      return finding('clock', Math.abs(offMs) <= clockToleranceMs ? 'clock-ok' : 'clock-off', facts);
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  } catch (error) {
    return finding('modes', 'file-unread', { path: folder, reason: errorCode(error) ?? String(error) });
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(3, '0');
}
