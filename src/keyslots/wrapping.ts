// AES-256-GCM over the 32 bytes of a master key. Floor 2 rooms do not know each other, so this is node:crypto directly; the key is
// single-use, hence the zero nonce.

import { createCipheriv, createDecipheriv } from 'node:crypto';

const options = { authTagLength: 16 } as const;

export function sealWrapped(key: Uint8Array, repositoryId: Uint8Array, masterKey: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12), options);
  cipher.setAAD(repositoryId);
  return Buffer.concat([cipher.update(masterKey), cipher.final(), cipher.getAuthTag()]);
}

export function openWrapped(
  key: Uint8Array,
  repositoryId: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12), options);
  decipher.setAAD(repositoryId);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  const plain = decipher.update(sealed.subarray(0, sealed.length - 16));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}
