// A node: one entry of a snapshot's tree, as every part of the program passes it on.

export type NodeKind =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'fifo'
  | 'socket'
  | 'character-device'
  | 'block-device'
  | 'implied';

export interface Node {
  readonly name: Uint8Array;
  readonly kind: NodeKind;
  /** 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
  /** Hard-link group: same text, same inode. */
  readonly link?: string;
  /** Data runs of a sparse file; absent means whole. */
  readonly extents?: readonly { readonly offset: number; readonly length: number }[];
  readonly xattrs?: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[];
  /** Where a symlink points. */
  readonly target?: Uint8Array;
  readonly device?: { readonly major: number; readonly minor: number };
}
