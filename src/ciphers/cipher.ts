// The cipher port. A cipher seals with a key and nonce that are used once; see repository/box.ts for who makes them.

import type { KeyObject } from 'node:crypto';

export interface Cipher {
  /** FORMAT.md §2. */
  readonly suite: number;
  readonly name: string;
  /** Bytes of key material; of a cascade the outer key, then the inner. */
  readonly keyLength: number;
  /** How many bytes more than the plain ones come out. */
  readonly overhead: number;
  /** Returns ciphertext ‖ tags, in memory of its own. Nonce 12 bytes. */
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
