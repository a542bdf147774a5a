// AEAD for what the slots wrap: a master key, or the little that HPKE and age seal. Floor 2 rooms do not know each other, so this is
// node:crypto directly; every key here is used once, hence a nonce that is zero or derived with the key.

import { createCipheriv, createDecipheriv } from 'node:crypto';

const options = { authTagLength: 16 } as const;
const tagBytes = 16;

export function sealWrapped(key: Uint8Array, repositoryId: Uint8Array, masterKey: Uint8Array): Buffer {
  return sealOnce(key, new Uint8Array(12), repositoryId, masterKey);
}

export function openWrapped(
  key: Uint8Array,
  repositoryId: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  return openOnce(key, new Uint8Array(12), repositoryId, sealed);
}

/** Of the repository and of HPKE; of age. */
type OnceCipher = 'aes-256-gcm' | 'chacha20-poly1305';

/** Ciphertext, then the tag of 16 bytes. Key and nonce must never meet again. */
export function sealOnce(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
  algorithm: OnceCipher = 'aes-256-gcm',
): Buffer {
  const cipher = createCipheriv(algorithm as 'aes-256-gcm', key, nonce, options);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when one bit of key, nonce, aad or ciphertext differs. */
export function openOnce(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  algorithm: OnceCipher = 'aes-256-gcm',
): Buffer | undefined {
  if (sealed.length < tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm as 'aes-256-gcm', key, nonce, options);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}
