// What the slots of X25519 and X-Wing share: a random key-encryption key, sealed by HPKE to one public key. FORMAT.md §4.

import { randomBytes } from 'node:crypto';
import { type HpkeContext, type HpkeKem, hpkeOpen, hpkeOverhead, hpkePublicOf, hpkeSeal } from './hpke.ts';
import { fingerprint, keysOfType } from './key-text.ts';
import type { KeySlotKind, SlotBinding } from './keyslot.ts';
import { kekBytes, sealedParameter } from './sealed-parameter.ts';

export function hpkeSlot(kem: HpkeKem, title: string, isPostQuantum: boolean): KeySlotKind {
  return {
    type: kem,
    title,
    isPostQuantum: () => isPostQuantum,
    async newKey(secret, _choice, binding) {
      const [key] = keysOfType(secret, kem);
      if (key === undefined) return undefined;
      const publicKey = key.isPrivate ? hpkePublicOf(kem, key.bytes) : key.bytes;
      const kek = randomBytes(kekBytes);
      const sealed = Buffer.from(hpkeSeal(kem, publicKey, contextOf(kem, binding), kek));
      return { kek, params: { recipient: fingerprint(publicKey), sealed: sealed.toString('base64url') } };
    },
    canOpen: (secret) => keysOfType(secret, kem).some((key) => key.isPrivate),
    async keyEncryptionKey(secret, params, binding) {
      const length = kekBytes + hpkeOverhead(kem);
      const sealed = sealedParameter(params, length, length);
      for (const key of keysOfType(secret, kem)) {
        if (!key.isPrivate) continue;
        const kek = hpkeOpen(kem, key.bytes, contextOf(kem, binding), sealed);
        if (kek !== undefined) return kek;
      }
      return undefined;
    },
  };
}

function contextOf(kem: HpkeKem, { repositoryId, slotId }: SlotBinding): HpkeContext {
  return {
    info: Buffer.from(`bkp1/slot-${kem}`, 'latin1'),
    aad: Buffer.concat([repositoryId, Buffer.from(slotId, 'latin1')]),
  };
}
