// Suite 4: ChaCha20-Poly1305 within AES-256-GCM, each with a key of its own and both over the same associated data. Whoever breaks one
// of the two, in design or in an implementation, has gained nothing; it costs about as much as both together.

import type { KeyObject } from 'node:crypto';
import { free } from './aead.ts';
import outer from './aes-256-gcm.ts';
import inner from './chacha20-poly1305.ts';
import type { Cipher } from './cipher.ts';

const cascade: Cipher = {
  suite: 4,
  name: 'cascade',
  keyLength: outer.keyLength + inner.keyLength,
  overhead: outer.overhead + inner.overhead,
  seal(key, nonce, aad, plain) {
    const [outerKey, innerKey] = halves(key);
    const body = inner.seal(innerKey, nonce, aad, plain);
    const sealed = outer.seal(outerKey, nonce, aad, body);
    free(body);
    return sealed;
  },
  open(key, nonce, aad, sealed) {
    const [outerKey, innerKey] = halves(key);
    const body = outer.open(outerKey, nonce, aad, sealed);
    if (body === undefined) return undefined;
    const plain = inner.open(innerKey, nonce, aad, body);
    free(body);
    return plain;
  },
};
export default cascade;

function halves(key: Uint8Array | KeyObject): readonly [Uint8Array, Uint8Array] {
  const bytes = key instanceof Uint8Array ? key : key.export();
  return [bytes.subarray(0, outer.keyLength), bytes.subarray(outer.keyLength)];
}
