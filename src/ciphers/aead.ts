// Authenticated ciphers of node:crypto behind the port. The only place that makes ciphers: the tag length is always given, because
// Node accepts shorter tags otherwise.

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher } from './cipher.ts';

const tagLength = 16;

export function defineAead(suite: number, name: 'aes-256-gcm' | 'chacha20-poly1305'): Cipher {
  // One call shape for both; the types of node:crypto tell them apart needlessly.
  const algorithm = name as 'aes-256-gcm';
  return {
    suite,
    name,
    seal(key, nonce, aad, plain) {
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
      cipher.setAAD(aad, { plaintextLength: plain.length });
      const out = Buffer.allocUnsafeSlow(plain.length + tagLength);
      const body = cipher.update(plain);
      cipher.final();
      out.set(body);
      out.set(cipher.getAuthTag(), plain.length);
      return out;
    },
    open(key, nonce, aad, sealed) {
      if (sealed.length < tagLength) return undefined;
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength });
      const length = sealed.length - tagLength;
      decipher.setAAD(aad, { plaintextLength: length });
      decipher.setAuthTag(sealed.subarray(length));
      const plain = decipher.update(sealed.subarray(0, length));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return plain;
    },
  };
}
