// The entries of a folder of this machine, for an export without a repository: read by the walk of the files source.

import { constants, readSync } from 'node:fs';
import type { OutgoingEntry } from '../../archives/archive.ts';
import type { Context } from '../../base/context.ts';
import { readXattrs } from '../../sources/files/content.ts';
import type { WalkRules } from '../../sources/files/exclusions.ts';
import files from '../../sources/files/kind.ts';
import { openPath } from '../../sources/files/open-path.ts';
import { readNames } from '../../sources/files/owners.ts';
import { report, reportError } from '../../sources/files/problems.ts';
import { childPath, kindNumbers } from '../../sources/files/stat.ts';
import { type FileStat, openSystem, type System, sys } from '../../sources/files/system.ts';
import type { Listing, Source } from '../../sources/source.ts';
import type { Ignored } from '../export.ts';

const pieceLength = 256 * 1024;
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Names are relative to the folder; a path that is a file gives that one entry. `path` is an absolute byte string. */
export async function* folderEntries(
  path: string,
  rules: WalkRules,
  ignored: Ignored,
  context: Context,
): AsyncGenerator<OutgoingEntry> {
  const system = openSystem();
  using source = files.open({ paths: [path], rules }, context);
  source.probe(context);
  const names = { users: byteNames('/etc/passwd'), groups: byteNames('/etc/group') };
  const firstNames = new Map<string, string>();
  const room = Buffer.allocUnsafeSlow(pieceLength);
  for (const event of source.walk(context)) {
    if (event.type !== 'directory') continue;
    const { listing, state } = event;
    for (let row = 0; row < listing.count; row += 1) {
      const kind = listing.kinds[row]!;
      // Steps on the way lead to the folder and are no part of it; only a path that is no folder is told by them.
      const isStep = state === 'implied' && (kind === kindNumbers.directory || kind === kindNumbers.implied);
      if (isStep || kind === kindNumbers.socket) continue;
      if (listing.devices[row] === ignored.device && listing.inodes[row] === ignored.inode) continue;
      const full = childPath(listing.path, listing.names[row]!);
      const name = state === 'implied' ? listing.names[row]! : full.slice(path === '/' ? 1 : path.length + 1);
      const attributes = attributesOf(listing, row, names);
      if (kind === kindNumbers.file) {
        yield* fileEntry(name, full, listing, row, attributes, firstNames, room, system, context);
        continue;
      }
      yield* otherEntry(name, listing, row, attributes, source, context);
    }
  }
}

type Names = { readonly users: ReadonlyMap<number, string>; readonly groups: ReadonlyMap<number, string> };

function byteNames(table: '/etc/passwd' | '/etc/group'): ReadonlyMap<number, string> {
  return new Map([...readNames(table)].map(([id, name]) => [id, byteString(name)]));
}

export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function attributesOf(listing: Listing, row: number, { users, groups }: Names) {
  const uid = listing.uids[row]!;
  const gid = listing.gids[row]!;
  return {
    mode: listing.modes[row]!,
    uid,
    gid,
    user: users.get(uid) ?? '',
    group: groups.get(gid) ?? '',
    mtimeNs: listing.mtimes[row]!,
  };
}

async function* fileEntry(
  path: string,
  full: string,
  listing: Listing,
  row: number,
  attributes: ReturnType<typeof attributesOf>,
  firstNames: Map<string, string>,
  room: Buffer,
  system: System,
  context: Context,
): AsyncGenerator<OutgoingEntry> {
  const inode = `${listing.devices[row]}:${listing.inodes[row]}`;
  let file: number;
  try {
    file = openPath(system, full, openFlags);
  } catch (error) {
    reportError(context, full, 'opening', error);
    return;
  }
  try {
    const stat = system.statFd(file);
    const isSame =
      (stat.mode & sys.typeMask) === sys.typeFile &&
      stat.inode === listing.inodes[row] &&
      stat.device === listing.devices[row];
    if (!isSame) {
      report(context, full, 'ENTRY_VANISHED', 'replaced by another entry before reading');
      return;
    }
    const first = firstNames.get(inode);
    if (first === undefined && stat.links > 1) firstNames.set(inode, path);
    const xattrs = readXattrs(
      system,
      full,
      (name) => system.getXattrFd(file, name),
      () => system.listXattrsFd(file),
      context,
    );
    yield {
      entry: {
        ...attributes,
        path,
        ...(first === undefined ? { kind: 'file' } : { kind: 'hardlink', target: first }),
        mtimeNs: stat.mtimeNs,
        mode: stat.mode & 0o7777,
        sizeBytes: stat.sizeBytes,
        ...(xattrs.length === 0 || first !== undefined ? {} : { xattrs: asPairs(xattrs) }),
      },
      content: () => contentOf(file, full, stat, room, system, context),
    };
  } finally {
    system.close(file);
  }
}

/**
 * Exactly the bytes that the size promised: what became shorter is filled with zeros, and what changed is told. Read in this thread: a round through
 * another one costs more than most files. A piece is lent until the next one is asked for.
 */
function* contentOf(
  file: number,
  full: string,
  before: FileStat,
  room: Buffer,
  system: System,
  context: Context,
): Generator<Uint8Array> {
  let at = 0;
  let isTold = false;
  while (at < before.sizeBytes) {
    const buffer = room.subarray(0, Math.min(pieceLength, before.sizeBytes - at));
    let length = 0;
    if (!isTold) {
      try {
        length = readSync(file, buffer, 0, buffer.length, at);
      } catch (error) {
        reportError(context, full, 'reading', error);
        isTold = true;
      }
      if (length === 0 && !isTold) {
        report(context, full, 'ENTRY_CHANGED', 'became shorter while it was read');
        isTold = true;
      }
    }
    if (isTold) {
      buffer.fill(0);
      length = buffer.length;
    }
    at += length;
    context.monitor.count('sourceBytes', length);
    yield buffer.subarray(0, length);
  }
  if (isTold) return;
  const after = system.statFd(file);
  const changed =
    after.sizeBytes !== before.sizeBytes ||
    after.mtimeNs !== before.mtimeNs ||
    after.ctimeNs !== before.ctimeNs;
  if (changed) report(context, full, 'ENTRY_CHANGED', 'changed while it was read');
}

function* otherEntry(
  path: string,
  listing: Listing,
  row: number,
  attributes: ReturnType<typeof attributesOf>,
  source: Source,
  context: Context,
): Generator<OutgoingEntry> {
  const kind = listing.kinds[row]!;
  const xattrs = asPairs(source.attributes(listing, row, context));
  const shared = { ...attributes, path, sizeBytes: 0, ...(xattrs.length === 0 ? {} : { xattrs }) };
  if (kind === kindNumbers.symlink) {
    const target = source.link(listing, row, context);
    if (target !== undefined) yield { entry: { ...shared, kind: 'symlink', target } };
  } else if (kind === kindNumbers.fifo) yield { entry: { ...shared, kind: 'fifo' } };
  else if (kind === kindNumbers.characterDevice || kind === kindNumbers.blockDevice) {
    const number = listing.rdevs[row]!;
    const device = { major: Math.floor(number / 2 ** 32), minor: number % 2 ** 32 };
    const isBlock = kind === kindNumbers.blockDevice;
    yield { entry: { ...shared, kind: isBlock ? 'block-device' : 'character-device', device } };
  } else yield { entry: { ...shared, kind: 'directory' } };
}

export function asPairs(
  xattrs: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[],
): [string, Uint8Array][] {
  return xattrs.map(({ name, value }) => [Buffer.from(name).toString('latin1'), value]);
}
