// The walk: depth first, in byte order, with an explicit stack, one listing per directory. Directories are opened anew by
// path and must be the inode that their parent's listing showed, so that one swapped for a symlink is not followed and no
// descriptor is held while children are walked.

import { constants, readSync } from 'node:fs';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Listing, ListingState, WalkEvent } from '../source.ts';
import { isStagingName, type Step, stepsTo, type WalkRules } from './exclusions.ts';
import { openPath } from './open-path.ts';
import { report, reportErrno, reportError } from './problems.ts';
import { childPath, closeListing, createListing, kindNumbers, type OpenListing } from './stat.ts';
import { displayPath, type FileStat, type System, sys } from './system.ts';
import { errnoName } from './system-error.ts';

const depthMax = 4096;
const pathBytesMax = 32 * 1024;
const cacheTagName = 'CACHEDIR.TAG';
const cacheTagSignature = 'Signature: 8a477f597d28d172789f06886806bc55';
const directoryFlags =
  constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

interface Frame {
  readonly listing: Listing;
  readonly step: Step | undefined;
  /** Of the root we are below; undefined on implied steps above all roots. */
  readonly rootDevice: number | undefined;
  readonly patternsFrom: number;
  readonly device: number;
  readonly inode: bigint;
  next: number;
}

interface Visit {
  readonly path: string;
  readonly step: Step | undefined;
  readonly rootDevice: number | undefined;
  /** Where in paths the part begins that exclude patterns see. */
  readonly patternsFrom: number;
  /** What the parent's listing showed. */
  readonly device: number;
  readonly inode: bigint;
  readonly implied: boolean;
}

interface Read {
  readonly listing: Listing;
  readonly state: ListingState;
}

/** Tells every directory from "/" down to the roots (implied) and all that is below them. Roots are absolute. */
export function* walk(
  system: System,
  roots: readonly string[],
  rules: WalkRules,
  context: Context,
): Generator<WalkEvent, void, undefined> {
  const top = stepsTo(roots);
  const stack: Frame[] = [];
  const topStat = system.statAt(sys.atFdCwd, '/');
  let visit: Visit | undefined = {
    path: '/',
    step: top,
    rootDevice: top.isRoot ? topStat.device : undefined,
    patternsFrom: 0,
    device: topStat.device,
    inode: topStat.inode,
    implied: !top.isRoot,
  };
  for (;;) {
    if (visit !== undefined) {
      if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the walk was canceled');
      visit = { ...visit, patternsFrom: patternsFrom(visit, rules) };
      const { step, rootDevice, device, inode } = visit;
      const { listing, state } = enter(system, visit, stack, rules, context);
      yield { type: 'directory', listing, depth: stack.length, state };
      stack.push({ listing, step, rootDevice, patternsFrom: visit.patternsFrom, device, inode, next: 0 });
    }
    const frame = stack.at(-1);
    if (frame === undefined) return;
    visit = nextChild(frame);
    if (visit === undefined) {
      stack.pop();
      yield { type: 'leave', path: frame.listing.path, depth: stack.length };
    }
  }
}

function nextChild(frame: Frame): Visit | undefined {
  const { listing } = frame;
  while (frame.next < listing.count) {
    const row = frame.next;
    frame.next += 1;
    const kind = listing.kinds[row]!;
    if (kind !== kindNumbers.directory && kind !== kindNumbers.implied) continue;
    const name = listing.names[row]!;
    const step = frame.step?.children.get(name);
    const device = listing.devices[row]!;
    return {
      path: childPath(listing.path, name),
      step,
      rootDevice: step?.isRoot === true ? device : frame.rootDevice,
      patternsFrom: frame.patternsFrom,
      device,
      inode: listing.inodes[row]!,
      implied: kind === kindNumbers.implied,
    };
  }
  return undefined;
}

/**
 * A pattern that matches a folder means all below it. Below a root that a pattern matches, that would be everything that was named to be
 * saved: there, patterns see paths from the root on, and only what lies inside counts.
 */
function patternsFrom({ path, step, patternsFrom: above }: Visit, { exclude }: WalkRules): number {
  if (step?.isRoot !== true) return above;
  return exclude?.(displayPath(path), true) === true ? path.length : 0;
}

function enter(
  system: System,
  visit: Visit,
  stack: readonly Frame[],
  rules: WalkRules,
  context: Context,
): Read {
  const { path, step } = visit;
  if (visit.implied) return { listing: impliedListing(system, visit, context), state: 'implied' };
  const isRoot = step?.isRoot === true;
  const outside =
    (rules.oneFileSystem === true && visit.rootDevice !== undefined && visit.device !== visit.rootDevice) ||
    rules.boundaries?.has(path) === true;
  if (outside && !isRoot) return { listing: impliedOrEmpty(system, visit, context), state: 'boundary' };
  if (stack.length >= depthMax || path.length > pathBytesMax) {
    report(context, path, 'ENTRY_TOO_DEEP', `deeper than ${depthMax} directories or ${pathBytesMax} bytes`);
    return { listing: emptyListing(path), state: 'unreadable' };
  }
  for (const frame of stack) {
    if (frame.inode === visit.inode && frame.device === visit.device && frame.rootDevice !== undefined) {
      report(context, path, 'ENTRY_LOOP', `the same directory as "${displayPath(frame.listing.path)}"`);
      return { listing: emptyListing(path), state: 'unreadable' };
    }
  }
  return walkDirectory(system, visit, rules, context);
}

/** Lists one directory; its inode must be the expected one. Trouble is a Problem and an empty listing. */
function walkDirectory(system: System, visit: Visit, rules: WalkRules, context: Context): Read {
  const { path, step } = visit;
  let fd: number;
  try {
    fd = openPath(system, path, directoryFlags);
  } catch (error) {
    reportError(context, path, 'opening the directory', error);
    return { listing: emptyListing(path), state: 'unreadable' };
  }
  try {
    const own = system.statFd(fd);
    if (own.inode !== visit.inode || own.device !== visit.device) {
      report(context, path, 'ENTRY_VANISHED', 'replaced by another directory during the walk');
      return { listing: emptyListing(path), state: 'unreadable' };
    }
    const names = system.listNames(fd).sort();
    const isCache = rules.excludeCaches === true && step?.isRoot !== true && hasCacheTag(system, fd, names);
    const kept = isCache
      ? names.filter((name) => name === cacheTagName || step?.children.has(name) === true)
      : names;
    for (const name of step?.children.keys() ?? []) {
      if (!kept.includes(name)) {
        report(context, childPath(path, name), 'SOURCE_PATH_MISSING', 'named to be saved, but not there');
      }
    }
    return {
      listing: readListing(system, fd, visit, kept, rules, context),
      state: isCache ? 'cache' : 'read',
    };
  } catch (error) {
    reportError(context, path, 'reading the directory', error);
    return { listing: emptyListing(path), state: 'unreadable' };
  } finally {
    system.close(fd);
  }
}

function readListing(
  system: System,
  fd: number,
  { path, step, patternsFrom: from }: Visit,
  names: readonly string[],
  rules: WalkRules,
  context: Context,
): Listing {
  const listing = createListing(path, names.length);
  const { exclude } = rules;
  const fileBytesMax = rules.fileBytesMax ?? Number.POSITIVE_INFINITY;
  const skip = rules.skip ?? [];
  const shownPrefix = exclude === undefined ? '' : displayPath(childPath(path, '').slice(from));
  for (const name of names) {
    if (name === '' || name.includes('/')) {
      report(
        context,
        childPath(path, name),
        'ENTRY_NAME_INVALID',
        'the file system gave a name that cannot be',
      );
      continue;
    }
    const row = listing.count;
    const errno = system.statInto(fd, name, listing, row);
    if (errno !== 0) {
      reportErrno(context, childPath(path, name), 'asking for its attributes', errnoName(errno));
      continue;
    }
    const kind = listing.kinds[row]!;
    const isDirectory = kind === kindNumbers.directory;
    const child = step?.children.get(name);
    if (child?.isRoot !== true) {
      const out =
        (kind === kindNumbers.file && listing.sizes[row]! > fileBytesMax) ||
        (isDirectory && (isStagingName(name) || isSkipped(listing, row, skip))) ||
        exclude?.(shownPrefix + displayPath(name), isDirectory) === true;
      if (out && child === undefined) continue;
      if (out && isDirectory) makeImplied(listing, row);
    }
    listing.names.push(name);
    listing.count += 1;
  }
  return closeListing(listing);
}

function isSkipped(
  listing: OpenListing,
  row: number,
  skip: readonly { readonly device: number; readonly inode: bigint }[],
): boolean {
  for (const { device, inode } of skip) {
    if (listing.devices[row] === device && listing.inodes[row] === inode) return true;
  }
  return false;
}

/** An entry that a rule leaves out, though a root lies below it: only a step. */
function makeImplied(listing: OpenListing, row: number): void {
  listing.kinds[row] = kindNumbers.implied;
}

/** The names that lead to roots, for directories whose other entries are none of our business. */
function impliedListing(system: System, visit: Visit, context: Context): Listing {
  const { path, step } = visit;
  const names = [...(step?.children.keys() ?? [])].sort();
  const listing = createListing(path, names.length);
  for (const name of names) {
    const child = childPath(path, name);
    const row = listing.count;
    const errno = system.statInto(sys.atFdCwd, child, listing, row);
    if (errno !== 0) {
      report(context, child, 'SOURCE_PATH_MISSING', `named to be saved, but not there (${errnoName(errno)})`);
      continue;
    }
    if (step!.children.get(name)!.isRoot) {
      if (listing.kinds[row] !== kindNumbers.directory && step!.children.get(name)!.children.size > 0) {
        report(context, child, 'SOURCE_PATH_MISSING', 'not a directory, but paths below it were named');
      }
    } else makeImplied(listing, row);
    listing.names.push(name);
    listing.count += 1;
  }
  return closeListing(listing);
}

function impliedOrEmpty(system: System, visit: Visit, context: Context): Listing {
  return visit.step === undefined ? emptyListing(visit.path) : impliedListing(system, visit, context);
}

function emptyListing(path: string): Listing {
  return createListing(path, 0);
}

/** A tag counts only with its signature: bford.info/cachedir. */
function hasCacheTag(system: System, fd: number, names: readonly string[]): boolean {
  if (!names.includes(cacheTagName)) return false;
  const bytes = Buffer.alloc(cacheTagSignature.length);
  let tag: number | undefined;
  try {
    tag = system.openAt(fd, cacheTagName, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const length = readSync(tag, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1', 0, length) === cacheTagSignature;
  } catch {
    return false;
  } finally {
    if (tag !== undefined) system.close(tag);
  }
}

/** The roots that exist; fails when none does. */
export function existingRoots(system: System, roots: readonly string[]): FileStat[] {
  const found: FileStat[] = [];
  for (const root of roots) {
    const stat = system.statAtIfAny(sys.atFdCwd, root);
    if (stat !== undefined) found.push(stat);
  }
  if (found.length > 0) return found;
  throw new Failure(
    'missing',
    'SOURCE_MISSING',
    `nothing exists at "${roots.map(displayPath).join('", "')}"`,
    {
      hint: 'Check the paths to be saved: a disk may not be mounted.',
    },
  );
}
