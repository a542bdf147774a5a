// The cipher port. A cipher seals with a key and nonce that are used once; see repository/box.ts for who makes them.

import type { KeyObject } from 'node:crypto';

export interface Cipher {
  /** FORMAT.md §2. */
  readonly suite: number;
  readonly name: string;
  /** Returns ciphertext ‖ 16-byte tag, in memory of its own. Key 32 bytes, nonce 12. */
  seal(key: Uint8Array | KeyObject, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array;
  /**
   * The plain bytes in memory of their own, or undefined when key, nonce, associated data or any byte is wrong; never
   * anything before the tag was checked.
   */
  open(
    key: Uint8Array | KeyObject,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
}
