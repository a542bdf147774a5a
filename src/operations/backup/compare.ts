// What a listing and the previous snapshot's tree say of the same entry.

import { Failure } from '../../base/failure.ts';
import { nodeKinds, type TreeColumns } from '../../repository/tree.ts';
import type { Listing } from '../../sources/source.ts';
import type { OpenDirectory } from './directory.ts';

export function rowOf(above: OpenDirectory, path: string): number {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const { names, count } = above.listing;
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (names[middle]! === name) return middle;
    if (names[middle]! < name) low = middle + 1;
    else high = middle - 1;
  }
  throw new Failure('bug', 'ASSERTION_FAILED', 'the walk entered a directory it had not listed');
}

export function oldRowOf(directory: OpenDirectory, row: number): number {
  const { old } = directory;
  if (old === undefined) return -1;
  const name = directory.listing.names[row]!;
  let low = 0;
  let high = old.names.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (old.names[middle]! === name) return middle;
    if (old.names[middle]! < name) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export function oldContentOf(directory: OpenDirectory, row: number): Uint8Array | undefined {
  const oldRow = oldRowOf(directory, row);
  if (oldRow < 0) return undefined;
  const kind = directory.old!.kinds[oldRow]!;
  return kind === nodeKinds.directory || kind === nodeKinds.implied
    ? directory.old!.contents[oldRow]
    : undefined;
}

/** Equal size, times and inode mean equal content: ctime changes with every change of bytes or attributes. */
export function isSameNode(listing: Listing, row: number, old: TreeColumns, oldRow: number): boolean {
  return (
    listing.kinds[row] === old.kinds[oldRow] &&
    listing.ctimes[row] === old.ctimes[oldRow] &&
    listing.mtimes[row] === old.mtimes[oldRow] &&
    listing.inodes[row] === old.inodes[oldRow] &&
    (listing.kinds[row] !== nodeKinds.file || listing.sizes[row] === old.sizes[oldRow]) &&
    listing.links[row]! > 1 === old.links.has(oldRow)
  );
}

export function isSameDirectory(parent: OpenDirectory, row: number, content: Uint8Array): boolean {
  const oldRow = oldRowOf(parent, row);
  if (oldRow < 0) return false;
  const old = parent.old!;
  const { listing } = parent;
  if (listing.kinds[row] !== old.kinds[oldRow]) return false;
  if (Buffer.compare(content, old.contents[oldRow]!) !== 0) return false;
  return (
    listing.kinds[row] === nodeKinds.implied ||
    (listing.ctimes[row] === old.ctimes[oldRow] &&
      listing.mtimes[row] === old.mtimes[oldRow] &&
      listing.inodes[row] === old.inodes[oldRow])
  );
}
