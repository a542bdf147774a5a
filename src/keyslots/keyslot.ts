// The key slot port: one way of unlocking. A kind turns what a person or device holds into a key-encryption key; wrapping is the same for
// all kinds and lies in slot.ts.

import type { JsonValue } from '../base/jcs.ts';
import type { Secret } from '../base/secret.ts';

export type SlotParameters = { readonly [key: string]: JsonValue };

/** What ties a slot's key to its repository and slot: label of RSA-OAEP, associated data of HPKE, encryption context of a KMS. */
export interface SlotBinding {
  /** 16 bytes. */
  readonly repositoryId: Uint8Array;
  /** 32 hex digits. */
  readonly slotId: string;
}

export interface NewSlotKey {
  readonly params: SlotParameters;
  /** 32 bytes. */
  readonly kek: Uint8Array;
  /** The same, derived a second time from the secret, by a kind that can do so beside the first: it proves the new slot. */
  readonly again?: Uint8Array;
  /** What must be handed out to people now, or nobody can ever open the slot, such as shares. One a line, they open it. */
  readonly handOut?: readonly Secret[];
}

export interface KeySlotKind {
  readonly type: string;
  readonly title: string;
  /** False where a quantum computer could open a recorded slot of these parameters. */
  isPostQuantum(params: SlotParameters): boolean;
  /**
   * The key of a new slot for this secret (a passphrase, a public key, a token), and its parameters from what the caller chose;
   * undefined when the secret cannot be one of this kind. Fails with usage/KDF_TOO_WEAK, KDF_TOO_COSTLY and the like.
   */
  newKey(secret: Secret, choice: SlotParameters, binding: SlotBinding): Promise<NewSlotKey | undefined>;
  /** Whether such a secret can open a slot. A public key cannot: its slot is not proven by opening it when it is made. */
  canOpen(secret: Secret): boolean;
  /**
   * 32 bytes; undefined when the secret cannot be one of this kind or surely does not fit. Parameters from outside are checked first:
   * nobody can make us burn memory or accept a toy. Does not hold up the calling thread.
   */
  keyEncryptionKey(
    secret: Secret,
    parameters: SlotParameters,
    binding: SlotBinding,
  ): Promise<Uint8Array | undefined>;
}
