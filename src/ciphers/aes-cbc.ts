// AES-CBC with PKCS#7 padding, for foreign formats alone (Fernet, `openssl enc`): it authenticates nothing by itself, so nothing of ours
// uses it.

import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from 'node:crypto';

/** AES-128 or AES-256 by the length of the key. */
export function cbcEncryption(key: Uint8Array, iv: Uint8Array): Cipheriv {
  return createCipheriv(algorithmOf(key), key, iv);
}

/** What it gives before `final` has passed, and even then, is only as true as a MAC around it says. */
export function cbcDecryption(key: Uint8Array, iv: Uint8Array): Decipheriv {
  return createDecipheriv(algorithmOf(key), key, iv);
}

function algorithmOf(key: Uint8Array): string {
  return `aes-${key.length * 8}-cbc`;
}
