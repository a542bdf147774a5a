// Authenticated ciphers of node:crypto behind the port. The only place that makes ciphers: the tag length is always given,
// because Node up to version 24 accepts tags of four bytes otherwise.

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher } from './cipher.ts';

const tagLength = 16;
/** Below this a buffer is left to the collector: giving it back costs more. */
const worthFreeing = 16 * 1024;

export function defineAead(suite: number, name: 'aes-256-gcm' | 'chacha20-poly1305'): Cipher {
  // One call shape for both; the types of node:crypto tell them apart needlessly.
  const algorithm = name as 'aes-256-gcm';
  return {
    suite,
    name,
    keyLength: 32,
    overhead: tagLength,
    seal(key, nonce, aad, plain) {
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
      cipher.setAAD(aad, { plaintextLength: plain.length });
      const body = cipher.update(plain);
      cipher.final();
      const out = Buffer.allocUnsafeSlow(body.length + tagLength);
      out.set(body);
      out.set(cipher.getAuthTag(), body.length);
      free(body);
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
        plain.fill(0);
        return undefined;
      }
      return plain;
    },
  };
}

/** Node returns a fresh ArrayBuffer per call, which only a collection would free; with 1 MiB frames that doubles the memory. */
export function free(body: Uint8Array): void {
  const { buffer, byteOffset, length } = body;
  if (length < worthFreeing || byteOffset !== 0 || buffer.byteLength !== length) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
