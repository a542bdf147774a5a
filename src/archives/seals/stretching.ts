// Passwords of seals are stretched as those of key slots, by the same code and within the same limits.

import { isFailure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import type { NewSlotKey, SlotBinding, SlotParameters } from '../../keyslots/keyslot.ts';
import passphrase from '../../keyslots/passphrase.ts';
import { sealBroken, sealKeyWrong } from './seal.ts';

/** An archive belongs to no repository and no slot; a passphrase is not tied to them. */
const noBinding: SlotBinding = { repositoryId: new Uint8Array(16), slotId: '' };

/** A fresh salt, and the key of 32 bytes that it leads to. */
export async function newStretching(password: Secret, choice: SlotParameters): Promise<NewSlotKey> {
  const made = await passphrase.newKey(password, choice, noBinding);
  if (made === undefined) throw sealKeyWrong('the password is none');
  return made;
}

/** The same key again. Numbers from outside are checked before any work is done. */
export async function stretched(password: Secret, parameters: SlotParameters): Promise<Uint8Array> {
  let key: Uint8Array | undefined;
  try {
    key = await passphrase.keyEncryptionKey(password, parameters, noBinding);
  } catch (error) {
    // It would speak of a slot.
    if (isFailure(error, 'corrupt')) throw sealBroken('has a head with impossible numbers', error);
    throw error;
  }
  if (key === undefined) throw sealKeyWrong('the password is none');
  return key;
}
