// A directory on its way to becoming a tree: its entries come in one by one and in any order; when all are known, it is
// encoded, split where it is large, and handed to its parent together with its nameless twin.

import { treeNodesMax } from '../../base/limits.ts';
import { boxTypes } from '../../repository/box.ts';
import type { FrameBuilder } from '../../repository/frame-builder.ts';
import {
  directIdsMax,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  indirectIdsMax,
  nodeKinds,
  skeletonOf,
  type TreeColumns,
} from '../../repository/tree.ts';
import type { Listing, ListingState } from '../../sources/source.ts';

/** A part of a split directory ends behind a name whose hash says so, from this many nodes on. */
const partNodesMin = 2048;
const partHashMask = 0xfff;
/** … or when its extended attributes and contents have grown to this many bytes. */
const partBytesMax = 4 * 1024 * 1024;

export interface ChangedStat {
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly inode: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export class OpenDirectory {
  readonly listing: Listing;
  readonly state: ListingState;
  readonly parent: OpenDirectory | undefined;
  readonly rowInParent: number;
  /** What the previous snapshot had here, and where: tree id ‖ skeleton id. */
  readonly old: TreeColumns | undefined;
  readonly oldContent: Uint8Array | undefined;
  /** Per row the content, once known; a row without one is left out of the tree. */
  readonly contents: (Uint8Array | undefined)[];
  readonly xattrs = new Map<number, readonly (readonly [Uint8Array, Uint8Array])[]>();
  readonly runs = new Map<number, Uint8Array>();
  readonly links = new Map<number, Uint8Array>();
  readonly indirect = new Set<number>();
  /** Entries whose content is not known yet, and one for the walk being inside. */
  pending = 1;
  /** Rows that are exactly as the previous snapshot has them. */
  unchanged = 0;

  constructor(parts: {
    readonly listing: Listing;
    readonly state: ListingState;
    readonly parent: OpenDirectory | undefined;
    readonly rowInParent: number;
    readonly old: TreeColumns | undefined;
    readonly oldContent: Uint8Array | undefined;
  }) {
    this.listing = parts.listing;
    this.state = parts.state;
    this.parent = parts.parent;
    this.rowInParent = parts.rowInParent;
    this.old = parts.old;
    this.oldContent = parts.oldContent;
    this.contents = new Array(parts.listing.count);
  }

  get isUnchanged(): boolean {
    return (
      this.old !== undefined &&
      this.unchanged === this.listing.count &&
      this.unchanged === this.old.names.length
    );
  }

  /** A file that changed while it was read is recorded as it was afterwards. */
  overwriteStat(row: number, stat: ChangedStat): void {
    const { listing } = this;
    listing.sizes[row] = stat.sizeBytes;
    listing.modes[row] = stat.mode & 0o7777;
    listing.uids[row] = stat.uid;
    listing.gids[row] = stat.gid;
    listing.inodes[row] = stat.inode;
    listing.mtimes[row] = stat.mtimeNs;
    listing.ctimes[row] = stat.ctimeNs;
  }

  /** Sets a file's content; long lists of ids go into blobs of their own. */
  setFile(row: number, ids: Uint8Array, builder: FrameBuilder): void {
    if (ids.length <= directIdsMax * 32) {
      this.contents[row] = ids;
      return;
    }
    const lists = Math.ceil(ids.length / (indirectIdsMax * 32));
    const content = new Uint8Array(lists * 32);
    for (let list = 0; list < lists; list += 1) {
      const data = ids.subarray(list * indirectIdsMax * 32, (list + 1) * indirectIdsMax * 32);
      builder.add(
        boxTypes.skeleton,
        encodeSkeleton({ children: new Uint8Array(0), data }),
        content,
        list * 32,
      );
    }
    this.contents[row] = content;
    this.indirect.add(row);
  }

  /** Stores the tree and its twin; returns tree id ‖ skeleton id. */
  store(builder: FrameBuilder): Uint8Array {
    const rows: number[] = [];
    for (let row = 0; row < this.listing.count; row += 1)
      if (this.contents[row] !== undefined) rows.push(row);
    const parts = this.#split(rows);
    if (parts.length === 1) return this.#storePart(parts[0]!, builder);
    const treeIds = new Uint8Array(parts.length * 32);
    const skeletonIds = new Uint8Array(parts.length * 32);
    parts.forEach((part, index) => {
      const content = this.#storePart(part, builder);
      treeIds.set(content.subarray(0, 32), index * 32);
      skeletonIds.set(content.subarray(32), index * 32);
    });
    const content = new Uint8Array(64);
    builder.add(boxTypes.tree, encodeTreeParts(treeIds), content, 0);
    const twin = { children: skeletonIds, data: new Uint8Array(0), tree: content.subarray(0, 32) };
    builder.add(boxTypes.skeleton, encodeSkeleton(twin), content, 32);
    return content;
  }

  #storePart(rows: readonly number[], builder: FrameBuilder): Uint8Array {
    const nodes = this.#columns(rows);
    const content = new Uint8Array(64);
    builder.add(boxTypes.tree, encodeTree(nodes), content, 0);
    builder.add(boxTypes.skeleton, encodeSkeleton(skeletonOf(nodes, content.subarray(0, 32))), content, 32);
    return content;
  }

  // Cuts depend on names, not on positions, so that one new file changes one part.
  #split(rows: readonly number[]): number[][] {
    const parts: number[][] = [];
    let part: number[] = [];
    let bytes = 0;
    for (const row of rows) {
      part.push(row);
      bytes += 64 + this.contents[row]!.length;
      for (const [name, value] of this.xattrs.get(row) ?? []) bytes += name.length + value.length;
      const isCut = part.length >= partNodesMin && (nameHash(this.listing.names[row]!) & partHashMask) === 0;
      if (!isCut && part.length < treeNodesMax && bytes < partBytesMax) continue;
      parts.push(part);
      part = [];
      bytes = 0;
    }
    if (part.length > 0 || parts.length === 0) parts.push(part);
    return parts;
  }

  #columns(rows: readonly number[]): TreeColumns {
    const { listing } = this;
    const count = rows.length;
    const columns = {
      names: new Array<string>(count),
      kinds: new Uint8Array(count),
      modes: new Uint16Array(count),
      uids: new Uint32Array(count),
      gids: new Uint32Array(count),
      mtimes: new BigInt64Array(count),
      ctimes: new BigInt64Array(count),
      inodes: new BigUint64Array(count),
      sizes: new Float64Array(count),
      contents: new Array<Uint8Array>(count),
      xattrs: new Map<number, readonly (readonly [Uint8Array, Uint8Array])[]>(),
      runs: new Map<number, Uint8Array>(),
      links: new Map<number, Uint8Array>(),
      indirect: new Set<number>(),
    };
    for (let index = 0; index < count; index += 1) {
      const row = rows[index]!;
      const kind = listing.kinds[row]!;
      columns.names[index] = listing.names[row]!;
      columns.kinds[index] = kind;
      columns.contents[index] = this.contents[row]!;
      if (kind === nodeKinds.implied) continue;
      columns.modes[index] = listing.modes[row]!;
      columns.uids[index] = listing.uids[row]!;
      columns.gids[index] = listing.gids[row]!;
      columns.mtimes[index] = listing.mtimes[row]!;
      columns.ctimes[index] = listing.ctimes[row]!;
      columns.inodes[index] = listing.inodes[row]!;
      columns.sizes[index] = kind === nodeKinds.file ? listing.sizes[row]! : 0;
      const xattrs = this.xattrs.get(row);
      if (xattrs !== undefined) columns.xattrs.set(index, xattrs);
      const runs = this.runs.get(row);
      if (runs !== undefined) columns.runs.set(index, runs);
      const link = this.links.get(row);
      if (link !== undefined) columns.links.set(index, link);
      if (this.indirect.has(row)) columns.indirect.add(index);
    }
    return columns;
  }
}

/** FNV-1a, 32 bits: cheap and stable; not a secret. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
