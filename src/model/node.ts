// A node: one entry of a snapshot's tree, as every part of the program passes it on, and the law of its name.

import { Failure } from '../base/failure.ts';
import { nameBytesMax } from '../base/limits.ts';
import { decodePath, quotePath } from '../base/text.ts';

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

/** `posix` for what trees hold; `windows` as well where the names become files there. */
export type NameRules = 'posix' | 'windows';

/**
 * Names are checked when they are decoded, so that no later step can be led out of its target: empty, `.`, `..`, NUL,
 * `/` and more than `nameBytesMax` bytes are corrupt/NAME_FORBIDDEN. For Windows also its separators, controls, device
 * names and endings that it drops.
 */
export function checkName(name: Uint8Array, rules: NameRules = 'posix'): void {
  const trouble = findTrouble(name) ?? (rules === 'windows' ? findWindowsTrouble(name) : undefined);
  if (trouble === undefined) return;
  throw new Failure(
    'corrupt',
    'NAME_FORBIDDEN',
    `the name "${quotePath(name.subarray(0, 256))}" ${trouble}`,
    {
      facts: { length: name.length },
      hint: 'The repository was written by a broken or hostile program; restore from another snapshot.',
    },
  );
}

const dot = 0x2e;
const slash = 0x2f;

function findTrouble(name: Uint8Array): string | undefined {
  if (name.length === 0) return 'is empty';
  if (name.length > nameBytesMax) return `is longer than ${nameBytesMax} bytes`;
  if (name[0] === dot && (name.length === 1 || (name.length === 2 && name[1] === dot))) {
    return 'stands for another directory';
  }
  for (const byte of name) {
    if (byte === 0) return 'holds a NUL';
    if (byte === slash) return 'holds a "/"';
  }
  return undefined;
}

function findWindowsTrouble(name: Uint8Array): string | undefined {
  const text = decodePath(name);
  if (/[\u0000-\u001f\\:*?"<>|]/.test(text)) return 'holds a character that Windows forbids';
  if (/[. ]$/.test(text)) return 'ends in a dot or space, which Windows drops';
  if (/^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\s*\.|\s*$)/i.test(text))
    return 'is a device of Windows';
  return undefined;
}
