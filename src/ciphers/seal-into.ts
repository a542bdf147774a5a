// Sealing into memory that the caller has, for streams: a piece of memory for each chunk would be garbage faster than it is collected.

import { createCipheriv } from 'node:crypto';

const tagLength = 16;
/** Below this a buffer is left to the collector: giving it back costs more. */
const worthFreeing = 16 * 1024;

/** Puts ciphertext ‖ 16-byte tag at `at`. Key 32 bytes, nonce 12; together they are used once. */
export function sealInto(
  out: Uint8Array,
  at: number,
  name: 'aes-256-gcm' | 'chacha20-poly1305',
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  plain: Uint8Array,
): void {
  // One call shape for both; the types of node:crypto tell them apart needlessly.
  const cipher = createCipheriv(name as 'aes-256-gcm', key, nonce, { authTagLength: tagLength });
  if (aad !== undefined) cipher.setAAD(aad, { plaintextLength: plain.length });
  const body = cipher.update(plain);
  cipher.final();
  out.set(body, at);
  out.set(cipher.getAuthTag(), at + body.length);
  if (body.length >= worthFreeing && body.byteOffset === 0 && body.buffer.byteLength === body.length)
    body.buffer.transfer(0);
}
