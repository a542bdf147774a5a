// A slot for keys of age: the key-encryption key as an age file among the parameters, so that every tool that speaks age opens it.
// FORMAT.md §4. An age file carries no label, so place and slot stand inside it.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { openWithIdentities, sealToRecipients } from './age-file.ts';
import { fingerprint, keysOfType } from './key-text.ts';
import type { KeySlotKind, SlotBinding } from './keyslot.ts';
import { kekBytes, sealedParameter } from './sealed-parameter.ts';

/** A header for one X25519 recipient, and four post-quantum ones: what the slot has room for. */
const sealedBytesMin = 200;
const sealedBytesMax = 10 * 1024;

const age: KeySlotKind = {
  type: 'age',
  title: 'age key',
  // Whether it is depends on every recipient; the type that promises it is mlkem768-x25519.
  isPostQuantum: () => false,
  async newKey(secret, _choice, binding) {
    const recipients = await recipientsOf(secret);
    if (recipients.length === 0) return undefined;
    const kek = randomBytes(kekBytes);
    const sealed = await sealToRecipients(recipients, Buffer.concat([kek, placeOf(binding)]));
    if (sealed.length > sealedBytesMax) {
      throw new Failure(
        'usage',
        'RECIPIENTS_TOO_MANY',
        `a key slot has no room for ${recipients.length} recipients`,
        {
          hint: 'Make a key slot for each of them, or for some at a time.',
        },
      );
    }
    const recipient = fingerprint(Buffer.from(recipients.join('\n'), 'latin1'));
    return { kek, params: { recipient, sealed: Buffer.from(sealed).toString('base64url') } };
  },
  canOpen: (secret) => keysOfType(secret, 'age').some((key) => key.isPrivate),
  async keyEncryptionKey(secret, params, binding) {
    const sealed = sealedParameter(params, sealedBytesMin, sealedBytesMax);
    const identities = keysOfType(secret, 'age').filter((key) => key.isPrivate);
    if (identities.length === 0) return undefined;
    const plain = await openWithIdentities(
      identities.map(({ text }) => text),
      sealed,
    );
    const place = placeOf(binding);
    if (plain?.length !== kekBytes + place.length) return undefined;
    return timingSafeEqual(plain.subarray(kekBytes), place) ? plain.subarray(0, kekBytes) : undefined;
  },
};
export default age;

async function recipientsOf(secret: Parameters<KeySlotKind['newKey']>[0]): Promise<string[]> {
  const { identityToRecipient } = await import('age-encryption');
  const keys = keysOfType(secret, 'age');
  return Promise.all(keys.map(({ isPrivate, text }) => (isPrivate ? identityToRecipient(text) : text)));
}

function placeOf({ repositoryId, slotId }: SlotBinding): Buffer {
  return Buffer.concat([repositoryId, Buffer.from(slotId, 'latin1')]);
}
