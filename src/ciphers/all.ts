// The table of ciphers by suite number.

import { Failure } from '../base/failure.ts';
import { defineAead } from './aead.ts';
import type { Cipher } from './cipher.ts';

export const ciphers: readonly Cipher[] = [defineAead(1, 'aes-256-gcm'), defineAead(2, 'chacha20-poly1305')];

export function cipherOf(suite: number): Cipher {
  const cipher = ciphers[suite - 1];
  if (cipher === undefined) {
    throw new Failure('corrupt', 'CIPHER_UNKNOWN', `cipher suite ${suite} is not known`, {
      hint: 'The object is damaged, or a newer Holdfast wrote it.',
    });
  }
  return cipher;
}
