// What `openssl enc -aes-256-cbc` reads without further options: "Salted__", salt, and AES-256-CBC under a key that SHA-256 makes of
// passphrase and salt in one round. Neither stretched nor authenticated: good to prove that a key file is whole, for nothing else.

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

const magic = Buffer.from('Salted__', 'latin1');
const saltBytes = 8;

/** `salt`: 8 bytes. */
export function sealOpensslCbc(passphrase: Uint8Array, salt: Uint8Array, plain: Uint8Array): Buffer {
  const { key, iv } = derive(passphrase, salt);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([magic, salt, cipher.update(plain), cipher.final()]);
}

/** Undefined where the padding shows that the passphrase is wrong; one wrong passphrase in 256 is not noticed. */
export function openOpensslCbc(passphrase: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  const body = magic.length + saltBytes;
  if (sealed.length <= body || !magic.equals(sealed.subarray(0, magic.length))) return undefined;
  const { key, iv } = derive(passphrase, sealed.subarray(magic.length, body));
  const decipher = createDecipheriv('aes-256-cbc', key, iv);
  try {
    return Buffer.concat([decipher.update(sealed.subarray(body)), decipher.final()]);
  } catch {
    return undefined;
  }
}

// OpenSSL's EVP_BytesToKey with SHA-256, its default digest since 1.1.0.
function derive(passphrase: Uint8Array, salt: Uint8Array): { readonly key: Buffer; readonly iv: Buffer } {
  const key = createHash('sha256').update(passphrase).update(salt).digest();
  const more = createHash('sha256').update(key).update(passphrase).update(salt).digest();
  return { key, iv: more.subarray(0, 16) };
}
