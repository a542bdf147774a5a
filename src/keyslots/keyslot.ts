// The key slot port: one way of unlocking. A kind turns what a person or device holds into a key-encryption key; wrapping is the same for
// all kinds and lies in slot.ts.

import type { JsonValue } from '../base/jcs.ts';
import type { Secret } from '../base/secret.ts';

export type SlotParameters = { readonly [key: string]: JsonValue };

export interface KeySlotKind {
  readonly type: string;
  readonly title: string;
  /** Parameters for a new slot, with a fresh salt, from what the caller chose; fails with usage/KDF_TOO_WEAK or KDF_TOO_COSTLY. */
  newParameters(choice: SlotParameters): SlotParameters;
  /**
   * 32 bytes; undefined when the secret cannot be one of this kind. Parameters from outside are checked first: nobody can make us
   * burn memory or accept a toy. Does not hold up the calling thread.
   */
  keyEncryptionKey(secret: Secret, parameters: SlotParameters): Promise<Uint8Array | undefined>;
}
