// The inventory of key material: which file holds which keys, whose it is and who may read it. Built from bytes in memory; of these
// nothing is kept, and they are wiped after the look.

import type { Context } from '../../base/context.ts';
import { childPath, kindNumbers } from '../files/stat.ts';
import { displayPath } from '../files/system.ts';
import type { Listing, OwnerNames, Source } from '../source.ts';
import type { KeyItem } from './key-item.ts';
import { keyFileBytesMax, recognise } from './recognise/all.ts';

export interface InventoryFile {
  /** A byte string. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly items: readonly KeyItem[];
  /** Why a part of it could not be read. */
  readonly broken?: string;
}

export interface Inventory {
  /** In the order of the walk. */
  readonly files: readonly InventoryFile[];
  readonly owners: OwnerNames;
}

export type FileFacts = Omit<InventoryFile, 'items' | 'broken'>;

/** Files that can be key files at all. */
export function mayBeKey(sizeBytes: number): boolean {
  return sizeBytes > 0 && sizeBytes <= keyFileBytesMax;
}

/** Looks into one file; undefined when it is no key material. Wipes the bytes. */
export function inspect(file: FileFacts, bytes: Uint8Array, context: Context): InventoryFile | undefined {
  const found = recognise(file.path, bytes);
  bytes.fill(0);
  if (found === undefined || (found.items.length === 0 && found.broken === undefined)) return undefined;
  if (found.broken !== undefined) {
    context.monitor.problem({
      path: displayPath(file.path),
      code: 'KEY_FILE_BROKEN',
      message: `key material that cannot be read whole: ${found.broken}`,
    });
  }
  return { ...file, ...found };
}

/** Looks into all files of one folder. What cannot be read is a problem of `reading`. */
export function* inspectListing(
  source: Source,
  listing: Listing,
  reading: Context,
  context: Context,
): Generator<InventoryFile> {
  for (let row = 0; row < listing.count; row += 1) {
    const sizeBytes = listing.sizes[row]!;
    if (listing.kinds[row] !== kindNumbers.file || !mayBeKey(sizeBytes)) continue;
    context.signal.throwIfAborted();
    const path = childPath(listing.path, listing.names[row]!);
    const expected = { device: listing.devices[row]!, inode: listing.inodes[row]! };
    const bytes = readWhole(source, path, sizeBytes, expected, reading);
    if (bytes === undefined) continue;
    const facts = {
      path,
      mode: listing.modes[row]!,
      uid: listing.uids[row]!,
      gid: listing.gids[row]!,
      sizeBytes,
    };
    const found = inspect(facts, bytes, context);
    if (found !== undefined) yield found;
  }
}

/** Undefined when there is a problem, and for files with holes: no program writes keys so. */
function readWhole(
  source: Source,
  path: string,
  sizeBytes: number,
  expected: { readonly device: number; readonly inode: bigint },
  context: Context,
): Uint8Array | undefined {
  const content = source.open(path, expected, context);
  if (content === undefined) return undefined;
  try {
    // One more than is expected: a file that grew is read again next time.
    const buffer = new Uint8Array(sizeBytes + 1);
    let length = 0;
    for (;;) {
      const taken = content.read(buffer.subarray(length));
      if (taken === 0) break;
      length += taken;
    }
    return content.finish()?.extents === undefined ? buffer.subarray(0, length) : undefined;
  } finally {
    content.close();
  }
}

export interface InventoryCounts {
  readonly files: number;
  readonly items: number;
  readonly broken: number;
  readonly byType: Readonly<Record<string, number>>;
}

export function countInventory(files: readonly InventoryFile[]): InventoryCounts {
  const byType: Record<string, number> = {};
  for (const { items } of files) for (const { type } of items) byType[type] = (byType[type] ?? 0) + 1;
  return {
    files: files.length,
    items: files.reduce((sum, { items }) => sum + items.length, 0),
    broken: files.filter(({ broken }) => broken !== undefined).length,
    byType,
  };
}
