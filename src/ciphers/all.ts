// The table of ciphers by suite number. Loaded at once: each is a few lines over node:crypto.

import { Failure } from '../base/failure.ts';
import aes256Gcm from './aes-256-gcm.ts';
import cascade from './cascade.ts';
import chacha20Poly1305 from './chacha20-poly1305.ts';
import type { Cipher } from './cipher.ts';

export const ciphers: readonly Cipher[] = [aes256Gcm, chacha20Poly1305, cascade];

export function cipherOf(suite: number): Cipher {
  const cipher = knownCipher(suite);
  if (cipher === undefined) {
    throw new Failure('corrupt', 'CIPHER_UNKNOWN', `cipher suite ${suite} is not known`, {
      facts: { suite },
      hint: 'The object is damaged, or a newer Holdfast wrote it.',
    });
  }
  return cipher;
}

/** Undefined where a newer program, or damage, made the number. */
export function knownCipher(suite: number): Cipher | undefined {
  return ciphers.find((cipher) => cipher.suite === suite);
}
