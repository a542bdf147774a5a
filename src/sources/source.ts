// The source port: what we protect, seen as a tree that is walked directory by directory and whose contents are read on
// demand. Promises every source keeps:
//   1. Listings come in depth-first byte order; the same tree gives the same events.
//   2. Trouble with one entry is a Problem and the walk goes on; only trouble with the whole source is a Failure.
//   3. Nothing is changed in what is protected.
// Paths are "byte strings": JS strings with one char per byte (latin1), absolute, "/" separated; the topmost is "/".

import type { Context } from '../base/context.ts';

/** One directory's entries as columns, in byte order of their names. Every column has `count` values. */
export interface Listing {
  readonly path: string;
  readonly count: number;
  readonly names: readonly string[];
  /** 0 file 1 directory 2 symlink 3 fifo 4 socket 5 character device 6 block device 7 implied */
  readonly kinds: Uint8Array;
  /** Permission bits only (07777). */
  readonly modes: Uint16Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  readonly sizes: Float64Array;
  /** Nanoseconds since 1970. */
  readonly mtimes: BigInt64Array;
  readonly ctimes: BigInt64Array;
  readonly inodes: BigUint64Array;
  /** Major * 2^32 + minor of the device that holds the inode. */
  readonly devices: Float64Array;
  /** How many names the inode has. */
  readonly links: Uint32Array;
  /** Major * 2^32 + minor of a device node. */
  readonly rdevs: Float64Array;
  /** Allocated units of 512 bytes. */
  readonly blocks: Float64Array;
}

/** Why a directory's listing is as it is. Only `read` is complete. */
export type ListingState =
  /** All entries that no rule leaves out. */
  | 'read'
  /** A step on the way to what is protected: only the names that lead there. */
  | 'implied'
  /** Another file system, not entered: empty on purpose. */
  | 'boundary'
  /** A cache by its CACHEDIR.TAG: only the tag. */
  | 'cache'
  /** Could not be read, a Problem tells why: entries are missing. */
  | 'unreadable';

export type WalkEvent =
  | {
      readonly type: 'directory';
      readonly listing: Listing;
      readonly depth: number;
      readonly state: ListingState;
    }
  /** Everything below `path` has been told. */
  | { readonly type: 'leave'; readonly path: string; readonly depth: number };

/** The attributes by which a file is known again between the walk and the read. */
export interface ExpectedFile {
  readonly device: number;
  readonly inode: bigint;
  /**
   * As the walk saw it. With it the file is not asked about before it is read, which saves a call: when `finish` then says that it
   * changed, no Problem was recorded yet, and the caller reads it once more without this.
   */
  readonly stat?: {
    readonly sizeBytes: number;
    /** Allocated units of 512 bytes. */
    readonly blocks: number;
    readonly mtimeNs: bigint;
    readonly ctimeNs: bigint;
  };
}

export interface Extent {
  readonly offset: number;
  readonly length: number;
}

export interface Content {
  /** The logical size that belongs to what was read, holes included. */
  readonly sizeBytes: number;
  /** Bytes given to the sink. */
  readonly bytesRead: number;
  /** Data runs, ascending; absent when the content is one run from 0 to the size. */
  readonly extents?: readonly Extent[];
  /** The file as it was after reading: what a snapshot records. Its ctime is 0 when it changed, so that it is read again next time. */
  readonly after: {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly inode: bigint;
    readonly device: number;
    readonly links: number;
    readonly mtimeNs: bigint;
    readonly ctimeNs: bigint;
  };
  /** It changed while it was read; a Problem was recorded, unless the walk's stat was given. */
  readonly changed: boolean;
  readonly xattrs: readonly ExtendedAttribute[];
}

export interface ExtendedAttribute {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** A content that is read piece by piece, holes left out. Synchronous; close it. */
export interface OpenContent {
  /** Fills `buffer` from its start with the next bytes of the data runs; 0 at the end. */
  read(buffer: Uint8Array): number;
  /** What was read; undefined when a Problem was recorded and the content is not to be kept. */
  finish(): Content | undefined;
  close(): void;
}

/** Names for the numbers that listings hold. */
export interface OwnerNames {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

export interface SourceProbe {
  /** What this machine or account cannot save, in words for people. */
  readonly missing: readonly string[];
}

export interface Source extends Disposable {
  /** For people and logs. Never contains a credential. */
  readonly location: string;
  /** Fails with missing/SOURCE_MISSING when there is nothing to protect. Reads no content. */
  probe(context: Context): SourceProbe;
  walk(context: Context): Generator<WalkEvent, void, undefined>;
  /** Opens a file's content; undefined when a Problem was recorded and there is none. */
  open(path: string, expected: ExpectedFile, context: Context): OpenContent | undefined;
  /** The target of a symlink as a byte string; undefined when a Problem was recorded. */
  link(listing: Listing, row: number, context: Context): string | undefined;
  /** Extended attributes of an entry that is no regular file; those of files come with their content. */
  attributes(listing: Listing, row: number, context: Context): readonly ExtendedAttribute[];
  /** Names of the owners that the walks so far have shown. */
  owners(): OwnerNames;
}

/** What a file in sources/ exports as its default. */
export interface SourceKind<Config> {
  readonly name: string;
  readonly title: string;
  /** A zod schema: validates, names flags, draws forms, marks secrets. */
  readonly config: { parse(input: unknown): Config };
  open(config: Config, context: Context): Source;
}
