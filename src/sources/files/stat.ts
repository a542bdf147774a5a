// Listings in columns: room for one directory's entries, filled row by row, and single rows as nodes.

import type { Node, NodeKind } from '../../model/node.ts';
import type { Listing } from '../source.ts';
import type { FileStat, StatColumns } from './system.ts';
import { kindOfType } from './system-error.ts';

export const kindNumbers = {
  file: 0,
  directory: 1,
  symlink: 2,
  fifo: 3,
  socket: 4,
  characterDevice: 5,
  blockDevice: 6,
  implied: 7,
} as const;

const kindNames: readonly NodeKind[] = [
  'file',
  'directory',
  'symlink',
  'fifo',
  'socket',
  'character-device',
  'block-device',
  'implied',
];
const bytesPerRow = 7 * 8 + 3 * 4 + 2 + 1;
const two32 = 0x1_0000_0000;

/** A listing that is being filled: rows may be written, names pushed. */
export interface OpenListing extends StatColumns {
  readonly path: string;
  count: number;
  readonly names: string[];
}

/** One allocation for all columns, because most directories are small. */
export function createListing(path: string, capacity: number): OpenListing {
  const bytes = new ArrayBuffer(capacity * bytesPerRow);
  const at = (column: number): number => column * 8 * capacity;
  const after = 7 * 8 * capacity;
  return {
    path,
    count: 0,
    names: [],
    sizes: new Float64Array(bytes, at(0), capacity),
    mtimes: new BigInt64Array(bytes, at(1), capacity),
    ctimes: new BigInt64Array(bytes, at(2), capacity),
    inodes: new BigUint64Array(bytes, at(3), capacity),
    devices: new Float64Array(bytes, at(4), capacity),
    rdevs: new Float64Array(bytes, at(5), capacity),
    blocks: new Float64Array(bytes, at(6), capacity),
    uids: new Uint32Array(bytes, after, capacity),
    gids: new Uint32Array(bytes, after + 4 * capacity, capacity),
    links: new Uint32Array(bytes, after + 8 * capacity, capacity),
    modes: new Uint16Array(bytes, after + 12 * capacity, capacity),
    kinds: new Uint8Array(bytes, after + 14 * capacity, capacity),
  };
}

/** The listing with columns of exactly `count` rows. */
export function closeListing(open: OpenListing): Listing {
  const { count } = open;
  if (count === open.kinds.length) return open;
  return {
    path: open.path,
    count,
    names: open.names,
    sizes: open.sizes.subarray(0, count),
    mtimes: open.mtimes.subarray(0, count),
    ctimes: open.ctimes.subarray(0, count),
    inodes: open.inodes.subarray(0, count),
    devices: open.devices.subarray(0, count),
    rdevs: open.rdevs.subarray(0, count),
    blocks: open.blocks.subarray(0, count),
    uids: open.uids.subarray(0, count),
    gids: open.gids.subarray(0, count),
    links: open.links.subarray(0, count),
    modes: open.modes.subarray(0, count),
    kinds: open.kinds.subarray(0, count),
  };
}

/** Writes a stat that is already at hand into a row. */
export function putStat(columns: StatColumns, row: number, stat: FileStat): void {
  columns.kinds[row] = kindOfType[(stat.mode >>> 12) & 15]!;
  columns.modes[row] = stat.mode & 0o7777;
  columns.uids[row] = stat.uid;
  columns.gids[row] = stat.gid;
  columns.sizes[row] = stat.sizeBytes;
  columns.mtimes[row] = stat.mtimeNs;
  columns.ctimes[row] = stat.ctimeNs;
  columns.inodes[row] = stat.inode;
  columns.devices[row] = stat.device;
  columns.links[row] = stat.links;
  columns.rdevs[row] = stat.rdevMajor * two32 + stat.rdevMinor;
  columns.blocks[row] = stat.blocks;
}

/** One row as a node: for tests, previews and the writing side, not for the data path. */
export function nodeAt(listing: Listing, row: number): Node {
  const kind = kindNames[listing.kinds[row]!]!;
  const rdev = listing.rdevs[row]!;
  const shared = kind !== 'directory' && listing.links[row]! > 1;
  return {
    name: Buffer.from(listing.names[row]!, 'latin1'),
    kind,
    mode: listing.modes[row]!,
    uid: listing.uids[row]!,
    gid: listing.gids[row]!,
    mtimeNs: listing.mtimes[row]!,
    ctimeNs: listing.ctimes[row]!,
    inode: listing.inodes[row]!,
    sizeBytes: kind === 'file' ? listing.sizes[row]! : 0,
    ...(shared ? { link: linkGroup(listing.devices[row]!, listing.inodes[row]!) } : {}),
    ...(kind === 'character-device' || kind === 'block-device'
      ? { device: { major: Math.floor(rdev / two32), minor: rdev % two32 } }
      : {}),
  };
}

/** The text that is equal for all names of one inode. */
export function linkGroup(device: number, inode: bigint): string {
  return `${device.toString(16)}:${inode.toString(16)}`;
}

/** The path of an entry of a listing. */
export function childPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}
