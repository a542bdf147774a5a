// A file's content, read piece by piece: data runs only, from the inode that the walk saw and no other, with what changed meanwhile told.

import { constants, readSync } from 'node:fs';
import type { Context } from '../../base/context.ts';
import { xattrsMax, xattrsTotalBytesMax } from '../../base/limits.ts';
import type { Content, ExpectedFile, ExtendedAttribute, Extent, OpenContent } from '../source.ts';
import { openPath } from './open-path.ts';
import { report, reportError } from './problems.ts';
import { type FileStat, type System, sys } from './system.ts';
import { errorCode } from './system-error.ts';
import { eachXattr } from './xattrs.ts';

const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const runsMax = 4096;

export function openContent(
  system: System,
  path: string,
  expected: ExpectedFile,
  context: Context,
): OpenContent | undefined {
  let file: number;
  try {
    file = openQuietly(system, path);
  } catch (error) {
    reportError(context, path, 'opening', error);
    return undefined;
  }
  let before = expected.stat;
  if (before === undefined) {
    const found = system.statFd(file);
    if (!isExpected(found, expected)) {
      system.close(file);
      reportReplaced(context, path);
      return undefined;
    }
    before = found;
  }
  const runs = runsOf(system, file, before);
  let run = 0;
  let inRun = 0;
  let bytesRead = 0;
  let reachedEnd = false;
  let failed = false;
  return {
    read(buffer) {
      let filled = 0;
      while (filled < buffer.length && !reachedEnd && run < runs.length) {
        const current = runs[run]!;
        const want = Math.min(buffer.length - filled, current.length - inRun);
        if (want === 0) {
          run += 1;
          inRun = 0;
          continue;
        }
        let length: number;
        try {
          length = readSync(file, buffer, filled, want, current.offset + inRun);
        } catch (error) {
          if (isExpected(system.statFd(file), expected)) reportError(context, path, 'reading', error);
          else reportReplaced(context, path);
          failed = true;
          reachedEnd = true;
          break;
        }
        if (length === 0) reachedEnd = true;
        filled += length;
        inRun += length;
      }
      bytesRead += filled;
      return filled;
    },
    finish() {
      if (failed) return undefined;
      const after = system.statFd(file);
      if (!isExpected(after, expected)) {
        reportReplaced(context, path);
        return undefined;
      }
      const changed =
        after.mtimeNs !== before.mtimeNs ||
        after.sizeBytes !== before.sizeBytes ||
        after.ctimeNs !== before.ctimeNs;
      if ((changed || reachedEnd) && expected.stat === undefined)
        report(context, path, 'ENTRY_CHANGED', 'changed while it was read');
      const isSparse = runs.length !== 1 || runs[0]!.offset !== 0 || runs[0]!.length !== before.sizeBytes;
      const end = runs[run];
      const cutAt = reachedEnd && end !== undefined ? end.offset + inRun : before.sizeBytes;
      const kept: Extent[] = reachedEnd
        ? [
            ...runs.slice(0, run),
            ...(end !== undefined && inRun > 0 ? [{ offset: end.offset, length: inRun }] : []),
          ]
        : runs;
      return {
        sizeBytes: cutAt,
        bytesRead,
        ...(isSparse && before.sizeBytes > 0 ? { extents: kept } : {}),
        // What was read is no single state of the file: without its ctime, the next backup does not take it for one.
        after: changed || reachedEnd ? { ...after, ctimeNs: 0n } : after,
        changed: changed || reachedEnd,
        xattrs: readXattrs(
          system,
          path,
          (name) => system.getXattrFd(file, name),
          () => system.listXattrsFd(file),
          context,
        ),
      } satisfies Content;
    },
    close: () => system.close(file),
  };
}

function reportReplaced(context: Context, path: string): void {
  report(context, path, 'ENTRY_VANISHED', 'replaced by another entry before reading');
}

function isExpected(found: FileStat, { device, inode }: ExpectedFile): boolean {
  return (found.mode & sys.typeMask) === sys.typeFile && found.inode === inode && found.device === device;
}

// O_NOATIME is for owners and root only; who may not have it reads all the same.
function openQuietly(system: System, path: string): number {
  try {
    return openPath(system, path, openFlags | constants.O_NOATIME);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    return openPath(system, path, openFlags);
  }
}

/** Data runs; a hole that would make too many is read as zeros. */
function runsOf(system: System, file: number, stat: NonNullable<ExpectedFile['stat']>): Extent[] {
  const { sizeBytes } = stat;
  if (sizeBytes === 0) return [];
  const whole = [{ offset: 0, length: sizeBytes }];
  if (stat.blocks * 512 >= sizeBytes) return whole;
  const runs: Extent[] = [];
  let at = 0;
  while (at < sizeBytes) {
    let data: number | undefined;
    let hole: number | undefined;
    try {
      data = system.seekData(file, at);
      if (data === undefined || data >= sizeBytes) break;
      hole = system.seekHole(file, data) ?? sizeBytes;
    } catch {
      return whole;
    }
    const end = Math.min(hole, sizeBytes);
    runs.push({ offset: data, length: end - data });
    at = end;
  }
  return fewerRuns(runs);
}

/** Closes the smallest holes until the runs are few enough. */
function fewerRuns(runs: readonly Extent[]): Extent[] {
  let surplus = runs.length - runsMax;
  if (surplus <= 0) return [...runs];
  const gaps = Float64Array.from({ length: runs.length - 1 }, (_, index) => gapAfter(runs, index));
  const largestClosed = gaps.toSorted()[surplus - 1]!;
  // Of holes that are as large as the largest one closed, only as many as needed are closed.
  let equals = surplus - gaps.reduce((count, gap) => count + (gap < largestClosed ? 1 : 0), 0);
  const kept: { offset: number; length: number }[] = [];
  runs.forEach(({ offset, length }, index) => {
    const gap = index === 0 ? Number.POSITIVE_INFINITY : gaps[index - 1]!;
    const isClosed = surplus > 0 && (gap < largestClosed || (gap === largestClosed && equals > 0));
    if (!isClosed) {
      kept.push({ offset, length });
      return;
    }
    if (gap === largestClosed) equals -= 1;
    surplus -= 1;
    const before = kept.at(-1)!;
    before.length = offset + length - before.offset;
  });
  return kept;
}

function gapAfter(runs: readonly Extent[], index: number): number {
  return runs[index + 1]!.offset - runs[index]!.offset - runs[index]!.length;
}

const unsupported: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'ENODATA']);

/** Extended attributes, ascending by name. ACLs are among them ("system.posix_acl_access"). */
export function readXattrs(
  system: System,
  path: string,
  get: (name: string) => Uint8Array,
  list: () => string[],
  context: Context,
): ExtendedAttribute[] {
  const refused = (error: unknown, code: string) => {
    if (!unsupported.has(code)) reportError(context, path, 'reading attributes', error);
  };
  if (!system.capabilities.native) return [];
  const attributes: ExtendedAttribute[] = [];
  let bytes = 0;
  for (const [name, value] of eachXattr(list, get, refused)) {
    bytes += name.length + value.length;
    if (attributes.length === xattrsMax || bytes > xattrsTotalBytesMax) {
      report(context, path, 'ENTRY_XATTR_TOO_LARGE', 'has more extended attributes than can be kept');
      break;
    }
    attributes.push({ name: Buffer.from(name, 'latin1'), value: Uint8Array.from(value) });
  }
  return attributes;
}
